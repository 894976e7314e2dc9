"""Tensors of the Open Inference Protocol: numbers and text as JSON or as bytes, to numpy arrays and back.

Source: KServe, Open Inference Protocol V2, "Tensor Data"; Triton, extension_binary_data, "Binary Tensor Data".
"""

import re
import struct
from collections.abc import Sequence
from math import prod
from typing import Any

import msgspec
import numpy as np

from ninefold.kernel.errors import InvalidInput
from ninefold.serving.limits import TooLarge
from ninefold.vocabulary.columns import Array

DTYPES: dict[str, np.dtype[Any]] = {
    "BOOL": np.dtype(np.bool_),
    **{f"{word}{8 * n}": np.dtype(f"<{kind}{n}") for word, kind in (("INT", "i"), ("UINT", "u")) for n in (1, 2, 4, 8)},
    **{f"FP{8 * n}": np.dtype(f"<f{n}") for n in (2, 4, 8)},
}
TEXT = "BYTES"
_NESTED = re.compile(rb"\[\s*\[")
_LENGTH = struct.Struct("<I")


def _decoders(item: Any) -> tuple[msgspec.json.Decoder[Any], msgspec.json.Decoder[Any]]:
    """Return decoders of a flat and of a nested list."""
    return msgspec.json.Decoder(list[item]), msgspec.json.Decoder(list[list[item]])


_FLOATS, _INTEGERS, _FLAGS, _TEXTS = (_decoders(t) for t in (float | None, int, bool, str | None))


def check_shape(name: str, datatype: str, shape: Sequence[int], rows: int) -> int:
    """Return the number of elements of a tensor `[n]` or `[n, k]`.

    Raises:
        InvalidInput: an unknown datatype, another rank, or no rows.
        TooLarge: more rows than are taken.
    """
    if datatype != TEXT and datatype not in DTYPES:
        hint = f"Use one of: {', '.join((*DTYPES, TEXT))}."
        raise InvalidInput(f"The tensor {name} has the datatype {datatype[:40]!r}, which is not known here.", hint=hint)
    if not 1 <= len(shape) <= 2 or min(shape) < 1:
        raise InvalidInput(f"The tensor {name} has the shape {list(shape[:8])}; [rows] or [rows, columns] is expected.")
    if shape[0] > rows:
        raise TooLarge(f"The tensor {name} has {shape[0]} rows; at most {rows} are taken.", hint="Send fewer at once.")
    return prod(shape)


def from_json(name: str, datatype: str, shape: Sequence[int], data: msgspec.Raw) -> Array:
    """Return a checked shape's data, flat or nested as the protocol allows; null is a missing number or text.

    Raises:
        InvalidInput: values of another kind, or more or fewer than the shape says.
    """
    text = bytes(data)
    if not text.startswith(b"["):
        raise InvalidInput(f"The tensor {name} has no list of data.", hint="Give data, or binary_data_size.")
    count = prod(shape)
    if datatype != TEXT and text.count(b",") + 1 != count:  # before it is decoded: a lie costs no memory
        raise InvalidInput(f"The tensor {name} of shape {list(shape)} has not {count} values.")
    dtype = DTYPES.get(datatype)
    decoders = _TEXTS if dtype is None else _FLAGS if dtype.kind == "b" else _FLOATS if dtype.kind == "f" else _INTEGERS
    nested = _NESTED.match(text) is not None
    try:
        values: list[Any] = decoders[nested].decode(text)
        lengths = {len(v) for v in values} if nested else {1}
        if nested and (len(values) != shape[0] or lengths != {shape[1] if len(shape) > 1 else 1}):
            raise InvalidInput(f"The lists of the tensor {name} have not the shape {list(shape)}.")
        if not nested and len(values) != count:
            raise InvalidInput(f"The tensor {name} of shape {list(shape)} has not {count} values.")
        with np.errstate(over="ignore"):
            found: Array = np.array(values, object if dtype is None else np.float64 if dtype.kind == "f" else dtype)
            typed: Array = found if dtype is None else found.astype(dtype, copy=False)
        return typed.reshape(shape)
    except (msgspec.MsgspecError, OverflowError) as error:
        raise InvalidInput(f"The tensor {name} holds no {datatype}: {str(error)[:120]}.") from None


def from_bytes(name: str, datatype: str, shape: Sequence[int], data: memoryview) -> Array:
    """Return a checked shape's data from its bytes, little endian, as a copy of its own.

    Raises:
        InvalidInput: another size than the shape needs, or text that is not UTF-8.
    """
    count = prod(shape)
    dtype = DTYPES.get(datatype)
    if dtype is None:
        return _texts(name, count, data).reshape(shape)
    if len(data) != count * dtype.itemsize:
        wanted = f"{count * dtype.itemsize} bytes are expected, found {len(data)}"
        raise InvalidInput(f"The tensor {name} is {datatype} of shape {list(shape)}: {wanted}.")
    if dtype.kind == "b":
        flags: Array = np.frombuffer(data, np.uint8) != 0
        return flags.reshape(shape)
    found: Array = np.frombuffer(data, dtype)
    return found.reshape(shape).copy()


def _texts(name: str, count: int, data: memoryview) -> Array:
    """Return text elements: each its length in 4 bytes, then its UTF-8."""
    if len(data) < 4 * count:
        raise InvalidInput(f"The tensor {name} has {len(data)} bytes, too few for {count} texts.")
    out: Array = np.empty(count, object)
    offset = 0
    for place in range(count):
        if offset + 4 > len(data):
            raise InvalidInput(f"The tensor {name} ends before its text {place}.")
        (size,) = _LENGTH.unpack_from(data, offset)
        end = offset + 4 + size
        if end > len(data):
            raise InvalidInput(f"The tensor {name} ends inside its text {place}.")
        try:
            out[place] = str(data[offset + 4 : end], "utf-8")
        except UnicodeDecodeError:
            raise InvalidInput(f"The text {place} of the tensor {name} is not UTF-8.") from None
        offset = end
    if offset != len(data):
        raise InvalidInput(f"The tensor {name} has {len(data) - offset} bytes after its last text.")
    return out


def to_bytes(datatype: str, values: Array) -> bytes:
    """Return the bytes of a tensor, row by row; a missing text is an empty one."""
    if datatype == TEXT:
        encoded = [("" if v is None else v).encode() for v in values.ravel().tolist()]
        return b"".join(part for e in encoded for part in (_LENGTH.pack(len(e)), e))
    return values.astype(DTYPES[datatype], copy=False).tobytes()


def to_list(values: Array) -> list[Any]:
    """Return the values of a tensor in one list, row by row, as JSON takes them; NaN becomes null there."""
    flat: list[Any] = values.ravel().tolist()
    return flat
