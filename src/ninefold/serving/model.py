"""One bundle at work behind the protocol: verified, self-tested, and asked only through the session of every bundle."""

from collections.abc import Collection
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from ninefold.bundle.conformal import interval, members, values_of
from ninefold.bundle.deciding import decided
from ninefold.bundle.file import load, read_file
from ninefold.bundle.golden import self_test
from ninefold.bundle.manifest import Contract, Decide
from ninefold.bundle.opening import recipe_of, session_of, stream_of
from ninefold.bundle.session import Session
from ninefold.bundle.verification import Report, verify
from ninefold.kernel.errors import InvalidInput, Refused
from ninefold.kernel.signing import PublicKey
from ninefold.vocabulary.columns import Array, Columns, Floats, length

MATRIX = "features"  # the tensor that holds all features, in the order of the contract
OUTPUTS = ("score", "alarm", "label", "probabilities", "low", "high", "set")
PLATFORM = "onnxruntime_onnx"


class Tensor(NamedTuple):
    """An output: its datatype in the protocol's words, and its values `(n,)` or `(n, k)`."""

    datatype: str
    values: Array


class TensorDescription(msgspec.Struct, frozen=True):
    """How a tensor is announced; -1 is any number of rows."""

    name: str
    datatype: str
    shape: tuple[int, ...]


class ModelDescription(msgspec.Struct, frozen=True):
    """The metadata of a model. `parameters` is ours: what a client needs to fill the tensors."""

    name: str
    versions: tuple[str, ...]
    platform: str
    inputs: tuple[TensorDescription, ...]
    outputs: tuple[TensorDescription, ...]
    parameters: dict[str, Any]


class Model:
    """A model of one version; its session may be asked by several threads."""

    def __init__(self, name: str, version: int, digest: str, session: Session, contract: Contract, decide: Decide):
        self.name, self.version, self.digest = name, str(version), digest
        self.contract, self.decide, self.session = contract, decide, session
        self.features = contract.names

    def describe(self, versions: tuple[str, ...]) -> ModelDescription:
        """Return the metadata; a model that reads text asks for one tensor a feature, any other for one matrix."""
        rows = (-1,)
        inputs: tuple[TensorDescription, ...] = (TensorDescription(MATRIX, "FP32", (-1, len(self.features))),)
        if self.contract.categories:
            text = self.contract.categories
            inputs = tuple(TensorDescription(f, "BYTES" if f in text else "FP32", rows) for f in self.features)
        classes = self.contract.classes
        outputs: tuple[TensorDescription, ...] = (
            TensorDescription("score", "FP32", rows), TensorDescription("alarm", "BOOL", rows),
        )  # fmt: skip
        if classes:
            probabilities = TensorDescription("probabilities", "FP32", (-1, len(classes)))
            outputs = (*outputs, TensorDescription("label", "BYTES", rows), probabilities)
        outputs = (*outputs, *self._described_answers())
        parameters: dict[str, Any] = {
            "bundle": self.digest,
            "decide": self.decide,
            "features": [{"name": f.name, "unit": f.unit} for f in self.contract.features],
        }
        if classes:
            parameters["classes"] = classes
        if self.decide.conformal is not None and self.decide.task != "regression":
            parameters["values"] = values_of(classes)
        if self.contract.categories:
            parameters["categories"] = self.contract.categories
        return ModelDescription(self.name, versions, PLATFORM, inputs, outputs, parameters)

    def matrix(self, tensors: dict[str, Array]) -> Array:
        """Return the rows as the graph reads them, float32 `(n, features)`, from one matrix or one tensor a feature.

        Raises:
            InvalidInput: a tensor is absent, unknown, of another shape or datatype, or holds an infinite number.
        """
        if set(tensors) == {MATRIX} and tensors[MATRIX].ndim == 2:
            matrix = self._checked(tensors[MATRIX])
        else:
            matrix = self.session.matrix(self._columns(tensors))
        if np.isinf(matrix).any():
            row, place = (int(i) for i in np.argwhere(np.isinf(matrix))[0])
            message = f"The feature {self.features[place]} is infinite in row {row}, or too large for float32."
            raise InvalidInput(message, hint="Send NaN (null in JSON) for a missing value.")
        return matrix

    def answer(self, matrix: Array) -> dict[str, Tensor]:
        """Return the outputs for rows as the graph reads them: score and alarm, of classes label and probabilities too,
        and conformal answers where the bundle gives them.

        Raises:
            InvalidInput: the graph cannot run on them.
        """
        classes = self.contract.classes
        scores: Floats = self.session.score_matrix(matrix)
        score, alarm, place = decided(self.decide, classes, scores)
        found = {"score": Tensor("FP32", score.astype(np.float32)), "alarm": Tensor("BOOL", alarm)}
        if classes:
            label: Array = np.array(classes, object)[place]
            label[np.isnan(score)] = None
            found |= {"label": Tensor("BYTES", label), "probabilities": Tensor("FP32", scores.astype(np.float32))}
        return found | self._answers(scores)

    def _described_answers(self) -> tuple[TensorDescription, ...]:
        """Return how conformal answers are announced: an interval, or which of the values of `parameters.values`."""
        if self.decide.conformal is None:
            return ()
        if self.decide.task == "regression":
            return TensorDescription("low", "FP32", (-1,)), TensorDescription("high", "FP32", (-1,))
        return (TensorDescription("set", "BOOL", (-1, len(values_of(self.contract.classes)))),)

    def _answers(self, scores: Floats) -> dict[str, Tensor]:
        rule = self.decide.conformal
        if rule is None:
            return {}
        if self.decide.task != "regression":
            return {"set": Tensor("BOOL", members(rule, scores))}
        found = interval(rule, scores)
        return {
            "low": Tensor("FP32", found.low.astype(np.float32)),
            "high": Tensor("FP32", found.high.astype(np.float32)),
        }

    def _checked(self, matrix: Array) -> Array:
        if matrix.dtype != np.float32:
            found = f"found {matrix.dtype}" if matrix.dtype != object else "found text"
            raise InvalidInput(f"The tensor {MATRIX} is FP32, {found}.", hint="Send text as one tensor a feature.")
        if matrix.shape[1] != len(self.features):
            message = f"The tensor {MATRIX} has {matrix.shape[1]} columns, {self.name} reads {len(self.features)}."
            raise InvalidInput(message, hint=f"Send, in this order: {', '.join(self.features)[:400]}.")
        return matrix

    def _columns(self, tensors: dict[str, Array]) -> Columns:
        if strange := sorted(set(tensors) - set(self.features)):
            hint = f"Send {MATRIX} [rows, {len(self.features)}], or each of: {', '.join(self.features)[:400]}."
            raise InvalidInput(f"{self.name} has no input {strange[0][:80]!r}.", hint=hint)
        if absent := [f for f in self.features if f not in tensors]:
            raise InvalidInput(f"The input {absent[0]} of {self.name} is absent, as are {len(absent) - 1} others.")
        columns = {}
        for name in self.features:
            values = tensors[name]
            if values.ndim == 2 and values.shape[1] != 1:
                raise InvalidInput(f"The tensor {name} has the shape {list(values.shape)}; [rows] is expected.")
            is_text = name in self.contract.categories
            if is_text != (values.dtype == object):
                raise InvalidInput(f"The tensor {name} is {'BYTES' if is_text else 'of numbers'}.")
            columns[name] = values.reshape(-1)
        try:
            length(columns)
        except ValueError as error:
            raise InvalidInput(f"The tensors of one request have as many rows: {str(error)[:200]}.") from None
        return columns


def open_model(path: Path, trusted: Collection[PublicKey]) -> tuple[Model, Report]:
    """Return the model of a bundle file, once it verifies and passes its self-test here, and what was verified.

    Raises:
        NotFound: there is no such file.
        VerificationError: it is damaged, or nobody who is trusted signed it.
        Refused: it fails its self-test.
        InvalidInput: its graph cannot be used.
    """
    file = read_file(load(path))
    report = verify(file, trusted)
    payload, manifest = file.payload, file.payload.manifest
    session = session_of(payload)
    result = self_test(payload, session, stream_of(recipe_of(payload)))
    if not result.passed:
        raise Refused(f"{report.name} version {report.version} fails its self-test here: {result.reason}.")
    return Model(report.name, report.version, report.payload, session, manifest.contract, manifest.decide), report
