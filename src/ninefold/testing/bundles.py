"""A small model, recipe and bundle for tests of everything that runs one: no training, no data, the same every time."""

from typing import Any

import msgspec
import numpy as np

from ninefold.bundle.golden import Stream, make_golden
from ninefold.bundle.manifest import Contract, Decide, Feature, Signal
from ninefold.bundle.opening import stream_of
from ninefold.bundle.payload import write_payload
from ninefold.bundle.session import Session
from ninefold.kernel.documents import parse_yaml
from ninefold.recipes import parse_recipe
from ninefold.vocabulary.columns import Columns, take
from ninefold.vocabulary.criterion import MetricSpec

FEATURES = ("torque_mean", "speed_mean")
CONTRACT = Contract(
    (Signal("torque", "N.m"), Signal("speed", "{rev}/min")),
    (
        Feature("torque_mean", "N.m", centre=40.0, spread=5.0, low=20.0, high=60.0),
        Feature("speed_mean", "{rev}/min", centre=1500.0, spread=100.0, low=1200.0, high=1900.0),
    ),
)
THRESHOLD = 0.5
RECIPE = parse_recipe(
    parse_yaml(
        """
        inputs: {cell: dataset:cell}
        keys: {entity: asset, time: t, frame: part}
        steps:
          - window: {by: part, weights: rows, statistics: {torque: [mean], speed: [mean]}}
        """,
        "recipes/small.yaml",
    )
)  # the means of torque and speed over each part, given out when the next part begins


RECIPE_FACETS = {"inputs": RECIPE.inputs, "features": {"keys": RECIPE.keys, "steps": list(RECIPE.steps)}}


def small_graph(weights: tuple[float, ...] = (0.2, 0.0), intercept: float = -10.0) -> bytes:
    """Return sigmoid(x @ weights + intercept) as ONNX: `input` float32 [n, features] -> `score` float32 [n]."""
    from onnx import TensorProto, helper, numpy_helper

    width = len(weights)
    constants = [
        numpy_helper.from_array(np.asarray(weights, np.float32).reshape(width, 1), "weights"),
        numpy_helper.from_array(np.asarray([intercept], np.float32), "intercept"),
        numpy_helper.from_array(np.asarray([-1], np.int64), "flat"),
    ]
    nodes = [
        helper.make_node("MatMul", ["input", "weights"], ["product"]),
        helper.make_node("Add", ["product", "intercept"], ["sum"]),
        helper.make_node("Sigmoid", ["sum"], ["column"]),
        helper.make_node("Reshape", ["column", "flat"], ["score"]),
    ]
    return _model(nodes, width, helper.make_tensor_value_info("score", TensorProto.FLOAT, ["n"]), constants)


def number_graph(weights: tuple[float, ...] = (-1.0, 0.0), intercept: float = 60.0) -> bytes:
    """Return x @ weights + intercept as ONNX: a number in a unit of its own as `score` float32 [n]."""
    from onnx import TensorProto, helper, numpy_helper

    width = len(weights)
    constants = [
        numpy_helper.from_array(np.asarray(weights, np.float32).reshape(width, 1), "weights"),
        numpy_helper.from_array(np.asarray([intercept], np.float32), "intercept"),
        numpy_helper.from_array(np.asarray([-1], np.int64), "flat"),
    ]
    nodes = [
        helper.make_node("MatMul", ["input", "weights"], ["product"]),
        helper.make_node("Add", ["product", "intercept"], ["column"]),
        helper.make_node("Reshape", ["column", "flat"], ["score"]),
    ]
    return _model(nodes, width, helper.make_tensor_value_info("score", TensorProto.FLOAT, ["n"]), constants)


def class_graph(
    weights: tuple[tuple[float, ...], ...] = ((-1.0, 0.0, 1.0), (0.0, 0.0, 0.0)),
    intercepts: tuple[float, ...] = (45.0, 3.0, -45.0),
) -> bytes:
    """Return softmax(x @ weights + intercepts) as ONNX: `probabilities` float32 [n, classes]."""
    from onnx import TensorProto, helper, numpy_helper

    constants = [
        numpy_helper.from_array(np.asarray(weights, np.float32), "weights"),
        numpy_helper.from_array(np.asarray(intercepts, np.float32), "intercepts"),
    ]
    nodes = [
        helper.make_node("MatMul", ["input", "weights"], ["product"]),
        helper.make_node("Add", ["product", "intercepts"], ["sum"]),
        helper.make_node("Softmax", ["sum"], ["probabilities"], axis=-1),
    ]
    output = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", len(intercepts)])
    return _model(nodes, len(weights), output, constants)


def _model(nodes: list[Any], width: int, output: Any, constants: list[Any]) -> bytes:
    from onnx import TensorProto, helper

    given = [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["n", width])]
    graph = helper.make_graph(nodes, "small", given, [output], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    data: bytes = model.SerializeToString()
    return data


def small_stream(state: bytes | None = None) -> Stream:
    """Return the small recipe at work, anew or from a state."""
    return stream_of(RECIPE)(state)


def raw_rows(parts: int = 6, assets: tuple[str, ...] = ("m1", "m2"), start: int = 1_790_000_000_000_000) -> Columns:
    """Return four rows a part and asset, ten seconds apart; torque rises from part to part, crossing the threshold."""
    rows = [(a, start + 10_000_000 * (4 * p + k), str(p), 38.0 + 4 * p + k / 4, 1500.0 - k) for p in range(parts)
            for k in range(4) for a in assets]  # fmt: skip
    names = ("asset", "t", "part", "torque", "speed")
    kinds = (object, np.int64, object, np.float64, np.float64)
    return {n: np.array([r[i] for r in rows], kind) for i, (n, kind) in enumerate(zip(names, kinds, strict=True))}


def small_payload(name: str = "tool-failure", onnx: bytes | None = None, **changes: Any) -> bytes:
    """Return the payload of the small model and recipe, with golden rows; `changes` go to `write_payload`."""
    graph = onnx or small_graph()
    raw = take(raw_rows(), np.arange(40))
    classes = changes.get("contract", CONTRACT).classes
    kinds = (changes.get(n) for n in ("alarm", "conformal"))
    contract = msgspec.structs.replace(CONTRACT, classes=classes)
    decide = Decide(changes.get("threshold", THRESHOLD), changes.get("task", "binary"), *kinds)
    golden = make_golden(Session(graph, FEATURES, {}, classes), contract, raw, small_stream(), decide)
    monitor = MetricSpec("REQ-x", "input-drift", "drift", ("runtime",), {"states": ["producing"]})
    fields: dict[str, Any] = {
        "name": name, "onnx": graph, "recipe": RECIPE_FACETS,
        "profile": {"features": {}}, "contract": CONTRACT, "threshold": THRESHOLD, "golden": golden,
        "monitors": [monitor], "parity": "c" * 64, "model": "d" * 64,
    }  # fmt: skip
    return write_payload(**{**fields, **changes})
