"""The clock that is passed in wherever time matters; µs since 1970 UTC. Time is information, never order."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where the present comes from."""

    def now(self) -> int:
        """Return µs since 1970-01-01 UTC."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> int:
        """Return µs since 1970-01-01 UTC."""
        return time.time_ns() // 1000


def iso(time_us: int) -> str:
    """Return a time as people and machines read it: 2026-11-24T16:00:00Z."""
    moment = datetime.fromtimestamp(time_us / 1e6, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_iso(text: str) -> int:
    """Return µs UTC of an ISO 8601 time or date; without a zone it is UTC.

    Raises:
        ValueError: the text is no ISO 8601 time.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1e6)
