"""Conformal answers cover what they promise, and their own uncertainty is said."""

import numpy as np
import pytest

from ninefold.development.validation.conformal import bands, covered, edge, intervals, sets


def test_the_edge_is_the_rank_of_the_guarantee() -> None:
    """With 99 distances a share of 0.9 takes the 90th; too few distances reach no share."""
    assert edge(np.arange(1.0, 100.0), 0.9) == 90.0
    assert edge(np.arange(1.0, 9.0), 0.9) == float("inf")
    assert edge(np.empty(0), 0.5) == float("inf")


@pytest.mark.job("validation/intervals", against="cases", what="drawn rows")
@pytest.mark.parametrize("wanted", [0.8, 0.9, 0.95])
def test_intervals_cover_what_is_wanted(wanted: float) -> None:
    """On rows like those of the calibration, within what 4,000 rows can tell apart."""
    rng = np.random.default_rng(1)
    truth = rng.normal(0, 1, 4000)
    level = intervals(truth, truth + rng.standard_t(4, 4000), rng.standard_t(4, 4000), wanted, None)
    assert level is not None
    all_ = level.coverage["all"]
    assert all_.low is not None
    assert all_.high is not None
    assert all_.low - 0.01 <= wanted <= all_.high + 0.01


def test_a_shifted_world_breaks_the_promise_and_it_shows() -> None:
    """Errors three times as large as in calibration: the interval of the coverage lies below what was wanted."""
    rng = np.random.default_rng(2)
    level = intervals(np.zeros(1000), rng.normal(0, 3, 1000), rng.normal(0, 1, 1000), 0.9, None)
    assert level is not None
    assert level.coverage["all"].high < 0.6


def test_sets_hold_the_true_class_and_grow_with_doubt() -> None:
    """Probabilities that are right: covered as wanted; a coin between two classes gives sets of two."""
    rng = np.random.default_rng(3)
    p = rng.dirichlet([0.3, 0.3, 0.3], 6000)
    y = np.array([rng.choice(3, p=row) for row in p])
    level = sets(y[3000:].astype(float), p[3000:], p[np.arange(3000), y[:3000]], 0.9, None)
    assert level is not None
    assert level.coverage["all"].share == pytest.approx(0.9, abs=0.02)
    assert sum(level.sizes.values()) == pytest.approx(1.0)
    assert 1.0 < level.mean_size < 3.0


def test_bands_cover_each_class_by_itself() -> None:
    """Rare positives are not paid for by common negatives."""
    rng = np.random.default_rng(4)
    y = (rng.random(20_000) < 0.05).astype(float)
    score = 1 / (1 + np.exp(-rng.normal(4 * y - 3, 1.2)))
    before, after = slice(0, 10_000), slice(10_000, None)
    level = bands(y[after], score[after], score[before][y[before] == 1], score[before][y[before] == 0], 0.9, None)
    assert level is not None
    assert level.coverage["positive"].share == pytest.approx(0.9, abs=0.04)
    assert level.coverage["negative"].share == pytest.approx(0.9, abs=0.01)
    assert bands(y, score, score[:5], score, 0.9, None) is None


def test_coverage_by_asset_is_less_sure_than_by_row() -> None:
    """Rows of one machine are alike: eight machines, of which two are never covered."""
    inside = np.repeat([True] * 6 + [False] * 2, 500)
    by_row, by_asset = covered(inside, None), covered(inside, np.repeat(np.arange(8), 500))
    assert by_row.share == by_asset.share == 0.75
    assert by_asset.high - by_asset.low > 5 * (by_row.high - by_row.low)
    assert covered(inside, np.repeat(np.arange(4), 1000)).low is None
