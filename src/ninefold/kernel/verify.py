"""Verification of a store: every digest, every chain, events against records both ways, and heads that others keep."""

from typing import NamedTuple

from ninefold.kernel.canonical import sha256
from ninefold.kernel.records import from_head
from ninefold.kernel.sqlite import GENESIS, SqliteStore


class Finding(NamedTuple):
    """One thing that does not verify; `about` is an origin, a record id or a content."""

    about: str
    message: str


def verify_store(store: SqliteStore) -> list[Finding]:
    """Return everything in the store that does not verify; an empty list means that all of it does."""
    findings: list[Finding] = []
    for origin in store.tails():
        findings += _chain(store, origin)
    findings += _records(store)
    findings += _bodies(store)
    findings += _witnesses(store)
    return findings


def _chain(store: SqliteStore, origin: str) -> list[Finding]:
    findings = []
    sequence, previous = 0, GENESIS
    for event in store.events(origin):
        if event.sequence != sequence + 1:
            lost = event.sequence - sequence - 1
            message = f"{lost} event(s) are missing after number {sequence}: the chain is incomplete."
            findings.append(Finding(origin, message))
        elif event.previous != previous:
            findings.append(Finding(origin, f"Event {event.sequence} does not follow from event {sequence}."))
        if event.hash != sha256(f"{event.previous}{event.payload}".encode()):
            findings.append(Finding(origin, f"Event {event.sequence} was altered."))
        sequence, previous = event.sequence, event.hash
    if store.tails()[origin] != (sequence, previous):
        findings.append(Finding(origin, f"The chain ends at event {sequence}, but its recorded end is another."))
    return findings


def _records(store: SqliteStore) -> list[Finding]:
    findings = []
    db = store.connection
    edges: dict[int, dict[str, str]] = {}
    for child, role, parent in db.execute(
        "SELECT e.child, e.role, p.id FROM edge e LEFT JOIN record p ON p.n = e.parent"
    ):
        edges.setdefault(child, {})[role] = parent
    columns = "r.n, r.id, CAST(r.head AS BLOB), CAST(b.data AS BLOB), r.content, r.key"
    query = f"SELECT {columns} FROM record r LEFT JOIN body b USING (content)"  # noqa: S608 - constant
    for n, id, head, data, content, key in db.execute(query):
        if sha256(head) != id:
            findings.append(Finding(id, "The record was altered: its head no longer has its id."))
            continue
        record = from_head(id, head, data)
        if (record.content, record.key) != (content, key):
            findings.append(Finding(id, "The record's columns differ from its head."))
        if {i.role: i.id for i in record.inputs} != edges.get(n, {}):
            findings.append(Finding(id, "An input of the record was removed or exchanged."))
    orphans = db.execute("SELECT payload FROM event WHERE payload NOT IN (SELECT id FROM record)")
    findings += [Finding(payload, "A record was removed: its event stands without it.") for (payload,) in orphans]
    strays = db.execute("SELECT id FROM record WHERE id NOT IN (SELECT payload FROM event)")
    findings += [Finding(id, "A record stands in no chain.") for (id,) in strays]
    return findings


def _bodies(store: SqliteStore) -> list[Finding]:
    findings = []
    for content, data, erased in store.connection.execute("SELECT content, CAST(data AS BLOB), erased FROM body"):
        if data is None and erased is None:
            findings.append(Finding(content, "The body is gone without an erasure."))
        elif data is not None and sha256(data) != content:
            findings.append(Finding(content, "The body was altered: it no longer has its digest."))
    missing = store.connection.execute("SELECT id FROM record WHERE content NOT IN (SELECT content FROM body)")
    return findings + [Finding(id, "The record's body was removed.") for (id,) in missing]


def _witnesses(store: SqliteStore) -> list[Finding]:
    findings = []
    for origin, witness, sequence, hash in store.witnessed():
        query = "SELECT hash FROM event WHERE origin = ? AND sequence = ?"
        row = store.connection.execute(query, (origin, sequence)).fetchone()
        if row is None:
            findings.append(Finding(origin, f"The chain was cut: {witness} saw event {sequence}, which is not here."))
        elif row[0] != hash:
            findings.append(Finding(origin, f"The chain was rewritten: {witness} saw another event {sequence}."))
    return findings
