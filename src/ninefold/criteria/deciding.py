"""How many samples would decide a criterion if they go on as they did."""

import math
from collections.abc import Callable

from ninefold.stats.intervals import Side, poisson_bound, wilson
from ninefold.vocabulary.criterion import Bound, Threshold
from ninefold.vocabulary.measurement import Estimate

MOST = 10_000_000  # samples beyond which "never" is the honest word


def first(holds: Callable[[int], bool], start: int, most: int = MOST) -> int | None:
    """Return the smallest n >= start for which a monotone condition holds."""
    low, high = start - 1, max(start, 1)
    while not holds(high):
        low, high = high, high * 2
        if low > most:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def deciding_samples(estimate: Estimate, threshold: Threshold, bound: Bound | None) -> int | None:
    """Return how many samples would decide if they go on as they did; None when no number would.

    With a value on the good side that is when the bound meets the threshold, on the bad side when the opposite bound
    excludes it.
    """
    if bound is None:
        return 1
    if bound.method == "wilson" and estimate.exposure is not None and 0 < threshold.value < 1:
        return _deciding_share(estimate, threshold, bound)
    if bound.method == "poisson" and threshold.value > 0:
        return _deciding_rate(estimate, threshold, bound)
    value, near = estimate.value, estimate.bound
    if value is None or near is None or estimate.samples < 1 or value == threshold.value:
        return None
    edge = near if threshold.holds(value) else estimate.opposite
    if edge is None:
        return None
    wanted = abs(value - threshold.value)  # a bound closes in with the square root of the samples
    return _bounded(estimate.samples * (abs(edge - value) / wanted) ** 2)


def _deciding_share(estimate: Estimate, threshold: Threshold, bound: Bound) -> int | None:
    rate = estimate.value if estimate.value is not None else (1.0 if threshold.op == ">=" else 0.0)
    if rate == threshold.value:
        return None
    side = bound.side if threshold.holds(rate) else _other(bound)
    wanted = threshold.holds(rate)
    limit = threshold.value
    return first(lambda n: _meets(float(wilson(rate * n, n, bound.level, side)), limit, threshold, wanted), 1)


def _deciding_rate(estimate: Estimate, threshold: Threshold, bound: Bound) -> int | None:
    rate = estimate.value if estimate.value is not None else 0.0
    if rate == threshold.value:
        return None
    wanted = threshold.holds(rate)
    side = bound.side if wanted else _other(bound)
    limit = threshold.value
    return first(lambda n: _meets(poisson_bound(rate * n, n, bound.level, side), limit, threshold, wanted), 1, 10**6)


def _meets(edge: float, limit: float, threshold: Threshold, wanted: bool) -> bool:
    return (edge >= limit if threshold.op == ">=" else edge <= limit) is wanted


def _other(bound: Bound) -> Side:
    return "upper" if bound.side == "lower" else "lower"


def _bounded(number: float) -> int | None:
    return math.ceil(number) if number < MOST else None
