"""Operating time of the cell: seconds during its shifts, and the way between them and UTC."""

from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.calendar import Calendar, PlannedStop
from ninefold.vocabulary.columns import Floats, Times

CELL_CALENDAR = Calendar(
    zone="Europe/Berlin",
    shifts={"early": "06:00-14:00", "late": "14:00-22:00"},
    planned_stops=(PlannedStop(every="sat"), PlannedStop(every="sun"), PlannedStop(on="2026-12-24", to="2027-01-06")),
    states={"producing": "spindle_speed > 200", "idle": "otherwise"},
)

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HORIZON_DAYS = 1500


def _stopped(day: date, stops: tuple[PlannedStop, ...]) -> bool:
    for stop in stops:
        if stop.every == _WEEKDAYS[day.weekday()]:
            return True
        if stop.on is not None and date.fromisoformat(stop.on) <= day <= date.fromisoformat(stop.to or stop.on):
            return True
    return False


def _intervals(calendar: Calendar, first: date, days: int) -> list[tuple[int, int]]:
    """Return the shifts as (start, end) in µs UTC, in order, with shifts that touch made one."""
    zone, found = ZoneInfo(calendar.zone), list[tuple[int, int]]()
    for day in (first + timedelta(days=k) for k in range(days)):
        if _stopped(day, calendar.planned_stops):
            continue
        for text in calendar.shifts.values():
            begin, end = (time.fromisoformat(part.strip()) for part in text.split("-"))
            last = day if end > begin else day + timedelta(days=1)
            utc = [datetime.combine(d, t, zone).astimezone(UTC) for d, t in ((day, begin), (last, end))]
            found.append((int(utc[0].timestamp()) * 1_000_000, int(utc[1].timestamp()) * 1_000_000))
    merged: list[tuple[int, int]] = []
    for begin_us, end_us in sorted(found):
        if merged and begin_us <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end_us))
        else:
            merged.append((begin_us, end_us))
    return merged


class OperatingTime:
    """Operating seconds since the plant's start; zero is the first moment of a shift at or after it."""

    def __init__(self, calendar: Calendar, start_us: int) -> None:
        """Lay out `HORIZON_DAYS` of shifts from `start_us` on.

        Raises:
            InvalidInput: the calendar has no shift in that time.
        """
        first = datetime.fromtimestamp(start_us / 1e6, ZoneInfo(calendar.zone)).date() - timedelta(days=1)
        spans = [(max(a, start_us), b) for a, b in _intervals(calendar, first, HORIZON_DAYS) if b > start_us]
        if not spans:
            raise InvalidInput("The calendar has no shift in which the cell could work.", hint="Declare a shift.")
        self._open = np.array([a for a, _ in spans], np.int64)
        self._shut = np.array([b for _, b in spans], np.int64)
        self._ends = np.cumsum((self._shut - self._open) / 1e6)
        self._end_list: list[float] = self._ends.tolist()
        self._begins = np.concatenate([[0.0], self._ends[:-1]])

    def shift_end(self, operating_s: float) -> float:
        """Return the operating second at which the shift of a moment ends."""
        index = bisect_right(self._end_list, operating_s)
        if index == len(self._end_list):
            raise InvalidInput(f"The simulated calendar ends {HORIZON_DAYS} days after its start.")
        return self._end_list[index]

    def utc(self, operating_s: Floats) -> Times:
        """Return the µs UTC of operating seconds, to the ms; the end of a shift is the beginning of the next one."""
        index = np.searchsorted(self._ends, operating_s, side="right")
        if index.size and int(index.max()) >= len(self._ends):
            raise InvalidInput(f"The simulated calendar ends {HORIZON_DAYS} days after its start.")
        within = np.round((operating_s - self._begins[index]) * 1e3).astype(np.int64) * 1000
        moments: Times = self._open[index] + within
        return moments

    def operating(self, time_us: Times) -> Floats:
        """Return the operating seconds that have passed at moments in µs UTC; constant outside the shifts."""
        index = np.clip(np.searchsorted(self._open, time_us, side="right") - 1, 0, None)
        inside = np.clip(np.minimum(time_us, self._shut[index]) - self._open[index], 0, None)
        passed: Floats = self._begins[index] + inside / 1e6
        return passed

    def closing(self, time_us: int) -> int:
        """Return when the shift of a moment ends; of the last one before it when the cell is shut."""
        index = max(int(np.searchsorted(self._open, time_us, side="right")) - 1, 0)
        return int(self._shut[index])

    def opening_after(self, time_us: int) -> int:
        """Return the first opening at or after a moment.

        Raises:
            InvalidInput: the simulated calendar has none.
        """
        index = int(np.searchsorted(self._open, time_us))
        if index == len(self._open):
            raise InvalidInput(f"The simulated calendar ends {HORIZON_DAYS} days after its start.")
        return int(self._open[index])
