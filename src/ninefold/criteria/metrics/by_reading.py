"""Metrics of the running system: latencies as quantiles of readings, and shares of counted wholes."""

from collections.abc import Iterator
from typing import Literal

import numpy as np

from ninefold.criteria.metrics.metric import Finding, Metric, Request, share_estimate
from ninefold.criteria.params import nearest
from ninefold.criteria.subjects import Readings, Shares
from ninefold.kernel.errors import InvalidInput
from ninefold.stats.intervals import wilson
from ninefold.vocabulary.columns import Floats
from ninefold.vocabulary.criterion import Bound
from ninefold.vocabulary.measurement import Estimate


def quantile_estimate(values: Floats, share: float, bound: Bound | None) -> Estimate:
    """Return the order statistic at a share, with order statistics as distribution-free bounds.

    The upper bound is the smallest reading of which the Wilson lower bound of the share at or below it reaches the
    quantile; None while the readings are too few for one.
    """
    good = np.sort(values[~np.isnan(values)])
    if len(good) == 0:
        return Estimate(None, None, 0, note="no readings")
    value = float(good[int(np.ceil(share * len(good))) - 1])
    if bound is None:
        return Estimate(value, None, len(good))
    ranks = np.arange(1, len(good) + 1)
    above = np.flatnonzero(wilson(ranks, len(good), bound.level, "lower") >= share)
    below = np.flatnonzero(wilson(ranks - 1, len(good), bound.level, "upper") <= share)
    high = float(good[above[0]]) if len(above) else None
    low = float(good[below[-1]]) if len(below) else None
    first, second = (low, high) if bound.side == "lower" else (high, low)
    note = "" if first is not None else "too few readings for a bound on this quantile"
    return Estimate(value, first, len(good), note=note, opposite=second)


def _no_slices(request: Request) -> None:
    if request.by:
        hint = "Leave out slices.by for this metric."
        raise InvalidInput(f"There are no slices by {', '.join(request.by)} here.", hint=hint)


def _latency(quantity: str, share: float) -> Metric:
    def measure(request: Request, subject: Readings) -> Iterator[Finding]:
        _no_slices(request)
        key = f"{quantity}_ms"
        if key not in subject.values:
            raise InvalidInput(f"There are no readings of {key}.", hint=nearest(key, subject.values))
        values = subject.values[key]
        if np.isinf(values).any() or (values < 0).any():
            raise InvalidInput(f"A reading of {key} is negative or infinite.", hint="Check the device's clock.")
        yield Finding({}, quantile_estimate(values, share, request.bound))

    return Metric(
        f"{quantity}_p{round(share * 100)}_ms", f"{share:.0%} of {quantity.replace('_', ' ')} times are at most this",
        "ms", "lower", Readings, frozenset({"readings"}), frozenset({"wilson"}), measure, counts="readings",
        per_day=lambda subject: subject.per_day,
    )  # fmt: skip


def _share(name: str, about: str, direction: Literal["higher", "lower"]) -> Metric:
    key = name.removesuffix("_share")

    def measure(request: Request, subject: Shares) -> Iterator[Finding]:
        _no_slices(request)
        if key not in subject.counts:
            raise InvalidInput(f"Nothing counted {key!r}.", hint=nearest(key, subject.counts))
        hits, total = subject.counts[key]
        if not 0 <= hits <= total:
            raise InvalidInput(f"{key} counts {hits} of {total}.", hint="Give hits between 0 and all.")
        yield Finding({}, share_estimate(hits, total, request.bound))

    return Metric(
        name, about, "1", direction, Shares, frozenset({"shares"}), frozenset({"wilson"}),
        measure, counts="counted", per_day=lambda subject: subject.per_day,
    )  # fmt: skip


QUANTITIES = ("input_to_decision", "inference", "acknowledge", "start_up")

METRICS = (
    *(_latency(quantity, share) for quantity in QUANTITIES for share in (0.5, 0.95, 0.99)),
    _share("available_share", "share of the expected values that are there, inside the operating states", "higher"),
    _share("decided_share", "share of frames that got a decision in time, from the model or its fallback", "higher"),
    _share("fallback_share", "share of decisions that the fallback took", "lower"),
    _share("missing_share", "share of values that are missing", "lower"),
    _share("out_of_range_share", "share of values outside the range that their sensor declares", "lower"),
)
