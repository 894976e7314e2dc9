"""Planning with bounds: how many samples decide, how many misses or alarms they allow, how likely a pass is."""

import math
from collections.abc import Callable, Iterable

import numpy as np

from ninefold.kernel.errors import InvalidInput
from ninefold.stats.intervals import Side, binomial_at_least, poisson_at_most, poisson_bound, wilson
from ninefold.vocabulary.columns import Floats
from ninefold.vocabulary.criterion import Bound, Threshold
from ninefold.vocabulary.measurement import Estimate

MOST = 10_000_000  # samples beyond which "never" is the honest word


def _share(threshold: float) -> float:
    if not 0 < threshold < 1:
        raise InvalidInput(f"A share's threshold is {threshold:g}.", hint="Give one between 0 and 1.")
    return threshold


def samples_needed(threshold: float, level: float = 0.95, misses: int = 0) -> int:
    """Return the smallest number of samples whose Wilson lower bound reaches the threshold with so many misses.

    >>> [samples_needed(0.98, 0.975, misses) for misses in (0, 1, 2)]
    [189, 280, 361]
    """
    share = _share(threshold)
    n = _first(lambda n: bool(wilson(n - misses, n, level, "lower") >= share), misses + 1)
    if n is None:
        raise InvalidInput(f"No {MOST} samples show a share of {threshold:g}.", hint="Lower the threshold.")
    return n


def samples_table(threshold: float, level: float = 0.95, misses: Iterable[int] = (0, 1, 2, 3, 5, 7)) -> dict[int, int]:
    """Return the samples needed by number of misses."""
    return {m: samples_needed(threshold, level, m) for m in misses}


def hits_needed(samples: int, threshold: float, level: float = 0.95) -> int | None:
    """Return the fewest hits whose Wilson lower bound reaches the threshold; None when not even all do.

    >>> hits_needed(129, 0.75), hits_needed(129, 0.75, 0.975)
    (105, 107)
    """
    bounds = wilson(np.arange(max(samples, 0) + 1), samples, level, "lower")
    enough = np.flatnonzero(bounds >= _share(threshold))
    return int(enough[0]) if len(enough) else None


def alarms_allowed(limit: float, exposure: float, level: float = 0.95) -> int | None:
    """Return the most events whose Poisson upper bound stays within a rate limit; None when not even none does."""
    if exposure <= 0 or poisson_bound(0, exposure, level, "upper") > limit:
        return None
    low, high = 0, int(limit * exposure) + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if poisson_bound(middle, exposure, level, "upper") <= limit else (low, middle)
    return low


def share_pass_probability(samples: int, rate: Floats, threshold: float, level: float = 0.95) -> Floats:
    """Return the probability that `samples` show the threshold, for each true rate `(n,)`."""
    hits = hits_needed(samples, threshold, level)
    return np.zeros(np.shape(rate)) if hits is None else binomial_at_least(hits, samples, rate)


def rate_pass_probability(exposure: float, rate: Floats, limit: float, level: float = 0.95) -> Floats:
    """Return the probability that an exposure keeps the limit, for each true rate `(n,)`."""
    allowed = alarms_allowed(limit, exposure, level)
    return np.zeros(np.shape(rate)) if allowed is None else poisson_at_most(allowed, np.asarray(rate) * exposure)


def samples_for_power(threshold: float, rate: float, level: float = 0.95, power: float = 0.8) -> int | None:
    """Return the samples from which a true rate passes with at least this probability; None when it never does.

    A rate just at the threshold passes about as often as the bound errs, however many samples there are.
    """
    if rate <= threshold:
        return None

    def enough(n: int) -> bool:  # the power saw-tooths with n: five in a row must reach it
        return all(float(share_pass_probability(n + i, np.array(rate), threshold, level)) >= power for i in range(5))

    return _first(enough, 1, most=200_000)


def _first(holds: Callable[[int], bool], start: int, most: int = MOST) -> int | None:
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
    return _first(lambda n: _meets(float(wilson(rate * n, n, bound.level, side)), limit, threshold, wanted), 1)


def _deciding_rate(estimate: Estimate, threshold: Threshold, bound: Bound) -> int | None:
    rate = estimate.value if estimate.value is not None else 0.0
    if rate == threshold.value:
        return None
    wanted = threshold.holds(rate)
    side = bound.side if wanted else _other(bound)
    limit = threshold.value
    return _first(lambda n: _meets(poisson_bound(rate * n, n, bound.level, side), limit, threshold, wanted), 1, 10**6)


def _meets(edge: float, limit: float, threshold: Threshold, wanted: bool) -> bool:
    return (edge >= limit if threshold.op == ">=" else edge <= limit) is wanted


def _other(bound: Bound) -> Side:
    return "upper" if bound.side == "lower" else "lower"


def _bounded(number: float) -> int | None:
    return math.ceil(number) if number < MOST else None
