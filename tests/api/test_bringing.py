"""A model of one's own: its file is written beside the others, and it meets the same requirements as they do."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from tests.acceptance.project import EXAMPLE

import ninefold as nf
from ninefold.kernel.errors import Conflict, InvalidFile, InvalidInput, NotFound

FEATURES = [
    "air_temperature",
    "process_temperature",
    "speed",
    "torque",
    "tool_wear",
    "power",
    "strain",
    "temperature_lift",
]


def net(path: Path, width: int = len(FEATURES), name: str = "score", domain: str = "") -> Path:
    """Write a graph that scores a part by its torque: a linear map and a sigmoid."""
    weights = np.zeros((width, 1), np.float32)
    weights[3 % width] = 0.2
    tensors = [
        helper.make_tensor("w", TensorProto.FLOAT, [width, 1], weights.ravel().tolist()),
        helper.make_tensor("b", TensorProto.FLOAT, [1], [-11.0]),
    ]
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["flat"]),
        helper.make_node("Add", ["flat", "b"], ["shifted"]),
        helper.make_node("Sigmoid", ["shifted"], [name], domain=domain),
    ]
    graph = helper.make_graph(
        nodes, "net", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", width])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 1])], tensors,
    )  # fmt: skip
    opsets = [helper.make_opsetid("", 15)] + ([helper.make_opsetid(domain, 1)] if domain else [])
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), str(path))
    return path


@pytest.fixture
def mill(tmp_path: Path, data_sets: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The project on AI4I 2020, without a result."""
    root = tmp_path / "ai4i"
    shutil.copytree(EXAMPLE, root, ignore=shutil.ignore_patterns(".ninefold", "__pycache__"))
    monkeypatch.setenv("NINEFOLD_DATA", str(data_sets))
    with nf.open(root) as project:
        yield project


@pytest.mark.acceptance
def test_a_brought_model_meets_the_requirements_of_the_one_it_is_like(mill: nf.Project, tmp_path: Path) -> None:
    """Every verdict of that model, on the same test rows, without training; a better file is another model."""
    verdicts = mill.bring(net(tmp_path / "by-torque.onnx"), like="part-failure", features=FEATURES)
    assert {str(row["check"]).split("/", 1)[1] for row in verdicts} == {
        "REQ-failure-detection/recall", "REQ-failure-detection/precision", "REQ-failure-detection/ranking",
        "REQ-every-variant/recall-by-variant", "REQ-every-variant/precision-by-variant",
    }  # fmt: skip
    assert {row["outcome"] for row in verdicts} <= {"fail", "insufficient", "pass"}
    assert "fail" in {row["outcome"] for row in verdicts}
    names = [str(row["name"]) for row in mill.trace("verdict:by-torque/REQ-failure-detection/ranking")]
    assert "dataset:parts" in names
    first = mill.ask("model:by-torque").content
    mill.bring(net(tmp_path / "by-torque.onnx", name="probability"), like="part-failure", features=FEATURES)
    assert mill.ask("model:by-torque").content != first


@pytest.mark.acceptance
def test_what_cannot_be_brought_is_named(mill: nf.Project, tmp_path: Path) -> None:
    """The file, the name, the model to be like, the width, an operator of somebody else."""
    file = net(tmp_path / "a.onnx")
    with pytest.raises(NotFound, match=r"no models/ghost\.yaml.*part-failure"):
        mill.bring(file, like="ghost")
    with pytest.raises(NotFound, match="is no file"):
        mill.bring(tmp_path / "ghost.onnx", like="part-failure")
    for name in ("../up", "a b", "ü"):
        with pytest.raises(InvalidInput, match="no name of a model"):
            mill.bring(file, name, like="part-failure")
    with pytest.raises(Conflict, match="written by a person"):
        mill.bring(file, "part-failure", like="part-failure-linear")
    with pytest.raises(InvalidFile, match="named twice"):
        mill.bring(file, "twice", like="part-failure", features=["speed", "speed"])
    with pytest.raises(InvalidInput, match="reads 8 features"):
        mill.bring(file, "narrow", like="part-failure", features=["speed"])
    assert sorted(p.name for p in mill.root.glob("models/*.new")) == []
