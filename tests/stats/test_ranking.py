"""The order of scores under weights: the short way without ties gives what counting pairs gives, ties and all."""

import numpy as np
import pytest

from ninefold.stats.ranking import Ranking


@pytest.mark.parametrize("digits", [1, 12], ids=["ties", "no ties"])
@pytest.mark.parametrize("sorted_", [True, False], ids=["sorted", "as they come"])
def test_auc_under_weights_counts_weighted_pairs(digits: int, sorted_: bool) -> None:
    """Each pair by the product of its weights; a tie counts half; weights of 0 leave a row out."""
    rng = np.random.default_rng(digits)
    score = np.round(rng.random(120), digits)
    score = -np.sort(-score) if sorted_ else score
    positive = rng.random(120) < 0.3
    weights = rng.integers(0, 4, (5, 120)).astype(float)
    found = Ranking(positive, score).auc(weights)
    a, b = score[positive][:, None], score[~positive][None, :]
    for row, auc in zip(weights, found, strict=True):
        pair = row[positive][:, None] * row[~positive][None, :]
        assert auc == pytest.approx(float((pair * ((a > b) + (a == b) / 2)).sum() / pair.sum()), abs=1e-14)


def test_without_positives_or_negatives_there_is_no_auc() -> None:
    """Also when their weights are all 0, and without a row."""
    score = np.arange(4.0)
    assert np.isnan(Ranking(np.zeros(4, bool), score).auc(np.ones((1, 4)))).all()
    assert np.isnan(Ranking(np.ones(4, bool), score).auc(np.ones((1, 4)))).all()
    assert np.isnan(Ranking(np.array([True, False, False, False]), score).auc(np.array([[0.0, 1, 1, 1]]))).all()
    assert np.isnan(Ranking(np.zeros(0, bool), np.zeros(0)).auc(np.ones((2, 0)))).all()
