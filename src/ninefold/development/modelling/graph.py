"""ONNX graphs written by hand, so that what runs on the edge holds no converter's surprise.

Every graph takes `input`, float32 [n, features], and gives `score`, float32 [n], or for a multiclass task
`probabilities`, float32 [n, classes]. The opsets are pinned: an old runtime on a gateway reads what a new training
environment wrote.
"""

from typing import Any

import numpy as np

from ninefold.vocabulary.columns import Array, Floats
from ninefold.vocabulary.task import TaskKind

OPSET = 17
OPSET_ML = 3
IR_VERSION = 8
INPUT = "input"
ML = "ai.onnx.ml"

_LARGEST = np.float32(np.finfo(np.float32).max)


class Builder:
    """Collects the nodes and constants of one graph."""

    def __init__(self, n_features: int) -> None:
        self.n_features = n_features
        self.nodes: list[Any] = []
        self.constants: dict[str, Array] = {}

    def constant(self, name: str, value: Any, dtype: Any = np.float32) -> str:
        """Keep a constant; return its name."""
        self.constants[name] = np.asarray(value, dtype)
        return name

    def node(self, operator: str, inputs: list[str], output: str, **attributes: Any) -> str:
        """Add a node; return the name of its output."""
        from onnx import helper

        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def filled(self, fill: Floats) -> str:
        """Put `fill` in place of what is missing or infinite."""
        self.node("Abs", [INPUT], "size")
        self.node("LessOrEqual", ["size", self.constant("largest", [_LARGEST])], "present")  # false for NaN, too
        return self.node("Where", ["present", INPUT, self.constant("fill", fill[None, :])], "filled")

    def flat(self, column: str, output: str = "score") -> str:
        """Make a column [n, 1] the vector of the answer."""
        return self.node("Reshape", [column, self.constant("flat", [-1], np.int64)], output)

    def linked(self, raw: str, kind: TaskKind) -> str:
        """Turn raw sums [n, 1] or [n, classes] into the answer: probabilities, or the value as it is."""
        if kind == "multiclass":
            return self.node("Softmax", [raw], "probabilities", axis=1)
        return self.flat(self.node("Sigmoid", [raw], "share") if kind == "binary" else raw)

    def finish(self, classes: int = 0) -> bytes:
        """Return the model, checked; `classes` is how many probabilities it gives, 0 for a score."""
        from onnx import TensorProto, checker, helper, numpy_helper

        output = ("probabilities", ["n", classes]) if classes else ("score", ["n"])
        graph = helper.make_graph(
            self.nodes,
            "ninefold",
            [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["n", self.n_features])],
            [helper.make_tensor_value_info(output[0], TensorProto.FLOAT, output[1])],
            [numpy_helper.from_array(value, name) for name, value in self.constants.items()],
        )
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(ML, OPSET_ML)]
        model = helper.make_model(graph, opset_imports=opsets, producer_name="ninefold", ir_version=IR_VERSION)
        checker.check_model(model)
        data: bytes = model.SerializeToString(deterministic=True)
        return data


def linear_graph(
    fill: Floats, centre: Floats, weights: Floats, intercept: Floats | float, kind: TaskKind = "binary"
) -> bytes:
    """Return link((x - centre) @ weights + intercept), with `fill` in place of what is missing or infinite.

    `weights` is (features,) or (features, classes). The scale of each feature is in its weight; the centre is not
    folded into the intercept, because in float32 the product of a large offset and a small spread would lose digits.
    """
    n = len(weights)
    graph = Builder(n)
    graph.node("Sub", [graph.filled(fill), graph.constant("centre", centre[None, :])], "centred")
    columns = weights.reshape(n, -1)
    terms = ["centred", graph.constant("weights", columns),
             graph.constant("intercept", np.reshape(intercept, -1))]  # fmt: skip
    graph.linked(graph.node("Gemm", terms, "raw"), kind)
    return graph.finish(columns.shape[1] if kind == "multiclass" else 0)
