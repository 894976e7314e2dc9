"""Fixed-bin histograms: exact, mergeable, nothing lost."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ninefold.stats.histograms import Histogram, bin_index, quantile_edges, uniform_edges

ANY = st.floats(allow_nan=True, allow_infinity=True, width=32) | st.integers(-5, 25).map(float)
VALUES = arrays(np.float64, st.integers(0, 60), elements=ANY)
EDGES = tuple(np.linspace(0.0, 20.0, 21).tolist())


@given(VALUES, VALUES)
@settings(max_examples=60)
def test_sum_of_histograms_is_histogram_of_both(a: np.ndarray, b: np.ndarray) -> None:
    """Merging equals counting the concatenation; no row is lost."""
    limits = (-1.0, 15.0)
    merged = Histogram.of(a, EDGES, limits) + Histogram.of(b, EDGES, limits)
    assert merged == Histogram.of(np.concatenate([a, b]), EDGES, limits)
    assert merged.rows == len(a) + len(b)


@given(VALUES)
@settings(max_examples=60)
def test_json_round_trip(values: np.ndarray) -> None:
    """What is written is read."""
    histogram = Histogram.of(values, EDGES)
    assert Histogram.from_plain(json.loads(json.dumps(histogram.to_plain()))) == histogram


@given(
    arrays(np.float64, st.integers(1, 80), elements=ANY),
    st.floats(-1e6, 1e6),
    st.floats(1e-6, 1e6),
    st.integers(1, 40),
)
@settings(max_examples=80)
def test_even_bins_equal_the_plain_search(values: np.ndarray, low: float, width: float, bins: int) -> None:
    """The fast way and the plain one agree, at every edge as well."""
    edges = np.unique(np.linspace(low, low + width * bins, bins + 1))
    if len(edges) < 2:
        return
    known = np.concatenate(
        [values[~np.isnan(values)], edges, np.nextafter(edges, -np.inf), np.nextafter(edges, np.inf)]
    )
    assert (bin_index(edges, known) == np.searchsorted(edges, known, side="right")).all()


def test_infinite_values_fall_outside_and_missing_ones_apart() -> None:
    """A saturated sensor and a dead one stay visible."""
    h = Histogram.of(np.array([-np.inf, np.inf, np.nan, 0.0, 20.0]), EDGES, (0.0, 20.0))
    assert (h.counts[0], h.counts[-1], h.counts[1], h.missing) == (1, 2, 1, 1)
    assert (h.below_range, h.above_range) == (1, 1)


def test_constant_signal_has_one_bin_that_holds_it() -> None:
    """A constant gives two edges, and every value lies between them."""
    for make in (uniform_edges, quantile_edges):
        edges = make(np.full(50, 3.5))
        assert Histogram.of(np.full(50, 3.5), edges).counts == (0, 50, 0)


def test_no_finite_value_still_gives_edges() -> None:
    """An all-null column has a histogram, all missing."""
    for make in (uniform_edges, quantile_edges):
        assert Histogram.of(np.full(4, np.nan), make(np.full(4, np.nan))).missing == 4


def test_heavy_tail_does_not_stretch_the_bins() -> None:
    """One wild value of a thousand leaves the edges where the data is."""
    values = np.append(np.random.default_rng(0).normal(size=999), 1e9)
    assert uniform_edges(values)[-1] < 4


def test_different_edges_cannot_be_added() -> None:
    """Adding them would be wrong silently."""
    with pytest.raises(ValueError, match="different edges"):
        _ = Histogram.of(np.zeros(1), EDGES) + Histogram.of(np.zeros(1), (0.0, 1.0))


@pytest.mark.parametrize("edges", [(1.0,), (1.0, 1.0), (2.0, 1.0), (0.0, float("nan"))])
def test_edges_must_rise(edges: tuple[float, ...]) -> None:
    """Edges that do not rise are refused with their values."""
    with pytest.raises(ValueError, match="edges must be finite and rise"):
        Histogram.of(np.zeros(1), edges)


@pytest.mark.parametrize(
    "broken", [{}, {"edges": [0, 1], "counts": [1], "missing": 0, "below_range": 0, "above_range": 0}]
)
def test_a_broken_histogram_is_refused(broken: dict[str, object]) -> None:
    """A lacking field or counts that do not fit."""
    with pytest.raises(ValueError, match=r"no histogram|do not fit"):
        Histogram.from_plain(broken)
