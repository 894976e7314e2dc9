"""What the watcher finds."""

from pathlib import Path

import pytest
from tests.workbench.stream.listening import put_alarm

from ninefold.fleet.database import Database
from ninefold.kernel.errors import StoreError
from ninefold.kernel.sqlite import SqliteStore
from ninefold.workbench.project import Project
from ninefold.workbench.stream.watching import FILES_EVERY_S, Watcher


def test_a_record_is_told_by_its_kind_once(root: Path) -> None:
    """The first look finds nothing: a page was just loaded."""
    watcher = Watcher(Project(root))
    assert watcher.look() == set()
    assert watcher.look() == set()
    put_alarm(root, "a1")
    assert watcher.look() == {"plan", "jobs", "alarms"}
    assert watcher.look() == set()
    watcher.close()


def test_a_moved_reference_and_a_lease_are_told(root: Path) -> None:
    """They leave no record."""
    watcher = Watcher(Project(root))
    watcher.look()
    with SqliteStore(root / ".ninefold" / "store.db") as store:
        store.set_reference("x", "1", None)
    assert watcher.look() == {"fleet", "jobs"}
    watcher.close()


def test_what_agents_send_is_told(root: Path) -> None:
    """Decisions when there are new entries, else only the fleet."""
    path = root / ".ninefold" / "fleet.db"
    watcher = Watcher(Project(root))
    with Database(path) as database:
        watcher.look()
        with database.writing() as db:
            db.execute("INSERT INTO entry VALUES (1, 'o', 'prediction', 1, 1, 1, 1, 1, x'00')")
        assert watcher.look() == {"fleet", "decisions"}
        with database.writing() as db:
            db.execute("INSERT INTO device VALUES ('gateway-1', 'c', 0, 0, 0)")
        assert watcher.look() == {"fleet"}
    watcher.close()


def test_a_changed_file_is_told_within_two_seconds(root: Path) -> None:
    """Files are looked at more rarely than the store."""
    now = [0.0]
    watcher = Watcher(Project(root), lambda: now[0])
    watcher.look()
    (root / "ninefold.toml").write_text('name = "other"\n', encoding="utf-8")
    assert watcher.look() == set()
    now[0] += FILES_EVERY_S
    assert watcher.look() == {"plan"}
    watcher.close()


def test_a_store_that_is_gone_is_said_and_found_again(root: Path) -> None:
    """What was recorded meanwhile is told afterwards."""
    watcher = Watcher(Project(root))
    watcher.look()
    put_alarm(root, "a1")
    (root / ".ninefold").rename(root / "away")
    with pytest.raises(StoreError, match="gone"):
        watcher.look()
    (root / "away").rename(root / ".ninefold")
    assert "alarms" in watcher.look()
    watcher.close()


def test_work_of_the_workbench_is_told(root: Path) -> None:
    """A run leaves no record before its first result."""
    project = Project(root)
    watcher = Watcher(project)
    watcher.look()
    project.jobs.verify("person-1")
    assert "jobs" in watcher.look()
    watcher.close()
    project.jobs.close()
