"""Every chart: a proper drawing from usual, empty and hostile input, and a table that says the same."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.surface.drawn import HOSTILE, SVG, drawn, told

from ninefold.kernel.errors import InvalidInput
from ninefold.surface.charts.bars import Row, bars, leaderboard
from ninefold.surface.charts.bound import bound, reach
from ninefold.surface.charts.confusion import confusion
from ninefold.surface.charts.gaps import gap_map
from ninefold.surface.charts.histogram import histogram
from ninefold.surface.charts.plane import Plane
from ninefold.surface.charts.reliability import Bin, reliability
from ninefold.surface.charts.scatter import Spot, place, scatter
from ninefold.surface.charts.spark import spark
from ninefold.surface.charts.threshold import threshold_curve
from ninefold.surface.figure import Figure

DAYS = [date(2026, 10, 14) + timedelta(days=i) for i in range(6)]
NUMBERS = np.arange(4.0)


def charts(w: str) -> list[Figure]:
    return [
        bound(w, w, (0, 1), 0.7, "above", w, value=0.8, low=0.6, high=0.9, unit=w, limit=True),
        spark(w, w, NUMBERS, NUMBERS),
        histogram(w, w, w, [0, 1, 2], [4, 5], marks=[(w, 1.0)], unit=w),
        bars(w, w, w, [Row(w, 1.0, 0.5, 1.5, w, w), Row(w, None)], unit=w),
        leaderboard(w, w, w, [Row(w, 1.0, 0.5, 1.5, w), Row(w, None)], limit=0.7),
        reliability(w, w, w, [Bin(0.1, 0.2, 0.1, 0.3, 9)], across=w, up=w),
        scatter(w, w, w, [Spot(w, 1, 2, (0, 2), (1, 3), "fresh", f"/u/{w}"), Spot(w, 1, 2)], w, w),
        gap_map(w, w, w, DAYS, {w: [1.0, 0.4, "stop", None, 1.0, 0.999]}, stopped=w, nothing=w),
        threshold_curve(w, w, w, [0, 0.5, 1], [(w, [1, 0.5, 0]), (w, [9, 1, 0])], 0.5, across=w),
        confusion(w, w, w, [w, "b"], [[3, 1], [0, 2]], truth=w, answer=w),
    ]


@pytest.mark.parametrize("word", ["plain", *HOSTILE])
def test_every_chart_is_a_proper_drawing(word: str) -> None:
    """Whatever stands in a name, it stays a word."""
    for figure in charts(word):
        drawn(figure)


def test_charts_of_nothing_are_drawn() -> None:
    """Empty input shows an empty ground, not an error."""
    none = np.array([])
    for figure in (
        bound("t", "t", (0, 1), 0.5, "below", "missing"),
        spark("t", "t", none, none),
        bars("t", "t", "d", []),
        leaderboard("t", "t", "d", []),
        reliability("t", "t", "d", []),
        scatter("t", "t", "d", [], "x", "y"),
        gap_map("t", "t", "d", [], {}),
        confusion("t", "t", "d", [], []),
    ):
        drawn(figure)


@pytest.mark.parametrize(("allowed", "left", "judged"), [("above", "0.00%", "60.00%"), ("below", "70.00%", "90.00%")])
def test_the_forbidden_side_is_shaded(allowed: str, left: str, judged: str) -> None:
    """Below the threshold where values above are allowed, and the bound on that side is the thick one."""
    root = drawn(bound("t", "t", (0, 1), 0.7, allowed, "pass", value=0.8, low=0.6, high=0.9))  # type: ignore[arg-type]  # one of two words
    by_class = {e.get("class"): e for e in root.iter()}
    assert by_class["n-not"].get("x") == left
    assert by_class["n-edge"].get("x1") == judged


def test_a_scale_for_rows_stays_possible() -> None:
    """Shares do not reach beyond one."""
    assert reach(0.5, 0.99, floor=0, ceiling=1)[1] == 1


def test_the_gap_map_names_its_gaps() -> None:
    """A gap is framed and in the table with its day and share; a stop is no gap."""
    found = gap_map("t", "t", "d", DAYS, {"m6": [1.0, 0.4, "stop", None, 1.0, 0.999]})
    assert found.table is not None
    assert found.table.rows == (("m6", 3, "15 Oct 40 %", ""),)
    assert found.svg.count("n-gap-cell") == 1
    assert "40" in told(drawn(found))


def test_a_day_without_any_data_is_a_gap() -> None:
    """Also where the share is a whole number."""
    found = gap_map("t", "t", "d", DAYS[:2], {"m6": [0, 1]})
    assert found.table is not None
    assert found.table.rows == (("m6", 1, "14 Oct 0 %", ""),)


def test_the_gap_map_shows_what_was_done_and_which_model_decided() -> None:
    """A diamond on the day, a bar over the days of a version; both in words, and a version outside is not drawn."""
    done = {"m6": {DAYS[1]: "tool_failure", DAYS[4]: "planned_change 2"}}
    versions = [(DAYS[3], DAYS[5], "v8"), (DAYS[0] - timedelta(days=9), DAYS[0] - timedelta(days=5), "v7")]
    found = gap_map("t", "t", "d", DAYS, {"m6": [1.0] * 6, "m7": [1.0] * 6}, done=done, versions=versions)
    drawn(found)
    assert found.svg.count("n-mark") == 2
    assert found.svg.count("n-version") == 1
    assert "m6, 15 Oct: 100.0 %; tool_failure" in found.svg
    assert found.table is not None
    assert [r[3] for r in found.table.rows] == ["15 Oct tool_failure, 18 Oct planned_change 2", ""]
    assert found.table.notes[0] == "v8: 17 Oct – 19 Oct"


def test_a_histogram_gives_equal_room_to_equal_ratios() -> None:
    """So that a limit ten times a latency is seen beside it; what begins at zero has no ratios."""
    edges = (0.5, 1, 2, 4)
    found = histogram("t", "t", "d", edges, (1, 2, 3), marks=(("p99", 2.0),), unit="ms", geometric=True)
    widths = {e.get("width") for e in drawn(found).iter() if e.get("class") == "n-bar"}
    assert len(widths) == 1
    assert 'x1="66.67%"' in found.svg
    with pytest.raises(InvalidInput, match="begins at 0"):
        histogram("t", "t", "d", (0, 1, 2), (1, 2), geometric=True)


def test_the_operating_point_has_its_values() -> None:
    """Each curve says what it is there."""
    root = drawn(threshold_curve("t", "t", "d", [0, 0.25, 1], [("caught", [1, 0.9, 0]), ("false", [9, 3, 0])], 0.25))
    assert {"0.9", "3"} <= set(told(root).splitlines())


def test_the_confusion_counts_are_read_off() -> None:
    """Every count stands in its cell; right answers have another colour."""
    found = confusion("t", "t", "d", ["ok", "wear"], [[900, 12], [20, 80]])
    assert {"900", "12", "20", "80"} <= set(told(drawn(found)).splitlines())
    assert (found.svg.count("n-shade"), found.svg.count("n-wrong")) == (2, 2)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 10)), min_size=1, max_size=40))
def test_names_of_points_do_not_lie_on_each_other(spots: list[tuple[float, float]]) -> None:
    """Each name that is placed is free of the others and inside of the plane."""
    plane = Plane((0, 100), (0, 10), 620, 380)
    taken = []
    for x, y in spots:
        found = place(plane, "Use case 12 scrap", plane.across(x), plane.up(y), taken)
        if found:
            assert not any(found.covers(t) for t in taken)
            assert found.left >= plane.left
            assert found.right <= plane.width
            taken.append(found)


def test_what_cannot_be_drawn_is_named() -> None:
    """Counts without edges, curves without values, counts that are no square, too many classes."""
    with pytest.raises(InvalidInput, match="edges"):
        histogram("t", "t", "d", [0, 1], [1, 2])
    with pytest.raises(InvalidInput, match="edges"):
        histogram("t", "t", "d", [0, 0, 1], [1, 2])
    with pytest.raises(InvalidInput, match="threshold"):
        threshold_curve("t", "t", "d", [0.1], [("caught", [])], 0.1)
    with pytest.raises(InvalidInput, match="'m6' for 6 days"):
        gap_map("t", "t", "d", DAYS, {"m6": [1.0]})
    with pytest.raises(InvalidInput, match="square"):
        confusion("t", "t", "d", ["a"], [[1, 2]])
    with pytest.raises(InvalidInput, match="31 classes"):
        confusion("t", "t", "d", ["a"] * 31, [[1] * 31] * 31)


def test_a_leader_line_of_svg_has_no_scaling_text() -> None:
    """Text never stands inside of a stretched box."""
    for figure in charts("plain"):
        for inner in drawn(figure).iter(f"{SVG}svg"):
            if inner.get("preserveAspectRatio") == "none":
                assert not list(inner.iter(f"{SVG}text"))
