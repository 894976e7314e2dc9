"""The operating clock against a second-by-second recount."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninefold.criteria.operating import OperatingClock
from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.calendar import Calendar, PlannedStop

CELL = Calendar(
    "Europe/Berlin",
    {"early": "06:00-14:00", "late": "14:00-22:00"},
    (PlannedStop(every="sat"), PlannedStop(every="sun"), PlannedStop(on="2026-12-24", to="2027-01-06")),
)


def _us(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1e6)


def _between(calendar: Calendar, start: str, end: str) -> float:
    low, high = OperatingClock(calendar).seconds(np.array([_us(start), _us(end)]))
    return float(high - low)


def test_a_week_of_two_shifts_has_eighty_hours() -> None:
    """Monday to Monday: five days of sixteen hours."""
    assert _between(CELL, "2026-03-02T00:00+01:00", "2026-03-09T00:00+01:00") == 80 * 3600


def test_clock_stands_still_over_the_weekend() -> None:
    """Friday 22:00 to Monday 06:00 is one moment."""
    assert _between(CELL, "2026-03-06T22:00+01:00", "2026-03-09T06:00+01:00") == 0
    assert _between(CELL, "2026-03-06T21:50+01:00", "2026-03-09T06:10+01:00") == 1200


def test_planned_stop_covers_both_its_dates() -> None:
    """23 December 22:00 to 7 January 06:00 passes nothing."""
    assert _between(CELL, "2026-12-23T22:00+01:00", "2027-01-07T06:00+01:00") == 0


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 7), ("2026-10-25", 9), ("2026-07-05", 8)])
def test_night_shift_loses_or_gains_the_hour_of_the_clock_change(day: str, hours: int) -> None:
    """A shift 22:00-06:00 over the change of summer time lasts seven or nine real hours."""
    night = Calendar("Europe/Berlin", {"night": "22:00-06:00"})
    zone = ZoneInfo("Europe/Berlin")
    end = datetime.fromisoformat(day).replace(hour=12, tzinfo=zone)
    times = np.array([int((end - timedelta(days=1)).timestamp() * 1e6), int(end.timestamp() * 1e6)])
    start, stop = OperatingClock(night).seconds(times)
    assert stop - start == hours * 3600


def test_without_shifts_the_plant_never_stops() -> None:
    """Round the clock, overlapping shifts counted once."""
    assert _between(Calendar("UTC"), "2026-01-01T00:00+00:00", "2026-01-11T00:00+00:00") == 864_000
    overlapping = Calendar("UTC", {"a": "00:00-16:00", "b": "08:00-24:00"})
    assert _between(overlapping, "2026-01-01T00:00+00:00", "2026-01-11T00:00+00:00") == 864_000


TIMES = st.datetimes(datetime(2015, 1, 1), datetime(2030, 1, 1))  # noqa: DTZ001 -- zone added below


@given(TIMES, st.integers(0, 4000))
@settings(max_examples=40)
def test_clock_equals_a_recount_minute_by_minute(start: datetime, minutes: int) -> None:
    """Whole minutes between two times, counted one by one on the wall clock of the plant."""
    begin = start.replace(second=0, microsecond=0, tzinfo=UTC)
    low, high = OperatingClock(CELL).seconds(
        np.array([int(begin.timestamp() * 1e6), int(begin.timestamp() * 1e6) + minutes * 60_000_000])
    )
    count = 0
    for minute in range(minutes):
        local = (begin + timedelta(minutes=minute)).astimezone(ZoneInfo("Europe/Berlin"))
        stopped = "2026-12-24" <= local.date().isoformat() <= "2027-01-06"
        count += local.weekday() < 5 and 6 <= local.hour < 22 and not stopped
    assert high - low == count * 60


def test_reading_in_parts_or_any_order_gives_the_same_clock() -> None:
    """The table grows both ways without moving its origin."""
    times = np.array([_us(f"{y}-05-0{d}T12:00+00:00") for y in (2031, 1999, 2026, 2012) for d in (4, 5)])
    clock = OperatingClock(CELL)
    one_by_one = [float(clock.seconds(times[i : i + 1])[0]) for i in range(len(times))]
    assert one_by_one == OperatingClock(CELL).seconds(times).tolist()


def test_working_tells_shift_from_stop() -> None:
    """Monday noon, Monday night, Saturday noon."""
    times = [_us("2026-03-02T12:00+01:00"), _us("2026-03-02T23:00+01:00"), _us("2026-03-07T12:00+01:00")]
    assert OperatingClock(CELL).working(np.array(times)).tolist() == [True, False, False]
    assert OperatingClock(CELL).working(np.array([], dtype=np.int64)).tolist() == []


@pytest.mark.parametrize(
    ("calendar", "words"),
    [
        (Calendar("Europe/Berlim"), "zone 'Europe/Berlim' is unknown"),
        (Calendar("UTC", {"early": "6 to 14"}), "Shift early runs '6 to 14'"),
        (Calendar("UTC", {"early": "06:00-25:00"}), "Shift early runs"),
        (Calendar("UTC", {}, (PlannedStop(on="24.12.2026"),)), "date '24.12.2026'"),
    ],
)
def test_unreadable_calendar_is_refused(calendar: Calendar, words: str) -> None:
    """Each message names what was found."""
    with pytest.raises(InvalidInput, match=words):
        OperatingClock(calendar)


def test_times_in_seconds_are_not_taken_for_microseconds() -> None:
    """Times beyond 2100, as from nanoseconds, are refused."""
    with pytest.raises(InvalidInput, match="outside 1970 to 2100"):
        OperatingClock(CELL).seconds(np.array([1_700_000_000_000_000_000]))
