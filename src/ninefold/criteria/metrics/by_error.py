"""Metrics of a predicted number: how far it lies from the true one, and how often it warns too late.

A prediction of what remains is late when it says that more remains than really does: who waits for it is surprised.
"""

from collections.abc import Iterator

import numpy as np

from ninefold.criteria.metrics.metric import Finding, Request, resampled_estimate, share_estimate
from ninefold.criteria.metrics.sampling import divide, groups_of, mean, metric, parts, resampled, scores, summed
from ninefold.criteria.params import Param, at_least, one_of
from ninefold.criteria.subjects import Samples
from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.columns import Array, Floats

_PER = Param("row or group: what is late", one_of("row", "group"), "row")
_TOLERANCE = Param("the excess that is not late yet, in the target's unit, such as 10", at_least(0.0), 0.0)
_WITHIN = Param("the largest true value whose rows count, such as 50", at_least(0.0), float("inf"))


def _number(subject: Samples) -> Floats:
    if subject.classes:
        message = f"The samples are of {len(subject.classes)} classes, not numbers."
        raise InvalidInput(message, hint="Use macro_f1, class_recall, accuracy or log_loss.")
    return scores(subject)


def _errors(subject: Samples) -> Floats:
    error = _number(subject) - subject.y
    return np.stack([np.ones_like(error), np.abs(error), error**2, subject.y, subject.y**2], axis=1)


def _r2(sums: Floats) -> Floats:
    total = sums[:, 4] - divide(sums[:, 3] ** 2, sums[:, 0])
    return 1 - divide(sums[:, 2], np.where(total > 1e-12 * np.abs(sums[:, 4]), total, 0.0))


def _rmse(sums: Floats) -> Floats:
    return np.sqrt(divide(sums[:, 2], sums[:, 0]))


def _late(request: Request, subject: Samples) -> Iterator[Finding]:
    by_group = request.params["per"] == "group"
    wilson = request.bound is not None and request.bound.method == "wilson"
    if wilson and not by_group and subject.groups is not None:
        message = "Rows of one group are late together; a Wilson bound takes them as independent."
        raise InvalidInput(message, hint="Write method: bootstrap, or params: {per: group}.")
    for where, part in parts(request, subject):
        counting = part.rows(part.y <= request.params["within"])
        late = _number(counting) - counting.y > request.params["tolerance"]
        if by_group:
            groups_of(counting)
            late, counting = _by_group(late, counting)
        hits, total = float(late.sum()), float(len(late))
        if request.bound is None or wilson:
            yield Finding(where, share_estimate(hits, total, request.bound))
            continue
        flags = np.stack([late, np.ones(len(late))], axis=1).astype(np.float64)
        replicates = resampled(request, counting, flags, lambda s: divide(s[:, 0], s[:, 1]))
        yield Finding(
            where, resampled_estimate(hits / total if total else np.nan, len(late), replicates, request.bound)
        )


def _by_group(late: Array, subject: Samples) -> tuple[Array, Samples]:
    """Return whether each group is late on any of its rows, and one sample for each group."""
    groups = subject.groups if subject.groups is not None else np.zeros(0, object)
    names, code = np.unique(groups.astype(str), return_inverse=True)
    any_ = np.zeros(len(names), dtype=bool)
    np.logical_or.at(any_, code, late)
    return any_, Samples(np.zeros(len(names)))


def _rows(subject: Samples) -> float:
    return len(subject.y)


METRICS = (
    summed("mae", "mean absolute error, in the target's unit", _errors, mean, {"scores"}, "[target]", "lower"),
    summed("rmse", "root mean squared error, in the target's unit", _errors, _rmse, {"scores"}, "[target]", "lower"),
    summed("r2", "share of the target's variance that is explained", _errors, _r2, {"scores"}),
    metric(
        "late_warning_share",
        "share of rows (or of groups, on any of their rows) whose prediction exceeds the true value by more than the "
        "tolerance, where the true value is at most `within`",
        _late, {"labels", "scores"}, "rows or groups", _rows, direction="lower",
        params={"per": _PER, "tolerance": _TOLERANCE, "within": _WITHIN},
    ),
)  # fmt: skip
