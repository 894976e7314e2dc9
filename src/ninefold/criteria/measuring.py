"""Measuring: a metric's specification applied to a subject gives a measurement. It judges nothing."""

import numpy as np

from ninefold.criteria import metrics
from ninefold.criteria.metrics.by_class import confusion_of
from ninefold.criteria.metrics.metric import Request
from ninefold.criteria.params import read_params
from ninefold.criteria.subjects import Samples, Subject
from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.criterion import MetricSpec
from ninefold.vocabulary.measurement import Measurement, SliceEstimate


def measure(spec: MetricSpec, subject: Subject, *, rng: np.random.Generator | None = None) -> Measurement:
    """Return how large the metric is on the subject, as a whole and by slice.

    `rng` is for bootstrap bounds; without one a fixed seed makes them repeatable.

    Raises:
        InvalidInput: the specification is not in order, or the subject lacks what the metric needs.
    """
    metric = metrics.check(spec)
    if spec.faults is not None:
        message = f"{spec.requirement}/{spec.criterion} is about the worst of its sensor faults."
        raise InvalidInput(message, hint="Measure it with measure_worst.")
    if not isinstance(subject, metric.subject):
        message = f"Metric {spec.metric} is measured on {metric.subject.__name__}, not on {type(subject).__name__}."
        raise InvalidInput(message, hint=f"Give it what it needs: {', '.join(sorted(metric.needs))}.")
    params = read_params(spec.metric, metric.params, spec.params)
    request = Request(params, spec.by, spec.bound, rng if rng is not None else np.random.default_rng(0))
    overall, *slices = metric.measure(request, subject)
    # a rate a day is one of rows: it foretells nothing where min_samples counts something else
    rate = metric.per_day(subject) if params.get("count", "rows") == "rows" and params.get("per") != "group" else None
    confusion = None
    if isinstance(subject, Samples) and subject.classes and "decisions" in metric.needs:
        confusion = confusion_of(subject)
    return Measurement(
        spec.requirement, spec.criterion, spec.metric, metric.unit, overall.estimate,
        tuple(SliceEstimate(f.where, f.estimate) for f in slices),
        rate, metric.detail(subject), bound=spec.bound,
        confusion=confusion,
    )  # fmt: skip
