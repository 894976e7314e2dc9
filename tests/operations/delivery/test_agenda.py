"""When entries are due: zones with their two odd nights, missed times, times that come too early, clocks that jump."""

from datetime import UTC, datetime
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest

from ninefold.operations.delivery.agenda import Agenda, times
from ninefold.operations.delivery.files import ScheduledRun

BERLIN = "Europe/Berlin"
HOUR = 3_600_000_000
DAY = 24 * HOUR


def us(text: str, zone: str = BERLIN) -> int:
    """Return µs UTC of a local time."""
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1e6)


def utc(moments: list[int]) -> list[str]:
    return [datetime.fromtimestamp(m / 1e6, UTC).strftime("%m-%d %H:%M") for m in moments]


def agenda(now: int, **entries: ScheduledRun) -> Agenda:
    return Agenda(entries, BERLIN, dict.fromkeys(entries, now))


NIGHTLY = ScheduledRun("30 2 * * *")


def test_the_night_in_which_an_hour_is_missing() -> None:
    """02:30 on 29 March 2026 does not exist in Berlin; the run comes at the first moment after the gap, once."""
    found = utc(list(islice(times(NIGHTLY, BERLIN, us("2026-03-28 00:00")), 3)))
    assert found == ["03-28 01:30", "03-29 01:00", "03-30 00:30"]


def test_the_night_in_which_an_hour_comes_twice() -> None:
    """02:30 on 25 October 2026 comes twice in Berlin; the nightly run comes once."""
    found = utc(list(islice(times(NIGHTLY, BERLIN, us("2026-10-24 12:00")), 2)))
    assert found == ["10-25 00:30", "10-26 01:30"]


def test_an_hourly_entry_keeps_its_pace_in_that_night() -> None:
    """Every hour of real time, neither doubled nor left out, in both odd nights."""
    for begin in ("2026-10-24 22:00", "2026-03-28 22:00"):
        found = list(islice(times(ScheduledRun("0 * * * *"), BERLIN, us(begin)), 8))
        assert [b - a for a, b in pairwise(found)] == [HOUR] * 7


def test_a_due_entry_waits_until_the_other_has_ended() -> None:
    """One run at a time, in the order of the file."""
    plan = agenda(us("2026-06-01 00:00"), a=ScheduledRun("0 1 * * *"), b=ScheduledRun("0 1 * * *"))
    assert plan.due(us("2026-06-01 00:59")) == []
    assert plan.start() == ""
    assert plan.due(us("2026-06-01 01:00")) == []
    assert (plan.start(), plan.start(), plan.waiting) == ("a", "", ["b"])
    plan.ended()
    assert (plan.start(), plan.waiting) == ("b", [])


@pytest.mark.parametrize(("overlap", "waiting"), [("skip", []), ("queue", ["a"])])
def test_a_time_that_comes_while_the_same_entry_runs(overlap: str, waiting: list[str]) -> None:
    """Left out and said, or queued; never twice in the queue."""
    now = us("2026-06-01 00:00")
    plan = agenda(now, a=ScheduledRun("0 * * * *", overlap=overlap))  # type: ignore[arg-type]  # one of the two words
    plan.due(now + HOUR)
    assert plan.start() == "a"
    said = plan.due(now + 2 * HOUR)
    assert plan.waiting == waiting
    assert said == ([] if waiting else ["a is due and still runs; left out"])
    assert plan.due(now + 3 * HOUR) == ["a is due and waits already; left out" if waiting else said[0]]
    assert plan.waiting == waiting


def test_missed_times_are_made_up_once_or_left_out() -> None:
    """As the entry says; how many they were is told."""
    now = us("2026-06-01 12:00")
    plan = agenda(now, once=NIGHTLY, never=ScheduledRun("30 2 * * *", missed="skip"))
    assert plan.begin(now + 3 * DAY) == [
        "once: 3 time(s) missed; it runs once now", "never: 3 time(s) missed and left out",
    ]  # fmt: skip
    assert plan.waiting == ["once"]
    assert plan.due(now + 3 * DAY) == []
    assert plan.waiting == ["once"]


def test_a_new_entry_has_missed_nothing_and_a_removed_one_is_forgotten() -> None:
    """A schedule that is taken up for the first time does not begin with a run."""
    plan = Agenda({"a": NIGHTLY}, BERLIN, {"gone": 5})
    assert plan.begin(us("2026-06-01 12:00")) == []
    assert plan.done_until == {"a": us("2026-06-01 12:00")}


def test_a_year_of_missed_minutes_is_counted_in_bounds() -> None:
    """Half a million times are told as at least a thousand."""
    plan = agenda(0, a=ScheduledRun("* * * * *"))
    assert plan.begin(365 * DAY) == ["a: at least 1000 time(s) missed; it runs once now"]


def test_a_clock_that_was_ahead_stops_nothing() -> None:
    """After it is set right, the next time is the next time, not the one after the wrong clock."""
    now = us("2026-06-01 12:00")
    plan = agenda(now + 400 * DAY, a=NIGHTLY)
    assert plan.begin(now) == []
    plan.due(now + DAY)
    assert plan.waiting == ["a"]
