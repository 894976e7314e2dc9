"""What metrics by sample share: parts of the labelled rows, sums over them, and their resamples."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

import numpy as np

from ninefold.criteria.metrics.metric import (
    Finding,
    Method,
    Metric,
    Need,
    Request,
    days_of,
    resampled_estimate,
    slice_masks,
)
from ninefold.criteria.params import Param, count, one_of
from ninefold.criteria.subjects import Samples
from ninefold.kernel.errors import InvalidInput
from ninefold.stats.bootstrap import from_sums, resample, resample_kinds
from ninefold.vocabulary.columns import Array, Floats

FEW = 50  # kinds of row up to which they are drawn by kind
UNIT = Param("sample: each row counts once", one_of("sample"), "sample")
REPEATS = Param("the number of resamples, such as 1000", count, 1000)
COUNT = Param("rows or groups: what min_samples counts", one_of("rows", "groups"), "rows")

Sums = Callable[[Samples], Floats]  # (n_rows, n_sums)
Function = Callable[[Floats], Floats]  # (n_resamples, n_sums) -> (n_resamples,)
Counted = Callable[[Samples], float]  # what min_samples counts


def divide(a: Any, b: Any) -> Floats:
    """Return a / b; NaN where b is 0."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    out: Floats = np.full(np.broadcast_shapes(a.shape, b.shape), np.nan)
    np.divide(a, b, out=out, where=b != 0)
    return out


def parts(request: Request, subject: Samples) -> Iterator[tuple[dict[str, str], Samples]]:
    """Yield the whole and each slice, with the rows of it whose label is known."""
    known = subject.known()
    yield {}, known
    # slices are listed from all rows, so that one without a single label is seen as such
    for where, mask in slice_masks(subject.slices, request.by, len(subject.y)):
        yield where, subject.rows(mask).known()


def scores(subject: Samples) -> Floats:
    """Return the scores, all finite.

    Raises:
        InvalidInput: there are none, or one is not finite.
    """
    if subject.score is None:
        raise InvalidInput("The samples carry no score.", hint="Give the model's scores or predictions.")
    if not np.isfinite(subject.score).all():
        count_ = int((~np.isfinite(subject.score)).sum())
        raise InvalidInput(f"{count_} scores are not finite.", hint="Leave out the rows without a prediction.")
    return subject.score


def decisions(subject: Samples) -> Array:
    """Return the decisions: flags, or places of predicted classes.

    Raises:
        InvalidInput: there are none.
    """
    if subject.decision is None:
        raise InvalidInput("The samples carry no decision.", hint="Apply the model's threshold first.")
    return subject.decision


def resampled(request: Request, part: Samples, values: Floats, function: Function) -> Floats:
    """Return a function of sums over resamples of the rows, or of their groups."""
    repeats = request.params["repeats"]
    if part.groups is None and len(np.unique(values[:1000], axis=0)) < FEW:
        kinds, counts = np.unique(values, axis=0, return_counts=True)
        if len(kinds) < FEW:
            return resample_kinds(function, kinds, counts, rng=request.rng, repeats=repeats)
    return resample(from_sums(function, values), len(values), rng=request.rng, repeats=repeats, groups=codes(part))


def codes(part: Samples) -> Any:
    """Return the group of each row as a whole number; None without groups."""
    return None if part.groups is None else np.unique(part.groups.astype(str), return_inverse=True)[1]


def summed(
    name: str, about: str, sums: Sums, function: Function, needs: set[Need], unit: str = "1",
    direction: Literal["higher", "lower"] = "higher",
) -> Metric:  # fmt: skip
    """Return a metric that is a function of sums over rows."""

    def measure(request: Request, subject: Samples) -> Iterator[Finding]:
        for where, part in parts(request, subject):
            values = sums(part)
            value = float(function(values.sum(axis=0)[None])[0]) if len(values) else float("nan")
            replicates = None
            if request.bound is not None and np.isfinite(value):
                replicates = resampled(request, part, values, function)
            samples = len(values) if request.params["count"] == "rows" else groups_of(part)
            yield Finding(where, resampled_estimate(value, samples, replicates, request.bound))

    def counted(subject: Samples) -> float:
        return len(subject.y)

    return metric(
        name, about, measure, {"labels", *needs}, "rows", counted, unit, ("bootstrap",), direction, {"count": COUNT}
    )


def groups_of(part: Samples) -> int:
    """Return how many groups the rows are of.

    Raises:
        InvalidInput: the rows are of one asset: there are no groups.
    """
    if part.groups is None:
        raise InvalidInput("The rows have no groups to count.", hint="Write count: rows.")
    return len(set(part.groups.tolist()))


def metric(
    name: str, about: str, measure: Any, needs: set[Need], counts: str, counted: Counted,
    unit: str = "1", methods: tuple[Method, ...] = ("wilson", "bootstrap"),
    direction: Literal["higher", "lower"] = "higher", params: Mapping[str, Param] | None = None,
) -> Metric:  # fmt: skip
    """Return a metric by sample; `params` are beside `unit` and `repeats`."""

    def per_day(subject: Samples) -> float | None:
        days = days_of(subject.time)
        return None if days is None else float(counted(subject.known())) / days

    return Metric(
        name, about, unit, direction, Samples, frozenset(needs), frozenset(methods), measure,
        {"unit": UNIT, "repeats": REPEATS, **(params or {})}, counts=counts, per_day=per_day, detail=labelled,
    )  # fmt: skip


def labelled(subject: Samples) -> dict[str, float]:
    """Return the share of rows that have a label, and how many groups they are of where there are groups."""
    found = {"labelled_share": float((~np.isnan(subject.y)).mean())} if len(subject.y) else {}
    if subject.groups is not None:
        found["groups"] = float(groups_of(subject.known()))
    return found


def mean(sums: Floats) -> Floats:
    """Return the second sum by the first: the mean of a quantity whose first sum counts rows."""
    return divide(sums[:, 1], sums[:, 0])
