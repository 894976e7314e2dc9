"""Block scores and their reference."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninefold.stats.drift import DriftReference, block_scores, psi, score_basis, shares
from ninefold.stats.histograms import quantile_edges


@given(st.lists(st.integers(0, 500), min_size=6, max_size=30))
@settings(max_examples=60)
def test_scores_are_orthonormal_under_the_reference(counts: list[int]) -> None:
    """Mean 0, variance 1, no correlation, whatever the shares."""
    share = shares(np.array(counts))
    basis = score_basis(share)
    assert np.allclose(share @ basis, 0, atol=1e-9)
    gram = (basis * share[:, None]).T @ basis
    assert np.allclose(np.diag(gram)[np.diag(gram) > 0.5], 1)
    assert np.allclose(gram - np.diag(np.diag(gram)), 0, atol=1e-8)


def test_few_distinct_values_have_fewer_scores() -> None:
    """Two bins carry one score, one bin none."""
    assert (np.abs(score_basis(np.array([0.3, 0.7]))).sum(axis=0) > 0).tolist() == [True, False, False]
    assert not score_basis(np.array([1.0])).any()


def test_psi_of_equal_counts_is_zero_and_of_a_shift_its_square() -> None:
    """For a small shift of a normal the PSI is about the shift squared."""
    rng = np.random.default_rng(0)
    reference, moved = rng.normal(size=400_000), rng.normal(size=400_000) + 0.2
    edges = quantile_edges(reference, 20)
    counts = [np.bincount(np.searchsorted(edges, x, side="right"), minlength=20) for x in (reference, moved)]
    assert float(psi(counts[0], counts[0])) == 0.0
    assert float(psi(counts[0], counts[1])) == pytest.approx(0.04, rel=0.08)


def _columns(rng: np.random.Generator, rows: int) -> dict[str, np.ndarray]:
    return {"a": rng.normal(size=rows), "b": rng.exponential(size=rows), "constant": np.full(rows, 2.0)}


def test_reference_of_independent_rows_finds_them_all_effective() -> None:
    """Independent rows are worth themselves, up to the scatter of an estimate from 60 blocks."""
    reference = DriftReference.fit(_columns(np.random.default_rng(1), 60 * 200), np.repeat(np.arange(60), 200))
    effective = reference.effective_rows_per_day()
    assert reference.rows == 200
    assert all(130 <= value <= 200 for value in effective.values())


def test_reference_of_autocorrelated_rows_finds_few_effective() -> None:
    """AR(1) .8 leaves (1 - .8) / (1 + .8) = 1 in 9 rows; 500 a day are worth about 55."""
    rng = np.random.default_rng(2)
    x = np.empty(60 * 500)
    x[0] = 0
    noise = rng.normal(size=len(x))
    for i in range(1, len(x)):
        x[i] = 0.8 * x[i - 1] + noise[i]
    reference = DriftReference.fit({"x": x}, np.repeat(np.arange(60), 500))
    assert 35 <= reference.effective_rows_per_day()["x"] <= 85


def test_scores_of_one_block_equal_those_of_all_blocks() -> None:
    """The edge scores one block at a time, the centre all at once: the same numbers."""
    columns = _columns(np.random.default_rng(3), 400)
    columns["a"][::7] = np.nan
    codes = np.repeat(np.arange(4), 100)
    reference = DriftReference.fit(columns, codes)
    for row, (name, feature) in enumerate(reference.features.items()):
        together = block_scores(columns[name], codes, 4, np.array(feature.edges), feature.basis)
        for block in range(4):
            alone = reference.scores({n: c[codes == block] for n, c in columns.items()})
            assert np.allclose(alone[row], together[block])


def test_reference_survives_json() -> None:
    """What is written is read; scores agree to the last digit."""
    columns = _columns(np.random.default_rng(4), 300)
    reference = DriftReference.fit(columns, np.repeat(np.arange(3), 100))
    again = DriftReference.from_plain(json.loads(json.dumps(reference.to_plain())))
    assert again == reference
    assert (again.scores(columns) == reference.scores(columns)).all()


def test_a_block_without_values_has_no_score() -> None:
    """Nothing seen is NaN, not zero."""
    columns = _columns(np.random.default_rng(5), 200)
    reference = DriftReference.fit(columns, np.repeat(np.arange(2), 100))
    assert np.isnan(reference.scores({n: np.full(5, np.nan) for n in columns})).all()


def test_one_block_is_no_reference() -> None:
    """Scatter needs two."""
    with pytest.raises(ValueError, match="at least two blocks, found 1"):
        DriftReference.fit({"a": np.zeros(5)}, np.zeros(5, dtype=np.int64))


def test_a_broken_reference_is_refused() -> None:
    """A lacking field is named."""
    with pytest.raises(ValueError, match="no drift reference"):
        DriftReference.from_plain({"features": {"a": {"edges": [0.0]}}, "blocks": 2, "rows": 1, "blocks_per_day": 1})


def test_features_with_dependent_blocks_are_named() -> None:
    """A signal that wanders from block to block voids the budget, and is told; independent ones are not."""
    rng = np.random.default_rng(6)
    wander = np.repeat(np.cumsum(rng.normal(size=60)), 50)
    columns = {"torque": rng.normal(size=3000), "air": wander + rng.normal(size=3000), "constant": np.ones(3000)}
    reference = DriftReference.fit(columns, np.repeat(np.arange(60), 50))
    assert reference.dependent() == ("air",)
    assert reference.effective_rows_per_day()["air"] < 3
