"""Sensor faults on the test rows: each feature disturbed in seven ways, and what the model's figure becomes.

A fault is applied to the feature as the recipe gives it, in the order of time of each asset, from the first test row
on. Where several features come from one sensor, a real fault hits all of them; here each is hit alone.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ninefold.development.validation.examining import LEVEL, Examination, Material, drawn, units_of
from ninefold.development.validation.yardstick import Yardstick, plain, yardstick
from ninefold.kernel.errors import InvalidInput
from ninefold.kernel.steps import Context
from ninefold.stats.influence import half_width
from ninefold.vocabulary.columns import Array, Columns, Floats
from ninefold.vocabulary.faults import FaultEffect, Faults

MOST_ROWS = 4_000  # scored under each fault
MOST_FEATURES = 64


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
        InvalidInput: there is no such fault, its size is not above 0, or text should do something else than drop out.
    """
    if fault not in FAULTS:
        raise InvalidInput(f"There is no sensor fault {fault!r}.", hint=f"Use one of: {', '.join(FAULTS)}.")
    if not 0 < size < np.inf:
        raise InvalidInput(f"The size of a fault is above 0, found {size:g}.", hint="Give 1 for the usual size.")
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


def trials(material: Material) -> tuple[list[tuple[str, str, float]], dict[str, str]]:
    """Return (feature, fault, training spread) of everything that is tried, and why other features are not."""
    trained = material.rows.of(material.rows.roles >= 0).features
    found: list[tuple[str, str, float]] = []
    left: dict[str, str] = {}
    for number, name in enumerate(material.features):
        if number >= MOST_FEATURES:
            left[name] = f"beyond the first {MOST_FEATURES} features"
        elif trained[name].dtype == object:
            found.append((name, "dropout", 0.0))
        else:
            numbers = trained[name].astype(np.float64)
            numbers = numbers[np.isfinite(numbers)]
            spread = float(numbers.std()) if len(numbers) else 0.0
            if spread > 0:
                found += [(name, fault, spread) for fault in FAULTS]
            else:
                left[name] = "does not vary in training"
    return found, left


def suite(material: Material) -> Faults:
    """Return the effect of every fault on the model's figure, the worst first."""
    measure, rows = yardstick(material.kind), drawn(material, MOST_ROWS)
    truth, features = material.truth[rows], material.test.features
    groups = units_of({"asset": features["asset"][rows]})
    clean = _read(material, measure, truth, material.scores[rows], groups)
    line, matrix = Line.of(features), material.session.matrix(features)[rows]
    tried, left = trials(material)
    effects = []
    for name, fault, spread in tried:
        place = material.features.index(name)
        column = disturbed(features[name], line, fault, spread, material.rng)
        # through the session's own reading of a column, as on the device
        changed = matrix.copy()
        changed[:, place] = _as_read(material, name, column[rows])
        value, bound, alarms = _read(material, measure, truth, material.session.score_matrix(changed), groups)
        change = None if value is None or clean[0] is None else value - clean[0]
        effects.append(FaultEffect(name, fault, value, bound, change, alarms))
    effects.sort(key=lambda e: _harm(e, measure))
    sizes = {name: fault.about for name, fault in FAULTS.items()}
    return Faults(measure.name, measure.unit, measure.higher_is_better, LEVEL, len(rows), *clean, sizes, tuple(effects),
                  left)  # fmt: skip


def _harm(effect: FaultEffect, measure: Yardstick) -> tuple[float, str, str]:
    """Return the key by which the worst fault comes first; one that leaves no figure at all is worse than any."""
    worse = -np.inf if effect.value is None else -measure.worse * effect.value
    return worse, effect.feature, effect.fault


def _as_read(material: Material, name: str, values: Array) -> Array:
    only = {n: (values if n == name else np.zeros(len(values))) for n in material.features}
    return material.session.matrix(only)[:, material.features.index(name)]


def _read(
    material: Material, measure: Yardstick, truth: Floats, scores: Array, groups: Array | None
) -> tuple[float | None, float | None, float | None]:
    """Return value, bound on the bad side, and share of alarms; rows without a score count as none of these."""
    finite = np.isfinite(scores) if scores.ndim == 1 else np.isfinite(scores).all(axis=1)
    answers = material.decided(scores)
    alarms = float(answers.mean()) if answers is not None and answers.dtype == bool and len(answers) else None
    if not finite.any():
        return None, None, alarms
    kept = None if groups is None else np.unique(groups[finite], return_inverse=True)[1]
    value, influence = measure.measure(truth[finite], scores[finite])
    if not np.isfinite(value):
        return None, None, alarms
    width = half_width(influence[:, None], LEVEL, kept)[0]
    return float(value), plain(value + measure.worse * width), alarms


class FaultsStep(Examination):
    """Plans `faults:MODEL`."""

    name = "faults"
    version = "1"
    produces = frozenset({"faults"})
    record = "faults@1"

    def examine(self, found: Material, ctx: Context) -> Faults:  # noqa: ARG002 - the material carries the generator
        """Return what each sensor fault does to the model."""
        return suite(found)


__all__ = ["FAULTS", "FaultsStep", "Line", "disturbed", "suite", "trials"]
