"""Signals in lanes: calendar, gaps, events as sign and word, the table, hostile names."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from tests.surface.drawn import HOSTILE, SVG, drawn, told

from ninefold.kernel.errors import InvalidInput
from ninefold.surface.calendar import Calendar, Moment, Span, Version
from ninefold.surface.lanes import Happening, Signal, lanes
from ninefold.surface.timeaxis import Axis

START = datetime(2026, 11, 23, 9, 42, tzinfo=UTC)
AXIS = Axis(START, START + timedelta(hours=24), ZoneInfo("Europe/Berlin"))
TIMES = np.linspace(START.timestamp(), AXIS.end.timestamp(), 1441)


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def test_a_day_of_a_machine() -> None:
    """Shifts, stops, tool changes, versions, a normal band, a threshold and an event are all there, and in the table."""
    values = np.sin(np.arange(1441) / 50)
    values[700:800] = np.nan
    signal = Signal(
        "Torque",
        "N·m",
        TIMES,
        values,
        "41.3 N·m",
        "normal",
        (-0.5, 0.5),
        0.8,
        (Happening(at(5), "confirmed", "confirmed"),),
    )
    calendar = Calendar(
        (
            Span(at(-3), at(8), "early shift"),
            Span(at(8), at(16), "no shift", "off"),
            Span(at(2), at(2.2), "stop", "stop"),
        ),
        (Moment(at(3), "tool change"), Moment(at(40), "too late")),
        (Version(at(-9), at(20), "v7"), Version(at(20), at(24), "v8")),
    )
    found = lanes("live", "m4", "words", AXIS, [signal], calendar=calendar)
    root = drawn(found)
    words = told(root)
    assert all(w in words for w in ("early shift", "no shift", "tool change", "v7", "v8", "confirmed", "24 Nov"))
    (line,) = [p for p in root.iter(f"{SVG}path") if "n-line" in p.get("class", "")]
    assert line.attrib["d"].count("M") == 2
    assert {"n-normal", "n-thr", "n-change", "n-event"} <= {e.get("class") for e in root.iter()}
    assert found.table is not None
    names = [row[0] for row in found.table.rows]
    assert names == ["Torque", "Torque", "early shift", "no shift", "stop", "v7", "v8", "tool change"]
    assert "1,341 samples" in str(found.table.rows[0][3])


def test_hostile_names_stay_words() -> None:
    """In every place where a name can stand."""
    signals = [Signal(n, n, TIMES, TIMES, n, n, events=(Happening(at(1), n, n),)) for n in HOSTILE]
    calendar = Calendar(
        tuple(Span(at(i), at(i + 3), n) for i, n in enumerate(HOSTILE)),
        tuple(Moment(at(i), n) for i, n in enumerate(HOSTILE)),
        tuple(Version(at(i), at(i + 1), n) for i, n in enumerate(HOSTILE)),
    )
    drawn(lanes(HOSTILE[0], HOSTILE[0], HOSTILE[3], AXIS, signals, calendar=calendar))


def test_a_silent_signal_has_its_lane() -> None:
    """No sample at all is said, not hidden."""
    found = lanes("t", "t", "d", AXIS, [Signal("Flow", "l/min", np.array([]), np.array([]))])
    assert "Flow" in told(drawn(found))
    assert found.table is not None
    assert found.table.rows[0][3] == "no sample"


def test_the_table_is_bounded() -> None:
    """Two hundred rows, and a note that there are more."""
    events = tuple(Happening(at(i / 50), "averted", "averted") for i in range(1000))
    found = lanes("t", "t", "d", AXIS, [Signal("x", "", TIMES, TIMES, events=events)])
    assert found.table is not None
    assert len(found.table.rows) == 200
    assert found.table.notes == ("The first 200 of 1001 rows.",)


def test_a_million_samples_stay_small() -> None:
    """The drawing is bounded by its columns."""
    times = np.linspace(START.timestamp(), AXIS.end.timestamp(), 1_000_000)
    assert len(lanes("t", "t", "d", AXIS, [Signal("x", "", times, np.sin(times))]).svg) < 40_000


def test_what_cannot_be_drawn_is_named() -> None:
    """An axis that runs back, and values without times."""
    with pytest.raises(InvalidInput, match="axis"):
        lanes("t", "t", "d", Axis(AXIS.end, AXIS.start, AXIS.zone), [])
    with pytest.raises(InvalidInput, match="'x' has 1 values for 1441"):
        lanes("t", "t", "d", AXIS, [Signal("x", "", TIMES, np.array([1.0]))])
