"""One inference of the Open Inference Protocol V2: the bytes of a request to the bytes of its answer. No sockets here.

The JSON part comes first; with the binary extension tensors follow it, in the order in which the JSON names them.
Source: KServe, Open Inference Protocol V2, "Inference"; Triton, extension_binary_data.
"""

from typing import Any

import msgspec

from ninefold.kernel.errors import InvalidInput
from ninefold.serving.limits import Limits, TooLarge
from ninefold.serving.model import OUTPUTS, Model, Tensor
from ninefold.serving.tensors import check_shape, from_bytes, from_json, to_bytes, to_list
from ninefold.vocabulary.columns import Array

_NO_DATA = msgspec.Raw(b"")


class _InputParameters(msgspec.Struct):
    binary_data_size: int | None = None


class _Input(msgspec.Struct):
    name: str
    datatype: str
    shape: list[int]
    parameters: _InputParameters = msgspec.field(default_factory=_InputParameters)
    data: msgspec.Raw = _NO_DATA


class _OutputParameters(msgspec.Struct):
    binary_data: bool | None = None
    classification: int = 0


class _Output(msgspec.Struct):
    name: str
    parameters: _OutputParameters = msgspec.field(default_factory=_OutputParameters)


class _Parameters(msgspec.Struct):
    binary_data_output: bool = False


class _Request(msgspec.Struct):
    """What is read of a request; other fields and parameters are passed over without being made."""

    inputs: list[_Input]
    id: str = ""
    parameters: _Parameters = msgspec.field(default_factory=_Parameters)
    outputs: list[_Output] = []


_OUTPUTS = {name: _Output(name) for name in OUTPUTS}
_request = msgspec.json.Decoder(_Request)
_encoder = msgspec.json.Encoder()


class Inferred:
    """An answer: its body, where its JSON ends when tensors follow (else 0), and the rows that were scored."""

    __slots__ = ("body", "rows", "split")

    def __init__(self, body: bytes, split: int, rows: int) -> None:
        self.body, self.split, self.rows = body, split, rows


def infer(model: Model, body: bytes, split: int | None, limits: Limits) -> Inferred:
    """Return the answer of a model to the body of a request; `split` is the length of its JSON when tensors follow.

    Raises:
        InvalidInput: the request does not fit the protocol or the model.
        TooLarge: it has more rows or JSON than is taken.
    """
    head: bytes | memoryview = body
    rest = memoryview(b"")
    if split is not None:
        if not 0 < split <= len(body):
            raise InvalidInput(f"Inference-Header-Content-Length is {split}, the body has {len(body)} bytes.")
        view = memoryview(body)
        head, rest = view[:split], view[split:]
    if len(head) > limits.json_bytes:
        message = f"The JSON of the request has {len(head)} bytes; at most {limits.json_bytes:.0f} are taken."
        raise TooLarge(message, hint="Send tensors as binary data.")
    try:
        request = _request.decode(head)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise InvalidInput(f"The request cannot be read: {str(error)[:200]}.") from None
    outputs = model.answer(model.matrix(_tensors(request, rest, model, limits)))
    rows = len(outputs["score"].values)
    return _answer(model, request, outputs, rows)


def _tensors(request: _Request, rest: memoryview, model: Model, limits: Limits) -> dict[str, Array]:
    if not 1 <= len(request.inputs) <= len(model.features):
        raise InvalidInput(f"The request has {len(request.inputs)} inputs; 1 to {len(model.features)} are expected.")
    found: dict[str, Array] = {}
    offset = 0
    for item in request.inputs:
        name = item.name
        if name in found:
            raise InvalidInput(f"The input {name[:80]} stands twice in the request.")
        check_shape(name[:80], item.datatype, item.shape, limits.rows)
        size = item.parameters.binary_data_size
        if size is None:
            found[name] = from_json(name[:80], item.datatype, item.shape, item.data)
            continue
        if item.data is not _NO_DATA and len(bytes(item.data)):
            raise InvalidInput(f"The input {name[:80]} has both data and binary_data_size.")
        if not 0 <= size <= len(rest) - offset:
            left = len(rest) - offset
            raise InvalidInput(f"The input {name[:80]} has binary_data_size {size}; {left} bytes are left for it.")
        found[name] = from_bytes(name[:80], item.datatype, item.shape, rest[offset : offset + size])
        offset += size
    if offset != len(rest):
        raise InvalidInput(f"The request has {len(rest) - offset} bytes that belong to no input.")
    return found


def _answer(model: Model, request: _Request, outputs: dict[str, Tensor], rows: int) -> Inferred:
    wanted = request.outputs or [_OUTPUTS[name] for name in outputs]
    described: list[dict[str, Any]] = []
    parts: list[bytes] = []
    seen: set[str] = set()
    for item in wanted:
        tensor = outputs.get(item.name)
        if tensor is None or item.name in seen:
            what = "stands twice in the request" if item.name in seen else f"is none of {model.name}"
            raise InvalidInput(f"The output {item.name[:80]} {what}.", hint=f"Ask for: {', '.join(outputs)}.")
        if item.parameters.classification:
            raise InvalidInput("The classification extension is not served.", hint="Ask for label and probabilities.")
        seen.add(item.name)
        entry: dict[str, Any] = {
            "name": item.name, "datatype": tensor.datatype, "shape": tensor.values.shape,
        }  # fmt: skip
        binary = item.parameters.binary_data
        if request.parameters.binary_data_output if binary is None else binary:
            data = to_bytes(tensor.datatype, tensor.values)
            entry["parameters"] = {"binary_data_size": len(data)}
            parts.append(data)
        else:
            entry["data"] = to_list(tensor.values)
        described.append(entry)
    answer: dict[str, Any] = {"model_name": model.name, "model_version": model.version, "outputs": described}
    if request.id:
        answer["id"] = request.id
    head = _encoder.encode(answer)
    return Inferred(b"".join((head, *parts)), len(head), rows) if parts else Inferred(head, 0, rows)
