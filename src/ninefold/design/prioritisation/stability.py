"""How stable a ranking is: SMAA over drawn weightings and scores, in blocks that bound memory.

Source: Lahdelma, Hokkanen, Salminen, "SMAA - Stochastic multiobjective acceptability analysis", EJOR 106 (1998) 137.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ninefold.design.prioritisation.matrix import TIE, Floats, Matrix, dominators

BLOCK = 5_000


@dataclass
class Stability:
    """Sums over the draws while they are drawn, then shares; by the index of the use case in the matrix."""

    stays_first: Floats  # (n,) first at the middle of every range
    first: Floats  # (n,) first with scores drawn too; equal firsts share
    mean_rank: Floats  # (n,)
    pairwise: Floats  # (n, n) share in which i beats j; ties count half
    changes_first: Floats  # (n, k) share in which learning the score puts another use case first
    changes_order: Floats  # (n, k) share in which learning the score moves any two


def weightings(weights: Floats, strength: float, draws: int, rng: np.random.Generator) -> Floats:
    """Return `(draws, k)` weights that sum to 1: Dirichlet(1) for strength 0, else Dirichlet(strength x weights)."""
    alpha = np.ones_like(weights) if strength == 0 else np.maximum(strength * weights, 1e-3)
    return np.asarray(rng.dirichlet(alpha, draws), dtype=np.float64)


def stability(of: Matrix, strength: float, draws: int, seed: int) -> Stability:
    """Return the shares over `draws` weightings; the same seed gives the same shares."""
    rng = np.random.default_rng(seed)
    n, k = of.low.shape
    eligible = np.array([not d for d in dominators(of)], dtype=bool)  # what is dominated is first in no draw
    totals = Stability(np.zeros(n), np.zeros(n), np.zeros(n), np.zeros((n, n)), np.zeros((n, k)), np.zeros((n, k)))
    for size in _blocks(draws):
        drawn = weightings(of.weights, strength, size, rng)
        middle = _weighted(drawn, of.middle)
        totals.stays_first += _firsts(middle, eligible)
        _add_unknowns(totals, of, drawn, middle)
        values = _drawn_scores(of, drawn, rng)
        totals.first += _firsts(values, eligible)
        totals.pairwise += _wins(values)
    wins = totals.pairwise / draws
    rank = n - (wins.sum(axis=1) - 0.5)  # one for itself, one for each by which it is beaten; its own diagonal is a tie
    return Stability(
        totals.stays_first / draws, totals.first / draws, rank, wins, totals.changes_first / draws,
        totals.changes_order / draws,
    )  # fmt: skip


def _weighted(weights: Floats, scores: Floats) -> Floats:
    """Return `(draws, n)` weighted sums. Not by matmul: BLAS threads would spin, and differ in the last digit."""
    return np.asarray(np.einsum("dk,nk->dn", weights, scores), dtype=np.float64)


def _blocks(draws: int) -> Iterator[int]:
    while draws > 0:
        yield min(draws, BLOCK)
        draws -= BLOCK


def _drawn_scores(of: Matrix, drawn: Floats, rng: np.random.Generator) -> Floats:
    """Return `(draws, n)` values with every open score drawn from its range."""
    values = _weighted(drawn, of.low)
    width = of.high - of.low
    for i, k in zip(*np.nonzero(width), strict=True):
        values[:, i] += drawn[:, k] * (width[i, k] * rng.random(len(drawn)))
    return np.asarray(values, dtype=np.float64)


def _firsts(values: Floats, eligible: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Floats:
    """Return how often each is first; equal firsts share."""
    best = values[:, eligible].max(axis=1, keepdims=True)
    first = (values >= best - TIE) & eligible
    return np.asarray((first / first.sum(axis=1, keepdims=True)).sum(axis=0), dtype=np.float64)


def _wins(values: Floats) -> Floats:
    """Return `(n, n)` counts in which i beats j; ties count half."""
    columns = np.ascontiguousarray(values.T)
    n = len(columns)
    wins = np.full((n, n), len(values) / 2)
    for i in range(n):
        lead = columns[i] - columns[i + 1 :]
        ahead = (np.count_nonzero(lead > TIE, axis=1) - np.count_nonzero(lead < -TIE, axis=1)) / 2
        wins[i, i + 1 :] += ahead
        wins[i + 1 :, i] -= ahead
    return wins


def _add_unknowns(totals: Stability, of: Matrix, drawn: Floats, middle: Floats) -> None:
    """Add, for each open score, the share of its answers that would change the ranking under each weighting.

    An answer moves its use case by at most d up or down, evenly. It changes the first place when it bridges the gap to
    the best of the others, and the order when it bridges the gap to a neighbour; each with the share (d - gap) / 2d.
    """
    width = of.high - of.low
    if len(of.use_cases) < 2:
        return
    best, above, below = _gaps(middle)
    for i, k in zip(*np.nonzero(width), strict=True):
        reach = drawn[:, k] * (width[i, k] / 2)
        totals.changes_first[i, k] += _bridged(reach, best[i])
        totals.changes_order[i, k] += _bridged(reach, above[i]) + _bridged(reach, below[i])


def _bridged(reach: Floats, gap: Floats) -> float:
    share = np.clip(reach - gap, 0, None) / np.maximum(2 * reach, 1e-300)
    return float(share.sum())


def _gaps(values: Floats) -> tuple[Floats, Floats, Floats]:
    """Return `(n, draws)` gaps of each to the best of the others, to the next above and to the next below."""
    order = np.argsort(values, axis=1)
    ranked = np.take_along_axis(values, order, axis=1)
    steps = np.diff(ranked, axis=1)
    edge = np.full((len(values), 1), np.inf)
    above, below, best = np.empty_like(values), np.empty_like(values), np.empty_like(values)
    np.put_along_axis(above, order, np.hstack([steps, edge]), axis=1)
    np.put_along_axis(below, order, np.hstack([edge, steps]), axis=1)
    behind = ranked[:, -1:] - ranked
    behind[:, -1] = steps[:, -1]
    np.put_along_axis(best, order, behind, axis=1)
    return best.T.copy(), above.T.copy(), below.T.copy()
