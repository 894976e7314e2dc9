"""Judging: a measurement held against a criterion gives a verdict: pass, fail or insufficient.

The bound must meet the threshold, not the point. A slice, or a whole without `min_samples`, fails only when the bound
on the other side excludes the threshold; between the two the evidence is insufficient. With `min_samples` reached the
question counts as decided: a bound that does not meet the threshold fails.
"""

from collections.abc import Iterable

import msgspec

from ninefold.criteria.deciding import deciding_samples
from ninefold.criteria.worst import harm
from ninefold.kernel.clock import iso
from ninefold.vocabulary.criterion import Bound, CriterionSpec, Outcome, Threshold
from ninefold.vocabulary.measurement import CaseEstimate, Estimate, Measurement
from ninefold.vocabulary.verdict import Judgement, Verdict

_ORDER: tuple[Outcome, ...] = ("fail", "insufficient", "pass")
_FAR = 36_500.0  # days: a date beyond is not told


def judge(criterion: CriterionSpec, measurement: Measurement, now: int | None = None) -> Verdict:
    """Return the verdict on a measurement; `now` (µs UTC) turns the days that are still needed into a date.

    Slices of mode `required` take part in the outcome, those of mode `report` inform. Of sensor faults the worst
    decides, and the reason names it.
    """
    if measurement.cases:
        return _worst_case(criterion, measurement, now)
    threshold, bound = criterion.threshold, measurement.bound
    rate, samples = measurement.rate_per_day, measurement.overall.samples
    overall = _judgement(measurement.overall, threshold, bound, criterion.min_samples, rate, now)
    slices = []
    for part in measurement.slices:
        share = part.estimate.samples / samples if samples else 0.0
        rate_here = rate * share if rate is not None else None
        slices.append(_judgement(part.estimate, threshold, bound, 0, rate_here, now, part.where))
    taken = [overall.outcome, *(s.outcome for s in slices if criterion.slices == "required")]
    return Verdict(
        criterion.requirement, criterion.criterion, measurement.metric, worst(taken), threshold, overall, tuple(slices)
    )


def _worst_case(criterion: CriterionSpec, measurement: Measurement, now: int | None) -> Verdict:
    """Return the verdict on a measurement under sensor faults: every case judged by itself, and the worst for all."""
    threshold = criterion.threshold
    judged = [_case(criterion, measurement, case, now) for case in measurement.cases]
    judged.sort(key=lambda j: (_ORDER.index(j.outcome), harm(j.estimate, higher=threshold.op == ">=")))
    first = judged[0]
    of = f"Under {first.where['fault']} of {first.where['signal']}, the worst of {len(judged)} sensor faults"
    reason = f"{of}: {first.reason[:1].lower()}{first.reason[1:]}"
    return Verdict(
        criterion.requirement, criterion.criterion, measurement.metric, first.outcome, threshold,
        msgspec.structs.replace(first, where={}, reason=reason), cases=tuple(judged),
    )  # fmt: skip


def _case(criterion: CriterionSpec, measurement: Measurement, case: CaseEstimate, now: int | None) -> Judgement:
    where = {"fault": case.fault, "signal": case.signal}
    rate, least = measurement.rate_per_day, criterion.min_samples
    return _judgement(case.estimate, criterion.threshold, measurement.bound, least, rate, now, where)


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Return fail before insufficient before pass."""
    return min(outcomes, key=_ORDER.index)


def _judgement(
    estimate: Estimate, threshold: Threshold, bound: Bound | None, min_samples: int,
    rate: float | None, now: int | None, where: dict[str, str] | None = None,
) -> Judgement:  # fmt: skip
    outcome, reason = decide(estimate, threshold, bound, min_samples)
    if outcome != "insufficient":
        return Judgement(outcome, estimate, reason, where or {})
    needed = _needed(estimate, threshold, bound, min_samples)
    days = _days(needed, estimate.samples, rate)
    return Judgement(outcome, estimate, f"{reason}{_outlook(needed, estimate, days, now)}.", where or {}, needed, days)


def decide(estimate: Estimate, threshold: Threshold, bound: Bound | None, min_samples: int) -> tuple[Outcome, str]:
    """Return the outcome and the reason, in one sentence (without a full stop when insufficient)."""
    limit = f"{threshold.op} {threshold.value:g}"
    if estimate.value is None:
        return "insufficient", f"nothing is measured: {estimate.note or 'no samples'}"
    if estimate.samples < min_samples:
        return "insufficient", f"{estimate.samples} of {min_samples} samples"
    if bound is None:
        met = threshold.holds(estimate.value)
        return ("pass" if met else "fail"), f"{estimate.value:.4g} is {'' if met else 'not '}{limit}."
    if estimate.bound is not None and threshold.holds(estimate.bound):
        return "pass", f"The {bound.side} {bound.level:.0%} bound {estimate.bound:.4g} is {limit}."
    excluded = estimate.opposite is not None and not threshold.holds(estimate.opposite)
    if excluded or (min_samples > 0 and estimate.bound is not None):
        edge = estimate.bound if estimate.bound is not None else estimate.value
        return "fail", f"The {bound.side} {bound.level:.0%} bound {edge:.4g} is not {limit}."
    if estimate.bound is None:
        return "insufficient", f"there is no bound: {estimate.note}"
    return "insufficient", f"the {bound.side} bound {estimate.bound:.4g} does not decide {limit}"


def _needed(estimate: Estimate, threshold: Threshold, bound: Bound | None, min_samples: int) -> int | None:
    number = deciding_samples(estimate, threshold, bound)
    if min_samples > estimate.samples:  # reaching it decides one way or the other
        return min_samples if number is None or not _passing(estimate, threshold) else max(number, min_samples)
    return None if number is None else max(number, estimate.samples + 1)


def _passing(estimate: Estimate, threshold: Threshold) -> bool:
    return estimate.value is None or threshold.holds(estimate.value)


def _days(needed: int | None, samples: int, rate: float | None) -> float | None:
    if needed is None or rate is None or rate <= 0:
        return None
    return max(needed - samples, 0) / rate


def _outlook(needed: int | None, estimate: Estimate, days: float | None, now: int | None) -> str:
    if needed is None and estimate.value is None:
        return ""
    if needed is None:
        return "; at this rate no number of samples decides"
    text = f"; {needed - estimate.samples} more would decide"
    if days is None:
        return text
    if days > _FAR:
        return f"{text}, not within a lifetime at today's rate"
    when = f"about {iso(now + round(days * 86_400e6))[:10]}" if now is not None else f"in about {days:.0f} days"
    return f"{text}, {when} at today's rate"
