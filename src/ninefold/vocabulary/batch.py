"""A batch of samples as numpy columns: the only currency between connector, recipe, model and queue on the edge.

No Python object per sample. Loss is a `Gap` in the stream, never silence.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray


class Quality(IntEnum):
    """How far a sample can be trusted."""

    GOOD = 0
    UNCERTAIN = 1
    BAD = 2


class Reason(IntEnum):
    """Why a sample is not good."""

    NONE = 0
    OTHER = 1  # the device says no more than uncertain or bad
    NOT_CONNECTED = 2  # the device has lost the sensor or its own source
    SENSOR_FAILURE = 3
    DEVICE_FAILURE = 4
    OUT_OF_RANGE = 5  # beyond the measuring range or the limits of the engineering unit
    STALE = 6  # the last usable value of a source that is silent
    SUBSTITUTED = 7  # a person or a rule has put a value in its place
    CONFIGURATION = 8
    OUT_OF_SERVICE = 9
    INITIAL = 10  # nothing was measured yet
    NO_VALUE = 11  # the device sent a sample without a value
    NOT_A_NUMBER = 12  # NaN, infinity, or text where a number is wanted
    NO_TIME = 13  # the device sent no source time; the receive time stands in its place


@dataclass(frozen=True, slots=True, eq=False)
class ColumnBatch:
    """Samples in the order in which they arrived. Every array has the shape `(n,)`."""

    tag: NDArray[np.uint32]  # index into the plan's tags
    source_time: NDArray[np.int64]  # µs UTC, the device's clock
    receive_time: NDArray[np.int64]  # µs UTC, our clock
    value: NDArray[np.float64]  # in the tag's unit; NaN when the sample is no number
    quality: NDArray[np.uint8]  # Quality
    reason: NDArray[np.uint16]  # Reason
    text: NDArray[Any] | None = None  # object array: str where the sample is text, else None; None when there is none

    def __len__(self) -> int:
        return len(self.tag)

    def take(self, rows: Any) -> "ColumnBatch":
        """Return the rows that a mask, a slice or an index array selects."""
        text = None if self.text is None else self.text[rows]
        return ColumnBatch(
            self.tag[rows], self.source_time[rows], self.receive_time[rows], self.value[rows], self.quality[rows],
            self.reason[rows], text,
        )  # fmt: skip


class Gap(msgspec.Struct, frozen=True):
    """Samples between two source times are lost, or nothing can come: of one tag, or of all.

    A lost link is told once when it is noticed (`end` is None), and again with its end before the first sample that
    follows. Samples inside the interval may have arrived: the first ones after a lost link can be older than its end.
    """

    start: int | None  # µs UTC of the last sample before; None when there was none
    end: int | None  # µs UTC, latest source time of the first batch after; None while it lasts
    reason: str  # link lost | overflow at the device | consumer too slow | message lost
    noticed: int  # µs UTC of our clock
    tag: int | None = None  # index into the plan's tags; None for all
    samples: int | None = None  # how many are lost, where it is known
    detail: str = ""


def make_batch(
    tag: Any, source_time: Any, receive_time: Any, value: Any, quality: Any = 0, reason: Any = 0, text: Any = None
) -> ColumnBatch:
    """Return a batch from arrays or lists; scalars are repeated.

    Raises:
        ValueError: the columns differ in length.
    """
    tags = np.ascontiguousarray(tag, dtype=np.uint32)
    n = len(tags)

    def column(values: Any, type_: Any) -> NDArray[Any]:
        array = np.asarray(values, dtype=type_)
        if array.ndim == 0:
            return np.full(n, array, dtype=type_)
        if array.shape != (n,):
            raise ValueError(f"a column has the shape {array.shape}, the batch has {n} rows")
        return np.ascontiguousarray(array)

    return ColumnBatch(
        tags, column(source_time, np.int64), column(receive_time, np.int64), column(value, np.float64),
        column(quality, np.uint8), column(reason, np.uint16), None if text is None else column(text, object),
    )  # fmt: skip


def join(batches: Sequence[ColumnBatch]) -> ColumnBatch:
    """Return one batch of several, in their order."""
    if len(batches) == 1:
        return batches[0]
    if not batches:
        return make_batch([], [], [], [])
    text = None
    if any(b.text is not None for b in batches):
        text = np.concatenate([np.full(len(b), None, dtype=object) if b.text is None else b.text for b in batches])
    return ColumnBatch(
        np.concatenate([b.tag for b in batches]),
        np.concatenate([b.source_time for b in batches]),
        np.concatenate([b.receive_time for b in batches]),
        np.concatenate([b.value for b in batches]),
        np.concatenate([b.quality for b in batches]),
        np.concatenate([b.reason for b in batches]),
        text,
    )
