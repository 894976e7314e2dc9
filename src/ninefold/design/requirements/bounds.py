"""What a threshold and its bound ask for before anybody has labelled anything: can it pass, and with how much evidence.

All closed forms; bounds are one-sided at their level.
"""

import math
import re
from collections.abc import Iterator
from statistics import NormalDist
from typing import Literal, NamedTuple

from ninefold.criteria.metrics import find
from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.criterion import CriterionSpec, MetricSpec, Threshold
from ninefold.vocabulary.requirement_lint import Finding, SampleNeed

MISSES = (0, 1, 2, 3, 5, 7)
_QUANTILE = re.compile(r"_p(\d\d)_ms$")


def smallest_passing(share: float, level: float, misses: int) -> int:
    """Return the smallest n for which the Wilson lower bound of (n - misses) / n is at least `share`, 0 < share < 1.

    The bound meets the share where (n (1 - share) - misses) / sqrt(n) = z sqrt(share (1 - share)): a quadratic in
    sqrt(n). For an upper bound ask with 1 - share.

    >>> [smallest_passing(0.98, 0.975, m) for m in (0, 1, 2, 3, 5, 7)]
    [189, 280, 361, 437, 581, 718]
    """
    half = NormalDist().inv_cdf(level) * math.sqrt(share * (1 - share))
    root = (half + math.sqrt(half * half + 4 * (1 - share) * misses)) / (2 * (1 - share))
    return math.ceil(root * root - 1e-9)


def exposure_without_event(rate: float, level: float) -> float:
    """Return the exposure with no event after which the exact Poisson upper bound is at most `rate` > 0.

    >>> round(exposure_without_event(2.0, 0.95), 3)
    1.498
    """
    return -math.log(1 - level) / rate


class Scale(NamedTuple):
    """What a metric is on: a share, a quantile of readings at `quantile`, a rate, or none that a closed form knows."""

    kind: Literal["share", "quantile", "rate", "other"]
    counted: str = "samples"
    quantile: float = 0.0


def scale_of(metric: MetricSpec) -> Scale:
    """Return the scale of a metric; one that the registry does not know has none."""
    try:
        known = find(metric.metric, metric.params)
    except InvalidInput:
        return Scale("other")
    method = metric.bound.method if metric.bound else ""
    quantile = _QUANTILE.search(known.name)
    if quantile and method == "wilson":
        return Scale("quantile", known.counts, int(quantile.group(1)) / 100)
    if known.unit == "1" and method == "wilson":
        return Scale("share", known.counts)
    return Scale("rate", known.counts) if method == "poisson" else Scale("other", known.counts)


def need(metric: MetricSpec, threshold: Threshold) -> SampleNeed | None:
    """Return the evidence that a bound asks for, or None where no closed form tells it."""
    bound, scale = metric.bound, scale_of(metric)
    if bound is None or impossible(threshold, scale) or vacuous(threshold, scale):
        return None
    if scale.kind == "rate":
        exposure = exposure_without_event(threshold.value, bound.level)
        return SampleNeed(metric.criterion, scale.counted, ((0, round(exposure, 3)),))
    share = _share(threshold, scale)
    if share is None:
        return None
    sizes = tuple((m, float(smallest_passing(share, bound.level, m))) for m in MISSES)
    return SampleNeed(metric.criterion, scale.counted, sizes)


def _share(threshold: Threshold, scale: Scale) -> float | None:
    """Return the share of good samples that a lower bound must reach."""
    if scale.kind == "quantile":
        return scale.quantile if threshold.op == "<=" else 1 - scale.quantile
    if scale.kind == "share":
        return threshold.value if threshold.op == ">=" else 1 - threshold.value
    return None


def impossible(threshold: Threshold, scale: Scale) -> bool:
    """Return whether no evidence at all can bring the bound to the threshold."""
    if scale.kind == "share":
        return threshold.value >= 1 if threshold.op == ">=" else threshold.value <= 0
    return scale.kind == "rate" and threshold.op == "<=" and threshold.value <= 0


def vacuous(threshold: Threshold, scale: Scale) -> bool:
    """Return whether every result passes."""
    if scale.kind == "share":
        return threshold.value <= 0 if threshold.op == ">=" else threshold.value >= 1
    return scale.kind == "rate" and threshold.op == ">="


def check_bound(metric: MetricSpec, spec: CriterionSpec) -> Iterator[Finding]:
    """Yield the warnings about the limit of one criterion."""
    id, limit, scale = metric.criterion, f"{spec.threshold.op} {spec.threshold.value:g}", scale_of(metric)
    if impossible(spec.threshold, scale):
        message = f"{id} can never pass: no amount of evidence brings the bound to {limit}."
        yield Finding("never-passes", message, "Move the threshold away from the end of the scale.", id)
    elif vacuous(spec.threshold, scale):
        message = f"{id} always passes: nothing better than {limit} is asked for."
        yield Finding("always-passes", message, "Set a threshold that can be missed.", id)
    elif metric.bound and spec.min_samples and (share := _share(spec.threshold, scale)) is not None:
        smallest = smallest_passing(share, metric.bound.level, 0)
        if spec.min_samples < smallest:
            message = (
                f"{id} cannot pass with {spec.min_samples} {scale.counted}: even without one miss the "
                f"{metric.bound.side} bound at {metric.bound.level:g} needs {smallest} to be {limit}."
            )
            hint = f"Raise min_samples to {smallest} or more, or lower the threshold or the level."
            yield Finding("min-samples", message, hint, id)
    yield from _direction(metric, spec)


def _direction(metric: MetricSpec, spec: CriterionSpec) -> Iterator[Finding]:
    try:
        better = find(metric.metric, metric.params).direction
    except InvalidInput:
        return
    if (better == "higher") != (spec.threshold.op == ">="):
        message = f"{metric.criterion} is met by getting worse: {metric.metric} is better when {better}."
        hint = f"Write op: '{'>=' if better == 'higher' else '<='}'."
        yield Finding("direction", message, hint, metric.criterion)
