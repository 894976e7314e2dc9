"""How often alarms call people: by machine and week, so that a warning nobody hears any more is noticed."""

from collections.abc import Iterable
from typing import NamedTuple

from ninefold.vocabulary.alarm import AlarmEpisode

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
