"""The audit page: narrowed, paged, verified, exported."""

import csv
import io
from pathlib import Path

import msgspec
from tests.workbench.desk import APPROVER, opened

from ninefold.kernel.records import Draft, encode
from ninefold.kernel.sqlite import SqliteStore
from ninefold.workbench.project import Project

VIEWER = msgspec.structs.replace(APPROVER, role="viewer")


def test_it_shows_what_was_recorded(cell_root: Path) -> None:
    """The latest records with an address each, the end of each chain and who keeps it."""
    with opened(cell_root) as client:
        answer = client.get("/audit")
    assert answer.status_code == 200
    assert 'href="/records/' in answer.text
    assert "records, chained" in answer.text
    assert "gateway-1-a1" in answer.text


def test_it_is_narrowed(cell_root: Path) -> None:
    """By kind, step, person and day; a wrong day is told beside its field."""
    with opened(cell_root) as client:
        kind = client.get("/audit?kind=verdict").text
        assert kind.count('href="/records/') == 4
        assert client.get("/audit?kind=verdict@1&step=verdict@1").text.count('href="/records/') == 4
        person = client.get("/audit?step=sign").text
        assert person.count('href="/records/') == 1
        assert "Erika Beispiel" in person
        assert "No record is like this." in client.get("/audit?actor=nobody").text
        assert "No record is like this." in client.get("/audit?day=1999-01-01").text
        assert "This is no day." in client.get("/audit?day=yesterday").text


def test_it_is_paged(cell_root: Path) -> None:
    """A hundred rows, and an address for the ones before that keeps the conditions."""
    with SqliteStore(cell_root / ".ninefold" / "store.db") as store:
        store.put([Draft("note@1", encode("note@1", {"n": n}), "note@1", "=cmd", n + 1) for n in range(150)])
    with opened(cell_root) as client:
        first = client.get("/audit?kind=note").text
        assert first.count('href="/records/') == 100
        more = first[first.index("/audit?kind=note&amp;before=") :].partition('"')[0].replace("&amp;", "&")
        assert client.get(more).text.count('href="/records/') == 50
        assert client.get("/audit?before=nothing").status_code == 404


def test_it_is_exported(cell_root: Path) -> None:
    """All that is asked for as CSV, with keys instead of names; no cell is a formula."""
    with SqliteStore(cell_root / ".ninefold" / "store.db") as store:
        store.put([Draft("note@1", encode("note@1", {"text": "=1+1"}), "note@1", "=cmd", 1)])
    with opened(cell_root) as client:
        answer = client.get("/audit.csv?kind=note")
        everything = client.get("/audit.csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="audit.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [r["actor"] for r in rows] == ["'=cmd"]
    assert "Erika Beispiel" not in everything.text
    assert len(everything.text.splitlines()) > 80


def test_every_chain_is_verified_by_a_button(cell_root: Path) -> None:
    """Also for who only looks; an altered body is found and named."""
    with opened(cell_root, VIEWER) as client:
        jobs = _project(client).jobs
        where = client.post("/audit/verify", follow_redirects=False).headers["location"]
        assert jobs.wait(where.removeprefix("/jobs/"), 60).stage == "done"
        assert "Every chain verifies" in client.get(where).text
        assert "Every chain verifies" in client.get("/audit").text
    with SqliteStore(cell_root / ".ninefold" / "store.db") as store, store.writing() as db:
        db.execute("UPDATE body SET data = CAST('[]' AS BLOB) WHERE kind = 'verdict@1'")
    with opened(cell_root, VIEWER) as client:
        jobs = _project(client).jobs
        where = client.post("/audit/verify", follow_redirects=False).headers["location"]
        assert jobs.wait(where.removeprefix("/jobs/"), 60).stage == "failed"
        assert "The body was altered" in client.get(where).text


def test_what_is_not_there_is_a_page(cell_root: Path) -> None:
    """An unknown address says what happened and leads on."""
    with opened(cell_root) as client:
        answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert "There is nothing at /nowhere." in answer.text


def _project(client: object) -> Project:
    project: Project = client.app.state.project  # type: ignore[attr-defined]  # of the test client
    return project
