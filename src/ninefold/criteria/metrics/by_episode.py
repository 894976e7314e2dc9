"""Metrics by episode: events announced within their lead window, and false alarms per machine and week."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ninefold.criteria.episodes import HOLD, LEAD, EpisodeIndex, Tally
from ninefold.criteria.metrics.metric import (
    Finding,
    Metric,
    Request,
    days_of,
    rate_estimate,
    resampled_estimate,
    share_estimate,
    slice_masks,
)
from ninefold.criteria.params import Param, count, duration, one_of, window
from ninefold.criteria.subjects import Episodes
from ninefold.kernel.errors import InvalidInput
from ninefold.stats.bootstrap import from_sums, resample
from ninefold.vocabulary.columns import Array
from ninefold.vocabulary.criterion import Bound
from ninefold.vocabulary.measurement import Estimate

PARAMS = {
    "unit": Param("episode: each event or alarm counts once", one_of("episode"), "episode"),
    "lead": Param("the shortest and longest time ahead, such as [5 min, 2 h]", window, LEAD),
    "hold": Param("how long an alarm stays raised, such as 2 h", duration, HOLD),
    "clock": Param("operating or calendar", one_of("operating", "calendar"), "operating"),
}
_REPEATS = Param("the number of resamples, such as 1000", count, 1000)


def _evaluate(request: Request, subject: Episodes) -> Tally:
    if subject.decision is None:
        raise InvalidInput("The episodes carry no decision.", hint="Apply the model's threshold first.")
    params = request.params
    return EpisodeIndex(subject, params["lead"], params["hold"], params["clock"]).tally(subject.decision)


def _event_rows(subject: Episodes) -> Array:
    """Return for each event the last row of its asset at or before it, whose slice it belongs to; -1 without one."""
    out = np.full(len(subject.events.t), -1, dtype=np.int64)
    assets = subject.asset.astype(str, copy=False)
    for name in np.unique(subject.events.asset.astype(str)).tolist():
        mine = np.flatnonzero(assets == name)
        mine = mine[np.argsort(subject.t[mine], kind="stable")]
        events = np.flatnonzero(subject.events.asset.astype(str) == name)
        place = np.searchsorted(subject.t[mine], subject.events.t[events], side="right") - 1
        if len(mine):
            out[events] = np.where(place >= 0, mine[np.maximum(place, 0)], -1)
    return out


def _recall(request: Request, subject: Episodes) -> Iterator[Finding]:
    caught = _evaluate(request, subject).caught
    assets = subject.events.asset
    yield Finding({}, _share(request, caught, assets))
    rows = _event_rows(subject) if request.by else None
    for where, mask in slice_masks(subject.slices, request.by, len(subject.t)):
        assert rows is not None  # noqa: S101 -- slices exist only when `by` does
        mine = (rows >= 0) & mask[np.maximum(rows, 0)]
        yield Finding(where, _share(request, caught[mine], assets[mine]))


def _share(request: Request, caught: Array, assets: Array) -> Estimate:
    if request.bound is None or request.bound.method == "wilson":
        return share_estimate(float(caught.sum()), float(len(caught)), request.bound)
    values = np.stack([caught, np.ones(len(caught))], axis=1).astype(np.float64)
    value = float(caught.mean()) if len(caught) else float("nan")
    groups = np.unique(assets.astype(str), return_inverse=True)[1]
    ratio = from_sums(lambda s: np.asarray(s[:, 0] / np.maximum(s[:, 1], 1e-300)), values)
    replicates = resample(ratio, len(values), rng=request.rng, repeats=request.params["repeats"], groups=groups)
    return resampled_estimate(value, len(caught), replicates, request.bound)


def _false_alarms(request: Request, subject: Episodes) -> Iterator[Finding]:
    tally = _evaluate(request, subject)
    false = tally.alarms[tally.false]
    yield Finding({}, _rate(len(false), subject.exposure, request.bound))
    rows = max(len(subject.t), 1)
    for where, mask in slice_masks(subject.slices, request.by, len(subject.t)):
        # machine-weeks belong to a slice in proportion to its rows
        yield Finding(where, _rate(int(mask[false].sum()), subject.exposure * float(mask.sum()) / rows, request.bound))


def _rate(number: int, exposure: float, bound: Bound | None) -> Estimate:
    return rate_estimate(number, exposure, bound)


def _events_per_day(subject: Episodes) -> float | None:
    days = days_of(subject.t)
    return None if days is None else len(subject.events.t) / days


def _weeks_per_day(subject: Episodes) -> float | None:
    days = days_of(subject.t)
    return None if days is None else subject.exposure / days


def _detail(subject: Episodes) -> dict[str, Any]:
    unknown = 0.0 if subject.known is None or not len(subject.known) else float(1 - subject.known.mean())
    return {"machine_weeks": float(subject.exposure), "events": float(len(subject.events.t)), "unknown_share": unknown}


METRICS = (
    Metric(
        "recall", "share of events announced within the lead window", "1", "higher", Episodes,
        frozenset({"events", "decisions"}), frozenset({"wilson", "bootstrap"}), _recall,
        {**PARAMS, "repeats": _REPEATS}, "episode", "events", _events_per_day, _detail,
    ),
    Metric(
        "false_alarms_per_machine_week", "alarms that announced nothing, per machine and calendar week", "/wk", "lower",
        Episodes, frozenset({"events", "decisions"}), frozenset({"poisson"}), _false_alarms, PARAMS,
        "episode", "machine-weeks", _weeks_per_day, _detail,
    ),
)  # fmt: skip
