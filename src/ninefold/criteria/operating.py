"""The operating clock: how many seconds the plant has worked at a time, by its calendar; it stands still in stops."""

from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.calendar import Calendar
from ninefold.vocabulary.columns import Floats, Times

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ANCHOR = date(2020, 1, 1)  # operating time 0; only differences mean anything
_FIRST, _LAST = 0, 4_102_444_800_000_000  # 1970 to 2100, µs
_ALL_DAY = (0, 1440)


class OperatingClock:
    """Operating seconds of times under one calendar. Reading is a search in a table that grows as needed.

    A shift belongs to the local day on which it starts: a planned stop on that day drops it whole, past midnight too.
    Without shifts the plant works round the clock, except for planned stops.
    """

    def __init__(self, calendar: Calendar) -> None:
        """Read the calendar.

        Raises:
            InvalidInput: the zone is unknown, or a shift or a date cannot be read.
        """
        try:
            self._zone = ZoneInfo(calendar.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            hint = "Name an IANA zone such as Europe/Berlin."
            raise InvalidInput(f"The calendar's zone {calendar.zone!r} is unknown.", hint=hint) from error
        self._shifts = [_shift(name, text) for name, text in calendar.shifts.items()] or [_ALL_DAY]
        self._weekdays = {_DAYS.index(stop.every) for stop in calendar.planned_stops if stop.every}
        stops = [(stop.on, stop.to or stop.on) for stop in calendar.planned_stops if stop.on]
        self._stops = sorted((_date(first), _date(last)) for first, last in stops)
        self._span = (_ANCHOR, _ANCHOR)
        self._edges, self._worked = np.zeros(1, np.int64), np.zeros(1)

    def seconds(self, times: Times) -> Floats:
        """Return operating seconds `(n,)` at times in µs UTC, from a fixed origin; equal steps only while working.

        Raises:
            InvalidInput: a time lies outside 1970 to 2100.
        """
        if len(times) == 0:
            return np.zeros(0)
        low, high = int(times.min()), int(times.max())
        if low < _FIRST or high > _LAST:
            raise InvalidInput(f"Times run from {low} to {high} µs, outside 1970 to 2100.", hint="Give µs UTC.")
        self._cover(_day(low) - timedelta(days=3), _day(high) + timedelta(days=3))
        index = np.searchsorted(self._edges, times, side="right") - 1
        inside = (times - self._edges[index]) / 1e6
        # even entries of `_edges` are starts of work, odd ones ends; before the first start nothing was worked
        working = index % 2 == 0
        return np.asarray(self._worked[index] + np.where(working, inside, 0.0), dtype=np.float64)

    def working(self, times: Times) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Return whether the plant works at each time, `(n,)` bool."""
        if len(times) == 0:
            return np.zeros(0, dtype=bool)
        self.seconds(times)
        index = np.searchsorted(self._edges, times, side="right") - 1
        return np.asarray(index % 2 == 0, dtype=bool)

    def _cover(self, first: date, last: date) -> None:
        low, high = min(first, self._span[0]), max(last, self._span[1])
        if (low, high) == self._span:
            return
        self._span = (low, high)
        spans: list[list[int]] = []
        for start, end in sorted(self._work(low, high)):
            if spans and start <= spans[-1][1]:
                spans[-1][1] = max(end, spans[-1][1])
            else:
                spans.append([start, end])
        # an empty span far in the past keeps every search inside the table
        flat = np.array([_FIRST - 10**15, _FIRST - 10**15, *(edge for span in spans for edge in span)], dtype=np.int64)
        worked = np.concatenate([[0.0], np.cumsum(np.where(np.arange(len(flat) - 1) % 2 == 0, np.diff(flat), 0) / 1e6)])
        anchor = int(datetime(_ANCHOR.year, 1, 1, tzinfo=UTC).timestamp() * 1e6)
        at = bisect_right(flat.tolist(), anchor) - 1
        origin = worked[at] + ((anchor - flat[at]) / 1e6 if at % 2 == 0 else 0.0)
        self._edges, self._worked = flat, worked - origin

    def _work(self, first: date, last: date) -> list[tuple[int, int]]:
        days = (first + timedelta(days=n) for n in range((last - first).days + 1))
        open_days = (day for day in days if day.weekday() not in self._weekdays and not self._stopped(day))
        return [(self._instant(day, a), self._instant(day, b)) for day in open_days for a, b in self._shifts]

    def _stopped(self, day: date) -> bool:
        return any(first <= day <= last for first, last in self._stops)

    def _instant(self, day: date, minute: int) -> int:
        moment = datetime.combine(day + timedelta(days=minute // 1440), clock_time(minute % 1440 // 60, minute % 60))
        return int(moment.replace(tzinfo=self._zone).timestamp()) * 1_000_000


def _day(time: int) -> date:
    return datetime.fromtimestamp(time / 1e6, UTC).date()


def _date(text: str | None) -> date:
    try:
        return date.fromisoformat(text or "")
    except ValueError as error:
        raise InvalidInput(f"A planned stop names the date {text!r}.", hint="Write it as 2026-12-24.") from error


def _shift(name: str, text: str) -> tuple[int, int]:
    """Return start and end in minutes after local midnight; the end is on the next day when it is not later."""
    try:
        start, end = (_minute(part) for part in text.split("-"))
    except ValueError as error:
        raise InvalidInput(f"Shift {name} runs {text!r}.", hint="Write it as 06:00-14:00.") from error
    return start, end if end > start else end + 1440


def _minute(text: str) -> int:
    hour, minute = (int(part) for part in text.strip().split(":"))
    if not (0 <= minute < 60 and 0 <= hour * 60 + minute <= 1440):
        raise ValueError(text)
    return hour * 60 + minute
