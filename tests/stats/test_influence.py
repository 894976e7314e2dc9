"""Bounds in closed form against resampling, and the AUC against counting pairs."""

import numpy as np
import pytest

from ninefold.stats.bootstrap import bounds, resample
from ninefold.stats.influence import auc_with_influence, clustered_error, half_width, student_quantile
from ninefold.stats.ranking import Ranking


@pytest.mark.parametrize(("level", "freedom", "table"), [(0.95, 4, 2.132), (0.95, 7, 1.895), (0.975, 10, 2.228), (0.99, 30, 2.457)])  # fmt: skip
def test_student_quantiles_are_those_of_the_tables(level: float, freedom: int, table: float) -> None:
    """Printed tables of the t distribution."""
    assert student_quantile(level, freedom) == pytest.approx(table, rel=0.01)


def test_the_error_of_a_mean_is_the_textbook_one() -> None:
    """Standard deviation over the root of n."""
    values = np.random.default_rng(1).normal(0, 3, 400)
    influence = ((values - values.mean()) / len(values))[:, None]
    assert clustered_error(influence)[0] == pytest.approx(values.std(ddof=1) / 20)


def test_rows_of_one_group_count_once() -> None:
    """Every row ten times over gives the error of the single rows, not a tenth of its variance."""
    values = np.random.default_rng(2).normal(0, 1, 60)
    once = clustered_error(((values - values.mean()) / 60)[:, None])[0]
    many = np.repeat(values, 10)
    influence = ((many - many.mean()) / 600)[:, None]
    assert clustered_error(influence, np.repeat(np.arange(60), 10))[0] == pytest.approx(once)
    assert clustered_error(influence)[0] < once / 3


def test_few_units_give_no_bound() -> None:
    """Four groups are too few to speak of a spread."""
    assert np.isnan(half_width(np.ones((40, 2)), 0.95, np.repeat(np.arange(4), 10))).all()
    assert np.isnan(clustered_error(np.ones((3, 1)))).all()


def test_auc_counts_pairs_and_its_bound_agrees_with_resampling() -> None:
    """Ties count half; the linear bound lies near the bootstrap's."""
    rng = np.random.default_rng(3)
    positive = rng.random(800) < 0.2
    score = np.round(rng.normal(positive * 1.2, 1.0), 1)
    auc, influence = auc_with_influence(positive, score)
    a, b = score[positive][:, None], score[~positive][None, :]
    assert auc == pytest.approx(float(((a > b) + (a == b) / 2).mean()))
    assert influence.sum() == pytest.approx(0.0, abs=1e-12)
    ranking = Ranking(positive, score)
    low, _ = bounds(resample(ranking.auc, 800, rng=rng, repeats=600), 0.95)
    assert auc - half_width(influence[:, None], 0.95)[0] == pytest.approx(low, abs=0.006)


def test_auc_needs_both_kinds() -> None:
    """One class only has no pairs."""
    auc, influence = auc_with_influence(np.ones(10, bool), np.arange(10.0))
    assert np.isnan(auc)
    assert not influence.any()
