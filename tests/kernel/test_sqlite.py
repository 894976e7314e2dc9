"""The evidence store in one SQLite file: transactions, keys, lineage, leases, erasure, and what can go wrong."""

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from ninefold.kernel.errors import Conflict, NotFound, Refused, StoreError, StoreLocked, StoreTooOld
from ninefold.kernel.records import Draft, Input, encode
from ninefold.kernel.sqlite import SqliteStore
from ninefold.kernel.verify import verify_store


def draft(
    value: object, *, key: str = "", inputs: tuple[Input, ...] = (), name: str = "", kind: str = "number@1"
) -> Draft:
    """Return a draft that holds a value."""
    return Draft(kind, encode(kind, {"value": value}), "toy@1", "tester", 1, inputs, key=key, name=name)


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    """An empty store."""
    return SqliteStore(tmp_path / "store.db")


def test_the_first_committed_record_of_a_key_is_current(store: SqliteStore) -> None:
    """A key may have several records; they keep their order."""
    first, second = store.put([draft(1, key="k"), draft(2, key="k")])
    assert [r.id for r in store.by_key(["k"])["k"]] == [first, second]
    current = store.current("k")
    assert current is not None
    assert current.id == first


def test_an_input_may_be_a_draft_of_the_same_call(store: SqliteStore) -> None:
    """Drafts refer to one another before they have ids; lineage finds both ways."""
    a = draft(1)
    top, bottom = store.put([a, draft(2, inputs=(Input("from", "draft:0", a.content),))])
    [up] = store.lineage(bottom, up=True)
    [down] = store.lineage(top, up=False)
    assert up == down == (bottom, top, "from")


def test_equal_contents_have_different_ids(store: SqliteStore) -> None:
    """The sequence is in the id: repeated simulated time must not lose an event."""
    ids = store.put([draft(1), draft(1)])
    assert len(set(ids)) == 2


def test_an_unknown_input_is_refused_and_nothing_is_written(store: SqliteStore) -> None:
    """One bad draft undoes the whole put."""
    with pytest.raises(NotFound, match="is not in this store"):
        store.put([draft(1), draft(2, inputs=(Input("x", "f" * 64, "c"),))])
    assert store.log() == []
    assert verify_store(store) == []


def test_an_expected_reference_that_moved_is_a_conflict(store: SqliteStore) -> None:
    """Compare-and-swap: the second of two writers repeats."""
    store.set_reference("pin", "a", None)
    with pytest.raises(Conflict, match="changed by somebody else"):
        store.put([draft(1)], expect={"pin": "b"})
    assert store.log() == []


def test_a_prefix_of_an_id_is_enough_when_unique(store: SqliteStore) -> None:
    """People type the beginning of an id."""
    [id] = store.put([draft(1)])
    assert store.get(id[:10]).id == id
    with pytest.raises(NotFound, match="No record begins"):
        store.get("zz")


def test_an_erased_content_stays_refused(store: SqliteStore) -> None:
    """Digest, reason and actor stay; a re-run that derives the content again is refused; verification says erased."""
    [id] = store.put([draft("secret")])
    content = store.get(id).content
    store.erase(content, "asked for by the person", "person-1", 5)
    assert store.get(id).data is None
    with pytest.raises(Refused, match="was erased"):
        store.put([draft("secret")])
    assert verify_store(store) == []


def test_a_lease_of_a_living_process_holds_and_a_dead_one_is_void(store: SqliteStore, tmp_path: Path) -> None:
    """Leases only save work; one whose process was killed must not block for an hour."""
    code = "import sys, time; from pathlib import Path; from ninefold.kernel.sqlite import SqliteStore\n"
    code += "s = SqliteStore(Path(sys.argv[1])); print(s.lease('k', 3600) is not None, flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code, str(store.path)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline().strip() == "True"
        assert store.lease("k", 10) is None
        other.kill()
        other.wait()
    lease = store.lease("k", 10)
    assert lease is not None
    store.release(lease)
    assert SqliteStore(store.path).lease("k", 10) is not None


def test_a_file_that_is_no_store_is_named(tmp_path: Path) -> None:
    """Another program's SQLite file, and a file that is no SQLite at all."""
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as db:
        db.execute("CREATE TABLE t (x)")
    with pytest.raises(StoreError, match="no evidence store"):
        SqliteStore(other)
    text = tmp_path / "text.db"
    text.write_text("hello " * 500)
    with pytest.raises(StoreError, match="damaged or no SQLite file"):
        SqliteStore(text)


def test_a_store_of_another_schema_says_so(store: SqliteStore) -> None:
    """An older or newer store is refused with both versions named, and is left as it is."""
    store.connection.execute("PRAGMA user_version=99")
    store.close()
    with pytest.raises(StoreTooOld, match=r"schema 99.*reads 1"):
        SqliteStore(store.path)


def test_a_locked_store_says_so(store: SqliteStore) -> None:
    """Another process holds the write lock beyond the deadline."""
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    impatient = SqliteStore(store.path, busy_s=0.05)
    with pytest.raises(StoreLocked, match="locked by another process"):
        impatient.put([draft(1)])
    other.execute("ROLLBACK")
    impatient.put([draft(1)])


def test_a_full_disk_says_so_and_loses_nothing(store: SqliteStore) -> None:
    """The database may not grow: the put fails as a whole, and what was there verifies."""
    store.put([draft(1)])
    pages = store.connection.execute("PRAGMA page_count").fetchone()[0]
    store.connection.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(StoreError, match="is full or failing; nothing was written"):
        store.put([draft("x" * 100_000)])
    assert len(store.log()) == 1
    assert verify_store(store) == []


WRITER = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from ninefold.kernel.records import Draft, encode
    from ninefold.kernel.sqlite import SqliteStore
    store = SqliteStore(Path(sys.argv[1]))
    for i in range(int(sys.argv[3])):
        data = encode("number@1", {"value": i, "by": sys.argv[2]})
        store.put([Draft("number@1", data, "toy@1", sys.argv[2], i, key=f"key-{i}", name=f"task-{i}")])
        if i == 50:
            print("going", flush=True)
    """
)


def test_two_writers_one_killed(store: SqliteStore) -> None:
    """Two processes put 1,000 records each under the same keys, one is killed: chains verify, one is current."""
    start = [sys.executable, "-c", WRITER, str(store.path)]
    with (
        subprocess.Popen([*start, "killed", "1000"], stdout=subprocess.PIPE, text=True) as killed,
        subprocess.Popen([*start, "whole", "1000"], stdout=subprocess.DEVNULL, text=True) as whole,
    ):
        assert killed.stdout is not None
        assert killed.stdout.readline() == "going\n"
        os.kill(killed.pid, signal.SIGKILL)
        assert whole.wait() == 0
    assert verify_store(store) == []
    keys = [f"key-{i}" for i in range(1000)]
    found = store.by_key(keys)
    assert set(found) == set(keys)
    assert sum(r.actor == "whole" for records in found.values() for r in records) == 1000
    assert sum(r.actor == "killed" for records in found.values() for r in records) >= 51
    for key in keys:
        current = store.current(key)
        assert current is not None
        assert current.id == found[key][0].id
    selections = store.connection.execute("SELECT count(*), count(DISTINCT key) FROM current").fetchone()
    assert selections == (1000, 1000)


def test_a_reference_moves_with_the_records_of_its_transaction(store: SqliteStore) -> None:
    """Expected and moved at once: the second writer who saw the same value is refused and leaves nothing."""
    draft = Draft("a@1", encode("a@1", {"n": 1}), "s@1", "p", 0)
    store.put([draft], {"uses": None}, {"uses": "1"})
    with pytest.raises(Conflict, match="uses was changed by somebody else"):
        store.put([draft], {"uses": None}, {"uses": "1"})
    assert store.reference("uses") == "1"
    assert len(store.log()) == 1
