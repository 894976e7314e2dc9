"""ONNX graphs written by hand, so that what runs on the edge holds no converter's surprise.

Every graph takes `input`, float32 [n, features], and gives `score`, float32 [n]. The opsets are pinned: an old
runtime on a gateway reads what a new training environment wrote.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ninefold.development.modelling.snapping import Tree
from ninefold.vocabulary.columns import Floats

OPSET = 17
OPSET_ML = 3
IR_VERSION = 8

_LARGEST = np.float32(np.finfo(np.float32).max)


def linear_graph(fill: Floats, centre: Floats, weights: Floats, intercept: float) -> bytes:
    """Return sigmoid((x - centre) @ weights + intercept), with `fill` in place of what is missing or infinite.

    The scale of each feature is in its weight; the centre is not folded into the intercept, because in float32 the
    product of a large offset and a small spread would lose digits.
    """
    from onnx import helper

    n = len(weights)
    constants = {
        "largest": np.asarray([_LARGEST], np.float32), "fill": np.asarray(fill, np.float32)[None, :],
        "centre": np.asarray(centre, np.float32)[None, :], "weights": np.asarray(weights, np.float32).reshape(n, 1),
        "intercept": np.asarray([intercept], np.float32), "flat": np.asarray([-1], np.int64),
    }  # fmt: skip
    nodes = [
        helper.make_node("Abs", ["input"], ["size"]),
        helper.make_node("LessOrEqual", ["size", "largest"], ["present"]),  # false for NaN, too
        helper.make_node("Where", ["present", "input", "fill"], ["filled"]),
        helper.make_node("Sub", ["filled", "centre"], ["centred"]),
        helper.make_node("Gemm", ["centred", "weights", "intercept"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["share"]),
        helper.make_node("Reshape", ["share", "flat"], ["score"]),
    ]
    return _model(nodes, constants, n)


def tree_graph(trees: Sequence[Tree], n_features: int, sigmoid: float) -> bytes:
    """Return sigmoid(sum of the trees' leaves) as one TreeEnsembleRegressor."""
    from onnx import helper

    columns: dict[str, list[Any]] = {f"nodes_{k}": [] for k in (
        "treeids", "nodeids", "featureids", "values", "modes", "truenodeids", "falsenodeids",
        "missing_value_tracks_true")}  # fmt: skip
    leaves: dict[str, list[Any]] = {f"target_{k}": [] for k in ("treeids", "nodeids", "ids", "weights")}
    for number, tree in enumerate(trees):
        _add_tree(columns, leaves, number, tree, sigmoid)
    nodes = [
        helper.make_node(
            "TreeEnsembleRegressor", ["input"], ["sum"], domain="ai.onnx.ml", n_targets=1, post_transform="NONE",
            aggregate_function="SUM", **columns, **leaves,
        ),
        helper.make_node("Sigmoid", ["sum"], ["share"]),
        helper.make_node("Reshape", ["share", "flat"], ["score"]),
    ]  # fmt: skip
    return _model(nodes, {"flat": np.asarray([-1], np.int64)}, n_features)


def _add_tree(
    columns: dict[str, list[Any]], leaves: dict[str, list[Any]], number: int, tree: Tree, sigmoid: float
) -> None:
    """Append a tree: inner nodes 0.., leaves behind them. LightGBM names leaf i by the negative number ~i."""
    inner = len(tree.feature)

    def place(child: int) -> int:
        return int(child) if child >= 0 else inner + ~int(child)

    def add(node: int, feature: int, value: float, mode: str, yes: int, no: int, missing: int) -> None:
        row = (number, node, feature, value, mode, yes, no, missing)
        for column, item in zip(columns.values(), row, strict=True):
            column.append(item)

    for i in range(inner):
        add(i, int(tree.feature[i]), float(tree.threshold[i]), "BRANCH_LEQ", place(tree.left[i]),
            place(tree.right[i]), int(tree.missing_left[i]))  # fmt: skip
    for i, value in enumerate(tree.leaf):
        add(inner + i, 0, 0.0, "LEAF", 0, 0, 0)
        for column, item in zip(leaves.values(), (number, inner + i, 0, float(value) * sigmoid), strict=True):
            column.append(item)


def _model(nodes: Sequence[Any], constants: dict[str, Any], n_features: int) -> bytes:
    from onnx import TensorProto, checker, helper, numpy_helper

    graph = helper.make_graph(
        list(nodes),
        "ninefold",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["n", n_features])],
        [helper.make_tensor_value_info("score", TensorProto.FLOAT, ["n"])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", OPSET_ML)]
    model = helper.make_model(graph, opset_imports=opsets, producer_name="ninefold", ir_version=IR_VERSION)
    checker.check_model(model)
    data: bytes = model.SerializeToString(deterministic=True)
    return data
