"""Time comes from a clock that is passed in; a simulated plant tells its own."""

import time
from pathlib import Path

import pytest

from ninefold.kernel.clock import PlantClock, iso, parse_iso, write_plant_clock
from ninefold.kernel.errors import InvalidInput


def test_plant_time_runs_by_its_factor_and_jumps(tmp_path: Path) -> None:
    """At factor 600 a tenth of a second is a minute; a jump rewrites the anchor."""
    path = tmp_path / "clock.json"
    start = parse_iso("2026-06-01T06:00:00Z")
    write_plant_clock(path, start, 600)
    clock = PlantClock(path)
    first, wall = clock.now(), time.monotonic()
    assert start <= first
    while clock.now() - first < 6_000_000:
        assert time.monotonic() - wall < 5
    write_plant_clock(path, start + 28 * 86_400_000_000, 1)
    assert clock.now() - start >= 28 * 86_400_000_000


def test_a_missing_or_broken_clock_file_says_so(tmp_path: Path) -> None:
    """The message names the file and what to do."""
    with pytest.raises(InvalidInput, match="Start the simulation"):
        PlantClock(tmp_path / "none.json").now()
    (tmp_path / "bad.json").write_text("{}")
    with pytest.raises(InvalidInput, match="cannot be read"):
        PlantClock(tmp_path / "bad.json").now()


def test_iso_round_trip() -> None:
    """A time without a zone is UTC."""
    assert iso(parse_iso("2026-06-01T06:00:00")) == "2026-06-01T06:00:00Z"
    assert parse_iso("2026-06-01T08:00:00+02:00") == parse_iso("2026-06-01T06:00:00Z")
