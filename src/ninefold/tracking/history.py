"""All values of a run's metrics as one packed blob, and the last value of each."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ninefold.kernel.columnar import pack, unpack
from ninefold.vocabulary.columns import Array


class Point(NamedTuple):
    """One value of a metric."""

    metric: str
    step: int
    time: int  # µs UTC
    value: float


def pack_history(points: Sequence[Point]) -> bytes:
    """Return the points as packed columns, in their order."""
    return pack(
        {
            "metric": np.array([p.metric for p in points], object),
            "step": np.array([p.step for p in points], np.int64),
            "time": np.array([p.time for p in points], np.int64),
            "value": np.array([p.value for p in points], np.float64),
        }
    )


def unpack_history(data: bytes) -> dict[str, Array]:
    """Return the columns metric, step, time (µs UTC) and value.

    Raises:
        InvalidInput: the bytes are no packed columns.
    """
    return unpack(data)


def last_values(points: Sequence[Point]) -> tuple[dict[str, float | None], tuple[str, ...]]:
    """Return the value logged last of each metric, None for NaN and infinity, and the sentence that says so."""
    last = {p.metric: p.value for p in points}
    odd = [f"{name} is {value}" for name, value in last.items() if not math.isfinite(value)]
    shown = f"{', '.join(odd[:5])}{f' and {len(odd) - 5} more' if len(odd) > 5 else ''}"
    notes = (f"Without a finite last value: {shown}.",) if odd else ()
    return {name: value if math.isfinite(value) else None for name, value in last.items()}, notes
