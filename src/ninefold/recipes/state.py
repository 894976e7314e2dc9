"""The bytes of a runner's memory: a checksum, a header in JSON, then the raw arrays. Text is in the header."""

import hashlib
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from ninefold.kernel.errors import InvalidInput
from ninefold.recipes.operations.operation import Kernel
from ninefold.recipes.schema import Kind
from ninefold.recipes.table import Batch
from ninefold.vocabulary.columns import Array

MAGIC = b"9FRS\x01"
MAX_STATE = 1 << 30

_TYPES = {"f": np.dtype("<f8"), "i": np.dtype("<i8")}


class Saved(msgspec.Struct, frozen=True):
    """What a state says about itself: the digest of its recipe, the source's kinds, and the entities by code."""

    recipe: str
    kinds: dict[str, Kind]
    names: list[str]
    skipped: int = 0
    late: int = 0


class _Held(msgspec.Struct, frozen=True):
    """One batch: its rows, and its columns with their type (f, i, or o for text)."""

    rows: int
    types: dict[str, str]
    text: dict[str, list[str | None]] = {}


class _Header(msgspec.Struct, frozen=True):
    saved: Saved
    kernels: list[dict[str, _Held]]


def pack(saved: Saved, kernels: Sequence[Kernel]) -> bytes:
    """Return the bytes of a state."""
    blocks: list[bytes] = []
    header = _Header(saved, [{n: _held(b, blocks) for n, b in sorted(k.held.items())} for k in kernels])
    head = msgspec.json.encode(header)
    payload = b"".join((struct.pack("<Q", len(head)), head, *blocks))
    return MAGIC + hashlib.sha256(payload).digest() + payload


def _held(batch: Batch, blocks: list[bytes]) -> _Held:
    blocks += [batch.code.astype("<i8").tobytes(), batch.t.astype("<i8").tobytes()]
    types, text = {}, {}
    for name, array in sorted(batch.columns.items()):
        if array.dtype == object:
            types[name], text[name] = "o", array.tolist()
        else:
            types[name] = array.dtype.kind
            blocks.append(array.astype(_TYPES[array.dtype.kind], copy=False).tobytes())
    return _Held(len(batch), types, text)


def unpack(state: bytes) -> tuple[Saved, list[dict[str, Batch]]]:
    """Return what `pack` was given.

    Raises:
        InvalidInput: the bytes are no state, are cut, or hold more than they say.
    """
    if len(state) > MAX_STATE or state[: len(MAGIC)] != MAGIC or len(state) < len(MAGIC) + 40:
        raise InvalidInput("The bytes are no state of a recipe.", hint="Start the stream anew.")
    begin = len(MAGIC) + 32
    if hashlib.sha256(state[begin:]).digest() != state[len(MAGIC) : begin]:
        raise _damaged("its checksum differs")
    (size,) = struct.unpack_from("<Q", state, begin)
    begin += 8
    if size > len(state) - begin:
        raise _damaged("its header is cut")
    try:
        header = msgspec.json.decode(state[begin : begin + size], type=_Header)
    except (msgspec.MsgspecError, ValueError) as error:
        raise _damaged(str(error)) from None
    reader = _Reader(state, begin + size)
    entities = len(header.saved.names)
    kernels = [{n: reader.batch(h, entities) for n, h in sorted(k.items())} for k in header.kernels]
    if reader.place != len(state):
        raise _damaged("bytes are left over")
    return header.saved, kernels


class _Reader:
    def __init__(self, data: bytes, place: int) -> None:
        self.data = data
        self.place = place

    def array(self, kind: str, rows: int) -> Array:
        end = self.place + 8 * rows
        if rows < 0 or kind not in _TYPES or end > len(self.data):
            raise _damaged("an array is cut")
        found = np.frombuffer(self.data, _TYPES[kind], rows, self.place).copy()
        self.place = end
        return found

    def batch(self, held: _Held, entities: int) -> Batch:
        code, t = self.array("i", held.rows), self.array("i", held.rows)
        if len(code) and not 0 <= int(code.min()) <= int(code.max()) < entities:
            raise _damaged("a row names an entity that is not listed")
        columns = {n: self._column(n, k, held) for n, k in sorted(held.types.items())}
        return Batch(code, t, columns)

    def _column(self, name: str, kind: str, held: _Held) -> Array:
        if kind != "o":
            return self.array(kind, held.rows)
        values: Mapping[str, Any] = held.text
        if len(values.get(name, ())) != held.rows:
            raise _damaged(f"the text of {name!r} is cut")
        found = np.empty(held.rows, dtype=object)
        found[:] = values[name]
        return found


def _damaged(why: str) -> InvalidInput:
    return InvalidInput(f"The state is damaged: {why}.", hint="Start the stream anew.")
