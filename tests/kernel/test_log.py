"""What lists and pages ask of the store: the log from a place on and narrowed, names, chains, and what is near a record."""

from pathlib import Path

import pytest

from ninefold.kernel.log_filter import LogFilter
from ninefold.kernel.records import Draft, Input, encode
from ninefold.kernel.schema import INDEXES
from ninefold.kernel.sqlite import SqliteStore


def draft(n: int, kind: str = "a@1", step: str = "one@1", actor: str = "x", inputs: tuple[Input, ...] = ()) -> Draft:
    """Return a draft at the time n."""
    return Draft(kind, encode(kind, {"n": n}), step, actor, n, inputs, name=f"task:{n}")


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    """Six records of two kinds, steps and actors."""
    made = SqliteStore(tmp_path / "store.db")
    made.put(
        [
            draft(n, "ab@1" if n % 2 else "a@1", "one@1" if n < 4 else "one@2", "x" if n < 3 else "y")
            for n in range(1, 7)
        ]
    )
    return made


def times(store: SqliteStore, before: str = "", **only: object) -> list[int]:
    """Return the times of a log."""
    return [r.time for r in store.log(10, before, LogFilter(**only))]  # type: ignore[arg-type]  # fields of the filter


def test_a_log_goes_on_from_a_record(store: SqliteStore) -> None:
    """The newest first; the record itself is not repeated."""
    first = store.log(2)
    assert [r.time for r in first] == [6, 5]
    assert times(store, first[-1].id) == [4, 3, 2, 1]


def test_a_log_is_narrowed(store: SqliteStore) -> None:
    """By kind and step, with their version or without; by actor and time. A kind is no beginning of another."""
    assert times(store, kind="a") == times(store, kind="a@1") == [6, 4, 2]
    assert times(store, step="one") == [6, 5, 4, 3, 2, 1]
    assert times(store, step="one@2") == [6, 5, 4]
    assert times(store, actor="x") == [2, 1]
    assert times(store, since=2, until=4) == [3, 2]
    assert times(store, kind="ab", actor="y", step="one@1") == [3]
    assert times(store, kind="' OR 1=1 --") == []


def test_kinds_names_and_numbers_are_told(store: SqliteStore) -> None:
    """Without reading a body."""
    [last] = store.log(1)
    assert store.count() == 6
    assert store.kinds() == ["a@1", "ab@1"]
    assert store.names_of([last.id, "nothing"]) == {last.id: ["task:6"], "nothing": []}
    assert store.ids(last.id[:20]) == [last.id]
    assert [r.id for r in store.records_of("task:6")] == [last.id]


def test_a_record_knows_its_link_of_the_chain(store: SqliteStore) -> None:
    """And nothing has none."""
    [last] = store.log(1)
    event = store.event_of(last.id)
    assert event is not None
    assert (event.sequence, event.payload) == (6, last.id)
    assert store.event_of("nothing") is None


def test_an_empty_store_has_no_kind(tmp_path: Path) -> None:
    """And no record."""
    empty = SqliteStore(tmp_path / "empty.db")
    assert (empty.kinds(), empty.count(), empty.log()) == ([], 0, [])


def test_what_is_near_is_bounded(store: SqliteStore) -> None:
    """At most so many from one record, and so many in all; the nearest first, cycles of ways once."""
    [top] = store.log(1)
    link = (Input("of", top.id, top.content),)
    children = store.put([draft(10 + n, inputs=link) for n in range(5)])
    child = store.get(children[0])
    [grand] = store.put([draft(20, inputs=(Input("of", child.id, child.content), Input("also", top.id, top.content)))])
    assert [e.child for e in store.near([top.id], up=False, most=100, each=2)] == [*children[:2], grand]
    assert len(list(store.near([top.id], up=False, most=3, each=100))) == 3
    assert {e.parent for e in store.near([grand], up=True, most=100, each=100)} == {child.id, top.id}
    assert [role for role, _, _ in store.using(top.id, 3)] == ["also", "of", "of"]


def looks(store: SqliteStore, **only: object) -> int:
    """Return how many tens of instructions SQLite needs for a log."""
    counted: list[int] = []
    store.connection.set_progress_handler(lambda: counted.append(1), 10)
    store.log(10, "", LogFilter(**only))  # type: ignore[arg-type]  # fields of the filter
    store.connection.set_progress_handler(None, 0)
    return len(counted)


@pytest.mark.parametrize("only", [{"step": "rare"}, {"step": "rare@1"}, {"actor": "seldom"}, {"kind": "a"}])
def test_a_narrowed_log_does_not_look_at_the_other_records(store: SqliteStore, only: dict[str, str]) -> None:
    """By kind, step or actor: what is asked for is found by an index, however many records there are."""
    store.put([draft(7, step="rare@1", actor="seldom")])
    before = looks(store, **only)
    store.put([draft(n, "other@1", "often@1", "all") for n in range(8, 500)])
    assert looks(store, **only) <= before + 2


def test_a_store_without_the_indexes_gets_them(store: SqliteStore) -> None:
    """One that an older version wrote, also when a head in it is damaged: verification must be able to open it."""
    for name in INDEXES:
        store.connection.execute(f"DROP INDEX {name}")
    store.connection.execute("UPDATE record SET head = x'00ff' WHERE n = 1")
    store.close()
    with SqliteStore(store.path) as again:
        assert times(again, step="one") == [6, 5, 4, 3, 2]
        names = {row[1] for row in again.connection.execute("PRAGMA index_list(record)")}
    assert names >= INDEXES.keys()
