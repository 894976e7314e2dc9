"""Verification of a store: each kind of tampering is found, with its own message."""

from pathlib import Path

import pytest
from tests.kernel.test_sqlite import draft

from ninefold.kernel.records import Input
from ninefold.kernel.sqlite import SqliteStore
from ninefold.kernel.verify import verify_store


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    """Five records in a chain of inputs."""
    store = SqliteStore(tmp_path / "store.db")
    before = ""
    for i in range(5):
        d = draft(i, key=f"k{i}", inputs=(Input("before", before, store.get(before).content),) if before else ())
        [before] = store.put([d])
    assert verify_store(store) == []
    return store


_BODY_4 = "WHERE content = (SELECT content FROM record WHERE n = 4)"
_RECORD_1 = "(SELECT id FROM record WHERE n = 1)"
TAMPERING = {
    "altered body": (f"UPDATE body SET data = replace(data, '3', '7') {_BODY_4}", "The body was altered"),
    "removed body": (f"UPDATE body SET data = NULL {_BODY_4}", "gone without an erasure"),
    "altered head": ("UPDATE record SET head = replace(head, 'tester', 'x') WHERE n = 2", "The record was altered"),
    "removed record": ("DELETE FROM record WHERE n = 5", "A record was removed"),
    "removed input": ("DELETE FROM edge WHERE child = 3", "An input of the record was removed"),
    "removed event": ("DELETE FROM event WHERE sequence = 3", "1 event(s) are missing after number 2"),
    "altered event": (f"UPDATE event SET payload = {_RECORD_1} WHERE sequence = 3", "Event 3 was altered"),
    "exchanged key": ("UPDATE record SET key = 'k9' WHERE n = 2", "columns differ from its head"),
}


@pytest.mark.parametrize(("statement", "message"), TAMPERING.values(), ids=TAMPERING)
@pytest.mark.job("delivery/verify-store", against="cases", what="planted error")
def test_tampering_is_found(store: SqliteStore, statement: str, message: str) -> None:
    """Each change that goes around the store is found and named."""
    store.connection.execute(statement)
    assert any(message in f.message for f in verify_store(store))


def _cut(store: SqliteStore) -> None:
    store.connection.execute("DELETE FROM event WHERE sequence = 5")
    store.connection.execute("DELETE FROM current WHERE record = 5")
    store.connection.execute("DELETE FROM edge WHERE child = 5")
    store.connection.execute("DELETE FROM record WHERE n = 5")
    head = store.connection.execute("SELECT hash FROM event WHERE sequence = 4").fetchone()[0]
    store.connection.execute("UPDATE origin SET sequence = 4, hash = ?", (head,))


@pytest.mark.parametrize("kept", [False, True])
def test_a_cut_tail_shows_only_against_a_head_that_another_party_keeps(store: SqliteStore, kept: bool) -> None:
    """A carefully cut chain verifies by itself; the head that an agent kept shows the cut."""
    [(origin, (sequence, hash))] = store.tails().items()
    if kept:
        store.witness(origin, "gateway-1", sequence, hash)
    _cut(store)
    messages = [f.message for f in verify_store(store) if "chain" in f.message]
    assert messages == (["The chain was cut: gateway-1 saw event 5, which is not here."] if kept else [])


def test_every_case_names_a_different_finding() -> None:
    """The cases do not all end in the same message."""
    assert len({m for _, m in TAMPERING.values()}) == len(TAMPERING)
