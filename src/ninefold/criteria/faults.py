"""The sensor faults that are known here: seven ways in which a column of values goes wrong, each with a usual size.

One generator for all who plant faults: the suite of validation, and criteria that must hold under the worst of some.
A fault is applied in the order of time of each asset, from the first row on.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from ninefold.criteria.params import nearest
from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.columns import Array, Columns, Floats
from ninefold.vocabulary.criterion import SensorFaults

SUITE = "1"  # raised when a fault disturbs otherwise than before: what was measured under faults is stale then
LARGEST = 10.0  # times the usual size


class Line(NamedTuple):
    """The rows of each asset in the order of time; arrays are (n_rows,) in that order."""

    order: Array  # places of the rows
    first: Array  # place, on this line, of the asset's first row
    share: Floats  # how far along its asset's rows, 0 to 1

    @classmethod
    def of(cls, rows: Columns) -> "Line":
        """Return the line of feature rows with `asset` and `t`."""
        n = len(rows["t"])
        order = np.lexsort((rows["t"], rows["asset"].astype(str)))
        asset = rows["asset"][order]
        starts = np.flatnonzero(np.append(True, asset[1:] != asset[:-1])) if n else np.zeros(0, np.int64)
        lengths = np.diff(np.append(starts, n))
        first = np.repeat(starts, lengths)
        share = (np.arange(n) - first) / np.maximum(np.repeat(lengths, lengths) - 1, 1)
        return cls(order, first, np.asarray(share, dtype=np.float64))


class Fault(NamedTuple):
    """One way to disturb values on a line; `size` is 1 for what `about` says."""

    about: str
    disturb: Callable[[Floats, Line, float, float, np.random.Generator], Floats]  # values, line, spread, size, rng


def _noise(values: Floats, line: Line, spread: float, size: float, rng: np.random.Generator) -> Floats:  # noqa: ARG001 - one signature for all
    return values + rng.normal(0.0, 0.25 * size * spread, len(values))


def _dropout(values: Floats, line: Line, spread: float, size: float, rng: np.random.Generator) -> Floats:  # noqa: ARG001 - one signature for all
    return np.where(rng.random(len(values)) < min(size, 1.0), np.nan, values)


def _stuck(values: Floats, line: Line, spread: float, size: float, rng: np.random.Generator) -> Floats:  # noqa: ARG001 - one signature for all
    return np.where(line.share >= 1.0 - min(size, 1.0), values[line.first], values)


def _bias(values: Floats, line: Line, spread: float, size: float, rng: np.random.Generator) -> Floats:  # noqa: ARG001 - one signature for all
    return values + 0.5 * size * spread


def _ramp(values: Floats, line: Line, spread: float, size: float, rng: np.random.Generator) -> Floats:  # noqa: ARG001 - one signature for all
    return values + size * spread * line.share


def _delay(values: Floats, line: Line, spread: float, size: float, rng: np.random.Generator) -> Floats:  # noqa: ARG001 - one signature for all
    return values[np.maximum(np.arange(len(values)) - max(round(5 * size), 1), line.first)]


def _quantise(values: Floats, line: Line, spread: float, size: float, rng: np.random.Generator) -> Floats:  # noqa: ARG001 - one signature for all
    step = 0.5 * size * spread
    return np.asarray(np.round(values / step) * step, dtype=np.float64)


FAULTS: dict[str, Fault] = {
    "noise": Fault("noise of a quarter of the training spread", _noise),
    "dropout": Fault("no value at all", _dropout),
    "stuck": Fault("the asset's first value for ever", _stuck),
    "bias": Fault("half a training spread too high", _bias),
    "ramp": Fault("drifts to one training spread too high at the last row", _ramp),
    "delay": Fault("comes five rows late", _delay),
    "quantise": Fault("in steps of half a training spread", _quantise),
}


def disturbed(
    values: Array, line: Line, fault: str, spread: float, rng: np.random.Generator, size: float = 1.0
) -> Array:
    """Return a column under a fault, in the order of its rows; text can only drop out.

    Raises:
        InvalidInput: there is no such fault, its size is out of range, or text should do something else than drop out.
    """
    for _, message, hint in problems(SensorFaults((fault,), size)):
        raise InvalidInput(message, hint=hint)
    if values.dtype == object:
        if fault != "dropout":
            raise InvalidInput(f"Text has no {fault}.", hint="Use dropout.")
        out = values.copy()
        out[rng.random(len(values)) < size] = None
        return out
    ordered = FAULTS[fault].disturb(values.astype(np.float64)[line.order], line, spread, size, rng)
    result = np.empty(len(values))
    result[line.order] = ordered
    return result


def problems(of: SensorFaults) -> Iterator[tuple[tuple[Any, ...], str, str]]:
    """Yield what is wrong with a choice of faults by itself: field, message, hint."""
    if not of.worst_of:
        yield ("worst_of",), "No sensor fault is named.", f"Name one or more of: {', '.join(FAULTS)}."
    for at, name in enumerate(of.worst_of):
        if name not in FAULTS:
            yield ("worst_of", at), f"There is no sensor fault {name!r}.", nearest(name, FAULTS)
        elif name in of.worst_of[:at]:
            yield ("worst_of", at), f"The fault {name!r} stands twice.", "Remove one."
    if not 0 < of.size <= LARGEST:
        message = f"The size of a fault is above 0 and at most {LARGEST:g}, found {of.size:g}."
        yield ("size",), message, "Give 1 for the usual size."
    yield from _wrong_signals(of)


def _wrong_signals(of: SensorFaults) -> Iterator[tuple[tuple[Any, ...], str, str]]:
    named = isinstance(of.signals, dict)
    lists = of.signals.items() if isinstance(of.signals, dict) else [("", of.signals)]
    for sensor, features in lists:
        path = ("signals", sensor) if named else ("signals",)
        if named and not features:
            yield path, f"The sensor {sensor!r} stands behind no feature.", "Name the features that fail with it."
        for at, name in enumerate(features):
            if name in features[:at]:
                yield (*path, at), f"The signal {name!r} stands twice.", "Remove one."


def in_order(of: SensorFaults) -> SensorFaults:
    """Return the same choice in its one spelling: faults in the order of the suite, features by name."""
    faults = tuple(name for name in FAULTS if name in of.worst_of)
    sensors = {name: tuple(sorted(features)) for name, features in of.sensors.items()}
    return SensorFaults(faults, of.size, sensors or ())
