"""What the stream draws: once a look for all who watch, and only what is other than before."""

from pathlib import Path

import pytest
from tests.workbench.desk import APPROVER, LetIn
from tests.workbench.furnished import one_more

from ninefold.lifecycle.live import scene
from ninefold.surface.blocks import Block
from ninefold.workbench.app import application
from ninefold.workbench.desk import Desk
from ninefold.workbench.project import Project
from ninefold.workbench.stream import panels
from ninefold.workbench.stream.panels import Painter, Watched

PAGES = [Watched("asset", f"m{n}", "en", "UTC", "viewer") for n in range(1, 9)]


def test_only_what_moved_is_drawn_anew_and_all_pages_share_one_look(
    lived: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight machines are watched and four of them decide: the other four cost no rendering, alarms are read once."""
    application(lived, LetIn(APPROVER))  # the pages name what they draw
    rendered: list[str] = []
    reads: list[int] = []
    fragment, episodes = panels.fragment, scene.episodes

    def counted(block: Block, desk: Desk) -> bytes:
        rendered.append(getattr(block, "name", ""))
        return fragment(block, desk)

    def read(*asked: object) -> object:
        reads.append(1)
        return episodes(*asked)  # type: ignore[arg-type]  # as the scene asks

    monkeypatch.setattr(panels, "fragment", counted)
    monkeypatch.setattr(scene, "episodes", read)
    project = Project(lived)
    clock = project.clock.now()
    monkeypatch.setattr(type(project.clock), "now", lambda _: clock)  # else an alarm may grow a minute older
    painter = Painter(project)
    first = painter.draw(PAGES, PAGES)
    assert (len(rendered), len(reads)) == (40, 1)
    assert painter.draw(PAGES, PAGES) == first
    assert len(rendered) == 40
    one_more(lived, 0)
    later = painter.draw(PAGES, PAGES)
    assert {p.key for p in PAGES if later[p] != first[p]} == {"m1", "m2", "m3", "m4"}
    assert set(rendered[40:]) == {"lanes", "decisions", "queue"}
    assert len(reads) == 3
    project.jobs.close()


def test_what_nobody_watches_any_more_is_forgotten(lived: Path) -> None:
    """A page that comes back is drawn anew; what is open stays known."""
    application(lived, LetIn(APPROVER))
    painter = Painter(Project(lived))
    painter.draw(PAGES[:2], PAGES[:2])
    assert painter.draw([], PAGES[:1]) == {}
    assert [*painter._last] == PAGES[:1]
