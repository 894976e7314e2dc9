"""The registry of metrics: what a criterion may name."""

from collections.abc import Mapping
from typing import Any

from ninefold.criteria.faults import problems
from ninefold.criteria.metrics import by_class, by_episode, by_error, by_reading, by_sample, drift
from ninefold.criteria.metrics.metric import Metric
from ninefold.criteria.params import nearest, read_params
from ninefold.criteria.subjects import Episodes, Samples
from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.criterion import Bound, MetricSpec

REGISTRY: tuple[Metric, ...] = (
    *by_sample.METRICS, *by_error.METRICS, *by_class.METRICS, *by_episode.METRICS, *by_reading.METRICS, *drift.METRICS,
)  # fmt: skip


def names() -> tuple[str, ...]:
    """Return the names of all metrics, sorted."""
    return tuple(sorted({m.name for m in REGISTRY}))


def find(name: str, params: Mapping[str, Any]) -> Metric:
    """Return the metric of a name; `unit: episode` in the parameters selects between two of the same name.

    Raises:
        InvalidInput: there is none.
    """
    found = [m for m in REGISTRY if m.name == name]
    if not found:
        raise InvalidInput(f"There is no metric {name!r}.", hint=nearest(name, names()))
    unit = params.get("unit", found[0].kind)
    for metric in found:
        if metric.kind == unit:
            return metric
    kinds = " or ".join(m.kind for m in found)
    raise InvalidInput(f"Metric {name} has no unit {unit!r}.", hint=f"Use {kinds}.")


def check(spec: MetricSpec) -> Metric:
    """Return the metric of a specification whose parameters and bound are in order.

    Raises:
        InvalidInput: unknown metric or parameter, unreadable value, a bound that the metric cannot give, faults that it
            cannot be measured under.
    """
    metric = find(spec.metric, spec.params)
    read_params(spec.metric, metric.params, spec.params)
    check_bound(metric, spec.bound)
    check_faults(metric, spec)
    return metric


def check_bound(metric: Metric, bound: Bound | None) -> None:
    """Raise InvalidInput when the metric cannot give this bound, or its level is out of range."""
    if bound is None:
        return
    if bound.method not in metric.bounds:
        can = f"Use one of: {', '.join(sorted(metric.bounds))}." if metric.bounds else "Leave out the bound."
        raise InvalidInput(f"Metric {metric.name} has no {bound.method} bound.", hint=can)
    if not 0.5 < bound.level < 1:
        raise InvalidInput(f"The bound's level is {bound.level:g}.", hint="Give a level between 0.5 and 1, as 0.95.")


def check_faults(metric: Metric, spec: MetricSpec) -> None:
    """Raise InvalidInput when the sensor faults of a specification are unknown, or the metric sees no sensor."""
    if spec.faults is None:
        return
    if not by_rows(metric):
        message = f"Metric {metric.name} is not measured on rows, so no sensor fault can be planted."
        raise InvalidInput(message, hint="Leave out the faults.")
    for _, message, hint in problems(spec.faults):
        raise InvalidInput(message, hint=hint)


def by_rows(metric: Metric) -> bool:
    """Return whether a metric is measured on rows that a model answers, so that its sensors can fail."""
    return metric.subject is Samples or metric.subject is Episodes


__all__ = ["REGISTRY", "Metric", "by_rows", "check", "check_bound", "check_faults", "find", "names"]
