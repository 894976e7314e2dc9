"""A moment as its viewer reads it: in their own zone."""

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def local(zone: str) -> Callable[[int], str]:
    """Return what writes a moment (µs UTC) in an IANA zone: 2026-11-24 10:42."""
    place = ZoneInfo(zone)

    def write(time_us: int) -> str:
        return datetime.fromtimestamp(time_us / 1e6, UTC).astimezone(place).strftime("%Y-%m-%d %H:%M")

    return write
