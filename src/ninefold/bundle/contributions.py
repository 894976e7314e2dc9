"""Which features speak for a score: what the score loses when one feature is put back to its reference.

Occlusion, one feature at a time: `weight` = score of the row - score with the feature at its median. It asks the model
itself, needs no gradient and costs one batch of as many rows as there are features. Features that act only together
can each show little; ties, above all weights of zero, are ordered by the distance from the reference in spreads.
Source: Zeiler and Fergus, Visualizing and Understanding Convolutional Networks, ECCV 2014, section 4.2 (occlusion).
"""

from typing import Literal, NamedTuple

import numpy as np

from ninefold.bundle.manifest import Contract, Decide
from ninefold.bundle.session import Session
from ninefold.vocabulary.columns import Columns, Floats, take


class Contribution(NamedTuple):
    """One feature's part in a score."""

    feature: str
    value: float | None  # None when it is null or text
    weight: float  # what the score would lose; may be negative; of a number what pushes it to the alarm, or moves it
    deviation: float | None  # distance from the reference's median, in spreads; None when the reference has none
    direction: Literal["high", "low"]


def strongest(
    session: Session, contract: Contract, row: Columns, count: int = 3, decide: Decide | None = None
) -> list[Contribution]:
    """Return the features that speak loudest for the score of one row, the loudest first.

    `row` holds columns of length 1. With classes the score is the probability of the class that is most probable on the
    row. Of a number the loudest push it to where `decide` alarms; where nothing alarms, the loudest move it the most.
    """
    matrix = session.matrix(take(row, np.array([0])))
    centres = np.array([np.nan if f.centre is None else f.centre for f in contract.features], np.float32)
    changed = np.repeat(matrix, len(centres) + 1, axis=0)
    places = np.arange(len(centres))
    changed[places + 1, places] = centres
    scores = session.score_matrix(changed)
    if scores.ndim == 2:
        scores = scores[:, int(np.nan_to_num(scores[0]).argmax())]
    weights = _loudness(decide, np.nan_to_num(scores[0] - scores[1:]))
    found = []
    for place, feature in enumerate(contract.features):
        value = float(matrix[0, place])
        deviation = None
        if feature.centre is not None and feature.spread and np.isfinite(value):
            deviation = (value - feature.centre) / feature.spread
        text = feature.name in contract.categories
        shown = None if text or not np.isfinite(value) else value
        direction: Literal["high", "low"] = "low" if feature.centre is not None and value < feature.centre else "high"
        found.append(Contribution(feature.name, shown, float(weights[place]), deviation, direction))
    return sorted(found, key=lambda c: (-c.weight, -abs(c.deviation or 0.0), c.feature))[:count]


def _loudness(decide: Decide | None, lost: Floats) -> Floats:
    """Return weights from what the score would lose: towards the alarm, or in any direction when a number has none."""
    if decide is None or decide.task != "regression":
        return lost
    if decide.alarm is None:
        return np.abs(lost)
    return -lost if decide.alarm.op == "<=" else lost
