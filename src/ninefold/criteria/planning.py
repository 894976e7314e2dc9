"""Planning with bounds: how many samples decide, how many misses or alarms they allow, how likely a pass is."""

import math
from collections.abc import Callable, Iterable

import msgspec
import numpy as np

from ninefold.criteria.deciding import MOST, first
from ninefold.kernel.errors import InvalidInput
from ninefold.stats.intervals import binomial_at_least, poisson_at_most, poisson_bound, wilson
from ninefold.vocabulary.columns import Floats
from ninefold.vocabulary.criterion import Bound, CriterionSpec, Threshold


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
    n = first(lambda n: bool(wilson(n - misses, n, level, "lower") >= share), misses + 1)
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

    return first(enough, 1, most=200_000)


class LabelNeed(msgspec.Struct, frozen=True):
    """How many events a criterion needs before its bound can decide, by how many of them are missed."""

    needed: int  # with no miss, and not below `min_samples`
    min_samples: int
    by_misses: tuple[tuple[int, int], ...]  # (misses, events)
    for_power: int | None = None  # events from which a model at `expected` passes four times in five


def label_need(criterion: CriterionSpec, bound: Bound | None, expected: float | None = None) -> LabelNeed:
    """Return the events that a share's criterion needs; without a bound just its `min_samples`.

    `expected` is the true share that is hoped for.

    Raises:
        InvalidInput: the threshold is not a share, or the bound is no lower Wilson bound.
    """
    least = max(criterion.min_samples, 1)
    if bound is None:
        return LabelNeed(least, criterion.min_samples, ())
    if bound.method == "poisson" or bound.side != "lower" or criterion.threshold.op != ">=":
        message = f"Criterion {criterion.criterion} holds a {bound.method} {bound.side} bound {criterion.threshold.op}."
        raise InvalidInput(message, hint="Ask for labels of a share with a lower bound >= its threshold.")
    limit = criterion.threshold.value
    table = samples_table(limit, bound.level)
    power = None if expected is None else samples_for_power(limit, expected, bound.level)
    return LabelNeed(max(least, table[0]), criterion.min_samples, tuple(table.items()), power)


def pass_probability(
    threshold: Threshold, bound: Bound, amount: float, seen: Floats, of: float, min_samples: int = 0
) -> Floats:
    """Return the probability that a test of `amount` passes, for each count `seen` (n,) out of `of` seen so far.

    `amount` and `of` are events for a share, machine-weeks for a rate. What was seen is evidence, not truth: the
    probability is averaged over what the true share or rate may be (Jeffreys' prior), so it is below the plug-in one.
    Two criteria of one model pass together with about the product.

    Raises:
        InvalidInput: not a lower Wilson bound with >=, nor an upper Poisson bound with <=.
    """
    counts = np.asarray(seen, dtype=np.float64)
    if int(amount) < min_samples:
        return np.zeros(counts.shape)
    if (bound.method, bound.side, threshold.op) == ("wilson", "lower", ">="):
        hits = hits_needed(int(amount), threshold.value, bound.level)
        return _each(counts, lambda k: 0.0 if hits is None else _beta_binomial(hits, int(amount), k, of))
    if (bound.method, bound.side, threshold.op) == ("poisson", "upper", "<="):
        allowed = alarms_allowed(threshold.value, amount, bound.level)
        return _each(counts, lambda k: 0.0 if allowed is None else _gamma_poisson(allowed, amount, k, of))
    message = f"No pass probability for a {bound.method} {bound.side} bound {threshold.op} {threshold.value:g}."
    raise InvalidInput(message, hint="Plan with a lower wilson bound >= or an upper poisson bound <=.")


def _each(counts: Floats, function: Callable[[float], float]) -> Floats:
    known = {count: function(count) for count in set(counts.ravel().tolist())}
    return np.array([known[count] for count in counts.ravel().tolist()], dtype=np.float64).reshape(counts.shape)


def _beta_binomial(hits: int, trials: int, seen: float, of: float) -> float:
    """Return P(X >= hits) of `trials` whose share is Beta(seen + 1/2, of - seen + 1/2)."""
    a, b = seen + 0.5, of - seen + 0.5
    lg = math.lgamma
    front = lg(trials + 1) + lg(a + b) - lg(a) - lg(b) - lg(trials + a + b)
    ks = range(hits, trials + 1)
    terms = (front - lg(k + 1) - lg(trials - k + 1) + lg(k + a) + lg(trials - k + b) for k in ks)
    return min(sum(math.exp(t) for t in terms), 1.0)


def _gamma_poisson(allowed: int, exposure: float, seen: float, of: float) -> float:
    """Return P(X <= allowed) in `exposure` whose rate is Gamma(seen + 1/2) per `of`."""
    if of <= 0:
        return 0.0
    a, share = seen + 0.5, exposure / (exposure + of)
    lg, front = math.lgamma, a * math.log1p(-share)
    terms = (front + lg(x + a) - lg(a) - lg(x + 1) + x * math.log(share) for x in range(allowed + 1))
    return min(sum(math.exp(t) for t in terms), 1.0)
