"""The gap map: days in the plant's zone, gaps over midnight, stops, assets that fell silent."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import duckdb
import numpy as np

from ninefold.design.availability.days import MOST_DAYS, recent_days
from ninefold.design.availability.history import Measures
from ninefold.design.availability.operating import Operation
from ninefold.vocabulary.calendar import Calendar, PlannedStop

BERLIN = ZoneInfo("Europe/Berlin")
ROUND = Calendar("Europe/Berlin", planned_stops=(PlannedStop(every="sun"),))


def us(*when: int) -> int:
    """Return a local time in µs UTC."""
    return round(datetime(*when, tzinfo=BERLIN).timestamp() * 1e6)  # type: ignore[misc, arg-type]  # a date by its parts


def test_days_are_local_also_when_the_clock_changes() -> None:
    """The day of 25 hours is one day; at most 42 are told."""
    days = recent_days(Operation(ROUND), us(2026, 10, 24, 12), us(2026, 10, 26, 1))
    assert [d.name for d in days] == ["2026-10-24", "2026-10-25", "2026-10-26"]
    assert (days[1].end - days[1].start) / 3.6e9 == 25
    assert [d.worked_s > 0 for d in days] == [True, False, True]
    assert len(recent_days(Operation(None), 0, 10**15)) == MOST_DAYS
    assert datetime.fromtimestamp(days[0].start / 1e6, UTC).hour == 22


def test_a_gap_counts_in_each_day_that_it_touches() -> None:
    """From Monday 18:00 to Tuesday 06:00 both days lack a quarter; m2 fell silent on Tuesday at noon."""
    every = 600_000_000
    first, last = us(2026, 11, 16), us(2026, 11, 18)
    whole = np.arange(first, last + 1, every)
    m1 = [t for t in whole if not us(2026, 11, 16, 18) < t < us(2026, 11, 17, 6)]
    m2 = [t for t in whole if t <= us(2026, 11, 17, 12)]
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t (asset VARCHAR, ts BIGINT, torque DOUBLE)")
    rows = [("m1", int(t), 1.0) for t in m1] + [("m2", int(t), 1.0) for t in m2]
    connection.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
    measures = Measures(connection, "t", Operation(ROUND))
    measures.signal("torque", ["m1", "m2"], "true", 1800.0)
    [found] = measures.maps()
    assert found.signals == ("torque",)
    assert found.days[:2] == ("2026-11-16", "2026-11-17")
    assert found.assets["m1"][:2] == (0.75, 0.75)
    assert found.assets["m2"][:2] == (1.0, 0.5)


def test_a_table_without_samples_has_no_map() -> None:
    """Nothing is drawn."""
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t (asset VARCHAR, ts BIGINT, torque DOUBLE)")
    measures = Measures(connection, "t", Operation(None))
    measures.signal("torque", ["m1"], "true", 60.0)
    assert measures.maps() == ()
