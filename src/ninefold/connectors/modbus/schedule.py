"""When which tags are polled: each has its own period; what could not be polled in time is counted."""

from collections.abc import Sequence

SLACK_S = 0.002  # tags that are due so soon are read in the same poll


class Schedule:
    """The due times of tags, in seconds of a monotonic clock. All are due at the first poll."""

    def __init__(self, every: Sequence[float], now: float) -> None:
        self._periods = sorted(set(every))
        self._tags = {p: tuple(i for i, e in enumerate(every) if e == p) for p in self._periods}
        self._next = dict.fromkeys(self._periods, now)
        self._begun = False

    def wait(self, now: float) -> float:
        """Return the seconds until something is due."""
        return max(0.0, min(self._next.values()) - now)

    def due(self, now: float) -> tuple[tuple[int, ...], int]:
        """Return the tags to poll now, and how many samples were missed since they were polled last."""
        found: list[int] = []
        missed = 0
        if not self._begun:
            self._begun, self._next = True, dict.fromkeys(self._periods, now)  # before the first poll none is missed
        for period in self._periods:
            late = now - self._next[period]
            if late < -SLACK_S:
                continue
            skipped = max(0, int(late / period))
            missed += skipped * len(self._tags[period])
            self._next[period] += (skipped + 1) * period
            found += self._tags[period]
        return tuple(sorted(found)), missed
