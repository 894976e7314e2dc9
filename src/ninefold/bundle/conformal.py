"""Answers that hold the truth in a chosen share of cases: an interval of a number, a set of classes, a band of a score.

Edges were calibrated before the bundle was made; a device only adds and compares. Drift makes them void.
"""

from typing import NamedTuple

import numpy as np

from ninefold.vocabulary.columns import Array, Floats
from ninefold.vocabulary.conformal import SIDES, ConformalRule
from ninefold.vocabulary.task import TaskKind


class Interval(NamedTuple):
    """The lowest and highest number that the answer holds, `(n,)`; NaN where the graph gave no number."""

    low: Floats
    high: Floats


def interval(rule: ConformalRule, scores: Floats) -> Interval:
    """Return the interval of each predicted number."""
    width = np.nan if rule.width is None else rule.width
    return Interval(scores - width, scores + width)


def members(rule: ConformalRule, scores: Floats) -> Array:
    """Return which values each answer holds, bool: `(n, classes)`, of a binary score `(n, 2)` negative and positive.

    An answer may hold none: no value is like those that were seen. So is that of a row without a score.
    """
    least = np.inf if rule.least is None else rule.least
    with np.errstate(invalid="ignore"):
        if scores.ndim == 2:
            return np.asarray(scores >= least)
        most = -np.inf if rule.most is None else rule.most
        return np.stack([scores <= most, scores >= least], axis=1)


def certain(rule: ConformalRule, scores: Floats, tolerance: float) -> Array:
    """Return whether each answer holds the same values when every score moves by less than the tolerance."""
    if rule.width is not None:
        return np.ones(len(scores), bool)
    edges = [e for e in (rule.least, rule.most) if e is not None]
    wide = scores.reshape(len(scores), -1)
    return np.asarray(np.all([(np.abs(wide - e) > tolerance).all(axis=1) for e in edges], axis=0), dtype=bool)


def values_of(classes: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of the values that an answer may hold; of a binary model its two sides."""
    return classes or SIDES


def told(
    rule: ConformalRule, task: TaskKind, classes: tuple[str, ...], scores: Floats, used: Array
) -> dict[str, Array]:
    """Return the columns that a decision carries: `low` and `high` of a number, else `answer`, values with | between.

    Where the model was not `used`, NaN and None.
    """
    if task == "regression":
        found = interval(rule, np.where(used, scores, np.nan))
        return {"low": found.low, "high": found.high}
    names = values_of(classes)
    answers = np.full(len(used), None, object)
    for row, inside in enumerate(members(rule, scores).tolist()):
        if used[row]:
            answers[row] = "|".join(name for name, held in zip(names, inside, strict=True) if held)
    return {"answer": answers}


def unfit_rule(rule: ConformalRule, task: TaskKind) -> str:
    """Return why a rule does not fit a kind of task; nothing when it does."""
    if not 0 < rule.wanted < 1:
        return f"an answer cannot hold the truth in a share of {rule.wanted:g}"
    edges = {"width": rule.width, "least": rule.least, "most": rule.most}
    needed = {"regression": ("width",), "multiclass": ("least",), "binary": ("least", "most")}[task]
    for name, edge in edges.items():
        if (edge is not None) != (name in needed):
            return f"a conformal answer of a {task} model has {' and '.join(needed)}, and nothing else"
        if edge is not None and not np.isfinite(edge):
            return f"the {name} of a conformal answer is {edge}"
    return "the width of a conformal answer is below 0" if rule.width is not None and rule.width < 0 else ""
