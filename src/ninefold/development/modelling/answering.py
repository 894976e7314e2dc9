"""What a regression or multiclass model is expected to show: its criteria on the rows out of fold, and its alarm rule.

No threshold is searched: the answer is a value or a class, and the model file says which of them alarms.
"""

from collections.abc import Sequence

import numpy as np

from ninefold.criteria import measure
from ninefold.criteria.subjects import Samples
from ninefold.development.modelling.curves import OutOfFold, Wanted
from ninefold.development.modelling.ranking import METRICS
from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.criterion import MetricSpec
from ninefold.vocabulary.model import Expectation, OperatingPoint
from ninefold.vocabulary.task import AlarmRule

NOT_PREDICTED = "no probability is predicted for this kind of task"


def expected_of(
    candidate: str, wanted: Sequence[Wanted], data: OutOfFold, classes: Sequence[str], alarm: AlarmRule | None
) -> OperatingPoint:
    """Return the operating point: the rule, and each criterion's value on the rows that folds predicted.

    Raises:
        InvalidInput: there are no predictions, a criterion cannot be measured, or the rule names an unknown class.
    """
    if not len(data.score):
        raise InvalidInput("There are no out-of-fold predictions to measure criteria on.")
    if classes and alarm is not None and (unknown := sorted(set(alarm.classes) - set(classes))):
        message = f"The alarm names {unknown[0]!r}, which is none of the classes."
        raise InvalidInput(message, hint=f"Use one of: {', '.join(classes)}.")
    found = [(w, *_value(w, data, classes)) for w in wanted]
    holds = all(v is not None and w.criterion.threshold.holds(v) for w, v, _ in found)
    expectations = tuple(Expectation(w.name, v, None, note or NOT_PREDICTED) for w, v, note in found)
    reason = f"{_rule(alarm)} {_shown(found, holds=holds)}"
    return OperatingPoint(
        candidate, None, "out_of_fold", None, satisfied=holds, expectations=expectations, reason=reason, alarm=alarm
    )


def _value(wanted: Wanted, data: OutOfFold, classes: Sequence[str]) -> tuple[float | None, str]:
    """Return the point value, and what is to be noted of it."""
    spec = wanted.metric
    if classes:
        if spec.metric not in METRICS or "multiclass" not in METRICS[spec.metric].kinds:
            return None, f"{spec.metric} is not measured out of fold"
        known = ~np.isnan(data.rows["label"])
        value = METRICS[spec.metric].point(data.rows["label"][known], data.score[known])
        return (value if np.isfinite(value) else None), ""
    asset = data.rows.get("asset")
    groups = asset if asset is not None and len(set(asset.tolist())) > 1 else None
    plain = MetricSpec(spec.requirement, spec.criterion, spec.metric, spec.where, spec.params)
    subject = Samples(data.rows["label"], data.score, None, {}, groups)
    return measure(plain, subject).overall.value, ""


def _rule(alarm: AlarmRule | None) -> str:
    return "Nothing alarms: the model file names no rule." if alarm is None else f"It alarms when the {alarm}."


def _shown(found: Sequence[tuple[Wanted, float | None, str]], *, holds: bool) -> str:
    if not found:
        return "No criterion is named."
    told = ", ".join(f"{w.name} {'not measured' if v is None else f'{v:.3g}'}" for w, v, _ in found)
    if holds:
        return f"Out of fold: {told}; every limit is met."
    missed = [
        f"{w.name} ({w.criterion.threshold.op} {w.criterion.threshold.value:g} is asked)"
        for w, v, _ in found if v is None or not w.criterion.threshold.holds(v)
    ]  # fmt: skip
    return f"Out of fold: {told}; missed: {', '.join(missed)}."
