"""A criterion's metric and its parameters against the registry of metrics: known, readable, and in one spelling.

"120 min" and "2 h" become the same text, so that a respelling makes no evidence stale. What the file does not state
stays unstated.
"""

from collections.abc import Iterator
from typing import Any

from ninefold.criteria.faults import problems
from ninefold.criteria.metrics import by_rows, find, names
from ninefold.criteria.params import Param
from ninefold.kernel.decode import nearest
from ninefold.kernel.errors import InvalidInput
from ninefold.kernel.yaml import Path
from ninefold.vocabulary.criterion import Criterion

_UNSLICED = frozenset({"readings", "shares", "drift"})  # what these metrics see has no columns

Found = tuple[Path, str, str]  # where in the criterion, message, hint


def check_metric(of: Criterion) -> Iterator[Found]:
    """Yield what is wrong with a criterion's metric, its parameters, its slices and its bound."""
    try:
        metric = find(of.metric, of.params)
    except InvalidInput as error:
        at: Path = ("params", "unit") if of.metric in names() else ("metric",)
        yield at, error.message, error.hint
        return
    for name, value in of.params.items():
        if name not in metric.params:
            hint = nearest(name, metric.params) or "Remove it; this metric has no parameters."
            yield ("params", name), f"The metric {of.metric} has no parameter {name!r}.", hint
            continue
        try:
            metric.params[name].read(value)
        except (ValueError, TypeError) as error:
            text = f"{error}"
            yield ("params", name), f"{text[:1].upper()}{text[1:]}.", f"Write {metric.params[name].about}."
    if of.slices and metric.needs & _UNSLICED:
        yield ("slices",), f"The metric {of.metric} cannot be sliced.", "Remove the slices."
    if of.faults:
        yield from _check_faults(of, by_rows(metric))
    if of.bound and of.bound.method not in metric.bounds:
        hint = f"Use one of: {', '.join(sorted(metric.bounds))}." if metric.bounds else "Remove the bound."
        yield ("bound", "method"), f"The metric {of.metric} has no {of.bound.method} bound.", hint


def _check_faults(of: Criterion, sensors: bool) -> Iterator[Found]:
    """Yield what is wrong with a criterion's sensor faults; whether a model reads a signal shows when there is one."""
    if of.faults is None:
        return
    if not sensors:
        yield ("faults",), f"The metric {of.metric} is not measured on rows that a sensor fault reaches.", "Remove it."
    for path, message, hint in problems(of.faults):
        yield ("faults", *path), message, hint
    for at, place in enumerate(of.where):
        if place != "validation":
            message = f"Sensor faults are planted on test rows, not at {place}."
            yield ("where", at), message, "Write where: [validation], and a criterion of its own for the other places."
    if of.slices:
        hint = "Remove the slices; a criterion of its own without faults may have them."
        yield ("slices",), "A criterion on sensor faults is measured under each fault, not by slice.", hint


def in_one_spelling(of: Criterion) -> dict[str, Any]:
    """Return the parameters of a criterion that was found in order, each in the one spelling of its value."""
    metric = find(of.metric, of.params)
    return {name: _one_spelling(value, metric.params[name]) for name, value in of.params.items()}


def _one_spelling(given: Any, param: Param) -> Any:
    """Return the spelling, which must read as the same value; what has none of its own stays as it is given."""
    read = param.read(given)
    spelt = _spelt(given, read)
    return spelt if param.read(spelt) == read else given


def _spelt(given: Any, read: Any) -> Any:
    if isinstance(given, (list, tuple)) and isinstance(read, tuple) and len(given) == len(read):
        return [_spelt(g, r) for g, r in zip(given, read, strict=True)]
    if not isinstance(read, float) or isinstance(given, bool):
        return given
    if isinstance(given, str) and not given.rstrip().endswith("%"):
        return f"{read!r} s"  # the only text that is read as a number is a length of time
    return read
