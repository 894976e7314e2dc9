"""The one figure by which faults and shuffled features are compared, for each kind of task, with its influence values.

A criterion's metric may be chosen freely and is bounded by resampling; a suite of a hundred disturbances needs a figure
that is sensitive, the same for every threshold, and bounded in closed form.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ninefold.stats.influence import auc_with_influence
from ninefold.vocabulary.columns import Array, Floats


class Reading(NamedTuple):
    """A value, NaN when the rows give none, and the influence of each row on it, of shape (n_rows,)."""

    value: float
    influence: Floats


class Yardstick(NamedTuple):
    """A figure of truth and scores: (n_rows,), and (n_rows,) or (n_rows, n_classes)."""

    name: str
    unit: str
    higher_is_better: bool
    measure: Callable[[Floats, Array], Reading]

    @property
    def worse(self) -> float:
        """The sign of the bad side: -1 when higher is better."""
        return -1.0 if self.higher_is_better else 1.0


def _auc(truth: Floats, scores: Array) -> Reading:
    return Reading(*auc_with_influence(truth == 1, scores))


def _balanced(truth: Floats, scores: Array) -> Reading:
    """Return the mean over the classes of the share of their rows that is answered rightly."""
    right = (scores.argmax(axis=1) == truth).astype(np.float64) if len(truth) else np.zeros(0)
    influence = np.zeros(len(truth))
    classes = np.unique(truth)
    recalls = []
    for place in classes:
        mine = truth == place
        recalls.append(right[mine].mean())
        influence[mine] = (right[mine] - recalls[-1]) / (mine.sum() * len(classes))
    return Reading(float(np.mean(recalls)) if recalls else float("nan"), influence)


def _rmse(truth: Floats, scores: Array) -> Reading:
    squares = (scores - truth) ** 2
    if not len(squares):
        return Reading(float("nan"), squares)
    rmse = float(np.sqrt(squares.mean()))
    if rmse <= 0:
        return Reading(0.0, np.zeros(len(squares)))
    return Reading(rmse, np.asarray((squares - squares.mean()) / (2 * rmse * len(squares)), dtype=np.float64))


_YARDSTICKS: dict[str, Yardstick] = {
    "binary": Yardstick("auc", "1", True, _auc),  # noqa: FBT003 - a row of a table
    "multiclass": Yardstick("balanced_accuracy", "1", True, _balanced),  # noqa: FBT003 - as above
    "regression": Yardstick("rmse", "[target]", False, _rmse),  # noqa: FBT003 - as above
}


def yardstick(kind: str) -> Yardstick:
    """Return the figure for a kind of task."""
    return _YARDSTICKS[kind]


def plain(value: Any) -> float | None:
    """Return a number for a record, which holds no NaN and no infinity."""
    return float(value) if np.isfinite(value) else None
