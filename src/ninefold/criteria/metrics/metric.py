"""What a metric is: its parameters, unit, direction, what it needs to see, and the bounds it can give."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np

from ninefold.criteria.params import Param
from ninefold.criteria.subjects import Subject
from ninefold.kernel.errors import InvalidInput
from ninefold.stats.bootstrap import bounds as percentile_bounds
from ninefold.stats.intervals import poisson_bound, wilson
from ninefold.vocabulary.columns import Floats
from ninefold.vocabulary.criterion import Bound
from ninefold.vocabulary.measurement import Estimate

Need = Literal["labels", "scores", "decisions", "events", "readings", "shares", "drift"]
Method = Literal["wilson", "poisson", "bootstrap"]
Where: TypeAlias = dict[str, str]  # a slice; empty for the whole


@dataclass(frozen=True)
class Finding:
    """What a metric measured on the whole or on one slice."""

    where: Where
    estimate: Estimate


@dataclass(frozen=True)
class Request:
    """One call of a metric: its parameters as read, the slices, and how to bound."""

    params: Mapping[str, Any]
    by: tuple[str, ...]
    bound: Bound | None
    rng: np.random.Generator


Measure = Callable[[Request, Any], Iterator[Finding]]  # the whole first


@dataclass(frozen=True)
class Metric:
    """One metric of the registry."""

    name: str
    about: str
    unit: str  # UCUM, "1" for shares
    direction: Literal["higher", "lower"]  # which is better
    subject: type[Subject]
    needs: frozenset[Need]
    bounds: frozenset[Method]
    measure: Measure
    params: Mapping[str, Param] = field(default_factory=dict)
    kind: Literal["sample", "episode"] = "sample"  # the value of `unit` that selects it
    counts: str = "samples"  # what `min_samples` counts
    per_day: Callable[[Any], float | None] = lambda _: None  # of what `min_samples` counts
    detail: Callable[[Any], dict[str, float]] = lambda _: {}


def share_estimate(successes: float, trials: float, bound: Bound | None, note: str = "") -> Estimate:
    """Return a share with its Wilson bounds; no trials give no value."""
    if trials <= 0:
        return Estimate(None, None, 0, 0.0, 0.0, note or "no samples")
    value = float(successes / trials)
    if bound is None:
        return Estimate(value, None, int(trials), float(successes), float(trials), note)
    low = float(wilson(successes, trials, bound.level, "lower"))
    high = float(wilson(successes, trials, bound.level, "upper"))
    first, second = (low, high) if bound.side == "lower" else (high, low)
    return Estimate(value, first, int(trials), float(successes), float(trials), note, second)


def rate_estimate(count: float, exposure: float, bound: Bound | None) -> Estimate:
    """Return a rate per exposure with its exact Poisson bounds; no exposure gives no value."""
    if exposure <= 0:
        return Estimate(None, None, 0, float(count), 0.0, "no exposure")
    value, samples = float(count / exposure), int(exposure)
    if bound is None:
        return Estimate(value, None, samples, float(count), float(exposure))
    low = poisson_bound(count, exposure, bound.level, "lower")
    high = poisson_bound(count, exposure, bound.level, "upper")
    first, second = (low, high) if bound.side == "lower" else (high, low)
    return Estimate(value, first, samples, float(count), float(exposure), "", second)


def resampled_estimate(value: float, samples: int, replicates: Floats | None, bound: Bound | None) -> Estimate:
    """Return a value with its percentile bounds from resamples; NaN becomes None with a note."""
    if not np.isfinite(value):
        return Estimate(None, None, samples, note="these samples give no value")
    if bound is None or replicates is None:
        return Estimate(value, None, samples)
    low, high = percentile_bounds(replicates, bound.level)
    if not np.isfinite(low):
        return Estimate(value, None, samples, note="too few samples for a bootstrap bound")
    first, second = (low, high) if bound.side == "lower" else (high, low)
    return Estimate(value, first, samples, opposite=second)


def slice_masks(columns: Mapping[str, Any], by: tuple[str, ...], rows: int) -> Iterator[tuple[Where, Any]]:
    """Return each combination of the values of `by` that occurs, with the mask of its rows.

    Raises:
        InvalidInput: a column is absent, or there are more than 1,000 slices.
    """
    if not by:
        return
    for name in by:
        if name not in columns:
            known = ", ".join(sorted(columns)) or "none"
            raise InvalidInput(f"There is no slice column {name!r}.", hint=f"Use one of: {known}.")
    codes = np.zeros(rows, dtype=np.int64)
    values = []
    for name in by:
        distinct, code = np.unique(columns[name].astype(str), return_inverse=True)
        values.append(distinct)
        codes = codes * len(distinct) + code
    found = np.unique(codes)
    if len(found) > 1000:
        raise InvalidInput(f"Slicing by {', '.join(by)} gives {len(found)} slices.", hint="Choose coarser columns.")
    for number in found.tolist():
        left, where = number, {}
        for name, distinct in zip(reversed(by), reversed(values), strict=True):
            left, place = divmod(left, len(distinct))
            where[name] = str(distinct[place])
        yield dict(reversed(where.items())), codes == number


def days_of(times: Any) -> float | None:
    """Return the days from the first to the last time (µs); None without a span."""
    if times is None or len(times) < 2:
        return None
    days = float(times.max() - times.min()) / 86_400e6
    return days if days > 0 else None
