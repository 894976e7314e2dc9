"""Values that cannot be meant, and the order of words or bytes in which they would make sense."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ninefold.connectors.contract import Doubt
from ninefold.connectors.modbus.codec import view
from ninefold.connectors.modbus.settings import ModbusTag, Order

ORDERS: tuple[tuple[Order, Order], ...] = (("big", "big"), ("little", "big"), ("big", "little"), ("little", "little"))
SMALLEST, LARGEST = 1e-6, 1e9  # of a number that a machine measures, when the tag declares no range


def doubts(tags: Sequence[ModbusTag], registers: Sequence[NDArray[np.uint16] | None]) -> Iterator[Doubt]:
    """Yield a doubt for each tag whose registers, as they are read, hold no likely value; `registers`: None unknown."""
    for index, (tag, words) in enumerate(zip(tags, registers, strict=True)):
        if words is None or tag.kind in ("bit", "text") or _is_empty(tag, words):
            continue
        read = _value(tag, words, tag.word_order, tag.byte_order)
        if _likely(tag, read):
            continue
        others = [
            (w, b, _value(tag, words, w, b))
            for w, b in ORDERS
            if (w, b) != (tag.word_order, tag.byte_order) and (tag.words > 1 or w == tag.word_order)
        ]
        better = [(w, b, v) for w, b, v in others if _likely(tag, v) and v != 0]
        certain = _outside(tag, read)
        if better:
            words_, bytes_, value = better[0]
            why = f"{tag.name} reads {read:g}; with word_order {words_} and byte_order {bytes_} it would read {value:g}"
        elif certain:
            why = f"{tag.name} reads {read:g}"
        else:
            continue  # without a range and without a better order, a strange number is only strange
        if certain and tag.range is not None:
            why += f", and its range is {tag.range[0]:g} to {tag.range[1]:g}"
        yield Doubt(index, why, certain)


def _value(tag: ModbusTag, words: NDArray[np.uint16], word_order: Order, byte_order: Order) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        return float(view(words[None, :], tag.kind, word_order, byte_order)[0]) * tag.scale + tag.offset


def _is_empty(tag: ModbusTag, words: NDArray[np.uint16]) -> bool:
    return tag.empty == int(view(words[None, :], f"uint{16 * tag.words}", tag.word_order, tag.byte_order)[0])


def _outside(tag: ModbusTag, value: float) -> bool:
    return tag.range is not None and not tag.range[0] <= value <= tag.range[1]


def _likely(tag: ModbusTag, value: float) -> bool:
    if _outside(tag, value):
        return False
    if tag.kind in ("int16", "uint16"):
        return True  # any one register is a possible number
    if not np.isfinite(value):
        return False
    if tag.kind.startswith("float"):
        return value == 0 or (abs(value) >= SMALLEST and (tag.range is not None or abs(value) <= LARGEST))
    return tag.range is not None or not _low_words_empty(tag, value)


def _low_words_empty(tag: ModbusTag, value: float) -> bool:
    """Return whether a whole number has nothing in its lower half: a small one, read in the wrong order, looks so."""
    raw = round((value - tag.offset) / tag.scale)
    return raw != 0 and raw % (1 << (8 * tag.words)) == 0
