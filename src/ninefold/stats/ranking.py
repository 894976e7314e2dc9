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
        positives, negatives = self._cumulated(weights)
        area = np.einsum("ij,ij->i", negatives[:, 1:] - negatives[:, :-1], positives[:, 1:] + positives[:, :-1])
        first = (positives[:, :1] * negatives[:, :1]).sum(axis=1)
        return _divide((area + first) / 2, _last(positives) * _last(negatives))

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
