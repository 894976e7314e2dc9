"""How full the queue of each device was when it last sent: a device alone can count what the centre does not have."""

from typing import NamedTuple

from ninefold.fleet.database import Database
from ninefold.kernel.parcel import Waiting

_STEP_US, _AGAIN_US = 5_000_000, 60_000_000  # a change is noted at most every five seconds, and what stays every minute


class Noted(NamedTuple):
    """What a device said, and when that came (µs UTC)."""

    waiting: Waiting
    at: int


def note(database: Database, device: str, waiting: Waiting, now: int) -> None:
    """Keep what a device said of its queue, unless it was kept a moment ago."""
    before = waiting_of(database, device)
    if before is not None:
        passed = now - before.at
        same = (before.waiting.entries, before.waiting.bytes) == (waiting.entries, waiting.bytes)
        if 0 <= passed < (_AGAIN_US if same else _STEP_US):
            return
    with database.writing() as db:
        row = (device, waiting.entries, waiting.bytes, waiting.oldest_s, now)
        db.execute("INSERT OR REPLACE INTO waiting VALUES (?, ?, ?, ?, ?)", row)


def waiting_of(database: Database, device: str) -> Noted | None:
    """Return what a device said last; None when it never did."""
    query = "SELECT entries, bytes, oldest_s, at FROM waiting WHERE device = ?"
    row = database.connection.execute(query, (device,)).fetchone()
    return None if row is None else Noted(Waiting(*row[:3]), row[3])
