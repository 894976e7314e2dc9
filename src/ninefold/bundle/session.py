"""ONNX Runtime as it runs everywhere here: one thread, in order, no spinning, quiet. The only way to a score."""

from typing import Any

import numpy as np

from ninefold.kernel.errors import InvalidInput, MissingDependency
from ninefold.vocabulary.columns import Array, Columns, Floats, length

MAX_BATCH = 16_384  # rows of one call of the runtime; bounds its memory
_QUIET = 4  # only what is fatal


class Session:
    """A graph that turns features into scores: one float32 input `(n, features)`, one score per row, or one per class.

    The score is the output called `score`, else `probabilities` (of two columns the last one, unless `classes` says
    that they are two classes), else the only output.
    """

    def __init__(
        self, onnx: bytes, features: tuple[str, ...], categories: dict[str, tuple[str, ...]] | None = None,
        classes: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        """Load a graph.

        Raises:
            MissingDependency: ONNX Runtime is not installed.
            InvalidInput: no graph, or one with other inputs or outputs.
        """
        self.features = features
        self.classes = classes
        self._codes = {n: {v: float(i) for i, v in enumerate(values)} for n, values in (categories or {}).items()}
        self._session = _load(onnx)
        inputs = self._session.get_inputs()
        if len(inputs) != 1 or inputs[0].type != "tensor(float)":
            found = ", ".join(f"{i.name} {i.type}" for i in inputs)
            raise InvalidInput(f"A model takes one float32 matrix; this graph takes {found}.")
        width = inputs[0].shape[-1]
        if isinstance(width, int) and width != len(features):
            raise InvalidInput(f"The graph reads {width} features, its contract names {len(features)}.")
        self._input = inputs[0].name
        self._output = _output([o.name for o in self._session.get_outputs()])

    def score(self, features: Columns) -> Floats:
        """Return the score of each row, float64 `(n,)` holding float32 values, or of each row and class `(n, K)`.

        Raises:
            InvalidInput: a feature is absent, or the graph gives something else than one score per row or class.
        """
        return self.score_matrix(self.matrix(features))

    def matrix(self, features: Columns) -> Array:
        """Return the rows as the graph reads them: float32 `(n, features)`, NaN for null, codes for text.

        Raises:
            InvalidInput: a feature is absent.
        """
        if absent := [n for n in self.features if n not in features]:
            hint = f"There are: {', '.join(sorted(features)) or 'none'}."
            raise InvalidInput(f"The feature {absent[0]} is not among the columns.", hint=hint)
        out = np.empty((length(features), len(self.features)), np.float32)
        with np.errstate(over="ignore"):
            for place, name in enumerate(self.features):
                out[:, place] = self._numbers(name, features[name])
        return out

    def score_matrix(self, matrix: Array) -> Floats:
        """Return the score of each row of a float32 matrix.

        Raises:
            InvalidInput: the graph gives something else than one score per row, or cannot run.
        """
        if 0 < len(matrix) <= MAX_BATCH:
            return self._call(matrix)
        parts = [self._call(matrix[start : start + MAX_BATCH]) for start in range(0, len(matrix), MAX_BATCH)]
        nothing = np.empty((0, len(self.classes)) if self.classes else 0)
        return np.concatenate(parts) if parts else nothing

    def _numbers(self, name: str, values: Array) -> Array:
        if name in self._codes:
            code = self._codes[name]
            return np.fromiter((code.get(v, np.nan) for v in values), np.float32, len(values))
        if values.dtype.kind not in "fiub":
            raise InvalidInput(f"The feature {name} holds {values.dtype}, and the contract names no categories for it.")
        return values

    def _call(self, rows: Array) -> Floats:
        try:
            [raw] = self._session.run([self._output], {self._input: rows})
        except Exception as error:  # the runtime's exceptions share no base class
            raise InvalidInput(f"The model cannot run: {str(error).splitlines()[0][:200]}.") from error
        scores = np.asarray(raw, np.float64) if isinstance(raw, np.ndarray) else np.empty(0)
        if self.classes:
            wanted, expected = (len(rows), len(self.classes)), f"one score for each of {len(self.classes)} classes"
        else:
            if scores.ndim == 2 and scores.shape[1] in {1, 2}:
                scores = scores[:, -1]
            wanted, expected = (len(rows), *scores.shape[1:2]), "one score per row"
        if scores.shape != wanted or 0 in scores.shape[1:]:
            raise InvalidInput(f"The graph gives {scores.shape} for {len(rows)} rows; {expected} is expected.")
        return scores


def _load(onnx: bytes) -> Any:
    try:
        import onnxruntime
    except ImportError:
        raise MissingDependency("onnxruntime", "edge", "Scoring") from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = _QUIET
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the runtime's exceptions share no base class
        raise InvalidInput(f"The ONNX graph cannot be loaded: {str(error).splitlines()[0][:200]}.") from error


def _output(names: list[str]) -> str:
    for wanted in ("score", "probabilities"):
        if wanted in names:
            return wanted
    if len(names) != 1:
        raise InvalidInput(f"The graph has no output called score; it has {', '.join(names)}.")
    return names[0]
