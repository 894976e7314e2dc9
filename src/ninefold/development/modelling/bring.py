"""A model that somebody else trained: an ONNX file, checked before it is loaded, and given the form of the house.

Size first, then the digest, then the graph as data: external files, operators, functions, the one input, the answer.
Only what passes is given to ONNX Runtime.
"""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from ninefold.development.modelling.graph import INPUT
from ninefold.development.modelling.specification import BringSpec
from ninefold.kernel.errors import InvalidInput, NotFound, Refused
from ninefold.vocabulary.model import Brought
from ninefold.vocabulary.task import TaskKind

MOST_BYTES = 512 * 2**20
_DOMAINS = ("", "ai.onnx.ml")
_PREFIX = "brought_"
_ANSWERS = ("score", "probabilities", "probability", "variable")  # of ours, of skl2onnx and onnxmltools


def read_brought(root: Path, spec: BringSpec) -> tuple[Brought, bytes]:
    """Return what is known of the file, and its bytes.

    Raises:
        NotFound: there is no such file.
        Refused: it is too large, lies outside the project, or points at files or operators that would have to come
            with it.
        InvalidInput: its digest is not the one named, or it is no graph with one input and one answer.
    """
    path = root / spec.file
    if not path.resolve().is_relative_to(root.resolve()):
        raise Refused(f"{spec.file} lies outside the project.", hint="Copy it into the folder models/.")
    if not path.is_file():
        raise NotFound(f"There is no file {spec.file}.", hint="Put it there, or correct bring.file.")
    if (size := path.stat().st_size) > MOST_BYTES:
        message = f"{spec.file} has {size / 2**20:.0f} MiB; at most {MOST_BYTES / 2**20:.0f} MiB can be brought."
        raise Refused(message, hint="Bring a smaller model: what runs on a gateway has a few megabytes.")
    data = path.read_bytes()
    digest = sha256(data).hexdigest()
    if spec.sha256 and spec.sha256 != digest:
        message = f"{spec.file} has the digest {digest}, the model file names {spec.sha256}."
        raise InvalidInput(message, hint="Write the new digest into bring.sha256 if this is the model that is meant.")
    model = _parsed(spec.file, data)
    _check_portable(spec.file, model)
    name, width = _input(spec, model)
    output, columns = _output(spec, model)
    if spec.features and len(spec.features) != width:
        message = f"{spec.file} reads {width} features; bring.features names {len(spec.features)}."
        raise InvalidInput(message, hint="Name them all, in the order of the graph's input.")
    return Brought(spec.file, digest, size / 1e3, spec.features, width, name, output, columns), data


def _parsed(file: str, data: bytes) -> Any:
    from onnx import load_from_string

    try:
        model = load_from_string(data)
    except Exception as error:  # protobuf's exceptions depend on its implementation
        raise InvalidInput(f"{file} is no ONNX model: {str(error)[:200]}") from error
    if not model.graph.node:
        raise InvalidInput(f"{file} is no ONNX model: it holds no operator.")
    return model


def _graphs(graph: Any) -> Iterator[Any]:
    """Yield a graph and all graphs within it."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in ([attribute.g] if attribute.HasField("g") else []) + list(attribute.graphs):
                yield from _graphs(inner)


def _check_portable(file: str, model: Any) -> None:
    from onnx import TensorProto, defs

    for graph in _graphs(model.graph):
        tensors = [*graph.initializer, *(a.t for n in graph.node for a in n.attribute if a.HasField("t"))]
        if apart := [t for t in tensors if t.data_location == TensorProto.EXTERNAL]:
            place = next((e.value for e in apart[0].external_data if e.key == "location"), "another file")
            which = apart[0].name or "a constant"
            message = f"{file} keeps the values of {which!r} in {place!r}; one file is one model."
            raise Refused(message, hint="Save it in one file: onnx.save_model(..., save_as_external_data=False).")
        for node in graph.node:
            domain = "" if node.domain == "ai.onnx" else node.domain
            if domain not in _DOMAINS or not defs.has(node.op_type, domain):
                name = f"{node.domain}::{node.op_type}" if node.domain else node.op_type
                message = f"{file} uses the operator {name}, which is not of the ONNX standard."
                raise Refused(message, hint="Export it with standard operators only: devices load no others.")
    if model.functions:
        message = f"{file} holds functions of its own, such as {model.functions[0].name}."
        raise Refused(message, hint="Write them out: onnx.inliner.inline_local_functions(model).")


def _input(spec: BringSpec, model: Any) -> tuple[str, int]:
    """Return the name of the only input and the number of features that it takes."""
    from onnx import TensorProto

    constants = {i.name for i in model.graph.initializer}
    inputs = [i for i in model.graph.input if i.name not in constants]
    names = ", ".join(i.name for i in inputs) or "none"
    if len(inputs) != 1:
        message = f"{spec.file} takes {len(inputs)} inputs ({names}); a model takes one matrix of features."
        raise InvalidInput(message, hint="Concatenate them in the graph.")
    if spec.input and spec.input != names:
        message = f"{spec.file} has no input {spec.input!r}; its input is {names!r}."
        raise InvalidInput(message, hint="Correct bring.input, or leave it out.")
    tensor = inputs[0].type.tensor_type
    if tensor.elem_type != TensorProto.FLOAT:
        found = TensorProto.DataType.Name(tensor.elem_type).lower()
        raise InvalidInput(f"The input {names!r} of {spec.file} is {found}, not float32.", hint="Export it as float32.")
    dims = list(tensor.shape.dim)
    if len(dims) != 2:
        message = f"The input {names!r} of {spec.file} has {len(dims)} dimensions; two are read: rows, features."
        raise InvalidInput(message, hint="Reshape it in the graph.")
    if dims[0].dim_value > 0:
        message = f"{spec.file} reads exactly {dims[0].dim_value} rows at once."
        raise InvalidInput(message, hint="Export it with a dynamic batch: the first dimension open.")
    if dims[1].dim_value <= 0:
        message = f"{spec.file} leaves the number of features open ({dims[1].dim_param or '?'})."
        raise InvalidInput(message, hint="Only the batch may be dynamic: export it with the number of features.")
    return inputs[0].name, int(dims[1].dim_value)


def _output(spec: BringSpec, model: Any) -> tuple[str, int | None]:
    """Return the name of the answer, and its columns: 0 for a vector, None when the graph does not say."""
    from onnx import TensorProto

    outputs = {o.name: o for o in model.graph.output}
    told = ", ".join(outputs) or "none"
    name = spec.output or next((n for n in _ANSWERS if n in outputs), "" if len(outputs) != 1 else next(iter(outputs)))
    name = name or next((n for n, o in outputs.items() if not o.type.HasField("tensor_type")), "")
    if not name:
        message = f"{spec.file} has {len(outputs)} outputs ({told}), and none is called score or probabilities."
        raise InvalidInput(message, hint="Name the answer in bring.output.")
    if name not in outputs:
        raise InvalidInput(f"{spec.file} has no output {name!r}; it has {told}.", hint="Correct bring.output.")
    kind = outputs[name].type
    if not kind.HasField("tensor_type"):
        message = f"The output {name!r} of {spec.file} is no tensor but a list or map."
        raise InvalidInput(message, hint="Export it with zipmap off: options={id(model): {'zipmap': False}}.")
    if kind.tensor_type.elem_type != TensorProto.FLOAT:
        found = TensorProto.DataType.Name(kind.tensor_type.elem_type).lower()
        raise InvalidInput(f"The output {name!r} of {spec.file} is {found}, not float32.", hint="Name another output.")
    dims = list(kind.tensor_type.shape.dim)
    if len(dims) == 1:
        return name, 0
    return name, (int(dims[1].dim_value) or None) if len(dims) == 2 else None


def house_form(data: bytes, brought: Brought, kind: TaskKind, classes: int) -> bytes:
    """Return the graph with the house's names: `input`, and `score` or `probabilities`.

    Of a binary model with a column by class the last one is the score.

    Raises:
        InvalidInput: its answer has another number of columns than the task.
    """
    from onnx import TensorProto, checker, helper, load_from_string, numpy_helper

    wanted = {"binary": (0, 1, 2, None), "regression": (0, 1, None), "multiclass": (classes, None)}[kind]
    if brought.columns not in wanted:
        what = f"{classes} classes" if kind == "multiclass" else f"one answer of a {kind} task"
        message = f"The output {brought.output!r} of {brought.file} has {brought.columns} columns for {what}."
        raise InvalidInput(message, hint="Name another output in bring.output, or correct the task.")
    model = load_from_string(data)
    graph = model.graph
    _rename(graph, brought.input)
    answer = _PREFIX + brought.output
    _prune(graph, answer)
    del graph.output[:]
    if kind == "multiclass":
        graph.node.append(helper.make_node("Identity", [answer], ["probabilities"]))
        graph.output.append(helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", classes]))
    else:
        if kind == "binary" and brought.columns == 2:
            graph.initializer.append(numpy_helper.from_array(np.array([1], np.int64), "last"))
            graph.node.append(helper.make_node("Gather", [answer, "last"], ["share"], axis=1))
            answer = "share"
        graph.initializer.append(numpy_helper.from_array(np.array([-1], np.int64), "flat"))
        graph.node.append(helper.make_node("Reshape", [answer, "flat"], ["score"]))
        graph.output.append(helper.make_tensor_value_info("score", TensorProto.FLOAT, ["n"]))
    try:
        checker.check_model(model)
    except checker.ValidationError as error:
        raise InvalidInput(f"{brought.file} is no valid graph: {str(error).splitlines()[0][:200]}") from error
    return bytes(model.SerializeToString(deterministic=True))


def _prune(graph: Any, answer: str) -> None:
    """Leave out what the answer does not need: a converter's label is dear, and may not bear a batch of no rows."""
    needed, kept = {answer}, []
    for node in reversed(graph.node):  # the standard orders nodes: what is read was written before
        if needed.isdisjoint(node.output):
            continue
        kept.append(node)
        needed.update(node.input)
        for attribute in node.attribute:
            inner = ([attribute.g] if attribute.HasField("g") else []) + list(attribute.graphs)
            needed.update(n for g in inner for part in _graphs(g) for m in part.node for n in m.input)
            needed.update(o.name for g in inner for part in _graphs(g) for o in part.output)
    constants = [i for i in graph.initializer if i.name in needed]
    for field, values in ((graph.node, kept[::-1]), (graph.initializer, constants)):
        copies = [type(v).FromString(v.SerializeToString()) for v in values]
        del field[:]
        field.extend(copies)


def _rename(graph: Any, source: str) -> None:
    """Put a prefix before every name but the input's, so that the house's own names are free."""
    for part in _graphs(graph):
        del part.value_info[:]  # shapes are inferred again
        for node in part.node:
            for names in (node.input, node.output):
                names[:] = [INPUT if n == source else _PREFIX + n if n else n for n in names]
        for named in (*part.initializer, *part.input, *part.output):
            named.name = INPUT if named.name == source else _PREFIX + named.name
        for sparse in part.sparse_initializer:
            sparse.values.name = _PREFIX + sparse.values.name
