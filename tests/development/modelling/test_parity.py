"""The parity gate: what passes gives the native scores, and what does not is named."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper

from ninefold.development.modelling.parity import TOLERANCE, Graph, compare, label_flips
from ninefold.development.modelling.probe import probe_rows
from ninefold.development.modelling.trainers.contract import LearningTask
from ninefold.development.modelling.trainers.lightgbm import TRAINER as LIGHTGBM
from ninefold.development.modelling.trainers.linear import TRAINER as LINEAR
from ninefold.kernel.errors import InvalidInput

BINARY = LearningTask("binary", 2400, 4, 800)
BOOSTED = {"rounds": 40, "num_leaves": 15, "learning_rate": 0.1, "min_data_in_leaf": 10}


@pytest.mark.parametrize(("trainer", "params"), [(LINEAR, {"C": 1.0}), (LIGHTGBM, BOOSTED)], ids=["linear", "lightgbm"])
@pytest.mark.parametrize("nulls", [0.0, 0.05], ids=["no nulls", "nulls"])
def test_exported_graphs_pass(cell: Callable[..., Any], trainer: Any, params: dict[str, Any], nulls: float) -> None:
    """On test rows, thresholds, NaN, infinities, unknown codes and no rows at all; trained with and without nulls."""
    data = cell(nulls=nulls)
    data.x[:, 3] = np.round(data.x[:, 3]).clip(0, 2)
    fitted = trainer.fit(BINARY, params, data.x, data.y, 0, 1)
    probe, cases = probe_rows(data.x[-300:], fitted.thresholds(), {3: 3}, 0)
    graph = Graph(fitted.export())
    parity = compare(graph, probe, fitted.predict(probe), cases)
    assert parity.passed, parity.note
    assert parity.largest_difference is not None
    assert parity.largest_difference < 1e-6
    assert parity.rows == sum(cases.values()) == len(probe)
    assert min(cases["unknown"], cases["missing"], cases["infinite"]) > 0
    assert (cases["threshold"] > 0) == (trainer is LIGHTGBM)
    assert label_flips(graph, probe, fitted.predict(probe), 0.31) == 0


@pytest.mark.job("modelling/parity", against="real", what="scikit-learn, LightGBM, ONNX Runtime")
def test_the_adversarial_rows_catch_unsnapped_thresholds(cell: Callable[..., Any]) -> None:
    """A graph whose thresholds were rounded to the nearest float32 gives itself away only there."""
    from ninefold.development.modelling.tree_graph import tree_graph

    data = cell(n=4000, nulls=0.0)
    fitted: Any = LIGHTGBM.fit(BINARY, BOOSTED, data.x, data.y, 0, 1)
    raised = [
        tree._replace(threshold=np.nextafter(tree.threshold.astype(np.float32), np.float32(np.inf)).astype(float))
        for tree in fitted.trees
    ]
    probe, cases = probe_rows(data.x[-300:], fitted.thresholds(), {}, 0)
    parity = compare(Graph(tree_graph(raised, 4, 1.0)), probe, fitted.predict(probe), cases)
    assert not parity.passed
    assert "case 'threshold'" in parity.note


def test_a_wrong_score_fails_and_says_where(cell: Callable[..., Any]) -> None:
    """The note counts the rows and names the case."""
    data = cell()
    fitted = LINEAR.fit(BINARY, {"C": 1.0}, data.x, data.y, 0, 1)
    probe, cases = probe_rows(data.x[-50:], (), {}, 0)
    native = fitted.predict(probe)
    native[7] += 0.01
    parity = compare(Graph(fitted.export()), probe, native, cases)
    assert not parity.passed
    assert parity.largest_difference == pytest.approx(0.01, abs=TOLERANCE)
    assert parity.note.startswith(f"1 of {len(probe)} rows differ, the most in case 'test'")


def test_a_native_nan_fails(cell: Callable[..., Any]) -> None:
    """A score that is no number is a failure even when both sides agree on it."""
    data = cell()
    fitted = LINEAR.fit(BINARY, {"C": 1.0}, data.x, data.y, 0, 1)
    probe, cases = probe_rows(data.x[-50:], (), {}, 0)
    native = fitted.predict(probe)
    native[-1] = np.nan
    parity = compare(Graph(fitted.export()), probe, native, cases)
    assert not parity.passed
    assert "'all missing'" in parity.note


def test_label_flips_are_counted_at_the_threshold(cell: Callable[..., Any]) -> None:
    """One native score on the other side of the threshold is one flip."""
    data = cell()
    fitted = LINEAR.fit(BINARY, {"C": 1.0}, data.x, data.y, 0, 1)
    native = fitted.predict(data.x)
    row = int(np.argmin(np.abs(native - 0.5)))
    native[row] = 0.9 if native[row] < 0.5 else 0.1
    assert label_flips(Graph(fitted.export()), data.x, native, 0.5) == 1


@pytest.mark.parametrize(
    ("onnx", "message"),
    [
        (b"no model", "refuses the graph"),
        ("label", "one output, `score`"),
        ("double", "float32"),
    ],
    ids=["no graph", "another output", "another type"],
)
def test_a_graph_of_another_form_is_refused(onnx: bytes | str, message: str) -> None:
    """The scorer knows one form only."""
    if isinstance(onnx, str):
        kind = TensorProto.DOUBLE if onnx == "double" else TensorProto.FLOAT
        name = "label" if onnx == "label" else "score"
        graph = helper.make_graph(
            [helper.make_node("ReduceSum", ["input", "axes"], [name], keepdims=0)],
            "g",
            [helper.make_tensor_value_info("input", kind, ["n", 2])],
            [helper.make_tensor_value_info(name, kind, ["n"])],
            [helper.make_tensor("axes", TensorProto.INT64, [1], [1])],
        )
        opsets = [helper.make_opsetid("", 17)]
        onnx = helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()
    with pytest.raises(InvalidInput, match=message):
        Graph(onnx)
