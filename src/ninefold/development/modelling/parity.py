"""The gate before which no model is trained: the graph in ONNX Runtime must give the native model's scores."""

import time
from typing import Any

import numpy as np

from ninefold.development.modelling.trainers.contract import Matrix
from ninefold.kernel.errors import InvalidInput, MissingDependency
from ninefold.vocabulary.columns import Array, Floats
from ninefold.vocabulary.model import Parity

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
        if [(o.name, o.type) for o in outputs] != [("score", "tensor(float)")]:
            raise InvalidInput("The graph must give one output, `score`, float32 [n].")
        self._input = inputs[0].name

    def scores(self, x: Matrix) -> Array:
        """Return the float32 scores, of shape (n_rows,)."""
        return np.asarray(self._session.run(["score"], {self._input: np.ascontiguousarray(x, np.float32)})[0])

    def row_us(self, x: Matrix, runs: int = 200) -> float:
        """Return the median time of one row, in microseconds."""
        row = np.ascontiguousarray(x[:1], np.float32)
        spent = []
        for _ in range(runs):
            begun = time.perf_counter_ns()
            self._session.run(["score"], {self._input: row})
            spent.append(time.perf_counter_ns() - begun)
        return float(np.median(spent)) / 1e3


def compare(graph: Graph, probe: Matrix, native: Floats, cases: dict[str, int]) -> Parity:
    """Return how the graph compares with the native scores on the rows of the probe and on an empty batch."""
    empty = graph.scores(np.empty((0, probe.shape[1]), np.float32))
    cases = {**cases, "empty": 0}
    got = graph.scores(probe)
    if got.shape != native.shape or empty.shape != (0,):
        note = f"The graph gives shape {got.shape} for {len(native)} rows and {empty.shape} for none."
        return _parity(None, len(probe), cases, note)
    finite = np.isfinite(got) & np.isfinite(native)
    if not finite.all():
        row = int(np.flatnonzero(~finite)[0])
        note = f"{int((~finite).sum())} rows give no number, first in case {_case(cases, row)!r}."
        return _parity(None, len(probe), cases, note)
    difference = np.abs(got.astype(np.float64) - native)
    largest = float(difference.max(initial=0.0))
    if largest <= TOLERANCE:
        return _parity(largest, len(probe), cases)
    off = int((difference > TOLERANCE).sum())
    note = f"{off} of {len(probe)} rows differ, the most in case {_case(cases, int(difference.argmax()))!r}."
    return _parity(largest, len(probe), cases, note)


def _parity(largest: float | None, rows: int, cases: dict[str, int], note: str = "") -> Parity:
    return Parity(not note, rows, cases, largest, TOLERANCE, note)


def label_flips(graph: Graph, probe: Matrix, native: Floats, threshold: float) -> int:
    """Return on how many rows the graph and the native model decide differently.

    The native score is rounded to float32 first, as the decision is taken there.
    """
    decided = native.astype(np.float32) >= np.float32(threshold)
    return int((decided != (graph.scores(probe) >= np.float32(threshold))).sum())


def _case(cases: dict[str, int], row: int) -> str:
    for name, count in cases.items():
        if row < count:
            return name
        row -= count
    return "?"
