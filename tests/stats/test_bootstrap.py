"""Resampling by weights: agreement with plain definitions, and with theory."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninefold.stats.bootstrap import bounds, from_sums, resample, resample_kinds
from ninefold.stats.ranking import Ranking


def _mean(sums: np.ndarray) -> np.ndarray:
    return sums[:, 1] / sums[:, 0]


def test_bootstrap_of_a_mean_scatters_by_its_standard_error() -> None:
    """The spread of resampled means is sd / sqrt(n)."""
    rng = np.random.default_rng(1)
    x = rng.normal(5, 2, 400)
    replicates = resample(from_sums(_mean, np.stack([np.ones(400), x], axis=1)), 400, rng=rng, repeats=2000)
    assert replicates.std() == pytest.approx(x.std() / 20, rel=0.08)


def test_cluster_bootstrap_is_wider_when_rows_of_a_group_are_alike() -> None:
    """Ten equal rows a group are worth one: the spread grows by sqrt(10)."""
    rng = np.random.default_rng(2)
    groups = np.repeat(np.arange(60), 10)
    values = np.stack([np.ones(600), rng.normal(size=60)[groups]], axis=1)
    plain = resample(from_sums(_mean, values), 600, rng=rng, repeats=1500).std()
    clustered = resample(from_sums(_mean, values), 600, rng=rng, repeats=1500, groups=groups).std()
    assert clustered / plain == pytest.approx(np.sqrt(10), rel=0.12)


def test_resampling_kinds_agrees_with_resampling_rows() -> None:
    """Drawing the four kinds of row gives the same distribution as drawing rows."""
    rng = np.random.default_rng(3)
    values = np.stack([np.ones(900), (rng.random(900) < 0.3).astype(float)], axis=1)
    rows = resample(from_sums(_mean, values), 900, rng=rng, repeats=2000)
    distinct, counts = np.unique(values, axis=0, return_counts=True)
    kinds = resample_kinds(_mean, distinct, counts, rng=rng, repeats=2000)
    assert rows.mean() == pytest.approx(kinds.mean(), abs=0.003)
    assert rows.std() == pytest.approx(kinds.std(), rel=0.1)


def test_no_rows_give_no_bound() -> None:
    """Nothing to draw from is NaN, and so are its bounds."""
    rng, empty = np.random.default_rng(0), np.zeros((0, 2))
    assert np.isnan(resample(from_sums(_mean, empty), 0, rng=rng, repeats=5)).all()
    assert np.isnan(resample_kinds(_mean, empty, np.zeros(0, dtype=np.int64), rng=rng, repeats=5)).all()
    assert np.isnan(bounds(np.full(5, np.nan), 0.95)).all()


def test_few_groups_give_no_bound() -> None:
    """A hundred rows of one machine are one draw, whose bound would be its value."""
    values = np.stack([np.ones(100), np.arange(100.0)], axis=1)
    for groups, known in ((np.zeros(100, dtype=np.int64), False), (np.arange(100) // 20, True)):
        found = resample(from_sums(_mean, values), 100, rng=np.random.default_rng(0), repeats=9, groups=groups)
        assert np.isfinite(found).all() == known


def test_paired_difference_is_a_statistic_of_the_same_weights() -> None:
    """Two models on the same rows: their difference scatters far less than either."""
    rng = np.random.default_rng(9)
    y = rng.random(300) < 0.4
    first = rng.normal(size=300) + y
    a, b = Ranking(y, first), Ranking(y, first + 0.1 * rng.normal(size=300))
    alone = resample(a.auc, 300, rng=rng, repeats=400).std()
    paired = resample(lambda w: a.auc(w) - b.auc(w), 300, rng=rng, repeats=400).std()
    assert paired < alone / 2


def test_many_failed_resamples_give_no_bound() -> None:
    """A bound from the luckier 90 % of resamples would be a lie."""
    assert np.isnan(bounds(np.array([np.nan] * 10 + [1.0] * 90), 0.95)).all()
    assert np.isfinite(bounds(np.array([np.nan] + [1.0] * 99), 0.95)).all()


def _plain_auc(y: list[bool], s: list[float], w: list[int]) -> float:
    rows = list(zip(y, s, w, strict=True))
    pairs = [(a, b, v * u) for p, a, v in rows if p for q, b, u in rows if not q]
    total = sum(weight for _, _, weight in pairs)
    return sum(weight * ((a > b) + (a == b) / 2) for a, b, weight in pairs) / total if total else float("nan")


def _plain_ap(y: list[bool], s: list[float], w: list[int]) -> float:
    positives = sum(v for p, v in zip(y, w, strict=True) if p)
    area = 0.0
    for cut in sorted(set(s)):
        above = [(p, v) for p, x, v in zip(y, s, w, strict=True) if x >= cut]
        here = sum(v for p, x, v in zip(y, s, w, strict=True) if p and x == cut)
        hits, all_ = sum(v for p, v in above if p), sum(v for _, v in above)
        area += here / positives * (hits / all_ if all_ else 0.0) if positives else float("nan")
    return area if positives else float("nan")


ROWS = st.lists(st.tuples(st.booleans(), st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=25)


@given(ROWS)
@settings(max_examples=80)
def test_auc_and_average_precision_equal_their_definitions(rows: list[tuple[bool, int, int]]) -> None:
    """Ties, zero weights and missing classes included."""
    y, s, w = ([row[i] for row in rows] for i in range(3))
    ranking = Ranking(np.array(y, dtype=bool), np.array(s, dtype=float))
    weights = np.array([w], dtype=float)
    assert ranking.auc(weights)[0] == pytest.approx(_plain_auc(y, s, w), nan_ok=True)
    assert ranking.average_precision(weights)[0] == pytest.approx(_plain_ap(y, s, w), nan_ok=True)


@given(ROWS, st.integers(2, 4))
@settings(max_examples=40)
def test_a_weight_is_a_repeated_row(rows: list[tuple[bool, int, int]], factor: int) -> None:
    """Weights count rows, and a common factor changes nothing."""
    y, s = np.array([r[0] for r in rows], dtype=bool), np.array([r[1] for r in rows], dtype=float)
    w = np.array([r[2] for r in rows])
    repeated = Ranking(np.repeat(y, w), np.repeat(s, w))
    one = np.ones((1, int(w.sum())))
    ranking = Ranking(y, s)
    for name in ("auc", "average_precision"):
        expected = getattr(ranking, name)(w[None].astype(float))[0]
        assert getattr(repeated, name)(one)[0] == pytest.approx(expected, nan_ok=True)
        assert getattr(ranking, name)(w[None] * float(factor))[0] == pytest.approx(expected, nan_ok=True)


def test_bootstrap_bound_of_auc_covers() -> None:
    """The one-sided 90 % lower bound lies below the true AUC in about 90 % of 120 samples."""
    rng = np.random.default_rng(5)
    truth, hits = 0.760250, 0  # Phi(1 / sqrt 2)
    for _ in range(120):
        y = rng.random(200) < 0.4
        ranking = Ranking(y, rng.normal(size=200) + y)
        low, _high = bounds(resample(ranking.auc, 200, rng=rng, repeats=200), 0.9)
        hits += low <= truth
    assert 0.82 <= hits / 120 <= 0.97
