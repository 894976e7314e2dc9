"""Columns as few bytes: what travels from an agent to the centre and lies in sealed segments. Lossless.

Layout: b"9C1", then zlib of a MessagePack list of columns; numbers are stored as second differences or in decimal
units when that loses nothing, byte-transposed so that zlib finds the runs. Nothing in it is executable.
"""

import zlib
from typing import Any

import msgspec
import numpy as np

from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.columns import Array, Columns, length

MAGIC = b"9C1"
MAX_ROWS = 5_000_000
MAX_PLAIN = 256 << 20  # bytes after decompression: a bomb of zeros is refused
_DECIMALS = (0, 1, 2, 3, 4, 6)
_LEVEL = 1  # more saves 1 % and costs a half more


class _Column(msgspec.Struct, array_like=True, frozen=True):
    """One column: `form` says how `data` is read; `words` are the distinct texts of a text column."""

    name: str
    form: str  # delta2 | decimal:N | float32 | float64 | bool | text | uint8
    data: bytes
    words: tuple[str, ...] = ()


class _Table(msgspec.Struct, array_like=True, frozen=True):
    rows: int
    columns: tuple[_Column, ...]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Table).decode


def pack(columns: Columns) -> bytes:
    """Return columns as bytes; the order of rows and columns is kept.

    Raises:
        ValueError: the columns differ in length, or a column has a type that does not travel.
    """
    rows = length(columns)
    table = _Table(rows, tuple(_pack(name, array) for name, array in columns.items()))
    return MAGIC + zlib.compress(_encode(table), _LEVEL)


def unpack(data: bytes) -> dict[str, Array]:
    """Return the columns that `pack` was given.

    Raises:
        InvalidInput: the bytes are no packed columns, or are larger than allowed.
    """
    if data[:3] != MAGIC:
        raise InvalidInput("The bytes are no packed columns: they do not begin with 9C1.")
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(data[3:], MAX_PLAIN)
        if inflater.unconsumed_tail or not inflater.eof:
            raise InvalidInput(f"The packed columns are cut off or hold more than {MAX_PLAIN >> 20} MiB.")
        table = _decode(plain)
        if not 0 <= table.rows <= MAX_ROWS:
            raise InvalidInput(f"The packed columns claim {table.rows} rows; at most {MAX_ROWS} are allowed.")
        return {c.name: _unpack(c, table.rows) for c in table.columns}
    except (zlib.error, msgspec.MsgspecError, ValueError, IndexError) as error:
        raise InvalidInput(f"The packed columns are damaged: {error}.") from None


def _pack(name: str, array: Array) -> _Column:
    kind = array.dtype.kind
    if kind == "O":
        words: dict[str, int] = {}
        codes = np.full(len(array), -1, np.int64)  # null
        there = np.flatnonzero(array != None)  # noqa: E711 - element by element
        codes[there] = [words.setdefault(w, len(words)) for w in array[there].tolist()]
        return _Column(name, "text", _integers(codes), tuple(words))
    if kind == "b":
        return _Column(name, "bool", np.packbits(array).tobytes())
    if array.dtype == np.uint8:
        return _Column(name, "uint8", array.tobytes())
    if kind in "iu":
        return _Column(name, "delta2", _integers(array.astype(np.int64)))
    if kind == "f":
        return _floats(name, array.astype(np.float64))
    raise ValueError(f"the column {name!r} has the type {array.dtype}, which does not travel")


def _floats(name: str, values: Array) -> _Column:
    if np.isfinite(values).all() and (not len(values) or np.abs(values).max() < 1e9):
        for decimals in _DECIMALS:
            scaled = np.round(values * 10.0**decimals).astype(np.int64)
            if _same(scaled / 10.0**decimals, values):
                return _Column(name, f"decimal:{decimals}", _integers(scaled))
    with np.errstate(over="ignore"):
        narrow = values.astype(np.float32)
    if _same(narrow.astype(np.float64), values):
        return _Column(name, "float32", _transposed(narrow))
    return _Column(name, "float64", _transposed(values))


def _same(a: Array, b: Array) -> bool:
    """Return whether two float64 arrays are equal bit by bit: NaN payloads and -0.0 count."""
    return bool((np.ascontiguousarray(a).view(np.uint64) == np.ascontiguousarray(b).view(np.uint64)).all())


def _integers(values: Array) -> bytes:
    """Return second differences (zigzag, wrapping at 64 bit), byte-transposed and cut to the bytes in use."""
    first = np.diff(values, prepend=np.int64(0))
    second = np.diff(first, prepend=np.int64(0))
    zigzag = ((second << 1) ^ (second >> 63)).view(np.uint64)
    width = max(1, (int(zigzag.max()).bit_length() + 7) // 8) if len(zigzag) else 1
    planes = zigzag.astype("<u8").view(np.uint8).reshape(-1, 8).T[:width]
    return bytes([width]) + np.ascontiguousarray(planes).tobytes()


def _unpack_integers(data: bytes, rows: int) -> Array:
    width = data[0]
    if not 1 <= width <= 8 or len(data) != 1 + width * rows:
        raise ValueError(f"a column of {rows} whole numbers has {len(data)} bytes")
    planes = np.zeros((8, rows), np.uint8)
    planes[:width] = np.frombuffer(data, np.uint8, offset=1).reshape(width, rows)
    zigzag = np.ascontiguousarray(planes.T).reshape(-1).view("<u8")
    second = (zigzag >> np.uint64(1)).view(np.int64) ^ -(zigzag & np.uint64(1)).view(np.int64)
    return np.asarray(np.cumsum(np.cumsum(second)))


def _transposed(values: Array) -> bytes:
    size = values.dtype.itemsize
    little = values.astype(values.dtype.newbyteorder("<"))
    return np.ascontiguousarray(little.view(np.uint8).reshape(-1, size).T).tobytes()


def _restored(data: bytes, rows: int, type_: str, size: int) -> Array:
    planes = np.frombuffer(data, np.uint8).reshape(size, rows)
    return np.asarray(np.ascontiguousarray(planes.T).reshape(-1).view(type_).astype(np.float64))


def _unpack(column: _Column, rows: int) -> Array:
    form, _, decimals = column.form.partition(":")
    if form == "delta2":
        return _unpack_integers(column.data, rows)
    if form == "decimal":
        return np.asarray(_unpack_integers(column.data, rows) / 10.0 ** int(decimals))
    if form == "float32":
        return _restored(column.data, rows, "<f4", 4)
    if form == "float64":
        return _restored(column.data, rows, "<f8", 8)
    if form == "uint8":
        return _exactly(np.frombuffer(column.data, np.uint8), rows)
    if form == "bool":
        return _exactly(np.unpackbits(np.frombuffer(column.data, np.uint8), count=rows).astype(np.bool_), rows)
    if form == "text":
        words = np.full(len(column.words) + 1, None, object)  # the last one stands for null
        words[: len(column.words)] = column.words
        codes = _unpack_integers(column.data, rows)
        if len(codes) and codes.min() < -1:
            raise ValueError("a text column has a negative code")
        return np.asarray(words[codes], object)
    raise ValueError(f"unknown form {column.form!r}")


def _exactly(values: Any, rows: int) -> Array:
    if len(values) != rows:
        raise ValueError(f"a column has {len(values)} of {rows} rows")
    return np.asarray(values).copy()
