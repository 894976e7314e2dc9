"""Bounds in closed form from influence values: by how much each row moves a statistic.

One pass gives the standard error of a statistic and, with a matrix, of hundreds at once, where resampling would draw
each a thousand times. Rows of one group (one machine, one engine) are summed first, as a cluster bootstrap does.
Source: Efron, The Jackknife, the Bootstrap and Other Resampling Plans, SIAM 1982, chapter 6 (infinitesimal jackknife);
for the AUC by clusters Obuchowski, Biometrics 53 (1997) 567.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ninefold.stats.bootstrap import FEWEST
from ninefold.stats.intervals import normal_quantile

Floats = NDArray[np.float64]


def clustered_error(influence: Floats, groups: NDArray[np.int64] | None = None) -> Floats:
    """Return the standard error of statistics with influence values `(n_rows, n_statistics)`, of shape (n_statistics,).

    `groups` holds one code a row (0 to n_groups - 1). Fewer than five units give NaN.
    """
    units = influence if groups is None else _sums(influence, groups)
    n = len(units)
    if n < FEWEST:
        return np.full(influence.shape[1], np.nan)
    return np.asarray(np.sqrt((units**2).sum(axis=0) * n / (n - 1)), dtype=np.float64)


def _sums(influence: Floats, groups: NDArray[np.int64]) -> Floats:
    out = np.zeros((int(groups.max(initial=-1)) + 1, influence.shape[1]))
    np.add.at(out, groups, influence)
    return out


def student_quantile(level: float, freedom: int) -> float:
    """Return t with P(T <= t) = level for Student's distribution; within 1 % from 4 degrees of freedom on.

    Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.5.

    >>> round(student_quantile(0.95, 7), 2)
    1.89
    """
    z, v = normal_quantile(level), float(freedom)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / v + second / v**2 + third / v**3


def half_width(influence: Floats, level: float, groups: NDArray[np.int64] | None = None) -> Floats:
    """Return how far the one-sided bound at a level lies from each statistic, of shape (n_statistics,)."""
    units = len(influence) if groups is None else int(groups.max(initial=-1)) + 1
    if units < FEWEST:
        return np.full(influence.shape[1], np.nan)
    return student_quantile(level, units - 1) * clustered_error(influence, groups)


def auc_with_influence(positive: NDArray[np.bool_], score: Floats) -> tuple[float, Floats]:
    """Return the AUC (a tie counts half) and the influence of each row; NaN and zeros without positives or negatives.

    Source: DeLong, DeLong and Clarke-Pearson, Biometrics 44 (1988) 837 (placement values).
    """
    ones, zeros = np.sort(score[positive]), np.sort(score[~positive])
    influence = np.zeros(len(score))
    if not len(ones) or not len(zeros):
        return float("nan"), influence
    above = _below(zeros, score[positive]) / len(zeros)
    below = 1 - _below(ones, score[~positive]) / len(ones)
    auc = float(above.mean())
    influence[positive] = (above - auc) / len(ones)
    influence[~positive] = (below - auc) / len(zeros)
    return auc, influence


def _below(ordered: Floats, values: Floats) -> Any:
    """Return how many of the ordered values lie below each value, an equal one counting half."""
    return (np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")) / 2
