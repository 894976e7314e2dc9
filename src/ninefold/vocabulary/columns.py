"""Columns: a table as numpy arrays by name; what recipes, metrics, models and sources hand to one another.

Every array has the shape `(n_rows,)`. Numbers are float64 with NaN for null, times int64 µs UTC, flags bool, text
object arrays of `str` with None for null.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Floats: TypeAlias = NDArray[np.float64]
Times: TypeAlias = NDArray[np.int64]
Columns: TypeAlias = Mapping[str, Array]


def length(columns: Columns) -> int:
    """Return the number of rows; 0 for no columns.

    Raises:
        ValueError: the arrays differ in length or are not one-dimensional.
    """
    shapes = {a.shape for a in columns.values()}
    if len(shapes) > 1 or any(len(s) != 1 for s in shapes):
        sizes = ", ".join(f"{name} {a.shape}" for name, a in columns.items())
        raise ValueError(f"the columns differ in shape: {sizes}")
    return int(next(iter(shapes))[0]) if shapes else 0


def take(columns: Columns, rows: Array) -> dict[str, Array]:
    """Return the rows that a mask or an index array selects, in its order."""
    return {name: array[rows] for name, array in columns.items()}
