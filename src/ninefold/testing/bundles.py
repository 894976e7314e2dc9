"""A small model, recipe and bundle for tests of everything that runs one: no training, no data, the same every time."""

from typing import Any

import msgspec
import numpy as np

from ninefold.bundle.golden import make_golden
from ninefold.bundle.manifest import Contract, Feature, Signal
from ninefold.bundle.payload import write_payload
from ninefold.bundle.session import Session
from ninefold.vocabulary.columns import Array, Columns, length, take
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
    graph = helper.make_graph(
        nodes, "small",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["n", width])],
        [helper.make_tensor_value_info("score", TensorProto.FLOAT, ["n"])],
        constants,
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    data: bytes = model.SerializeToString()
    return data


class PartMeans:
    """A recipe in miniature: the means of torque and speed over each part, given out when the next part begins."""

    def __init__(self, state: bytes | None = None) -> None:
        self._open: dict[str, list[Any]] = {} if state is None else msgspec.msgpack.decode(state)

    def push(self, columns: Columns) -> dict[str, Array]:
        """Take rows with asset, t, part, torque and speed; return asset, frame, t and the means."""
        done: list[tuple[Any, ...]] = []
        for row in range(length(columns)):
            asset, part, t = (columns[n][row] for n in ("asset", "part", "t"))
            held = self._open.get(asset)
            if held is not None and held[0] != part:
                done.append((asset, str(held[0]), held[1], held[2] / held[4], held[3] / held[4]))
                held = None
            if held is None:
                held = self._open[asset] = [int(part), int(t), 0.0, 0.0, 0]
            held[1] = int(t)
            held[2] += float(columns["torque"][row])
            held[3] += float(columns["speed"][row])
            held[4] += 1
        names = ("asset", "frame", "t", *FEATURES)
        kinds = (object, object, np.int64, np.float64, np.float64)
        return {n: np.array([d[i] for d in done], kind) for i, (n, kind) in enumerate(zip(names, kinds, strict=True))}

    def state(self) -> bytes:
        """Return the open parts."""
        return msgspec.msgpack.encode(self._open)


def raw_rows(parts: int = 6, assets: tuple[str, ...] = ("m1", "m2"), start: int = 1_790_000_000_000_000) -> Columns:
    """Return four rows a part and asset, ten seconds apart; torque rises from part to part, crossing the threshold."""
    rows = [(a, start + 10_000_000 * (4 * p + k), p, 38.0 + 4 * p + k / 4, 1500.0 - k) for p in range(parts)
            for k in range(4) for a in assets]  # fmt: skip
    names = ("asset", "t", "part", "torque", "speed")
    kinds = (object, np.int64, np.int64, np.float64, np.float64)
    return {n: np.array([r[i] for r in rows], kind) for i, (n, kind) in enumerate(zip(names, kinds, strict=True))}


def small_payload(name: str = "tool-failure", onnx: bytes | None = None, **changes: Any) -> bytes:
    """Return the payload of the small model, with golden rows through `PartMeans`; `changes` go to `write_payload`."""
    graph = onnx or small_graph()
    raw = take(raw_rows(), np.arange(40))
    golden = make_golden(Session(graph, FEATURES), CONTRACT, raw, PartMeans())
    monitor = MetricSpec("REQ-x", "input-drift", "drift", ("runtime",), {"states": ["producing"]})
    fields: dict[str, Any] = {
        "name": name, "onnx": graph, "recipe": {"inputs": {"cell": "dataset:cell"}, "features": []},
        "profile": {"features": {}}, "contract": CONTRACT, "threshold": THRESHOLD, "golden": golden,
        "monitors": [monitor], "parity": "c" * 64, "model": "d" * 64,
    }  # fmt: skip
    return write_payload(**{**fields, **changes})
