"""Records of another origin: verified link by link, and stored with the chain that their origin gave them.

Ingesting is idempotent by (origin, sequence). A declared gap leaves a hole in the chain, which verification reports.
"""

import sqlite3
from collections.abc import Sequence

import msgspec

from ninefold.kernel.canonical import sha256
from ninefold.kernel.errors import InvalidInput, Refused, VerificationError
from ninefold.kernel.parcel import Entry, check, read_record
from ninefold.kernel.records import Record, from_head
from ninefold.kernel.sqlite import SqliteStore
from ninefold.vocabulary.desired import REPORTED

_MAX_DATA = 1 << 20
REVOKED = "revoked"  # the role by which a record takes another one back: `SqliteStore.revoked`


def ingest(store: SqliteStore, origin: str, entries: Sequence[Entry]) -> list[Record]:
    """Store records of a foreign chain in one transaction and return those that were new.

    `entries` are of the alarm lane, in order; the first one's `previous` must already have been compared with the
    sender's last acknowledged link.

    Raises:
        VerificationError: a record or link was altered, or stands under another origin or number.
        InvalidInput: one is no record, too large, or claims what only the centre may: a key, or a revocation.
        Refused: the origin is the store's own.
    """
    if origin == store.origin:
        raise Refused(f"The origin {origin} is this store's own.", hint="Give the other side a store of its own.")
    new: list[Record] = []
    with store.writing():
        for entry in entries:
            if entry.payload is None:
                continue
            check(entry, origin, entry.previous)
            record, head = _read(entry, origin)
            if _known(store.connection, origin, entry):
                continue
            _insert(store.connection, record, head, entry)
            new.append(record)
    return new


def _read(entry: Entry, origin: str) -> tuple[Record, bytes]:
    name = f"alarm {entry.sequence} of {origin}"
    found = read_record(entry.payload or b"")
    if len(found.data) > _MAX_DATA or len(found.head) > _MAX_DATA:
        raise InvalidInput(f"The record {name} has more than {_MAX_DATA} bytes.")
    try:
        record = from_head(entry.digest, found.head, found.data)
        kind = msgspec.json.decode(found.data)[0]
    except (msgspec.MsgspecError, TypeError, IndexError, KeyError) as error:
        raise InvalidInput(f"The entry {name} holds no record: {error}.") from None
    if sha256(found.data) != record.content or kind != record.kind:
        raise VerificationError(f"The body of record {name} was altered: it no longer has its digest.")
    if (record.origin, record.sequence) != (origin, entry.sequence):
        raise VerificationError(f"The record {name} says that it is {record.sequence} of {record.origin}.")
    _only_reports(record, name)
    return record, found.head


def _only_reports(record: Record, name: str) -> None:
    """Refuse what would answer a task here or take a decision back: whoever reports derives and decides nothing."""
    if record.key:
        raise InvalidInput(f"The record {name} claims the key {record.key[:12]}; only work done here is found by key.")
    if any(i.role == REVOKED for i in record.inputs):
        raise InvalidInput(f"The record {name} revokes a decision; only a named person at the centre does.")


def _known(db: sqlite3.Connection, origin: str, entry: Entry) -> bool:
    query = "SELECT hash FROM event WHERE origin = ? AND sequence = ?"
    row = db.execute(query, (origin, entry.sequence)).fetchone()
    if row is not None and row[0] != entry.hash:
        raise VerificationError(f"{origin} sent another record as number {entry.sequence} before: its chain forked.")
    return row is not None


def _insert(db: sqlite3.Connection, record: Record, head: bytes, entry: Entry) -> None:
    # a tombstone stays what it is: the chain covers ids, and the body is not taken again
    db.execute("INSERT OR IGNORE INTO body VALUES (?, ?, ?, NULL)", (record.content, record.kind, record.data))
    values = (record.id, record.content, record.kind, record.key, record.time, head)
    query = "INSERT INTO record (id, content, kind, key, time, head) VALUES (?, ?, ?, ?, ?, ?)"
    n = db.execute(query, values).lastrowid
    for item in record.inputs:  # what it names and this store lacks is a finding of verification, not a lost report
        edge = "INSERT INTO edge SELECT ?, ?, n FROM record WHERE id = ?"
        db.execute(edge, (n, item.role, item.id))
    event = (record.origin, entry.sequence, entry.previous, record.id, entry.hash)
    db.execute("INSERT INTO event VALUES (?, ?, ?, ?, ?)", event)
    db.execute("INSERT OR REPLACE INTO origin VALUES (?, ?, ?)", (record.origin, entry.sequence, entry.hash))
    if record.kind == REPORTED:
        _report(db, str(record.plain["target"]), record, n)


def _report(db: sqlite3.Connection, target: str, record: Record, n: int | None) -> None:
    """Keep the latest report of a target: the later origin wins (a new storage folder), then the higher sequence."""
    query = "SELECT max(r.n), t.sequence, r.head FROM reported t JOIN record r ON r.n = t.record WHERE t.target = ?"
    known, sequence, old = db.execute(query, (target,)).fetchone()
    if known is not None and from_head("", old, None).origin == record.origin and sequence >= record.sequence:
        return
    db.execute("INSERT OR REPLACE INTO reported VALUES (?, ?, ?)", (target, record.sequence, n))
