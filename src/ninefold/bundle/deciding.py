"""From what a graph gives to a decision, for every kind of task; validation, scorer and self-test have no other way."""

from typing import NamedTuple

import numpy as np

from ninefold.bundle.conformal import unfit_rule
from ninefold.bundle.manifest import Contract, Decide
from ninefold.vocabulary.columns import Array, Floats
from ninefold.vocabulary.model import Model


class Decided(NamedTuple):
    """Decisions on rows; every array is `(n,)`.

    `score` is the probability or the predicted number, of a class the probability of the predicted one; NaN where the
    graph gave none. `place` is the predicted class's place in `classes`, 0 without classes.
    """

    score: Floats
    alarm: Array  # bool
    place: Array  # intp


def rule_of(model: Model) -> Decide:
    """Return how a model decides."""
    return Decide(model.threshold, model.task, model.alarm)


def decided(decide: Decide, classes: tuple[str, ...], scores: Floats) -> Decided:
    """Return the decisions on what `Session.score` gave; a row without a number never alarms."""
    if classes:
        unknown = np.isnan(scores).any(axis=1)
        place = np.where(unknown, 0, np.nan_to_num(scores).argmax(axis=1))
        score = np.where(unknown, np.nan, np.take_along_axis(scores, place[:, None], axis=1)[:, 0])
        wanted = [classes.index(c) for c in (decide.alarm.classes if decide.alarm else ())]
        return Decided(score, np.isin(place, wanted) & ~unknown, place)
    with np.errstate(invalid="ignore"):
        return Decided(scores, _beyond(decide, scores), np.zeros(len(scores), np.intp))


def _beyond(decide: Decide, scores: Floats) -> Array:
    rule = decide.alarm
    if decide.task == "binary" and decide.threshold is not None:
        return np.asarray(scores >= decide.threshold, dtype=bool)
    if rule is None or rule.value is None:
        return np.zeros(len(scores), dtype=bool)
    return np.asarray(scores <= rule.value if rule.op == "<=" else scores >= rule.value, dtype=bool)


def clear(decide: Decide, classes: tuple[str, ...], scores: Floats, tolerance: float) -> Array:
    """Return whether each decision stays the same when every number moves by less than the tolerance."""
    if classes:
        two = np.sort(np.nan_to_num(scores), axis=1)[:, -2:]
        return np.asarray(two[:, 1] - two[:, 0] > 2 * tolerance, dtype=bool)
    limit = decide.threshold if decide.alarm is None else decide.alarm.value
    if limit is None:
        return np.ones(len(scores), dtype=bool)
    return np.asarray(np.abs(scores - limit) > tolerance, dtype=bool)


def unfit(decide: Decide, contract: Contract) -> str:
    """Return why a rule does not fit its kind of task and classes; nothing when it does."""
    classes, rule = contract.classes, decide.alarm
    if decide.conformal is not None and (wrong := unfit_rule(decide.conformal, decide.task)):
        return wrong
    if decide.task == "binary":
        if decide.threshold is None or not np.isfinite(decide.threshold) or rule is not None or classes:
            return "a binary model decides by a finite threshold, and by nothing else"
        return ""
    if decide.threshold is not None:
        return f"a {decide.task} model has no threshold"
    if decide.task == "regression":
        if classes or (rule is not None and (rule.value is None or not np.isfinite(rule.value))):
            return "a regression has no classes, and alarms by a finite value"
        return ""
    if len(classes) < 2 or len(set(classes)) != len(classes):
        return f"a model of classes has at least two, each once; found {', '.join(classes) or 'none'}"
    if rule is not None and (strange := sorted(set(rule.classes) - set(classes)) or not rule.classes):
        return (
            f"the alarm names {strange[0]}, which is no class"
            if isinstance(strange, list)
            else "the alarm names no class"
        )
    return ""
