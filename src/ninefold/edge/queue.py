"""The durable queue of an agent: nothing that it took is lost without a gap record, whatever is killed or full.

SQLite in WAL with synchronous=FULL; one transaction per batch holds the samples, the decisions and the state that a
restart goes on from. An entry is deleted only when the centre has acknowledged its number.
"""

import secrets
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Self

from ninefold.edge import tables
from ninefold.kernel.canonical import sha256
from ninefold.kernel.clock import Clock, SystemClock
from ninefold.kernel.errors import DiskFull, InvalidInput, StoreError
from ninefold.kernel.parcel import GENESIS, LANES, Entry, Head, Lane, Waiting, gap_digest, link, write_record
from ninefold.kernel.records import Draft, head_of
from ninefold.kernel.sqlite_file import FileKind, SqliteFile

_COLUMNS = "lane, sequence, until, previous, digest, hash, samples, first, last, payload, reason"
FILE = FileKind(
    "agent's database", tables.APPLICATION, tables.VERSION,
    locked="Run one agent per storage folder.",
    older="Let the version that wrote it send everything, then start anew.",
    failed="Move it away and start the agent with an empty one.",
    full="Free space; what is lost meanwhile stands in a gap record.",
)  # fmt: skip
_BUSY_S = 10.0
_MAX_HELD = 1000  # records that wait in memory while the disk is full


class Batch(NamedTuple):
    """Packed columns for a lane: how many samples, and from when to when (µs UTC)."""

    lane: Lane
    payload: bytes
    samples: int
    first: int
    last: int


class Lost(NamedTuple):
    """Samples of a lane that never got a number: the source lost them, or the disk was full."""

    lane: Lane
    reason: str
    samples: int
    first: int
    last: int


class Limits(NamedTuple):
    """How much the queue holds before it drops the oldest of the least lane."""

    bytes: int = 256 << 20
    age_s: float = 7 * 86400.0


class Depth(NamedTuple):
    """How full a lane is."""

    entries: int
    bytes: int
    samples: int
    oldest: int  # µs UTC when its oldest entry was queued; 0 when empty


class Queue:
    """An agent's database. One object belongs to one thread; several may open the same file."""

    def __init__(self, path: Path, device: str, *, limits: Limits | None = None, clock: Clock | None = None) -> None:
        """Open the queue, creating it with a new origin when the file does not exist.

        Raises:
            StoreError: not an agent's database, damaged, of another device, or the disk is full.
        """
        self.path, self.limits = path, limits or Limits()
        self._clock = clock or SystemClock()
        self._lost: list[Lost] = []
        self._held: list[Draft] = []
        self._file = SqliteFile(path, FILE, lambda db: _create(db, device), busy_s=_BUSY_S)
        self._db = self._file.connection
        self.origin, owner = self._meta("origin"), self._meta("device")
        if owner != device:
            self._file.close()
            message = f"{path} belongs to the device {owner!r}, not to {device!r}."
            raise StoreError(message, hint="Give each agent a storage folder of its own.")

    def _meta(self, name: str) -> str:
        return str(self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()[0])

    def close(self) -> None:
        """Close the file; closing twice is harmless."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    # Taking

    def commit(
        self,
        batches: Sequence[Batch] = (),
        records: Sequence[Draft] = (),
        checkpoint: Mapping[str, bytes] | None = None,
        lost: Sequence[Lost] = (),
    ) -> bool:
        """Take batches, records and the state behind them in one transaction.

        Returns False when the disk is full: batches become a gap record of the next commit that succeeds, records wait
        in memory, and the state stays the one before.

        Raises:
            StoreError: the database failed in another way.
        """
        self._lost += lost
        self._held += records
        try:
            with self._file.writing():
                for gap in self._lost:
                    self._append_gap(gap)
                for draft in self._held:
                    self._append_record(draft)
                for batch in batches:
                    self._append(batch, sha256(batch.payload), batch.payload)
                rows = list((checkpoint or {}).items())
                self._db.executemany("INSERT OR REPLACE INTO checkpoint VALUES (?, ?)", rows)
                self._bound()
        except DiskFull:
            self._lost += [Lost(b.lane, "disk_full", b.samples, b.first, b.last) for b in batches]
            self._lost = _merged(self._lost)
            self._hold()
            return False
        self._lost, self._held = [], []
        return True

    def _hold(self) -> None:
        over = self._held[:-_MAX_HELD]
        self._held = self._held[-_MAX_HELD:]
        self._lost = _merged([*self._lost, *(Lost("alarm", "disk_full", 1, d.time, d.time) for d in over)])

    def _append(self, batch: Batch | Lost, digest: str, payload: bytes | None) -> None:
        sequence, previous = self._tail(batch.lane)
        reason = batch.reason if isinstance(batch, Lost) else ""
        hash = link(previous, digest)
        number = sequence + 1
        row = (
            batch.lane, number, number, previous, digest, hash, batch.samples, batch.first, batch.last, reason,
            self._clock.now(), len(payload or b""), payload,
        )  # fmt: skip
        self._db.execute(
            "INSERT INTO entry (lane, sequence, until, previous, digest, hash, samples, first, last, reason, queued,"
            " bytes, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            row,
        )
        self._db.execute("UPDATE lane SET sequence = ?, hash = ? WHERE name = ?", (number, hash, batch.lane))

    def _append_gap(self, gap: Lost) -> None:
        self._append(gap, gap_digest(gap.reason, gap.samples, gap.first, gap.last), None)

    def _append_record(self, draft: Draft) -> None:
        sequence, _ = self._tail("alarm")
        head = head_of(draft, draft.inputs, self.origin, sequence + 1)
        payload = write_record(head, draft.data)
        self._append(Batch("alarm", payload, 1, draft.time, draft.time), sha256(head), payload)

    def _tail(self, lane: str) -> tuple[int, str]:
        row = self._db.execute("SELECT sequence, hash FROM lane WHERE name = ?", (lane,)).fetchone()
        return int(row[0]), str(row[1])

    # Bounds

    def _bound(self) -> None:
        """Turn the oldest entries of the least lane into a gap until the queue is within its bounds."""
        limit = self._clock.now() - round(self.limits.age_s * 1e6)
        for lane in reversed(LANES):
            oldest = "SELECT queued FROM entry WHERE lane = ? AND payload IS NOT NULL ORDER BY sequence LIMIT 1"
            row = self._db.execute(oldest, (lane,)).fetchone()
            if row is not None and row[0] < limit:
                query = "SELECT max(sequence) FROM entry WHERE lane = ? AND payload IS NOT NULL AND queued < ?"
                self._drop(lane, self._db.execute(query, (lane, limit)).fetchone()[0], "age")
        excess = self.depth_bytes() - self.limits.bytes
        for lane in reversed(LANES):
            if excess > 0:
                excess -= self._drop_bytes(lane, excess)

    def _drop_bytes(self, lane: Lane, excess: int) -> int:
        freed, until = 0, None
        query = "SELECT until, bytes FROM entry WHERE lane = ? AND payload IS NOT NULL ORDER BY sequence"
        for number, size in self._db.execute(query, (lane,)):
            until, freed = number, freed + size
            if freed >= excess:
                break
        if until is not None:
            self._drop(lane, until, "bytes")
        return freed

    def _drop(self, lane: Lane, until: int, reason: str) -> None:
        """Make one gap of everything in a lane up to a number, earlier gaps included."""
        where = "lane = ? AND sequence <= ?"
        [first, previous] = self._db.execute(
            f"SELECT sequence, previous FROM entry WHERE {where} ORDER BY sequence LIMIT 1",  # noqa: S608 - constant
            (lane, until),
        ).fetchone()
        [last, digest, hash] = self._db.execute(
            f"SELECT until, digest, hash FROM entry WHERE {where} ORDER BY sequence DESC LIMIT 1",  # noqa: S608 - constant
            (lane, until),
        ).fetchone()
        [samples, begin, end] = self._db.execute(
            f"SELECT sum(samples), min(first), max(last) FROM entry WHERE {where}",  # noqa: S608 - constant
            (lane, until),
        ).fetchone()
        self._db.execute(f"DELETE FROM entry WHERE {where}", (lane, until))  # noqa: S608 - constant
        row = (lane, first, last, previous, digest, hash, samples, begin, end, reason, self._clock.now())
        self._db.execute(
            "INSERT INTO entry (lane, sequence, until, previous, digest, hash, samples, first, last, reason, queued,"
            " bytes, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, NULL)",
            row,
        )

    # Sending

    def pending(self, max_bytes: int = 1 << 20, max_entries: int = 500) -> list[Entry]:
        """Return what is to be sent next: alarms before predictions before raw, each lane in order.

        At least one entry is returned when any waits, however large it is.
        """
        entries: list[Entry] = []
        size = 0
        for lane in LANES:
            query = f"SELECT {_COLUMNS} FROM entry WHERE lane = ? ORDER BY sequence LIMIT ?"  # noqa: S608 - constant
            with self._file.mapped():
                for row in self._db.execute(query, (lane, max_entries)):
                    entry = Entry(*row)
                    size += len(entry.payload or b"") + 300
                    if entries and (size > max_bytes or len(entries) >= max_entries):
                        return entries
                    entries.append(entry)
        return entries

    def acknowledge(self, acknowledged: Mapping[str, int]) -> int:
        """Delete what the centre holds and return how many entries that were.

        Raises:
            InvalidInput: the centre acknowledges a number that was never given: it means another queue.
        """
        deleted = 0
        with self._file.writing():
            for lane, number in acknowledged.items():
                if lane not in LANES:
                    continue  # a newer centre may know more lanes
                sequence, _ = self._tail(lane)
                if number > sequence:
                    message = f"The centre acknowledges {lane} {number}, but {self.origin} ends at {sequence}."
                    raise InvalidInput(message, hint="Start this agent with an empty storage folder.")
                query = "DELETE FROM entry WHERE lane = ? AND until <= ?"
                deleted += self._db.execute(query, (lane, number)).rowcount
                query = "UPDATE lane SET acknowledged = max(acknowledged, ?) WHERE name = ?"
                self._db.execute(query, (number, lane))
        return deleted

    # Reading

    def checkpoint(self, name: str) -> bytes | None:
        """Return the state that the last commit kept under a name."""
        with self._file.mapped():
            row = self._db.execute("SELECT value FROM checkpoint WHERE name = ?", (name,)).fetchone()
        return None if row is None else bytes(row[0])

    def depth_bytes(self) -> int:
        """Return the bytes of all payloads that wait."""
        return int(self._db.execute("SELECT sum(bytes) FROM lane").fetchone()[0])

    def depth(self, lane: Lane) -> Depth:
        """Return how full a lane is."""
        query = "SELECT count(*), coalesce(sum(bytes), 0), coalesce(sum(samples), 0), coalesce(min(queued), 0)"
        row = self._db.execute(f"{query} FROM entry WHERE lane = ?", (lane,)).fetchone()
        return Depth(*row)

    def waiting(self) -> Waiting:
        """Return how much waits to be sent, over all lanes."""
        count = int(self._db.execute("SELECT count(*) FROM entry").fetchone()[0])
        query = "SELECT queued FROM entry WHERE lane = ? ORDER BY sequence LIMIT 1"
        first = [row[0] for lane in LANES if (row := self._db.execute(query, (lane,)).fetchone()) is not None]
        oldest_s = max((self._clock.now() - min(first)) / 1e6, 0.0) if first else 0.0
        return Waiting(count, self.depth_bytes(), oldest_s)

    def heads(self) -> dict[str, Head]:
        """Return the end of each lane's chain."""
        query = "SELECT name, sequence, hash FROM lane"
        return {name: Head(self.origin, sequence, hash) for name, sequence, hash in self._db.execute(query)}

    def acknowledged(self) -> dict[str, int]:
        """Return the highest number of each lane that the centre holds, as far as the agent knows."""
        return dict(self._db.execute("SELECT name, acknowledged FROM lane").fetchall())


def _create(db: sqlite3.Connection, device: str) -> None:
    for statement in tables.TABLES:
        db.execute(statement)
    origin = f"{device}-{secrets.token_hex(6)}"
    db.executemany("INSERT INTO meta VALUES (?, ?)", [("origin", origin), ("device", device)])
    db.executemany("INSERT INTO lane VALUES (?, 0, ?, 0, 0)", [(name, GENESIS) for name in LANES])


def _merged(lost: Sequence[Lost]) -> list[Lost]:
    """Return losses joined by lane and reason: a long outage is one gap, not thousands."""
    joined: dict[tuple[Lane, str], Lost] = {}
    for gap in lost:
        key = (gap.lane, gap.reason)
        known = joined.get(key)
        if known is not None:
            samples = known.samples + gap.samples
            gap = Lost(gap.lane, gap.reason, samples, min(known.first, gap.first), max(known.last, gap.last))
        joined[key] = gap
    return list(joined.values())
