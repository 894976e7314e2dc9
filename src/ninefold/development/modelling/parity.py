"""The gate before which no model is trained: the graph in ONNX Runtime must give the native model's scores."""

import time
from typing import Any

import numpy as np

from ninefold.development.modelling.trainers.contract import Matrix
from ninefold.kernel.errors import InvalidInput, MissingDependency
from ninefold.vocabulary.columns import Array, Floats
from ninefold.vocabulary.model import Parity
from ninefold.vocabulary.task import AlarmRule, TaskKind

TOLERANCE = 1e-5


class Graph:
    """An ONNX model in a session with one thread and no spinning."""

    def __init__(self, onnx: bytes) -> None:
        """Load it.

        Raises:
            InvalidInput: it is no ONNX model, or its input or output is not the agreed one.
        """
        try:
            import onnxruntime
        except ImportError:
            raise MissingDependency("onnxruntime", "ml", "The parity gate") from None
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        try:
            self._session: Any = onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime's exceptions share no class of their own
            raise InvalidInput(f"ONNX Runtime refuses the graph: {str(error)[:300]}") from error
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        if [i.type for i in inputs] != ["tensor(float)"] or len(inputs[0].shape) != 2:
            raise InvalidInput("The graph must take one input, float32 [n, features].")
        if [(o.name, o.type) for o in outputs] not in [
            [(name, "tensor(float)")] for name in ("score", "probabilities")
        ]:
            message = "The graph must give one output, `score`, float32 [n], or `probabilities`, float32 [n, classes]."
            raise InvalidInput(message)
        self._input, self._output = inputs[0].name, outputs[0].name

    def scores(self, x: Matrix) -> Array:
        """Return the float32 answers, of shape (n_rows,) or (n_rows, classes).

        Raises:
            InvalidInput: the graph cannot run on them.
        """
        try:
            return np.asarray(self._session.run([self._output], {self._input: np.ascontiguousarray(x, np.float32)})[0])
        except Exception as error:  # ONNX Runtime's exceptions share no class of their own
            raise InvalidInput(f"ONNX Runtime cannot run the graph: {str(error)[:300]}") from error

    def row_us(self, x: Matrix, runs: int = 200) -> float:
        """Return the time of one row in microseconds: what the fastest tenth of the runs stay within, so that what else
        the machine does decides nothing.
        """
        row = np.ascontiguousarray(x[:1], np.float32)
        spent = []
        for _ in range(runs):
            begun = time.perf_counter_ns()
            self._session.run([self._output], {self._input: row})
            spent.append(time.perf_counter_ns() - begun)
        return float(np.quantile(spent, 0.1)) / 1e3


def compare(graph: Graph, probe: Matrix, native: Floats, cases: dict[str, int], kind: TaskKind = "binary") -> Parity:
    """Return how the graph compares with the native answers on the rows of the probe and on an empty batch.

    Probabilities are compared as they are, over all classes; values of a regression relative to their spread.
    """
    empty = graph.scores(np.empty((0, probe.shape[1]), np.float32))
    cases = {**cases, "empty": 0}
    got = graph.scores(probe)
    if got.shape != native.shape or empty.shape != (0, *native.shape[1:]):
        note = f"The graph gives shape {got.shape} for {len(native)} rows and {empty.shape} for none."
        return _parity(None, len(probe), cases, note)
    finite = (np.isfinite(got) & np.isfinite(native)).reshape(len(got), -1).all(axis=1)
    if not finite.all():
        row = int(np.flatnonzero(~finite)[0])
        note = f"{int((~finite).sum())} rows give no number, first in case {_case(cases, row)!r}."
        return _parity(None, len(probe), cases, note)
    difference = np.abs(got.astype(np.float64) - native) / scale_of(native, cases, kind)
    difference = difference.reshape(len(got), -1).max(axis=1, initial=0.0)
    largest = float(difference.max(initial=0.0))
    if largest <= TOLERANCE:
        return _parity(largest, len(probe), cases)
    off = int((difference > TOLERANCE).sum())
    note = f"{off} of {len(probe)} rows differ, the most in case {_case(cases, int(difference.argmax()))!r}."
    return _parity(largest, len(probe), cases, note)


def scale_of(native: Floats, cases: dict[str, int], kind: TaskKind) -> Floats | float:
    """Return what a difference is measured by: 1 for a probability, for a value the spread of those on test rows.

    A value far outside of them, on a row that was made to be strange, is measured by its own distance.
    """
    if kind != "regression":
        return 1.0
    usual = native[: cases.get("test") or len(native)]
    spread = float(np.ptp(usual)) if len(usual) else 0.0
    distance = np.abs(native - np.median(usual)) if len(usual) else np.abs(native)
    return np.maximum(distance, spread or max(float(np.abs(usual).max(initial=0.0)), 1e-9))


def _parity(largest: float | None, rows: int, cases: dict[str, int], note: str = "") -> Parity:
    return Parity(not note, rows, cases, largest, TOLERANCE, note)


def label_flips(graph: Graph, probe: Matrix, native: Floats, threshold: float) -> int:
    """Return on how many rows the graph and the native model decide differently.

    The native score is rounded to float32 first, as the decision is taken there.
    """
    decided = native.astype(np.float32) >= np.float32(threshold)
    return int((decided != (graph.scores(probe) >= np.float32(threshold))).sum())


def class_flips(graph: Graph, probe: Matrix, native: Floats) -> int:
    """Return on how many rows the most probable class differs; two classes within the tolerance are a tie."""
    top = np.sort(native, axis=1)[:, -2:]
    clear = top[:, 1] - top[:, 0] > 2 * TOLERANCE
    return int((clear & (graph.scores(probe).argmax(axis=1) != native.argmax(axis=1))).sum())


def rule_flips(graph: Graph, probe: Matrix, native: Floats, cases: dict[str, int], rule: AlarmRule) -> int:
    """Return on how many rows a regression's rule decides differently; a value within the tolerance of it is a tie."""
    if rule.value is None:
        return 0
    limit, got = np.float32(rule.value), graph.scores(probe)
    clear = np.abs(native - rule.value) > TOLERANCE * scale_of(native, cases, "regression")
    above = (native >= rule.value) != (got >= limit) if rule.op == ">=" else (native <= rule.value) != (got <= limit)
    return int((clear & above).sum())


def _case(cases: dict[str, int], row: int) -> str:
    for name, count in cases.items():
        if row < count:
            return name
        row -= count
    return "?"
