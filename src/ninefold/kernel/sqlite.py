"""The evidence store in one SQLite file: WAL, synchronous=FULL, one transaction per `put`, one chain per origin."""

import os
import secrets
import sqlite3
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Self

from ninefold.kernel import schema
from ninefold.kernel.canonical import sha256
from ninefold.kernel.errors import Conflict, NotFound, Refused
from ninefold.kernel.records import Draft, Edge, Input, Record, encode, from_head, head_of
from ninefold.kernel.sqlite_file import FileKind, SqliteFile
from ninefold.kernel.sqlite_lists import COLUMNS, RecordLists
from ninefold.kernel.store import Event, Lease

GENESIS = "0" * 64
FILE = FileKind(
    "evidence store", schema.APPLICATION, schema.VERSION,
    locked="Wait for it to end, then repeat.",
    older="Use the version of ninefold that wrote it, or start a new store.",
    failed="Restore it from a copy, then run: ninefold verify-store.",
)  # fmt: skip


class SqliteStore(RecordLists):
    """A store in one file, for several processes of one machine; one object belongs to one thread."""

    def __init__(self, path: Path, *, busy_s: float = 10.0) -> None:
        """Open the store, creating it when the file does not exist.

        Raises:
            StoreError: on a network file system, not a ninefold store, damaged, disk full.
            StoreTooOld: written by another schema version.
            StoreLocked: another process holds it longer than `busy_s` seconds.
        """
        self.path = path
        self._owner = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._file = SqliteFile(path, FILE, _create, busy_s=busy_s)
        self._db = self._file.connection
        self._index()
        self.origin: str = self._one("SELECT value FROM meta WHERE name = 'origin'")[0]

    def close(self) -> None:
        """Close the file; closing twice is harmless."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    # Writing

    def put(
        self, drafts: Sequence[Draft], expect: Mapping[str, str | None] | None = None,
        move: Mapping[str, str] | None = None,
    ) -> Sequence[str]:  # fmt: skip
        """Append records in one transaction and return their ids; see `Store.put`."""
        ids: list[str] = []
        with self._file.writing():
            for name, value in (expect or {}).items():
                self._expect(name, value)
            sequence, previous = self._tail(self.origin)
            for draft in drafts:
                sequence += 1
                id, previous = self._append(draft, ids, sequence, previous)
                ids.append(id)
            self._set_tail(self.origin, sequence, previous)
            for name, value in (move or {}).items():
                self._db.execute("INSERT OR REPLACE INTO reference VALUES (?, ?)", (name, value))
        return ids

    def _append(self, draft: Draft, ids: Sequence[str], sequence: int, previous: str) -> tuple[str, str]:
        content = draft.content
        row = self._db.execute("SELECT erased FROM body WHERE content = ?", (content,)).fetchone()
        if row is None:
            self._db.execute("INSERT INTO body VALUES (?, ?, ?, NULL)", (content, draft.kind, draft.data))
        elif row[0] is not None:
            message = f"The content of {draft.name or draft.kind} was erased ({row[0]}) and must not be stored again."
            raise Refused(message, hint="Change its inputs, or leave the step out.")
        inputs = tuple(_resolve(i, ids) for i in draft.inputs)
        parents = [self._number(i.id) for i in inputs]
        head = head_of(draft, inputs, self.origin, sequence)
        id = sha256(head)
        row_values = (id, content, draft.kind, draft.key, draft.time, head)
        n = self._db.execute(
            "INSERT INTO record (id, content, kind, key, time, head) VALUES (?, ?, ?, ?, ?, ?)", row_values
        ).lastrowid
        edges = [(n, i.role, parent) for i, parent in zip(inputs, parents, strict=True)]
        if edges:
            self._db.executemany("INSERT INTO edge VALUES (?, ?, ?)", edges)
        if draft.key:
            self._db.execute("INSERT OR IGNORE INTO current VALUES (?, ?)", (draft.key, n))
        if draft.name:
            self._db.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (draft.name, n))
        link = sha256(f"{previous}{id}".encode())
        self._db.execute("INSERT INTO event VALUES (?, ?, ?, ?, ?)", (self.origin, sequence, previous, id, link))
        return id, link

    def saw(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Note that (task name, record id) was met again; outside the chain, it tells stale from missing."""
        rows = [(name, self._number(id)) for name, id in pairs]
        with self._file.writing():
            self._db.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", rows)

    def set_reference(self, name: str, value: str, expected: str | None) -> None:
        """Move a named reference by compare-and-swap.

        Raises:
            Conflict: its value is not `expected` (None: absent).
        """
        with self._file.writing():
            self._expect(name, expected)
            self._db.execute("INSERT OR REPLACE INTO reference VALUES (?, ?)", (name, value))

    def reference(self, name: str) -> str | None:
        """Return the value of a named reference."""
        row = self._db.execute("SELECT value FROM reference WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def lease(self, key: str, ttl_s: float) -> Lease | None:
        """Claim a key for this object; None when another owner holds it."""
        now = time.time_ns() // 1000
        until = now + round(ttl_s * 1e6)
        with self._file.writing():
            row = self._db.execute("SELECT owner, until FROM lease WHERE key = ?", (key,)).fetchone()
            if row is not None and row[0] != self._owner and row[1] > now and _alive(row[0]):
                return None
            self._db.execute("INSERT OR REPLACE INTO lease VALUES (?, ?, ?)", (key, self._owner, until))
        return Lease(key, self._owner, until)

    def release(self, lease: Lease) -> None:
        """Give a claim back."""
        with self._file.writing():
            self._db.execute("DELETE FROM lease WHERE key = ? AND owner = ?", (lease.key, lease.owner))

    def erase(self, content: str, reason: str, actor: str, now: int) -> str:
        """Remove a body for good; digest, reason and actor stay, and the content is refused from now on.

        Raises:
            NotFound: no record has this content.
        """
        row = self._db.execute("SELECT id FROM record WHERE content = ? ORDER BY n LIMIT 1", (content,)).fetchone()
        if row is None:
            raise NotFound(f"No record has the content {content[:12]}.", hint="Look it up with: ninefold log.")
        body = encode("erasure@1", {"content": content, "reason": reason})
        erased = (Input("erased", row[0], content),)
        [id] = self.put([Draft("erasure@1", body, "erase@1", actor, now, erased)])
        with self._file.writing():
            self._db.execute(
                "UPDATE body SET data = NULL, erased = ? WHERE content = ?", (f"record {id[:12]}", content)
            )
        return id

    def witness(self, origin: str, witness: str, sequence: int, hash: str) -> None:
        """Keep the head of a chain as another party saw it; only such a head shows a cut tail."""
        with self._file.writing():
            self._db.execute("INSERT OR REPLACE INTO head VALUES (?, ?, ?, ?)", (origin, witness, sequence, hash))

    # Reading

    def by_key(self, keys: Sequence[str]) -> dict[str, list[Record]]:
        """Return the records of each key, the first committed first; keys without a record are absent."""
        found: dict[str, list[Record]] = defaultdict(list)
        with self._file.mapped():
            for start in range(0, len(keys), 500):
                part = keys[start : start + 500]
                marks = ",".join("?" * len(part))
                query = (
                    f"SELECT {COLUMNS} FROM record r JOIN body b USING (content)"  # noqa: S608 - only marks are formatted in
                    f" WHERE r.key IN ({marks}) AND r.key <> '' ORDER BY r.n"
                )
                for row in self._db.execute(query, part):
                    record = from_head(*row)
                    found[record.key].append(record)
        return dict(found)

    def current(self, key: str) -> Record | None:
        """Return the first committed record of a key."""
        query = (
            f"SELECT {COLUMNS} FROM current c JOIN record r ON r.n = c.record JOIN body b USING (content)"  # noqa: S608 - constant
            " WHERE c.key = ?"
        )
        with self._file.mapped():
            row = self._db.execute(query, (key,)).fetchone()
        return None if row is None else from_head(*row)

    def get(self, id: str) -> Record:
        """Return a record by its id, or by the beginning of an id that is unique.

        Raises:
            NotFound: no record, or more than one, begins so.
        """
        query = f"SELECT {COLUMNS} FROM record r JOIN body b USING (content) WHERE r.id >= ? AND r.id < ? LIMIT 2"  # noqa: S608 - constant
        with self._file.mapped():
            rows = self._db.execute(query, (id, id + "g")).fetchall()
        if len(rows) != 1 or not id:
            word = "No record" if not rows else "More than one record"
            raise NotFound(f"{word} begins with {id!r}.", hint="Look it up with: ninefold log.")
        return from_head(*rows[0])

    def has(self, id: str) -> bool:
        """Return whether the whole id is in this store."""
        return self._db.execute("SELECT 1 FROM record WHERE id = ?", (id,)).fetchone() is not None

    def latest(self, name: str) -> Record | None:
        """Return the record that a task name was last seen with; what an out-of-date task last said."""
        query = (
            f"SELECT {COLUMNS} FROM seen s JOIN record r ON r.n = s.record JOIN body b USING (content)"  # noqa: S608 - constant
            " WHERE s.name = ? ORDER BY s.record DESC LIMIT 1"
        )
        row = self._db.execute(query, (name,)).fetchone()
        return None if row is None else from_head(*row)

    def names(self, id: str) -> list[str]:
        """Return the task names that a record was seen under."""
        query = "SELECT s.name FROM seen s JOIN record r ON r.n = s.record WHERE r.id = ? ORDER BY s.name"
        return [row[0] for row in self._db.execute(query, (id,))]

    def seen(self, prefix: str) -> list[str]:
        """Return the names of tasks and facets that begin so."""
        query = "SELECT DISTINCT name FROM seen WHERE name >= ? AND name < ? ORDER BY name"
        return [row[0] for row in self._db.execute(query, (prefix, prefix + "\U0010ffff"))]

    def reported(self, target: str) -> Record | None:
        """Return what a target reported last, by its own sequence; None when it has reported nothing."""
        query = (
            f"SELECT {COLUMNS} FROM reported p JOIN record r ON r.n = p.record JOIN body b USING (content)"  # noqa: S608 - constant
            " WHERE p.target = ?"
        )
        row = self._db.execute(query, (target,)).fetchone()
        return None if row is None else from_head(*row)

    def revoked(self, id: str) -> bool:
        """Return whether a later record revokes this one."""
        query = "SELECT 1 FROM record p JOIN edge e ON e.parent = p.n WHERE p.id = ? AND e.role = 'revoked'"
        return self._db.execute(query, (id,)).fetchone() is not None

    def lineage(self, id: str, up: bool) -> Iterator[Edge]:
        """Yield the edges above or below a record, nearest first, each once."""
        near, far = ("child", "parent") if up else ("parent", "child")
        query = (
            f"WITH RECURSIVE reach(n, depth) AS (SELECT n, 0 FROM record WHERE id = ? "  # noqa: S608 - two constants
            f"UNION SELECT e.{far}, reach.depth + 1 FROM edge e JOIN reach ON e.{near} = reach.n), "
            f"node(n, depth) AS (SELECT n, min(depth) FROM reach GROUP BY n) "
            f"SELECT c.id, p.id, e.role FROM node JOIN edge e ON e.{near} = node.n "
            f"JOIN record c ON c.n = e.child JOIN record p ON p.n = e.parent "
            f"ORDER BY node.depth, e.child, e.role"
        )
        for row in self._db.execute(query, (self.get(id).id,)):
            yield Edge(*row)

    def events(self, origin: str, after: int = 0) -> Iterator[Event]:
        """Yield the links of a chain in order."""
        columns = "origin, sequence, previous, payload, hash"
        query = f"SELECT {columns} FROM event WHERE origin = ? AND sequence > ? ORDER BY sequence"  # noqa: S608 - constant
        for row in self._db.execute(query, (origin, after)):
            yield Event(*row)

    def counter(self) -> int:
        """Return a number that is another one as soon as another connection has written to the file."""
        return self._file.counter()

    def tails(self) -> dict[str, tuple[int, str]]:
        """Return the head of every origin's chain as this store holds it: (sequence, hash)."""
        return {name: (seq, hash) for name, seq, hash in self._db.execute("SELECT name, sequence, hash FROM origin")}

    def witnessed(self) -> list[tuple[str, str, int, str]]:
        """Return (origin, witness, sequence, hash) of every head that another party keeps."""
        return list(self._db.execute("SELECT origin, witness, sequence, hash FROM head"))

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection, for the neighbours in this package that keep their own tables (people, verification)."""
        return self._db

    def writing(self) -> AbstractContextManager[sqlite3.Connection]:
        """Write in one transaction, for the same neighbours; nothing is written when it raises."""
        return self._file.writing()

    # Inside

    def _index(self) -> None:
        """Give a store that was written before there were these indexes the indexes that lists rest on."""
        with self._file.mapped():
            here = {row[0] for row in self._db.execute("SELECT name FROM sqlite_schema WHERE type = 'index'")}
        if absent := schema.INDEXES.keys() - here:
            with self._file.writing() as db:
                for name in sorted(absent):
                    db.execute(f"CREATE INDEX IF NOT EXISTS {name} {schema.INDEXES[name]}")

    def _expect(self, name: str, value: str | None) -> None:
        found = self.reference(name)
        if found != value:
            raise Conflict(f"{name} was changed by somebody else.", hint="Read it again and repeat.")

    def _tail(self, origin: str) -> tuple[int, str]:
        row = self._db.execute("SELECT sequence, hash FROM origin WHERE name = ?", (origin,)).fetchone()
        return (0, GENESIS) if row is None else (row[0], row[1])

    def _set_tail(self, origin: str, sequence: int, hash: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO origin VALUES (?, ?, ?)", (origin, sequence, hash))

    def _one(self, query: str) -> Any:
        return self._db.execute(query).fetchone()


def _create(db: sqlite3.Connection) -> None:
    for statement in schema.TABLES.split(";"):
        if statement.strip():
            db.execute(statement)
    db.execute("INSERT INTO meta VALUES ('origin', ?)", (f"centre-{secrets.token_hex(6)}",))


def _resolve(item: Input, ids: Sequence[str]) -> Input:
    if item.id.startswith("draft:"):
        return item._replace(id=ids[int(item.id.removeprefix("draft:"))])
    return item


def _alive(owner: str) -> bool:
    """Return whether the process of a lease's owner still runs; all processes of a store are on one machine."""
    try:
        os.kill(int(owner.partition("-")[0]), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
