"""The bootstrap by weights: a resample is how often each row (or each cluster of rows) was drawn.

A statistic is a function of weights of shape `(n_resamples, n_rows)`, so that one call does a whole chunk.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Statistic = Callable[[Floats], Floats]  # (n_resamples, n_units) -> (n_resamples,)

FEWEST = 5  # units from which resampling says something
_CHUNK = 250_000  # weights held at once: 2 MB, so that they stay in the cache


def resample(
    statistic: Statistic,
    rows: int,
    *,
    rng: np.random.Generator,
    repeats: int = 1000,
    groups: NDArray[np.int64] | None = None,
) -> Floats:
    """Return the statistic of `repeats` resamples of whole groups (or of rows); NaN where a resample has none.

    `groups` holds one integer code a row (0 to n_groups - 1). Resample groups whenever rows of one group are alike:
    parts of one tool, rows of one engine. Fewer than five units give NaN: their resamples repeat each other.
    """
    units = rows if groups is None else int(groups.max(initial=-1)) + 1
    if units < FEWEST:
        return np.full(repeats, np.nan)
    size = max(1, min(repeats, _CHUNK // max(rows, 1)))
    out = []
    for start in range(0, repeats, size):
        weights = _weights(min(size, repeats - start), units, rng)
        out.append(statistic(weights if groups is None else weights[:, groups]))
    return np.concatenate(out)


def _weights(repeats: int, units: int, rng: np.random.Generator) -> Floats:
    drawn = rng.integers(0, units, size=(repeats, units), dtype=np.int32 if units < 2**31 else np.int64)
    # counted as intp: bincount takes five times as long over the narrower integers, which are quicker to draw
    return np.stack([np.bincount(row.astype(np.intp), minlength=units) for row in drawn]).astype(np.float64)


def from_sums(function: Callable[[Floats], Floats], values: Floats) -> Statistic:
    """Return the statistic of a metric that is a function of sums over rows.

    `values` is `(n_rows, n_sums)`; `function` maps the weighted sums `(n_resamples, n_sums)` to `(n_resamples,)`.
    """
    return lambda weights: function(weights @ values)


def resample_kinds(
    function: Callable[[Floats], Floats],
    kinds: Floats,
    counts: NDArray[np.int64],
    *,
    rng: np.random.Generator,
    repeats: int = 1000,
) -> Floats:
    """Return what `resample(from_sums(...))` would for rows of few kinds: `kinds` (n_kinds, n_sums), how often each.

    Rows that are equal are exchangeable: a confusion matrix has four kinds of row however many rows there are.
    """
    total = int(counts.sum())
    if total < FEWEST:
        return np.full(repeats, np.nan)
    return function(rng.multinomial(total, counts / total, size=repeats).astype(np.float64) @ kinds)


def bounds(samples: Floats, level: float) -> tuple[float, float]:
    """Return the lower and the upper one-sided percentile bound; NaN when over 5 % of the resamples gave no value."""
    good = samples[np.isfinite(samples)]
    if len(good) < 0.95 * len(samples) or len(good) == 0:
        return float("nan"), float("nan")
    low, high = np.quantile(good, [1 - level, level])
    return float(low), float(high)
