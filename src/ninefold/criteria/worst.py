"""Measuring under sensor faults: the metric in each case with its bound, and as a whole that of the worst case.

Which case decides a criterion is for its threshold to say (`judging`); the worst here is so by the metric's direction.
"""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec
import numpy as np

from ninefold.criteria import metrics
from ninefold.criteria.measuring import measure
from ninefold.criteria.subjects import Episodes, Samples
from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.columns import Array
from ninefold.vocabulary.criterion import MetricSpec
from ninefold.vocabulary.measurement import CaseEstimate, Estimate, Measurement

UNDISTURBED = "undisturbed"  # in the detail of a measurement: the value without a fault


class Case(NamedTuple):
    """One fault of one sensor, and what the model did on the same rows while it lasted."""

    fault: str
    signal: str
    subject: Samples | Episodes


def measure_worst(
    spec: MetricSpec, undisturbed: Samples | Episodes, cases: Iterable[Case], *, rng: np.random.Generator | None = None
) -> Measurement:
    """Return the metric under every case, the worst first; its value without a fault is in the detail.

    Rows to which the model gives no score while the fault lasts are left out where the metric reads scores or classes,
    and counted as no alarm elsewhere, as on the device; a note says how many.

    Raises:
        InvalidInput: the specification is not in order, a subject lacks what the metric needs, or there is no case.
    """
    metric, plain = metrics.check(spec), msgspec.structs.replace(spec, faults=None)
    clean = measure(plain, undisturbed, rng=rng)
    found = [CaseEstimate(c.fault, c.signal, _estimate(plain, c, rng)) for c in cases]
    if not found:
        name = f"{spec.requirement}/{spec.criterion}"
        raise InvalidInput(f"{name} names no fault that can happen here.", hint="Name signals that vary in training.")
    higher = metric.direction == "higher"
    found.sort(key=lambda c: (harm(c.estimate, higher=higher), c.signal, c.fault))
    value = clean.overall.value
    detail = clean.detail | ({} if value is None else {UNDISTURBED: value})
    return msgspec.structs.replace(
        clean, overall=found[0].estimate, detail=detail, cases=tuple(found)
    )  # fmt: skip


def harm(estimate: Estimate, *, higher: bool) -> float:
    """Return a number that is smaller the worse an estimate is; the worst is one that has no value at all."""
    edge = estimate.value if estimate.bound is None else estimate.bound
    if edge is None:
        return -np.inf
    return edge if higher else -edge


def _estimate(spec: MetricSpec, case: Case, rng: np.random.Generator | None) -> Estimate:
    subject = case.subject
    silent = _silent(subject)
    if not silent.any():
        return measure(spec, subject, rng=rng).overall
    note = f"no answer to {int(silent.sum())} rows"
    if isinstance(subject, Samples) and ("scores" in metrics.check(spec).needs or subject.classes):
        subject = subject.rows(~silent)
    found = measure(spec, subject, rng=rng).overall
    return msgspec.structs.replace(found, note=f"{note}; {found.note}" if found.note else note)


def _silent(subject: Samples | Episodes) -> Array:
    """Return which rows have no score."""
    if subject.score is None:
        return np.zeros(0, bool)
    there: Array = np.isfinite(subject.score)
    return ~(there if there.ndim == 1 else np.asarray(there.all(axis=1)))
