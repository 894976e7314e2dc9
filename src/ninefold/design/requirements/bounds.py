"""What a threshold and its bound ask for before anybody has labelled anything: can it pass, and with how much evidence.

All closed forms; bounds are one-sided at their level.
"""

import math
from collections.abc import Iterator
from statistics import NormalDist

from ninefold.vocabulary.criterion import Bound, Threshold
from ninefold.vocabulary.requirement_lint import Finding, SampleNeed

MISSES = (0, 1, 2, 3, 5, 7)


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


def need(criterion: str, threshold: Threshold, bound: Bound | None) -> SampleNeed | None:
    """Return the evidence that a bound asks for, or None where no closed form tells it."""
    if bound is None or impossible(threshold, bound) or vacuous(threshold, bound):
        return None
    if bound.method == "wilson":
        share = threshold.value if threshold.op == ">=" else 1 - threshold.value
        return SampleNeed(
            criterion, "samples", tuple((m, float(smallest_passing(share, bound.level, m))) for m in MISSES)
        )
    if bound.method == "poisson" and threshold.op == "<=":
        exposure = exposure_without_event(threshold.value, bound.level)
        return SampleNeed(criterion, "units of exposure", ((0, round(exposure, 3)),))
    return None


def impossible(threshold: Threshold, bound: Bound) -> bool:
    """Return whether no evidence at all can bring the bound to the threshold."""
    if bound.method == "wilson":
        return threshold.value >= 1 if threshold.op == ">=" else threshold.value <= 0
    return bound.method == "poisson" and threshold.op == "<=" and threshold.value <= 0


def vacuous(threshold: Threshold, bound: Bound) -> bool:
    """Return whether every result passes."""
    if bound.method == "wilson":
        return threshold.value <= 0 if threshold.op == ">=" else threshold.value >= 1
    return bound.method == "poisson" and threshold.op == ">=" and threshold.value <= 0


def check_bound(criterion: str, threshold: Threshold, bound: Bound, min_samples: int) -> Iterator[Finding]:
    """Yield the warnings about one criterion that has a bound."""
    limit = f"{threshold.op} {threshold.value:g}"
    if impossible(threshold, bound):
        message = f"{criterion} can never pass: no amount of evidence brings the bound to {limit}."
        yield Finding("never-passes", message, "Move the threshold away from the end of the scale.", criterion)
    elif vacuous(threshold, bound):
        message = f"{criterion} always passes: every value is {limit}."
        yield Finding("always-passes", message, "Set a threshold that can be missed.", criterion)
    elif bound.method == "wilson" and min_samples:
        share = threshold.value if threshold.op == ">=" else 1 - threshold.value
        smallest = smallest_passing(share, bound.level, 0)
        if min_samples < smallest:
            message = (
                f"{criterion} cannot pass with {min_samples} samples: even without one miss the {bound.side} bound at "
                f"{bound.level:g} needs {smallest} to be {limit}."
            )
            hint = f"Raise min_samples to {smallest} or more, or lower the threshold or the level."
            yield Finding("min-samples", message, hint, criterion)
