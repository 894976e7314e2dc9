"""How well scores order positives before negatives, for any number of weightings of the same rows at once."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Ranking:
    """Rows sorted once by score; AUC and average precision of any weights `(n_weightings, n_rows)`."""

    def __init__(self, positive: NDArray[np.bool_], score: Floats) -> None:
        order = np.argsort(-score, kind="stable")
        ordered = score[order]
        last = np.append(ordered[1:] != ordered[:-1], True) if len(ordered) else np.zeros(0, dtype=bool)
        self._positive = positive[order].astype(np.float64)
        # a gather costs more than the sums: none where rows come sorted (best first), or without ties
        self._order = None if (np.diff(order) == 1).all() else order
        self._ends = None if last.all() else np.flatnonzero(last)

    def _cumulated(self, weights: Floats) -> tuple[Floats, Floats]:
        """Return the weight of positives and of negatives at or above each distinct score, best score first."""
        ordered = weights if self._order is None else weights[:, self._order]
        positives, all_ = np.cumsum(ordered * self._positive, axis=1), np.cumsum(ordered, axis=1)
        if self._ends is not None:
            positives, all_ = positives[:, self._ends], all_[:, self._ends]
        return positives, all_ - positives

    def auc(self, weights: Floats) -> Floats:
        """Return the share of (positive, negative) pairs in the right order; a tie counts half. NaN without pairs."""
        if self._ends is None:
            return self._auc_without_ties(weights)
        positives, negatives = self._cumulated(weights)
        area = np.einsum("ij,ij->i", negatives[:, 1:] - negatives[:, :-1], positives[:, 1:] + positives[:, :-1])
        first = (positives[:, :1] * negatives[:, :1]).sum(axis=1)
        return _divide((area + first) / 2, _last(positives) * _last(negatives))

    def _auc_without_ties(self, weights: Floats) -> Floats:
        """Sum over the positives alone, which are few: one pass over all rows, where the general way takes seven."""
        ordered = weights if self._order is None else weights[:, self._order]
        above = np.cumsum(ordered, axis=1)
        places = np.flatnonzero(self._positive)
        mine = ordered[:, places]
        positives = np.cumsum(mine, axis=1)
        negatives = _last(above) - _last(positives)
        below = negatives[:, None] - (above[:, places] - positives)
        return _divide(np.einsum("ij,ij->i", mine, below), _last(positives) * negatives)

    def average_precision(self, weights: Floats) -> Floats:
        """Return the mean precision over the recall steps, ties as one step. NaN without positives."""
        positives, negatives = self._cumulated(weights)
        steps = np.diff(positives, axis=1, prepend=0.0)
        precision = _divide(positives, positives + negatives, empty=0.0)
        return _divide((steps * precision).sum(axis=1), _last(positives))


def _last(values: Floats) -> Floats:
    return values[:, -1] if values.shape[1] else np.zeros(len(values))


def _divide(a: Any, b: Any, empty: float = np.nan) -> Floats:
    return np.asarray(np.divide(a, b, out=np.full(np.shape(a), empty), where=b > 0), dtype=np.float64)
