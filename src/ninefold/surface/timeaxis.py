"""A time axis in the reader's zone: round local times, also over the two nights a year when the clock is changed."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

_STEPS = [60, 300, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 604800, 1209600, 2592000, 7776000]


class Tick(NamedTuple):
    """An instant (UTC) that is written on the axis, and its word."""

    at: datetime
    word: str


class Axis(NamedTuple):
    """A stretch of time, both ends aware of their zone, as the reader's zone counts it."""

    start: datetime
    end: datetime
    zone: ZoneInfo
    day: str = "%d %b"  # how a date is written

    def share(self, at: datetime) -> float:
        """Return where an instant stands, 0 to 1; what is outside stands at the nearer end."""
        whole = (self.end - self.start).total_seconds()
        return min(max((at - self.start).total_seconds() / whole, 0.0), 1.0) if whole > 0 else 0.0

    def local(self, at: datetime) -> str:
        """Return date and time of an instant in the reader's zone."""
        return at.astimezone(self.zone).strftime(f"{self.day} %H:%M")

    def ticks(self, count: int = 7) -> list[Tick]:
        """Return about `count` round local times; an hour that happens twice is there twice, with its offset."""
        whole = (self.end - self.start).total_seconds()
        if whole <= 0:
            return []
        step = next((s for s in _STEPS if whole / s <= count), _STEPS[-1] * (1 + int(whole / _STEPS[-1] / count)))
        first = self.start.astimezone(self.zone).replace(tzinfo=None)
        midnight = first.replace(hour=0, minute=0, second=0, microsecond=0)
        last = self.end.astimezone(self.zone).replace(tzinfo=None) + timedelta(hours=3)
        wall = midnight + timedelta(seconds=step * int((first - timedelta(hours=3) - midnight).total_seconds() // step))
        found: list[Tick] = []
        while wall <= last:
            found += [t for t in self._instants(wall, step) if self.start <= t.at <= self.end]
            wall += timedelta(seconds=step)
        return sorted(found)

    def _instants(self, wall: datetime, step: int) -> list[Tick]:
        """Return the instants at which a clock on the wall shows a time: none, one, or two."""
        both = [wall.replace(tzinfo=self.zone, fold=fold) for fold in (0, 1)]
        there = sorted(
            {b.astimezone(UTC) for b in both if b.astimezone(UTC).astimezone(self.zone).replace(tzinfo=None) == wall}
        )
        pattern = self.day if wall.hour == wall.minute == 0 or step >= 86400 else "%H:%M"
        twice = len(there) > 1
        return [Tick(at, at.astimezone(self.zone).strftime(pattern + (" %z" if twice else ""))) for at in there]
