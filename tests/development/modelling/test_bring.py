"""A brought ONNX file: every fault by its own name, and a good one through all the steps without training."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from tests.development.modelling.test_step import FILE, Bench

from ninefold.development.modelling.bring import MOST_BYTES, house_form, read_brought
from ninefold.development.modelling.files import ModelFiles
from ninefold.development.modelling.operating_step import OperatingPoints
from ninefold.development.modelling.parity import Graph
from ninefold.development.modelling.specification import BringSpec
from ninefold.development.modelling.step import BroughtModels, Candidates, Models
from ninefold.kernel.errors import InvalidFile, InvalidInput, NinefoldError, NotFound, Refused

SPEC = BringSpec("models/net.onnx")


def network(
    inputs: tuple[tuple[str, Any], ...] = (("X", ["n", 2]),),
    *,
    element: int = TensorProto.FLOAT,
    answer: Any = ("n", 2),
    name: str = "probabilities",
    domain: str = "",
    operator: str = "Softmax",
    weights: Any = None,
    columns: int = 2,
) -> Any:
    """Return a model as a converter writes it: a linear map and a softmax, with a label beside it."""
    matrix = weights or helper.make_tensor("score", TensorProto.FLOAT, [2, columns], [0.0, 1.0] * columns)
    nodes = [
        helper.make_node("MatMul", ["X", "score"], ["flat"]),
        helper.make_node(operator, ["flat"], [name], domain=domain),
        helper.make_node("ArgMax", [name], ["label"], axis=1, keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info(n, element, dims) for n, dims in inputs],
        [helper.make_tensor_value_info("label", TensorProto.INT64, ["n"]),
         helper.make_tensor_value_info(name, TensorProto.FLOAT, list(answer))],
        [matrix],
    )  # fmt: skip
    opsets = [helper.make_opsetid("", 15)] + ([helper.make_opsetid(domain, 1)] if domain else [])
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def external() -> Any:
    """Return a tensor whose values lie in another file."""
    tensor = helper.make_tensor("score", TensorProto.FLOAT, [2, 2], [0.0] * 4)
    tensor.ClearField("float_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/weights.bin")
    return tensor


def zipmap() -> Any:
    """Return a model whose answer is a list of maps, as skl2onnx writes it unless told not to."""
    model = network()
    keys = helper.make_map_type_proto(TensorProto.INT64, helper.make_tensor_type_proto(TensorProto.FLOAT, None))
    value = helper.make_value_info("maps", helper.make_sequence_type_proto(keys))
    model.graph.node.append(
        helper.make_node("ZipMap", ["probabilities"], ["maps"], domain="ai.onnx.ml", classlabels_int64s=[0, 1])
    )
    model.opset_import.append(helper.make_opsetid("ai.onnx.ml", 1))
    del model.graph.output[:]
    model.graph.output.append(helper.make_tensor_value_info("output_label", TensorProto.INT64, ["n"]))
    model.graph.output.append(value)
    return model


def functions() -> Any:
    """Return a model with a function of its own."""
    model = network()
    opsets = [helper.make_opsetid("", 15)]
    node = helper.make_node("Identity", ["a"], ["b"])
    model.functions.append(helper.make_function("local", "Twice", ["a"], ["b"], [node], opsets))
    return model


@pytest.fixture
def project(tmp_path: Path) -> Callable[[Any], Path]:
    """Return a maker of projects that hold a model."""
    (tmp_path / "models").mkdir()

    def make(model: Any) -> Path:
        data = model if isinstance(model, bytes) else model.SerializeToString()
        (tmp_path / "models" / "net.onnx").write_bytes(data)
        return tmp_path

    return make


def test_a_good_file_is_read_with_its_form(project: Callable[[Any], Path]) -> None:
    """Digest, names, width and columns; the bytes as they are."""
    model = network()
    found, data = read_brought(project(model), BringSpec("models/net.onnx", features=("a", "b")))
    assert data == model.SerializeToString()
    assert found.sha256 == sha256(data).hexdigest()
    assert (found.input, found.output, found.columns, found.width) == ("X", "probabilities", 2, 2)


@pytest.mark.parametrize(
    ("model", "spec", "error", "message"),
    [
        (network(domain="com.acme", operator="Magic"), SPEC, Refused, "com.acme::Magic, which is not of the ONNX"),
        (network(operator="Sofmax"), SPEC, Refused, "operator Sofmax, which is not"),
        (functions(), SPEC, Refused, "functions of its own, such as Twice"),
        (network(weights=external()), SPEC, Refused, "keeps the values of 'score' in '/etc/weights.bin'"),
        (network((("X", ["n", 2]), ("Z", ["n", 1]))), SPEC, InvalidInput, r"takes 2 inputs \(X, Z\)"),
        (network((("X", ["n", "m"]),)), SPEC, InvalidInput, r"number of features open \(m\)"),
        (network((("X", [1, 2]),)), SPEC, InvalidInput, "reads exactly 1 rows"),
        (network((("X", ["n", 3, 2]),), answer=("n", 3, 2)), SPEC, InvalidInput, "3 dimensions"),
        (network(element=TensorProto.DOUBLE), SPEC, InvalidInput, "is double, not float32"),
        (network(), BringSpec("models/net.onnx", input="Y"), InvalidInput, "no input 'Y'; its input is 'X'"),
        (network(), BringSpec("models/net.onnx", output="y"), InvalidInput, "no output 'y'; it has label, prob"),
        (network(), BringSpec("models/net.onnx", output="label"), InvalidInput, "'label' .* is int64, not float32"),
        (network(name="out"), SPEC, InvalidInput, "2 outputs .*none is called score"),
        (zipmap(), SPEC, InvalidInput, "no tensor but a list or map"),
        (network(), BringSpec("models/net.onnx", features=("a",)), InvalidInput, "reads 2 features; .* names 1"),
        (network(), BringSpec("models/net.onnx", "0" * 64), InvalidInput, "model file names 000"),
        (network(), BringSpec("models/other.onnx"), NotFound, "no file models/other.onnx"),
        (b"not a model", SPEC, InvalidInput, "no ONNX model"),
        (b"", SPEC, InvalidInput, "holds no operator"),
    ],
    ids=["custom operator", "unknown operator", "functions", "external data", "two inputs", "open features",
         "fixed batch", "three dimensions", "double", "wrong input", "wrong output", "label", "no answer", "zipmap",
         "other width", "other digest", "no file", "no graph", "empty"],
)  # fmt: skip
def test_each_fault_has_its_own_message(
    project: Callable[[Any], Path], model: Any, spec: BringSpec, error: type[NinefoldError], message: str
) -> None:
    """Before ONNX Runtime sees the file; each says what to do."""
    with pytest.raises(error, match=message) as caught:
        read_brought(project(model), spec)
    if not isinstance(model, bytes):
        assert caught.value.hint


def test_a_file_of_two_gigabytes_is_refused_by_its_size(project: Callable[[Any], Path]) -> None:
    """It is not read: the file has a size and no blocks."""
    root = project(b"")
    with (root / "models" / "net.onnx").open("r+b") as stream:
        stream.truncate(2**31 + 1)
    with pytest.raises(Refused, match=f"has 2048 MiB; at most {MOST_BYTES // 2**20} MiB"):
        read_brought(root, SPEC)


def test_a_link_out_of_the_project_is_refused(project: Callable[[Any], Path], tmp_path_factory: Any) -> None:
    """A file of somebody else is not read through it."""
    outside = tmp_path_factory.mktemp("elsewhere") / "secret.onnx"
    outside.write_bytes(network().SerializeToString())
    root = project(network())
    (root / "models" / "net.onnx").unlink()
    (root / "models" / "net.onnx").symlink_to(outside)
    with pytest.raises(Refused, match="outside the project"):
        read_brought(root, SPEC)


@pytest.mark.parametrize(
    ("model", "kind", "classes", "wanted"),
    [
        (network(), "binary", 0, [[0.5, 0.5], [0.2689414, 0.7310586]]),
        (network(columns=3, answer=("n", 3)), "multiclass", 3, None),
        (network(columns=1, answer=("n", 1), operator="Identity", name="variable"), "regression", 0, None),
        (network(answer=("n", 2), operator="Sigmoid"), "binary", 0, None),
    ],
    ids=["two columns", "classes", "one column", "sigmoid"],
)
def test_the_house_s_form_gives_the_same_answers(
    project: Callable[[Any], Path], model: Any, kind: Any, classes: int, wanted: Any
) -> None:
    """Names of the house, though the graph used `score` and `flat` for something else."""
    import onnxruntime

    found, data = read_brought(project(model), SPEC)
    x = np.array([[0, 0], [0, 1], [3, -1]], np.float32)
    (native,) = onnxruntime.InferenceSession(data).run([found.output], {"X": x})
    got = Graph(house_form(data, found, kind, classes)).scores(x)
    assert got == pytest.approx(native if classes else native[:, -1])
    assert Graph(house_form(data, found, kind, classes)).scores(x[:0]).shape == got[:0].shape
    if wanted:
        assert native[:2] == pytest.approx(np.array(wanted), abs=1e-6)


@pytest.mark.parametrize(
    ("kind", "classes", "message"),
    [("multiclass", 3, "2 columns for 3 classes"), ("regression", 0, "2 columns for one answer of a regression")],
)
def test_an_answer_of_another_form_is_refused(
    project: Callable[[Any], Path], kind: Any, classes: int, message: str
) -> None:
    """By what the task needs."""
    found, data = read_brought(project(network()), SPEC)
    with pytest.raises(InvalidInput, match=message):
        house_form(data, found, kind, classes)


BROUGHT = FILE.replace("trainers: [linear, lightgbm]\n", "bring: {file: models/net.onnx, features: [torque, speed]}\n")


def brought(folder: Path, model: Any) -> Bench:
    """Return the bench of a project whose model was brought, its file read."""
    bench = Bench(folder, BROUGHT)
    bench.data(900)
    (folder / "models").mkdir()
    (folder / "models" / "net.onnx").write_bytes(model.SerializeToString())
    bench.run(BroughtModels())
    return bench


def filling() -> Any:
    """Return a model of torque that reads 0 where it is missing."""
    model = network(weights=helper.make_tensor("score", TensorProto.FLOAT, [2, 2], [0.0, 1.0, 0.0, 0.0]))
    model.graph.initializer.append(helper.make_tensor("zero", TensorProto.FLOAT, [1], [0.0]))
    model.graph.node[0].input[0] = "filled"
    model.graph.node.insert(0, helper.make_node("Where", ["gap", "zero", "X"], ["filled"]))
    model.graph.node.insert(0, helper.make_node("IsNaN", ["X"], ["gap"]))
    return model


def test_a_model_that_has_no_answer_for_a_gap_is_refused(tmp_path: Path) -> None:
    """The data have gaps, and a device would have nothing to decide by."""
    bench = brought(tmp_path, network())
    with pytest.raises(InvalidInput, match=r"gives no number on \d+ of 1800 rows") as caught:
        bench.run(Candidates())
    assert caught.value.hint.startswith("Let the graph fill")


@pytest.mark.job("modelling/bring", against="real", what="ONNX files")
def test_a_brought_model_goes_through_all_steps(tmp_path: Path) -> None:
    """Split, rank, gate, threshold, limits: the same records, nothing trained; and it says what is not known."""
    bench = brought(tmp_path, filling())
    board: Any = bench.run(Candidates()).body
    (row,) = board.candidates
    assert (row.name, row.outcome, board.features, board.ended) == (
        "brought", "finished", ("torque", "speed"), "nothing was trained",
    )  # fmt: skip
    assert row.score is not None
    assert row.score > 0.7
    assert "It gives no number on" in row.parity.note
    assert "'infinite'" in row.parity.note
    assert "'missing'" not in row.parity.note
    point: Any = bench.run(OperatingPoints()).body
    assert point.reason.endswith("whether it was trained on these rows is not known.")
    model: Any = bench.run(Models()).body
    assert (model.candidate, model.label_flips, model.features) == ("brought", 0, ("torque", "speed"))
    assert Graph(bench.blobs.read(model.onnx)).scores(np.array([[4, 1500]], np.float32)) > 0.9


@pytest.mark.parametrize(
    ("features", "message"),
    [("[torque, spin]", "reads 'spin', which is no feature"), ("[torque, grade]", "'grade' is text")],
)
def test_features_that_do_not_fit_are_named(tmp_path: Path, features: str, message: str) -> None:
    """Of the recipe, and numbers."""
    bench = brought(tmp_path, network())
    plain = bench.evidence["brought:tool-failure"].plain
    plain["features"] = features.strip("[]").split(", ")
    with pytest.raises(InvalidInput, match=message):
        bench.run(Candidates())


def test_without_names_the_recipe_s_features_must_be_as_many(tmp_path: Path) -> None:
    """Three of the recipe, two of the graph."""
    bench = brought(tmp_path, network())
    bench.evidence["brought:tool-failure"].plain["features"] = []
    with pytest.raises(InvalidInput, match="reads 2 features; the recipe gives 3"):
        bench.run(Candidates())


def test_answers_that_are_no_probabilities_are_refused(tmp_path: Path) -> None:
    """A sum of speeds is none."""
    model = filling()
    model.graph.node[3].op_type = "Identity"
    bench = brought(tmp_path, model)
    with pytest.raises(InvalidInput, match=r"brought model cannot be used\. Its scores are not one number between"):
        bench.run(Candidates())


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("bring:", "trainers: all\nbring:", 8, "either brought or trained"),
        ("models/net.onnx", "/etc/net.onnx", 8, "ends in .onnx, found '/etc/net.onnx'"),
        ("models/net.onnx", "../net.onnx", 8, "found '../net.onnx'"),
        ("models/net.onnx", "models/net.pkl", 8, "found 'models/net.pkl'"),
        ("models/net.onnx", "models/net.onnx, sha256: abc", 8, "64 digits"),
        ("[torque, speed]", "[torque, torque]", 8, "named twice"),
        ("{file: models/net.onnx, features: [torque, speed]}", "net.txt", 8, "found 'net.txt'"),
    ],
)
def test_what_is_wrong_with_bring_stands_at_its_line(old: str, new: str, line: int, message: str) -> None:
    """As for any other field."""
    with pytest.raises(InvalidFile) as caught:
        list(ModelFiles().facets(BROUGHT.replace(old, new), "models/m.yaml"))
    assert [(p.line, message in str(p)) for p in caught.value.problems] == [(line, True)], str(caught.value)


def test_a_bare_name_is_enough_and_a_race_still_needs_a_budget() -> None:
    """`bring: models/net.onnx`, without a budget; leaving both out is a problem."""
    text = FILE.replace("budget: {cpu: 160 s, memory: 2 GiB}\n", "")
    bare = text.replace("trainers: [linear, lightgbm]", "bring: models/net.onnx")
    found = {f.kind: f.body for f in ModelFiles().facets(bare, "models/m.yaml")}
    assert found["bring"] == BringSpec("models/net.onnx")
    with pytest.raises(InvalidFile, match="A race needs a budget"):
        list(ModelFiles().facets(text, "models/m.yaml"))


def test_what_only_the_label_needs_is_left_out(project: Callable[[Any], Path]) -> None:
    """Its operators do not run on a device, and one that fails on no rows harms nothing."""
    found, data = read_brought(project(network()), SPEC)
    form = onnx.load_from_string(house_form(data, found, "binary", 0))
    assert [n.op_type for n in form.graph.node] == ["MatMul", "Softmax", "Gather", "Reshape"]
    assert len(form.graph.initializer) == 3


def test_a_graph_within_a_graph_keeps_its_names(project: Callable[[Any], Path]) -> None:
    """A branch reads names of the graph around it; they are renamed alike."""
    model = network()
    inner = helper.make_graph([helper.make_node("Identity", ["flat"], ["same"])], "inner", [],
                              [helper.make_tensor_value_info("same", TensorProto.FLOAT, ["n", 2])])  # fmt: skip
    model.graph.initializer.append(helper.make_tensor("yes", TensorProto.BOOL, [], [True]))
    branch = helper.make_node("If", ["yes"], ["picked"], then_branch=inner, else_branch=inner)
    model.graph.node.insert(1, branch)
    model.graph.node[2].input[0] = "picked"
    onnx.checker.check_model(model)
    found, data = read_brought(project(model), SPEC)
    assert Graph(house_form(data, found, "binary", 0)).scores(np.zeros((2, 2), np.float32)) == pytest.approx(0.5)
