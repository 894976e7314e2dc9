"""The history as files: what they hold, that they agree with the world, and that the log is typed late."""

import csv
import sqlite3
from contextlib import closing
from pathlib import Path

import duckdb
import numpy as np
import pytest

from ninefold.kernel.clock import parse_iso
from ninefold.kernel.errors import InvalidInput
from ninefold.simulation.history import DAY_US, append_events, append_samples, write_history
from ninefold.simulation.plant import Plant

UNTIL = parse_iso("2026-11-24T12:00:00Z")
DAYS = 4
FROM = UNTIL - DAYS * DAY_US


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("history")
    write_history(out, seed=5, days=DAYS, until_us=UNTIL)
    return out


def log(path: Path) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT * FROM maintenance_log ORDER BY known, event").fetchall()


def test_parquet_holds_the_samples_of_the_world(folder: Path) -> None:
    """Every value of the file is the value that the plant gives, read back by DuckDB."""
    want = Plant(5, FROM).samples(FROM, UNTIL)
    query = """SELECT asset, epoch_us(ts) AS ts, part, variant, tool_life, spindle_torque, spindle_speed, tool_wear,
                air_temperature, process_temperature, cutting FROM read_parquet(?)
                ORDER BY ts, asset"""
    with closing(duckdb.connect()) as connection:
        got = connection.execute(query, [f"{folder}/cell-history/*.parquet"]).fetchnumpy()
    assert set(got) == set(want)
    for name in want:
        assert np.array_equal(np.asarray(got[name]), want[name]), name


def test_csv_is_the_export_of_one_machine(folder: Path) -> None:
    """The header names the columns, times are ISO 8601 UTC, and only m1 is in it."""
    with (folder / "cell-export.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    want = Plant(5, FROM).samples(FROM, UNTIL)
    mine = want["asset"] == "m1"
    assert [parse_iso(r["ts"]) for r in rows] == want["ts"][mine].tolist()
    assert [float(r["spindle_torque"]) for r in rows] == want["spindle_torque"][mine].tolist()


def test_the_log_is_typed_late_and_nothing_is_known_before_it_is_reported(folder: Path) -> None:
    """occurred <= reported < known < the end of the history."""
    rows = log(folder / "maintenance.sqlite")
    times = [[parse_iso(t) for t in r[3:6]] for r in rows]
    assert len(rows) > 30
    assert all(occurred <= reported < known < UNTIL for occurred, reported, known in times)
    assert sum(known - occurred > 3_600_000_000 for occurred, _, known in times) >= 3


def test_an_event_of_which_nobody_has_heard_is_not_in_the_log() -> None:
    """By occurrence there are events that are known only after the end; by knowledge there are none."""
    plant = Plant(5, FROM)
    known = plant.events(FROM, UNTIL, by="known")
    occurred = plant.events(FROM, UNTIL, by="occurred")
    assert (known["known"] < UNTIL).all()
    late = set(occurred["event"]) - set(known["event"])
    assert late == {e for e, k in zip(occurred["event"], occurred["known"], strict=True) if k >= UNTIL}
    assert late


def test_appending_continues_the_files_and_repeating_adds_no_event(tmp_path: Path) -> None:
    """Two halves appended are the whole; the second time nothing is new in the log."""
    plant, middle = Plant(5, FROM), FROM + 2 * DAY_US
    counts = [append_samples(tmp_path / "a", plant, *span)[1] for span in ((FROM, middle), (middle, UNTIL))]
    assert sum(counts) == len(plant.samples(FROM, UNTIL)["ts"])
    assert len(list((tmp_path / "a").glob("*.parquet"))) == 2
    path = tmp_path / "log.sqlite"
    added = append_events(path, plant, FROM, middle) + append_events(path, plant, middle, UNTIL)
    assert added == len(log(path)) == len(plant.events(FROM, UNTIL, by="known")["event"])
    assert append_events(path, plant, FROM, UNTIL) == 0


def test_a_folder_name_with_a_quote_is_a_name(tmp_path: Path) -> None:
    """The path is quoted in the SQL."""
    plant = Plant(5, FROM)
    path, rows = append_samples(tmp_path / "o'brien", plant, FROM, FROM + DAY_US)
    assert path.exists()
    assert rows > 0


@pytest.mark.parametrize("days", [0, -1, 1001])
def test_a_history_without_days_is_refused(tmp_path: Path, days: int) -> None:
    """The number stands in the message."""
    with pytest.raises(InvalidInput, match=f"history of {days} days"):
        write_history(tmp_path, days=days)


def test_an_outcome_tells_a_failure_from_one_that_an_operator_averted() -> None:
    """Failures are confirmed, operators' changes averted, planned changes neither; all three occur."""
    events = Plant(5, FROM - 60 * DAY_US).events(FROM - 60 * DAY_US, UNTIL)
    found = set(zip(events["kind"], events["outcome"], strict=True))
    assert found == {("tool_failure", "confirmed"), ("operator_change", "averted"), ("planned_change", None)}
