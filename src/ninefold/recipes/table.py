"""What flows between kernels: rows sorted by entity and time, and the rules that make a source's columns plain.

Numbers are float64 with NaN for null, text is an object array with None for null, times are int64 µs UTC. A number
that is infinite or beyond 1e100 is null: squares and products of three stay finite on every engine.
"""

from dataclasses import dataclass

import numpy as np

from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.columns import Array, Floats, Times

MAX_NUMBER = 1e100
MAX_TIME = 9_000_000_000_000_000  # µs, the year 2255; exact as a float
NO_TIME = -1

_NONE = np.array(None, dtype=object)


@dataclass(slots=True)
class Batch:
    """Rows of one push. `code` (int64, `(n,)`) numbers the entities; rows are sorted by (code, t) once admitted."""

    code: Times
    t: Times
    columns: dict[str, Array]

    def __len__(self) -> int:
        return len(self.t)

    def take(self, rows: Array) -> "Batch":
        """Return the rows that a mask or an index array selects."""
        return Batch(self.code[rows], self.t[rows], {n: a[rows] for n, a in self.columns.items()})

    def with_(self, columns: dict[str, Array]) -> "Batch":
        """Return the same rows with columns replaced or added."""
        return Batch(self.code, self.t, {**self.columns, **columns})


def join(tail: Batch, batch: Batch) -> tuple[Batch, Array]:
    """Return retained rows and new ones sorted by entity, retained first, and the mask of the new ones."""
    code = np.concatenate((tail.code, batch.code))
    order = np.argsort(code, kind="stable")
    columns = {n: np.concatenate((tail.columns[n], a))[order] for n, a in batch.columns.items()}
    both = Batch(code[order], np.concatenate((tail.t, batch.t))[order], columns)
    return both, order >= len(tail)


def starts(code: Array) -> Array:
    """Return the mask of the first row of each run of equal codes."""
    first = np.empty(len(code), bool)
    if len(code):
        first[0] = True
        np.not_equal(code[1:], code[:-1], out=first[1:])
    return first


def changes(array: Array) -> Array:
    """Return the mask of rows whose value differs from the row before; null equals null."""
    first = np.ones(len(array), bool)
    if len(array) < 2:
        return first
    a, b = array[1:], array[:-1]
    first[1:] = a != b
    if array.dtype != object:
        first[1:] &= ~(np.isnan(a) & np.isnan(b))
    return first


def start_index(first: Array) -> Array:
    """Return for each row the index of the first row of its run."""
    return np.maximum.accumulate(np.where(first, np.arange(len(first)), 0))


def null_mask(array: Array) -> Array:
    """Return the mask of null values."""
    if array.dtype == object:
        return np.asarray(np.equal(array, _NONE), dtype=bool)
    if array.dtype.kind != "f":
        return np.zeros(array.shape, bool)
    return np.isnan(array)


def bounded(array: Array) -> Floats:
    """Return numbers with NaN for what is infinite or beyond 1e100."""
    return np.where(np.abs(array) <= MAX_NUMBER, array, np.nan)


def plain(name: str, array: Array) -> Array:
    """Return a source's column as float64 or text.

    Raises:
        InvalidInput: a type that is neither, or an object array with something that is no text.
    """
    if array.dtype.kind in "iufb":
        return bounded(array.astype(np.float64, copy=False))
    if array.dtype.kind == "M":
        return np.where(np.isnat(array), np.nan, array.astype("datetime64[us]").astype(np.int64).astype(np.float64))
    if array.dtype.kind == "U":
        return array.astype(object)
    if array.dtype != object:
        raise InvalidInput(f"The column {name!r} has the type {array.dtype}; expected numbers or text.")
    return _text(name, array)


def _text(name: str, array: Array) -> Array:
    values = array.tolist()
    if set(map(type, values)) <= {str, type(None)}:
        return array
    cleaned = [None if isinstance(v, float) and v != v else str(v) if isinstance(v, str) else v for v in values]
    wrong = next((v for v in cleaned if v is not None and type(v) is not str), None)
    if wrong is not None:
        raise InvalidInput(
            f"The text column {name!r} holds {wrong!r} of type {type(wrong).__name__}.",
            hint="Give numbers as a float64 array and text as an object array.",
        )
    return np.array(cleaned, dtype=object)


def times(name: str, array: Array) -> Times:
    """Return a time column as int64 µs UTC, NO_TIME where it is null, before 1970 or after 2255.

    Raises:
        InvalidInput: the column is text.
    """
    if array.dtype.kind == "M":
        array = np.where(np.isnat(array), NO_TIME, array.astype("datetime64[us]").astype(np.int64))
    elif array.dtype.kind == "f":
        array = np.where(np.isfinite(array) & (np.abs(array) <= MAX_TIME), array, NO_TIME).astype(np.int64)
    elif array.dtype.kind not in "iu":
        raise InvalidInput(
            f"The time column {name!r} has the type {array.dtype}; expected µs since 1970 as int64.",
            hint="Add a step 'parse_time' at the head of the recipe.",
        )
    array = array.astype(np.int64, copy=False)
    return np.where((array >= 0) & (array <= MAX_TIME), array, NO_TIME)


def entities(name: str, array: Array) -> Array:
    """Return an entity column as text; whole numbers become their digits, null stays None.

    Raises:
        InvalidInput: numbers with a fraction.
    """
    array = plain(name, array)
    if array.dtype == object:
        return array
    if np.any(np.isfinite(array) & (array != np.floor(array))):
        raise InvalidInput(f"The entity column {name!r} holds numbers with a fraction.")
    return np.array([None if np.isnan(v) else str(int(v)) for v in array.tolist()], dtype=object)


def where(condition: Array, array: Array) -> Array:
    """Return a float64 or text array with null where the condition is false."""
    if condition.all():
        return array
    found = array.copy()
    found[~condition] = None if array.dtype == object else np.nan
    return found
