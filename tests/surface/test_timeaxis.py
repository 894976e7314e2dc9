"""Ticks of the time axis: round in the reader's zone, also when clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninefold.surface.timeaxis import Axis

BERLIN = ZoneInfo("Europe/Berlin")


def words_of(start: datetime, hours: float) -> list[str]:
    return [t.word for t in Axis(start, start + timedelta(hours=hours), BERLIN).ticks()]


def test_a_day_has_round_local_hours() -> None:
    """Midnight is the date."""
    assert words_of(datetime(2026, 11, 23, 9, 42, tzinfo=UTC), 24) == [
        "12:00",
        "16:00",
        "20:00",
        "24 Nov",
        "04:00",
        "08:00",
    ]


def test_the_hour_that_happens_twice_is_there_twice() -> None:
    """Both carry their offset."""
    words = words_of(datetime(2026, 10, 24, 22, tzinfo=UTC), 6)
    assert words == ["25 Oct", "01:00", "02:00 +0200", "02:00 +0100", "03:00", "04:00", "05:00"]


def test_the_hour_that_does_not_happen_is_not_there() -> None:
    """On the last Sunday of March no clock in Berlin shows two."""
    assert words_of(datetime(2026, 3, 28, 23, tzinfo=UTC), 5) == ["29 Mar", "01:00", "03:00", "04:00", "05:00", "06:00"]


@settings(max_examples=60)
@given(
    st.integers(946684800, 2114380800).map(lambda s: datetime.fromtimestamp(s, UTC)),
    st.floats(60, 4e8),
    st.sampled_from(["Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]),
)
def test_ticks_rise_inside_the_axis_and_are_few(start: datetime, seconds: float, zone: str) -> None:
    """Whatever the zone and the length, the ticks are in order, inside, and not many more than asked for."""
    axis = Axis(start, start + timedelta(seconds=seconds), ZoneInfo(zone))
    ticks = [t.at for t in axis.ticks()]
    assert ticks == sorted(set(ticks))
    assert all(axis.start <= t <= axis.end for t in ticks)
    assert len(ticks) <= 12


@pytest.mark.parametrize("hours", [0.0, -1.0])
def test_an_axis_without_length_has_no_ticks(hours: float) -> None:
    """It is no error of the axis; the drawing refuses it."""
    assert words_of(datetime(2026, 1, 1, tzinfo=UTC), hours) == []
