"""What agents sent: taken once by (origin, lane, sequence), checked link by link, acknowledged after the commit."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from ninefold.fleet.database import Database
from ninefold.kernel.clock import Clock
from ninefold.kernel.errors import InvalidInput, NinefoldError, Refused, VerificationError
from ninefold.kernel.parcel import GENESIS, LANES, Entry, Head, Parcel, check

Ingest = Callable[[str, Sequence[Entry]], object]  # puts records of the alarm lane into the evidence store

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Entry).decode


class Accepted(NamedTuple):
    """The heads of an origin's lanes after a parcel, and why a lane stopped."""

    heads: dict[str, Head]
    problems: dict[str, str]


class Inbox:
    """The lanes of all origins, and the entries that are not sealed yet."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def accept(self, device: str, parcel: Parcel, ingest: Ingest) -> Accepted:
        """Take what is new in a parcel, lane by lane; a lane with a bad entry stops there, the others go on.

        Raises:
            Refused: the origin belongs to another device.
        """
        self._own(device, parcel.origin)
        problems: dict[str, str] = {}
        for lane in LANES:
            entries = [e for e in parcel.entries if e.lane == lane]
            try:
                self._lane(device, parcel.origin, lane, entries, ingest)
            except (VerificationError, InvalidInput) as error:
                problems[lane] = str(error)
        return Accepted(self.heads(parcel.origin), problems)

    def _own(self, device: str, origin: str) -> None:
        query = "SELECT device FROM lane WHERE origin = ? LIMIT 1"
        row = self._database.connection.execute(query, (origin,)).fetchone()
        if not origin.startswith(f"{device}-") or (row is not None and row[0] != device):
            raise Refused(f"The origin {origin[:80]!r} does not belong to the device {device}.")

    def _lane(self, device: str, origin: str, lane: str, entries: Sequence[Entry], ingest: Ingest) -> None:
        head = self.heads(origin).get(lane, Head(origin, 0, GENESIS))
        taken: list[Entry] = []
        problem: NinefoldError | None = None
        for entry in entries:
            try:
                news = _news(entry, head)
            except VerificationError as error:
                problem = error  # what came before it is good and is taken
                break
            taken += news
            if news:
                head = Head(origin, entry.until, entry.hash)
        if lane == "alarm":
            ingest(origin, taken)  # commits first: sent again after a crash, it is known
        self._store(device, origin, lane, taken, head)
        if problem is not None:
            raise problem

    def _store(self, device: str, origin: str, lane: str, taken: Sequence[Entry], head: Head) -> None:
        if not taken:
            return
        now = self._clock.now()
        with self._database.writing() as db:
            row = (origin, lane, device, head.sequence, head.hash)
            db.execute("INSERT OR REPLACE INTO lane VALUES (?, ?, ?, ?, ?)", row)
            if lane == "alarm":
                return  # its records are in the evidence store already
            query = "INSERT INTO entry (origin, lane, sequence, until, last, received, bytes, data)"
            for entry in taken:
                data = _encode(entry)
                values = (origin, lane, entry.sequence, entry.until, entry.last, now, len(data), data)
                db.execute(f"{query} VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)

    def heads(self, origin: str) -> dict[str, Head]:
        """Return the end of each lane of an origin as the centre holds it."""
        query = "SELECT name, sequence, hash FROM lane WHERE origin = ?"
        rows = self._database.connection.execute(query, (origin,))
        return {name: Head(origin, sequence, hash) for name, sequence, hash in rows}

    def origins(self, device: str) -> list[str]:
        """Return the origins of a device: one for each storage folder that it ever had."""
        query = "SELECT DISTINCT origin FROM lane WHERE device = ? ORDER BY origin"
        return [row[0] for row in self._database.connection.execute(query, (device,))]

    # Sealing

    def waiting(self) -> list[tuple[str, str, str, int, int]]:
        """Return (device, origin, lane, bytes, µs UTC of the oldest) of every lane with entries to seal."""
        query = (
            "SELECT l.device, e.origin, e.lane, sum(e.bytes), min(e.received) FROM entry e"
            " JOIN lane l ON l.origin = e.origin AND l.name = e.lane"
            " GROUP BY e.origin, e.lane ORDER BY e.origin, e.lane"
        )
        return list(self._database.connection.execute(query))

    def entries(self, origin: str, lane: str, max_bytes: int) -> list[Entry]:
        """Return the oldest entries of a lane that are not sealed, up to a size but at least one."""
        found: list[Entry] = []
        size = 0
        query = "SELECT data FROM entry WHERE origin = ? AND lane = ? ORDER BY sequence"
        for (data,) in self._database.connection.execute(query, (origin, lane)):
            size += len(data)
            if found and size > max_bytes:
                break
            found.append(_decode(data))
        return found

    def latest(self, lane: str, limit: int) -> list[tuple[str, Entry]]:
        """Return (origin, entry) of a lane, the newest first, over all origins."""
        query = "SELECT origin, data FROM entry WHERE lane = ? ORDER BY n DESC LIMIT ?"
        return [(origin, _decode(data)) for origin, data in self._database.connection.execute(query, (lane, limit))]

    def since(self, lane: str, moment: int) -> list[tuple[str, Entry]]:
        """Return (origin, entry) of a lane that is not sealed and has samples of a moment or later, oldest first.

        The moment (µs UTC) is one of the source's clock, whenever the entry came.
        """
        query = "SELECT origin, data FROM entry WHERE lane = ? AND last >= ? ORDER BY n"
        return [(origin, _decode(data)) for origin, data in self._database.connection.execute(query, (lane, moment))]

    def forget(self, origin: str, lane: str, until: int) -> None:
        """Delete entries that a segment holds now."""
        with self._database.writing() as db:
            db.execute("DELETE FROM entry WHERE origin = ? AND lane = ? AND until <= ?", (origin, lane, until))


def _news(entry: Entry, head: Head) -> list[Entry]:
    """Return what an entry adds to a lane: nothing when it is known, and a hole before it when links never came.

    The sender sends its oldest first and waits for the receipt, so what is not there will not come.
    """
    if entry.until <= head.sequence:
        if entry.until == head.sequence and entry.hash != head.hash:
            message = f"{head.origin} sent another {entry.lane} {entry.until} before: its chain forked."
            raise VerificationError(message)
        return []
    if entry.sequence <= head.sequence:
        if entry.payload is not None:
            raise VerificationError(f"Entry {entry.lane} {entry.sequence} of {head.origin} overlaps what is known.")
        # dropped while it was under way: some of its samples did arrive, so the gap says "at most"
        rest = msgspec.structs.replace(entry, sequence=head.sequence + 1, previous=head.hash)
        check(rest, head.origin, head.hash)
        return [rest]
    check(entry, head.origin, entry.previous if entry.sequence > head.sequence + 1 else head.hash)
    if entry.sequence == head.sequence + 1:
        return [entry]
    hole = Entry(
        entry.lane, head.sequence + 1, entry.sequence - 1, head.hash, entry.previous, entry.previous, 0, entry.first,
        entry.first, None, "missing",
    )  # fmt: skip
    return [hole, entry]
