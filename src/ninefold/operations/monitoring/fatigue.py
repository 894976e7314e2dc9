"""How often alarms call people: by machine and week, by shift, so that a warning nobody hears any more is noticed."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from ninefold.surface.shifts import spans
from ninefold.vocabulary.alarm import AlarmEpisode
from ninefold.vocabulary.calendar import Calendar

WEEK_US = 7 * 86_400_000_000


class Called(NamedTuple):
    """The alarms of one machine in the last weeks, the present one last, and what became of them."""

    asset: str
    weeks: tuple[int, ...]
    false: int
    judged: int

    @property
    def per_week(self) -> float:
        """Alarms a week."""
        return sum(self.weeks) / len(self.weeks)


class InShift(NamedTuple):
    """The alarms that were raised in one shift of the calendar, how often it worked, and what became of them."""

    name: str  # "" outside of every shift
    shifts: int
    alarms: int
    false: int
    judged: int


def in_shifts(episodes: Iterable[AlarmEpisode], calendar: Calendar, now: int, weeks: int = 4) -> list[InShift]:
    """Return the alarms of the last weeks by shift, in the calendar's order; those outside of every shift come last."""
    end = datetime.fromtimestamp(now / 1e6, UTC)
    start = end - timedelta(weeks=weeks)
    worked = [s for s in spans(calendar, start, end, "", "") if s.kind == "shift" and s.end > start and s.start < end]
    raised: dict[str, list[AlarmEpisode]] = {}
    for e in episodes:
        at = datetime.fromtimestamp(e.raised / 1e6, UTC)
        if start < at <= end:
            raised.setdefault(next((s.label for s in worked if s.start <= at < s.end), ""), []).append(e)
    return [
        InShift(
            name, sum(s.label == name for s in worked), len(mine), sum(e.outcome == "false" for e in mine),
            sum(e.outcome is not None for e in mine),
        )
        for name in (*calendar.shifts, "")
        if (mine := raised.get(name, [])) or name
    ]  # fmt: skip


def called(episodes: Iterable[AlarmEpisode], now: int, weeks: int = 4) -> list[Called]:
    """Return how often each machine called in the last weeks, the loudest first; who never called is left out."""
    counts: dict[str, list[int]] = {}
    false: dict[str, int] = {}
    judged: dict[str, int] = {}
    for e in episodes:
        back = (now - e.raised) // WEEK_US
        if not 0 <= back < weeks:
            continue
        counts.setdefault(e.asset, [0] * weeks)[weeks - 1 - back] += 1
        false[e.asset] = false.get(e.asset, 0) + (e.outcome == "false")
        judged[e.asset] = judged.get(e.asset, 0) + (e.outcome is not None)
    found = [Called(a, tuple(c), false[a], judged[a]) for a, c in counts.items()]
    return sorted(found, key=lambda c: (-c.per_week, c.asset))
