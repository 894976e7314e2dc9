"""How far a distribution moved: PSI, and block scores, the numbers that the sequential test watches.

A score is a polynomial in the normal score of a row's bin, orthonormal under the reference: the first moves with the
level, the second with the spread, the third with the skew. Its mean over a block of rows is the block score.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ninefold.stats.histograms import bin_index, quantile_edges

Floats = NDArray[np.float64]

SCORES = 3
MOST_CORRELATION = 0.15  # lag-1, at which blocks still count as nearly independent


def shares(counts: NDArray[Any]) -> Floats:
    """Return smoothed shares `(..., k)`: half a row is added to each bin, so that no share is 0."""
    c = np.asarray(counts, dtype=np.float64) + 0.5
    return np.asarray(c / c.sum(axis=-1, keepdims=True), dtype=np.float64)


def psi(reference: NDArray[Any], counts: NDArray[Any]) -> Floats:
    """Return the population stability index of counts `(..., k)` against reference counts.

    Unchanged data has a mean PSI of (k - 1) (1/n + 1/m): a fixed limit means nothing without the rows.
    """
    p, q = shares(reference), shares(counts)
    return np.asarray(((q - p) * np.log(q / p)).sum(axis=-1), dtype=np.float64)


def score_basis(share: Floats) -> Floats:
    """Return `(k, 3)`: the three scores of each bin, with mean 0 and mutually orthonormal under `share`.

    A signal with few distinct values has fewer scores; the others are 0.
    """
    cumulated = np.cumsum(share) - share / 2
    z = np.array([NormalDist().inv_cdf(float(np.clip(c, 1e-12, 1 - 1e-12))) for c in cumulated])
    done = [np.ones_like(z)]
    for power in range(1, SCORES + 1):
        vector = z**power
        for _ in range(2):  # twice is enough (Kahan)
            for other in done:
                vector = vector - (share * vector * other).sum() * other
        norm = math.sqrt(float((share * vector * vector).sum()))
        done.append(vector / norm if norm > 1e-6 else np.zeros_like(z))
    return np.stack(done[1:], axis=1)


@dataclass(frozen=True)
class FeatureReference:
    """The reference of one feature: where its bins lie, their shares, and how its block scores scattered."""

    edges: tuple[float, ...]
    share: tuple[float, ...]  # (len(edges) + 1,)
    mean: tuple[float, ...]  # (3,) of block scores
    scatter: tuple[float, ...]  # (3,) sum of squares of block scores about their mean, floored at the iid value
    lag: float = 0.0  # lag-1 correlation of the first score over the blocks; 0 for fewer than ten

    @cached_property
    def basis(self) -> Floats:
        """The scores of each bin, `(k, 3)`."""
        return score_basis(np.array(self.share))


@dataclass(frozen=True)
class DriftReference:
    """What in-control data looks like, estimated from `blocks` blocks of about `rows` rows each."""

    features: dict[str, FeatureReference]
    blocks: int
    rows: float  # median rows a block
    blocks_per_day: float  # a day of the watched time, so operating days when only these are watched

    @classmethod
    def fit(
        cls, columns: dict[str, Floats], block: NDArray[np.int64], blocks_per_day: float = 1.0, bins: int = 20
    ) -> Self:
        """Return the reference of numeric columns, with rows `block` (any integer) giving the block of each row.

        Raises:
            ValueError: fewer than two blocks.
        """
        names, codes, sizes = np.unique(block, return_inverse=True, return_counts=True)
        if len(names) < 2:
            raise ValueError(f"a reference needs at least two blocks, found {len(names)}")
        rows = float(np.median(sizes))
        features = {name: _fit(values, codes, len(names), rows, bins) for name, values in columns.items()}
        return cls(features, len(names), rows, blocks_per_day)

    def scores(self, columns: dict[str, Floats]) -> Floats:
        """Return the block scores `(n_features, 3)` of one block of rows; NaN for a feature without a value."""
        out = np.full((len(self.features), SCORES), np.nan)
        for row, (name, feature) in enumerate(self.features.items()):
            values = columns[name][~np.isnan(columns[name])]
            if len(values):
                index = bin_index(np.array(feature.edges), values)
                out[row] = feature.basis[index].mean(axis=0)
        return out

    @property
    def mean(self) -> Floats:
        """Mean block scores, `(n_features, 3)`."""
        return np.array([f.mean for f in self.features.values()])

    @property
    def scatter(self) -> Floats:
        """Sums of squares of the block scores, `(n_features, 3)`."""
        return np.array([f.scatter for f in self.features.values()])

    def effective_rows_per_day(self) -> dict[str, float]:
        """Return by feature how many independent rows a day of rows is worth, judged by the scatter of its blocks."""
        by_block = {n: (self.blocks - 1) / max(f.scatter[0], 1e-300) for n, f in self.features.items()}
        return {n: min(value, self.rows) * self.blocks_per_day for n, value in by_block.items()}

    def dependent(self) -> tuple[str, ...]:
        """Return the features whose blocks are not nearly independent: for them the false-alarm budget is not shown."""
        return tuple(n for n, f in self.features.items() if f.lag > MOST_CORRELATION)

    def to_plain(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        fields = ("edges", "share", "mean", "scatter")
        features = {
            n: {**{field: list(getattr(f, field)) for field in fields}, "lag": f.lag} for n, f in self.features.items()
        }
        return {"features": features, "blocks": self.blocks, "rows": self.rows, "blocks_per_day": self.blocks_per_day}

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Self:
        """Return the reference that `to_plain` wrote.

        Raises:
            ValueError: a field lacks or does not fit.
        """
        try:
            features = {n: _feature(f) for n, f in plain["features"].items()}
            return cls(features, int(plain["blocks"]), float(plain["rows"]), float(plain["blocks_per_day"]))
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"this is no drift reference: {error!r}") from error


def block_scores(values: Floats, codes: NDArray[np.intp], blocks: int, edges: Floats, basis: Floats) -> Floats:
    """Return the block scores `(blocks, 3)` of one feature; NaN for a block without a value."""
    known = ~np.isnan(values)
    bins = len(edges) + 1
    flat = codes[known] * bins + bin_index(edges, values[known])
    counts = np.bincount(flat, minlength=blocks * bins).reshape(blocks, bins)
    sizes = counts.sum(axis=1, keepdims=True)
    return np.asarray(np.where(sizes > 0, counts @ basis / np.maximum(sizes, 1), np.nan), dtype=np.float64)


def _fit(values: Floats, codes: NDArray[np.intp], blocks: int, rows: float, bins: int) -> FeatureReference:
    edges = quantile_edges(values, bins)
    known = values[~np.isnan(values)]
    share = shares(np.bincount(bin_index(edges, known), minlength=len(edges) + 1))
    scores = block_scores(values, codes, blocks, edges, score_basis(share))
    scores = scores[~np.isnan(scores[:, 0])]
    mean = scores.mean(axis=0) if len(scores) else np.zeros(SCORES)
    scatter = np.maximum(((scores - mean) ** 2).sum(axis=0), (blocks - 1) / rows)
    edge, part, centre, spread = (tuple(array.tolist()) for array in (edges, share, mean, scatter))
    return FeatureReference(edge, part, centre, spread, _lag(scores[:, 0]))


def _lag(values: Floats) -> float:
    centred = values - values.mean() if len(values) else values
    total = float((centred**2).sum())
    return float((centred[1:] * centred[:-1]).sum()) / total if len(values) >= 10 and total > 1e-12 else 0.0


def _feature(plain: dict[str, Any]) -> FeatureReference:
    edges, share, mean, scatter = (tuple(map(float, plain[n])) for n in ("edges", "share", "mean", "scatter"))
    if len(share) != len(edges) + 1 or len(mean) != SCORES or len(scatter) != SCORES:
        raise ValueError(f"{len(share)} shares do not fit {len(edges)} edges, or there are not three scores")
    return FeatureReference(edges, share, mean, scatter, float(plain["lag"]))
