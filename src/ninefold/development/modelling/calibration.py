"""Calibration of finished candidates: chosen out of fold, exported as nodes of its own, behind the parity gate.

A converter's calibrated booster was wrong by 0.5 and more without an error, so nothing here is converted: the nodes are
written by hand behind the candidate's own graph, in double precision, and the gate compares the whole again.
Sources: Platt, Probabilities for SV Machines, 1999 (sigmoid); Zadrozny and Elkan, KDD 2002 (isotonic); Guo et al., On
Calibration of Modern Neural Networks, ICML 2017 (temperature); Hastie et al., The Elements of Statistical Learning,
2nd ed., 7.10 (the one-standard-error rule).
"""

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

import msgspec
import numpy as np

from ninefold.development.modelling.entrant import Entrant, Finish
from ninefold.development.modelling.parity import Graph, compare
from ninefold.development.modelling.split import Rows
from ninefold.kernel.errors import InvalidInput
from ninefold.stats.influence import clustered_error
from ninefold.vocabulary.calibration import Calibration, Method
from ninefold.vocabulary.columns import Array, Floats
from ninefold.vocabulary.model import Leaderboard

# Scores are held between these for the logit: beyond, a unit in the last place of float32 would move it visibly.
LOW, HIGH = 5e-4, 1 - 1e-3
OWN = 1e-3  # share of the raw score in a calibrated one: no two scores become equal, so the order stays
MOST_KNOTS = 32
FEWEST = 30  # rows of the rarer class from which a curve is more than its noise
METHODS: tuple[Method, ...] = ("none", "temperature", "sigmoid", "isotonic")


class Calibrator(NamedTuple):
    """A function of raw scores `(n,)`, or of probabilities `(n, classes)`, that rises with them."""

    method: Method
    scale: float = 1.0
    shift: float = 0.0
    knots: tuple[tuple[float, float], ...] = ()

    def apply(self, raw: Array) -> Floats:
        """Return the calibrated scores, float64 in the shape of the raw ones; NaN stays NaN."""
        scores = np.asarray(raw, dtype=np.float64)
        if self.method == "none":
            return scores
        if self.method == "isotonic":
            x, y = np.array(self.knots).T
            return np.asarray((1 - OWN) * np.interp(scores, x, y) + OWN * scores)
        if scores.ndim == 2:
            powers = np.log(np.clip(scores, LOW, 1.0)) / self.scale
            powers = np.exp(powers - powers.max(axis=1, keepdims=True))
            return np.asarray(powers / powers.sum(axis=1, keepdims=True))
        steep = 1 / self.scale if self.method == "temperature" else self.scale
        return np.asarray((1 - OWN) * _sigmoid(steep * _logit(scores) + self.shift) + OWN * scores)


def _logit(scores: Floats) -> Floats:
    held = np.clip(scores, LOW, HIGH)
    return np.asarray(np.log(held) - np.log1p(-held))


def _sigmoid(x: Floats) -> Floats:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * x)))


def losses_of(y: Floats, scores: Array) -> Floats:
    """Return the log loss of each row, `(n,)`; `y` is 0 or 1, or the place of the class."""
    own = scores[np.arange(len(y)), y.astype(np.int64)] if scores.ndim == 2 else np.where(y == 1, scores, 1 - scores)
    return np.asarray(-np.log(np.clip(own, 1e-15, 1.0)))


def fit(method: Method, y: Floats, raw: Array) -> Calibrator | None:
    """Return the calibrator of a method; None when these rows give none: too few, or an order that is upside down."""
    if method == "none":
        return Calibrator("none")
    if method == "temperature":
        return Calibrator("temperature", _temperature(y, raw))
    if raw.ndim == 2 or min(int((y == 1).sum()), int((y == 0).sum())) < FEWEST:
        return None
    if method == "sigmoid":
        scale, shift = _platt(y, _logit(np.asarray(raw, np.float64)))
        return Calibrator("sigmoid", scale, shift) if scale > 0 else None
    knots = _isotonic(y, np.asarray(raw, np.float64))
    return Calibrator("isotonic", knots=knots) if len(knots) > 1 else None


def _temperature(y: Floats, raw: Array) -> float:
    """Return the temperature of the least log loss, 0.1 to 10, by golden section on its logarithm."""
    low, high = np.log(0.1), np.log(10.0)
    ratio = (np.sqrt(5) - 1) / 2

    def loss(t: float) -> float:
        return float(losses_of(y, Calibrator("temperature", float(np.exp(t))).apply(raw)).mean())

    a, b = high - ratio * (high - low), low + ratio * (high - low)
    first, second = loss(a), loss(b)
    for _ in range(30):
        if first <= second:
            high, b, second = b, a, first
            a = high - ratio * (high - low)
            first = loss(a)
        else:
            low, a, first = a, b, second
            b = low + ratio * (high - low)
            second = loss(b)
    return float(np.exp((low + high) / 2))


def _platt(y: Floats, logit: Floats) -> tuple[float, float]:
    """Return slope and shift of the least log loss on Platt's smoothed targets, by Newton's method."""
    positives, negatives = float((y == 1).sum()), float((y == 0).sum())
    target = np.where(y == 1, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    rows = np.stack([logit, np.ones_like(logit)], axis=1)
    found = np.array([1.0, 0.0])
    for _ in range(50):
        p = _sigmoid(rows @ found)
        bend = (rows * (p * (1 - p))[:, None]).T @ rows + 1e-9 * np.eye(2)
        step = np.linalg.solve(bend, rows.T @ (p - target))
        found = found - np.clip(step, -2.0, 2.0)
        if np.abs(step).max() < 1e-9:
            break
    return float(found[0]), float(found[1])


def _isotonic(y: Floats, raw: Floats) -> tuple[tuple[float, float], ...]:
    """Return the middles of the blocks of the rising step function of least squares, `MOST_KNOTS` at most."""
    order = np.argsort(raw, kind="stable")
    blocks: list[tuple[float, float, float]] = []  # rows, sum of scores, sum of labels
    for part in np.array_split(order, min(200, len(order))):  # a coarse start: the blocks hold rows enough
        rows, scores, hits = float(len(part)), float(raw[part].sum()), float(y[part].sum())
        blocks.append((rows, scores, hits))
        while len(blocks) > 1 and blocks[-2][2] / blocks[-2][0] >= blocks[-1][2] / blocks[-1][0]:
            last = blocks.pop()
            blocks[-1] = tuple(a + b for a, b in zip(blocks[-1], last, strict=True))  # type: ignore[assignment]  # three numbers as before
    while len(blocks) > MOST_KNOTS:
        place = int(np.argmin([a[0] + b[0] for a, b in pairwise(blocks)]))
        merged = tuple(a + b for a, b in zip(blocks[place], blocks[place + 1], strict=True))
        blocks[place : place + 2] = [merged]  # type: ignore[list-item]  # three numbers as before
    knots: list[tuple[float, float]] = []
    for rows, scores, hits in blocks:
        x, share = scores / rows, (hits + 0.5) / (rows + 1)
        if not knots or (x - knots[-1][0] > 1e-4 and share > knots[-1][1]):
            knots.append((x, share))
    return tuple(knots)


def choose(y: Floats, raw: Array, folds: Array, groups: Array) -> tuple[Calibration, Calibrator, Floats]:
    """Return the choice, its calibrator fitted on all rows, and scores of each row by calibrators of the other folds.

    The simplest method that is within one standard error of the best is taken; rows of one group count together.
    """
    crossed: dict[Method, Floats] = {}
    for method in METHODS:
        scores = _crossed(method, y, raw, folds)
        if scores is not None:
            crossed[method] = scores
    losses = {m: losses_of(y, s) for m, s in crossed.items()}
    means = {m: float(v.mean()) for m, v in losses.items()}
    best = min(means, key=lambda m: means[m])
    errors = {m: _error(losses[m] - losses[best], groups) for m in losses}
    for method in crossed:
        calibrator = fit(method, y, raw)
        if means[method] - means[best] <= errors[method] and calibrator is not None:
            reason = f"{best} has the least log loss out of fold, {means[best]:.5f}."
            if method != best:
                reason += f" {method} ({means[method]:.5f}) is simpler and within one standard error of it."
            known = {str(m): v for m, v in means.items()}
            apart = {str(m): v for m, v in errors.items()}
            found = Calibration(method, known, apart, reason, len(y), *calibrator[1:])
            return found, calibrator, crossed[method]
    raise InvalidInput("No calibrator can be fitted to these scores.")


def _crossed(method: Method, y: Floats, raw: Array, folds: Array) -> Floats | None:
    out = np.full(raw.shape, np.nan)
    for fold in np.unique(folds):
        mine = folds == fold
        calibrator = fit(method, y[~mine], raw[~mine])
        if calibrator is None:
            return None
        out[mine] = calibrator.apply(raw[mine])
    return out


def _error(distance: Floats, groups: Array) -> float:
    """Return the standard error of a mean distance; 0 when there are too few groups to tell."""
    influence = ((distance - distance.mean()) / max(len(distance), 1))[:, None]
    error = float(clustered_error(influence, np.unique(groups, return_inverse=True)[1])[0])
    return error if np.isfinite(error) else 0.0


def calibrate(entrant: Entrant, y: Floats, roles: Array, groups: Array) -> Calibration | None:
    """Calibrate a finished candidate of a task of classes in place and return the choice; None when it has no scores.

    Its graph, out-of-fold scores and native scores become the calibrated ones together, or stay as they are: the whole
    graph passes the parity gate again, or the candidate ships uncalibrated, with the reason.
    """
    if entrant.outcome != "finished" or entrant.scores is None or entrant.native is None or entrant.probe is None:
        return None
    scores = entrant.scores
    finite = np.isfinite(scores) if scores.ndim == 1 else np.isfinite(scores).all(axis=1)
    rows = np.flatnonzero((roles >= 0) & finite & ~np.isnan(y))
    found, calibrator, crossed = choose(y[rows], scores[rows], roles[rows], groups[rows])
    if found.method == "none":
        return found
    native = calibrator.apply(entrant.native)
    try:
        onnx = calibrated_graph(entrant.onnx, calibrator)
        parity = compare(Graph(onnx), entrant.probe, native, entrant.cases)
        note = parity.note
    except InvalidInput as error:
        note = error.message
    if note:
        reason = f"{found.reason} Its graph does not pass the parity gate ({note}), so the scores stay raw."
        return msgspec.structs.replace(found, method="none", reason=reason, scale=1.0, shift=0.0, knots=())
    entrant.onnx, entrant.native, entrant.parity = onnx, native, parity
    entrant.scores = calibrator.apply(scores)  # rows that no choice was made on, such as unlabelled ones
    entrant.scores[rows] = crossed
    return found


def calibrations(finish: Finish, y: Floats, rows: Rows, kind: str) -> dict[str, Calibration]:
    """Calibrate every finished candidate in place and return the choices by name; a number has no calibration."""
    if kind == "regression":
        return {}
    found = {e.name: calibrate(e, y, rows.roles, rows.groups) for e in finish.entrants}
    return {name: choice for name, choice in found.items() if choice is not None}


def with_calibrations(board: Leaderboard, chosen: Mapping[str, Calibration]) -> Leaderboard:
    """Return the leaderboard with how each candidate was calibrated; scores and ranks are those before."""
    rows = (msgspec.structs.replace(row, calibration=chosen.get(row.name)) for row in board.candidates)
    return msgspec.structs.replace(board, candidates=tuple(rows)) if chosen else board


def calibrated_graph(onnx: bytes, calibrator: Calibrator) -> bytes:
    """Return the graph with the calibrator's nodes behind it, its output under the same name.

    Raises:
        InvalidInput: it is no graph with one output.
    """
    if calibrator.method == "none":
        return onnx
    from onnx import load_from_string

    try:
        model = load_from_string(onnx)
        [output] = [o.name for o in model.graph.output]
        return _extended(model, output, calibrator)
    except Exception as error:  # protobuf's exceptions share no class with onnx's
        raise InvalidInput(f"The graph cannot be calibrated: {str(error)[:200]}") from error


def _extended(model: Any, output: str, calibrator: Calibrator) -> bytes:
    from onnx import checker

    for node in model.graph.node:
        for names in (node.input, node.output):
            names[:] = ["raw_score" if n == output else n for n in names]
    _BEHIND[output == "probabilities", calibrator.method](_Nodes(model, output), calibrator)
    checker.check_model(model)
    data: bytes = model.SerializeToString(deterministic=True)
    return data


class _Nodes:
    """Adds nodes in double precision behind `raw_score`; the last gives float32 under the name of the output."""

    def __init__(self, model: Any, output: str) -> None:
        self._graph, self._output = model.graph, output
        self.last = self("Cast", "raw_score", to=11)

    def __call__(self, operator: str, *inputs: Any, **attributes: Any) -> str:
        """Add a node; inputs are names, or numbers that become constants."""
        from onnx import helper

        names = [i if isinstance(i, str) else self._constant(i) for i in inputs]
        name = f"calibration_{len(self._graph.node)}"
        self._graph.node.append(helper.make_node(operator, names, [name], **attributes))
        return name

    def end(self, last: str) -> None:
        """Name the answer."""
        from onnx import helper

        self._graph.node.append(helper.make_node("Cast", [last], [self._output], to=1))

    def mixed(self, shares: str) -> None:
        """Mix the raw score in and name the answer."""
        self.end(self("Add", self("Mul", shares, 1 - OWN), self("Mul", self.last, OWN)))

    def _constant(self, value: Any) -> str:
        from onnx import numpy_helper

        name = f"calibration_constant_{len(self._graph.initializer)}"
        dtype = np.int64 if isinstance(value, np.ndarray) and value.dtype == np.int64 else np.float64
        self._graph.initializer.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name


def _logistic(nodes: _Nodes, calibrator: Calibrator) -> None:
    held = nodes("Clip", nodes.last, LOW, HIGH)
    logit = nodes("Sub", nodes("Log", held), nodes("Log", nodes("Sub", 1.0, held)))
    steep = 1 / calibrator.scale if calibrator.method == "temperature" else calibrator.scale
    nodes.mixed(nodes("Sigmoid", nodes("Add", nodes("Mul", logit, steep), calibrator.shift)))


def _lines(nodes: _Nodes, calibrator: Calibrator) -> None:
    """Sum the changes of slope at the knots, each from its knot on; below the first and above the last it is level."""
    x, y = np.array(calibrator.knots).T
    slopes = np.concatenate([[0.0], np.diff(y) / np.diff(x), [0.0]])
    column = nodes("Reshape", nodes.last, np.array([-1, 1], np.int64))
    beyond = nodes("Relu", nodes("Sub", column, x[None, :]))
    rise = nodes("Reshape", nodes("MatMul", beyond, np.diff(slopes)[:, None]), np.array([-1], np.int64))
    nodes.mixed(nodes("Add", rise, float(y[0])))


def _softened(nodes: _Nodes, calibrator: Calibrator) -> None:
    powers = nodes("Mul", nodes("Log", nodes("Clip", nodes.last, LOW, 1.0)), 1 / calibrator.scale)
    nodes.end(nodes("Softmax", powers, axis=1))


_BEHIND: Mapping[tuple[bool, Method], Callable[[_Nodes, Calibrator], None]] = {
    (False, "temperature"): _logistic, (False, "sigmoid"): _logistic, (False, "isotonic"): _lines,
    (True, "temperature"): _softened,
}  # fmt: skip
