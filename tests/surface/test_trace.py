"""Thinning of signals: no extreme is lost, no gap is bridged, and the number of points is bounded."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ninefold.surface.trace import path, thinned, usual_gap


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=400), st.integers(1, 50))
def test_extremes_survive(values: list[float], columns: int) -> None:
    """Least and greatest are kept, points are samples in order, at most two a column."""
    times, samples = np.arange(len(values), dtype=float), np.array(values)
    pieces = thinned(times, samples, 0, float(len(values)), 10, columns)
    kept = np.concatenate([v for _, v in pieces])
    at = np.concatenate([t for t, _ in pieces])
    assert kept.min() == samples.min()
    assert kept.max() == samples.max()
    assert len(kept) <= 2 * columns
    assert (np.diff(at) > 0).all()
    assert (samples[at.astype(int)] == kept).all()


def test_a_gap_and_a_missing_value_interrupt_the_line() -> None:
    """Two seconds without a sample and one that is no number: three pieces."""
    times = np.array([0.0, 1, 2, 9, 10, 11, 12])
    values = np.array([1.0, 2, 3, 4, 5, np.nan, 6])
    pieces = thinned(times, values, 0, 12, 2)
    assert [t.tolist() for t, _ in pieces] == [[0, 1, 2], [9, 10], [12]]
    assert path(pieces, 0, 12, 0, 10).count("M") == 3


def test_samples_out_of_order_are_put_in_order() -> None:
    """A late sample does not draw a line backwards."""
    (only,) = thinned(np.array([2.0, 0, 1]), np.array([3.0, 1, 2]), 0, 3, 5)
    assert only[0].tolist() == [0, 1, 2]


def test_nothing_to_draw_is_no_piece() -> None:
    """Empty, all missing, and all outside."""
    none = np.array([])
    assert thinned(none, none, 0, 1, 1) == []
    assert thinned(np.array([0.5]), np.array([np.nan]), 0, 1, 1) == []
    assert thinned(np.array([5.0]), np.array([1.0]), 0, 1, 1) == []


def test_the_usual_gap_follows_the_rate() -> None:
    """Five sample distances."""
    assert usual_gap(np.arange(0, 100, 2.0)) == 10
