"""The blend: greedy with replacement, one graph, the parity gate, and a place on the board."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from ninefold.development.modelling.ensemble import ensemble_of, merged, select
from ninefold.development.modelling.entrant import Budgeted, Data
from ninefold.development.modelling.parity import Graph
from ninefold.development.modelling.race import Race
from ninefold.development.modelling.specification import RowSplit, Split, TaskSpec
from ninefold.development.modelling.split import divide
from ninefold.development.modelling.trainers.contract import LearningTask
from ninefold.development.modelling.trainers.lightgbm import TRAINER as LIGHTGBM
from ninefold.development.modelling.trainers.linear import TRAINER as LINEAR
from ninefold.kernel.errors import InvalidInput
from ninefold.kernel.progress import Cancel, Silent
from ninefold.vocabulary.quantity import Share

BOOSTED = {"rounds": 20, "num_leaves": 8, "learning_rate": 0.1, "min_data_in_leaf": 10}


def test_two_that_err_apart_are_better_together() -> None:
    """Opposite errors cancel at equal weights; the third, which is worse, is left out."""
    rng = np.random.default_rng(0)
    y, error = rng.normal(size=500), rng.normal(size=500)
    found = select(y, {"a": y + error, "b": y - error, "c": y + 5}, "rmse")
    assert found == {"a": 0.5, "b": 0.5}


def test_weights_are_how_often_one_was_drawn() -> None:
    """An error three times as large weighs a third."""
    rng = np.random.default_rng(0)
    y, error = rng.normal(size=500), rng.normal(size=500)
    found = select(y, {"a": y + error, "b": y - 3 * error}, "rmse")
    assert found == {"a": 0.75, "b": 0.25}


def test_a_perfect_one_stays_alone() -> None:
    """No blend is better."""
    y = np.arange(20.0)
    assert select(y, {"a": y, "b": y + 1}, "mae") == {"a": 1.0}


def test_an_undefined_metric_blends_nothing() -> None:
    """Without positives every value is NaN: one is taken, by name."""
    assert select(np.zeros(5), {"b": np.ones(5), "a": np.ones(5)}, "auc") == {"a": 1.0}


@pytest.mark.job("modelling/ensemble", against="real", what="ONNX Runtime")
@pytest.mark.parametrize("kind", ["binary", "regression", "multiclass"])
def test_the_merged_graph_is_the_weighted_sum(kind: Any) -> None:
    """Of a linear model and of trees, whose nodes and constants have the same names; twice of the same one."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(300, 3)).astype(np.float32)
    y = np.digitize(x[:, 0], [0] if kind == "binary" else [-0.5, 0.5]).astype(float)
    classes = 3 if kind == "multiclass" else 0
    task = LearningTask(kind, 300, 3, 150, classes)
    fitted = [LINEAR.fit(task, {"C": 1.0}, x, y, 0, 1), LIGHTGBM.fit(task, BOOSTED, x, y, 0, 1)]
    graphs = [f.export() for f in fitted]
    both = Graph(merged([(graphs[0], 0.25), (graphs[1], 0.5), (graphs[0], 0.25)], 3, classes))
    wanted = 0.5 * fitted[0].predict(x) + 0.5 * fitted[1].predict(x)
    assert np.abs(both.scores(x) - wanted).max() < 1e-6
    assert both.scores(x[:0]).shape == wanted[:0].shape


def foreign(opset: int, *, nested: bool = False) -> bytes:
    """Return a graph that somebody else's trainer might export."""
    scalar = helper.make_tensor_value_info("score", TensorProto.FLOAT, ["n"])
    source = helper.make_tensor_value_info("input", TensorProto.FLOAT, ["n", 3])
    axes = helper.make_tensor("axes", TensorProto.INT64, [1], [1])
    nodes = [helper.make_node("ReduceSum", ["input", "axes"], ["score"], keepdims=0)]
    constants = [axes]
    if nested:
        inner = helper.make_graph([helper.make_node("Identity", ["sum"], ["same"])], "inner", [],
                                  [helper.make_tensor_value_info("same", TensorProto.FLOAT, ["n"])])  # fmt: skip
        nodes = [helper.make_node("ReduceSum", ["input", "axes"], ["sum"], keepdims=0),
                 helper.make_node("If", ["yes"], ["score"], then_branch=inner, else_branch=inner)]  # fmt: skip
        constants.append(helper.make_tensor("yes", TensorProto.BOOL, [], [True]))
    graph = helper.make_graph(nodes, "g", [source], [scalar], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    onnx.checker.check_model(model)
    data: bytes = model.SerializeToString()
    return data


@pytest.mark.parametrize(
    ("graph", "message"),
    [(foreign(16), "version 16 of ai.onnx"), (foreign(17, nested=True), r"graph within its graph \(If\)")],
    ids=["another opset", "nested"],
)
def test_a_graph_that_cannot_be_merged_is_named(graph: bytes, message: str) -> None:
    """Before anything is written."""
    with pytest.raises(InvalidInput, match=message):
        merged([(graph, 0.5), (graph, 0.5)], 3, 0)


def test_the_ensemble_is_a_candidate_like_any_other(tmp_path: Path) -> None:
    """Members and weights, folds, interval, gate; one with a spoilt member is out, with its reason."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(900, 4)).astype(np.float32)
    y = 2 * x[:, 0] + 0.4 * np.abs(x[:, 1]) + 0.3 * rng.normal(size=900)
    task = TaskSpec("regression")
    rows = divide({}, y, Split(order=RowSplit(Share(0.25)), folds=3), np.random.default_rng(0), task)
    data = Data(x, y, rows, tuple("abcd"), 3, {}, "regression")
    race = Race(data, "rmse", Budgeted(40, 2e9, 1), 0, tmp_path, Silent(), Cancel())
    finish = race.run(("linear", "lightgbm", "neighbours"))
    (found,) = [e for e in finish.entrants if e.name == "ensemble"]
    assert found.outcome == "finished", [(e.name, e.outcome, e.reason, e.folds) for e in finish.entrants]
    row = found.row(finish.standings["ensemble"])
    assert row.outcome == "finished"
    assert len(row.members) >= 2
    assert sum(row.members.values()) == pytest.approx(1)
    assert set(row.members) <= set(finish.standings)
    assert len(row.folds) == 3
    assert row.parity is not None
    assert row.parity.passed
    assert row.parity.rows == sum(row.parity.cases.values())
    others = [s.point for n, s in finish.standings.items() if n != "ensemble"]
    assert finish.standings["ensemble"].point < min(others)
    passed = {e.name: e for e in finish.entrants if e.outcome == "finished" and e.name != "ensemble"}
    member = passed[max(row.members, key=lambda n: row.members[n])]
    assert member.native is not None
    member.native = member.native + 1.0
    labelled = np.flatnonzero(rows.roles >= 0)
    spoilt = ensemble_of(passed, data, "rmse", labelled, 0)
    assert spoilt.outcome == "disqualified"
    assert "does not give the blended native scores" in spoilt.reason
