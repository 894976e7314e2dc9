"""The smallest change of one weight that puts another use case first: a closed form, as values are linear in it."""

from collections.abc import Iterator

from ninefold.design.prioritisation.matrix import TIE, Matrix
from ninefold.vocabulary.ranking import Flip

EDGE = 1e-9  # a crossing this near to 0 or 1 is one at the end, moved by rounding: nothing lies beyond it


def smallest_flip(of: Matrix, winner: int) -> Flip | None:
    """Return the nearest flip over all weights, at the middle of every range; None when no single weight can do it.

    With weight v of a criterion the value of use case j is v a_j + (1 - v) b_j, where a_j is its score there and b_j
    its mean over the other criteria in their present proportions. Two such lines cross once at most.
    """
    found = list(_flips(of, winner))
    return min(found, key=lambda f: (f.distance, f.criterion, f.new_first), default=None)


def _flips(of: Matrix, winner: int) -> Iterator[Flip]:
    scores = of.middle
    values = scores @ of.weights
    for k, criterion in enumerate(of.criteria):
        weight = float(of.weights[k])
        if weight >= 1:
            continue  # the proportions of the others are not defined
        others = (values - weight * scores[:, k]) / (1 - weight)
        for j, use_case in enumerate(of.use_cases):
            if j == winner:
                continue
            behind, ahead = float(others[winner] - others[j]), float(scores[j, k] - scores[winner, k])
            needed = _crossing(behind, ahead, weight)
            if needed is not None:
                yield Flip(criterion, weight, needed, use_case)


def _crossing(behind: float, ahead: float, weight: float) -> float | None:
    """Return the weight at which j, `behind` on the others and `ahead` on the criterion, meets the winner.

    Strictly between 0 and 1, as only then a further step puts j strictly first.
    """
    slope = behind + ahead
    if abs(slope) < TIE:
        return None
    crossing = behind / slope
    if not EDGE < crossing < 1 - EDGE:
        return None
    return weight if abs(crossing - weight) < 1e-12 else crossing
