"""Registers and bits to columns and back, with no I/O. Values of one layout are read together by one numpy view."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ninefold.connectors.modbus.address import REGISTERS
from ninefold.connectors.modbus.planner import Block
from ninefold.connectors.modbus.settings import ModbusTag, Order

_VIEWS = {
    "int16": ">i2", "uint16": ">u2", "int32": ">i4", "uint32": ">u4", "int64": ">i8", "uint64": ">u8",
    "float32": ">f4", "float64": ">f8",
}  # fmt: skip


class Layout:
    """Where each tag lies in the answers to a list of blocks. Made once for a plan, used for every poll.

    Registers of all blocks follow one another in one array, bits of all blocks in another.
    """

    def __init__(self, tags: Sequence[ModbusTag], blocks: Sequence[Block]) -> None:
        self.size = len(tags)
        self._scale = np.array([t.scale for t in tags])
        self._offset = np.array([t.offset for t in tags])
        self._bits: list[tuple[int, int]] = []  # tag, position
        self._register_bits: list[tuple[int, int, int]] = []  # tag, position, bit
        self._texts: list[tuple[int, int, int, Order]] = []  # tag, position, length, byte order
        self._empty = [(i, t.empty) for i, t in enumerate(tags) if t.empty is not None]
        numbers: dict[tuple[str, int, Order, Order], list[tuple[int, int]]] = {}
        places = {}
        base = {"register": 0, "bit": 0}
        for block in blocks:
            shelf = "register" if block.table in REGISTERS else "bit"
            for index in block.spans:
                places[index] = base[shelf] - block.start
            base[shelf] += block.size
        for index, tag in enumerate(tags):
            place = tag.place
            position = places[index] + place.offset
            if place.table not in REGISTERS:
                self._bits.append((index, position))
            elif place.bit is not None:
                self._register_bits.append((index, position, place.bit))
            elif tag.kind == "text":
                self._texts.append((index, position, tag.length, tag.byte_order))
            else:
                key = (tag.kind, tag.words, tag.word_order, tag.byte_order)
                numbers.setdefault(key, []).append((index, position))
        self._numbers = [(key, *np.array(rows, np.int64).T) for key, rows in numbers.items()]

    def decode(self, words: NDArray[np.uint16], bits: NDArray[np.uint8]) -> tuple[NDArray[np.float64], Any, Any]:
        """Return values (in the unit; NaN for none), texts (object array, or None), and which tags say: no value."""
        values = np.full(self.size, np.nan)
        empty = np.zeros(self.size, np.bool_)
        for (kind, width, word_order, byte_order), index, position in self._numbers:
            found = view(words[position[:, None] + np.arange(width)], kind, word_order, byte_order)
            with np.errstate(invalid="ignore"):  # registers of a device may hold a signalling NaN
                values[index] = found.astype(np.float64)
            if self._empty:
                raw = view(words[position[:, None] + np.arange(width)], f"uint{16 * width}", word_order, byte_order)
                wanted = dict(self._empty)
                empty[index] = [
                    i in wanted and int(r) == wanted[i] for i, r in zip(index.tolist(), raw.tolist(), strict=True)
                ]
        for tag, at in self._bits:
            values[tag] = bits[at]
        for tag, at, bit in self._register_bits:
            values[tag] = (int(words[at]) >> bit) & 1
        with np.errstate(over="ignore", invalid="ignore"):
            values = values * self._scale + self._offset
        if not self._texts:
            return values, None, empty
        text = np.full(self.size, None, object)
        for tag, at, length, byte_order in self._texts:
            text[tag] = text_of(words[at : at + length], byte_order)
        return values, text, empty


def view(words: NDArray[np.uint16], kind: str, word_order: Order, byte_order: Order) -> NDArray[Any]:
    """Return the values of rows of registers `(n, words of one value)`."""
    if word_order == "little":
        words = words[:, ::-1]
    if byte_order == "little":
        words = words.byteswap()
    return np.ascontiguousarray(words, dtype=">u2").view(_VIEWS[kind])[:, 0]


def text_of(words: NDArray[np.uint16], byte_order: Order) -> str | None:
    """Return the text in registers up to the first NUL, without blanks at its end; None when it is no UTF-8."""
    data = (words.byteswap() if byte_order == "little" else words).astype(">u2").tobytes()
    try:
        return data.partition(b"\0")[0].decode("utf-8").rstrip()
    except UnicodeDecodeError:
        return None


def encode(tag: ModbusTag, value: float, text: str | None) -> list[int]:
    """Return the registers that hold a value (in the tag's unit) or a text.

    Raises:
        ValueError: it does not fit.
    """
    if tag.kind == "text":
        data = (text or "").encode("utf-8")
        if text is None or "\0" in text or len(data) > 2 * tag.length:
            raise ValueError(f"{text!r} is no text of at most {2 * tag.length} bytes")
        words = np.frombuffer(data.ljust(2 * tag.length, b"\0"), ">u2").astype(np.uint16)
        return [int(w) for w in (words.byteswap() if tag.byte_order == "little" else words)]
    raw = (value - tag.offset) / tag.scale
    if text is not None or not np.isfinite(raw):
        raise ValueError(f"{value if text is None else text!r} is no number")
    type_ = np.dtype(_VIEWS[tag.kind])
    if type_.kind in "iu":
        limits = np.iinfo(type_)
        number: float = round(raw)
        if not limits.min <= number <= limits.max:
            raise ValueError(f"{value:g} does not fit into {tag.kind} ({limits.min} to {limits.max})")
    else:
        number = raw
        if abs(raw) > float(np.finfo(type_).max):
            raise ValueError(f"{value:g} does not fit into {tag.kind}")
    words = np.array([number], type_).view(">u2").astype(np.uint16)
    if tag.byte_order == "little":
        words = words.byteswap()
    return [int(w) for w in (words[::-1] if tag.word_order == "little" else words)]
