"""The scores of use cases as arrays on fixed anchors: never rescaled to the present set, so a newcomer moves nobody.

Rank reversal by adding an alternative is then impossible by construction.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ninefold.vocabulary.ranking import Sheet
from ninefold.vocabulary.use_case import Score, Scores

ANCHOR = 5.0
UNKNOWN = Score(0.0, ANCHOR, known=False)
TIE = 1e-9  # on the scale 0 to 5: closer than this is equal

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Matrix:
    """Utilities 0 to 5 of n use cases on k criteria, more is better; costs are already turned round."""

    use_cases: tuple[str, ...]
    criteria: tuple[str, ...]
    low: Floats  # (n, k)
    high: Floats  # (n, k)
    weights: Floats  # (k,), sum 1

    @property
    def middle(self) -> Floats:
        """The middle of every range, (n, k)."""
        return (self.low + self.high) / 2


def matrix(scores: Sequence[Scores], sheet: Sheet) -> Matrix:
    """Return the matrix of use cases and the criteria that have a weight, both in order of their names.

    A criterion that a use case does not score is unknown: the whole of the scale.
    """
    scores = sorted(scores, key=lambda s: s.use_case)
    criteria = tuple(sorted(name for name, c in sheet.criteria.items() if c.weight > 0))
    shape = (len(scores), len(criteria))
    low, high = np.zeros(shape), np.zeros(shape)
    for i, of in enumerate(scores):
        for k, name in enumerate(criteria):
            score = of.scores.get(name, UNKNOWN)
            ends = (score.low, score.high)
            if sheet.criteria[name].sense == "cost":
                ends = (ANCHOR - score.high, ANCHOR - score.low)
            low[i, k], high[i, k] = ends
    weights = np.array([sheet.criteria[name].weight for name in criteria], dtype=np.float64)
    return Matrix(tuple(s.use_case for s in scores), criteria, low, high, weights / weights.sum())


def dominators(of: Matrix) -> tuple[tuple[str, ...], ...]:
    """Return for each those that are at least as good everywhere and better somewhere, whatever the ranges hold."""
    found = []
    for high in of.high:  # one at a time: n x n x k would not stay small
        beats = np.logical_and(np.all(of.low >= high, axis=1), np.any(of.low > high, axis=1))
        found.append(tuple(of.use_cases[i] for i in np.flatnonzero(beats)))
    return tuple(found)
