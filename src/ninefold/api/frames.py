"""Tables of the user's library: columns become a DataFrame of pandas or Polars, and come from one, losing nothing.

Neither library is a dependency: the one that is loaded already is used, else the one that is installed.
"""

import sys
from collections.abc import Callable, Collection, Mapping
from importlib.util import find_spec
from typing import Any, Literal, get_args

import numpy as np

from ninefold.kernel.errors import InvalidInput, MissingDependency
from ninefold.vocabulary.columns import Array, Columns, length

Library = Literal["pandas", "polars", "columns"]
EXACT = 2**53  # whole numbers up to here are exact as float64


def library_of(asked: str | None) -> Library:
    """Return the library that is asked for, or the one to use when none is.

    Raises:
        InvalidInput: it is none that is known. MissingDependency: it is not installed.
    """
    frames: tuple[Library, ...] = ("pandas", "polars")
    if asked is None:
        here = [n for n in frames if n in sys.modules] + [n for n in frames if find_spec(n)]
        return here[0] if here else "columns"
    known: dict[str, Library] = {name: name for name in get_args(Library)}
    if asked not in known:
        raise InvalidInput(f"No library of tables is called {asked!r}.", hint=f"Use one of: {', '.join(known)}.")
    if asked != "columns" and not find_spec(asked):
        raise MissingDependency(asked, "notebook", f"A DataFrame of {asked}")
    return known[asked]


def to_frame(columns: Columns, times: Collection[str] = (), library: str | None = None) -> Any:
    """Return columns as a DataFrame; `times` (µs UTC) become moments with the zone UTC. Without a library: as they are.

    Raises:
        InvalidInput, MissingDependency: see `library_of`.
    """
    chosen = library_of(library)
    if chosen == "columns":
        return dict(columns)
    if chosen == "pandas":
        import pandas as pd

        made = {n: pd.to_datetime(a, unit="us", utc=True) if n in times else a for n, a in columns.items()}
        return pd.DataFrame(made)
    import polars as pl

    zoned = pl.Datetime("us", "UTC")
    return pl.DataFrame([_series(n, a).cast(zoned) if n in times else _series(n, a) for n, a in columns.items()])


def _series(name: str, array: Array) -> Any:
    import polars as pl

    if array.dtype == object:
        return pl.Series(name, array.tolist(), dtype=pl.String)
    return pl.Series(name, array, nan_to_null=array.dtype.kind == "f")


def from_frame(frame: Any) -> tuple[dict[str, Array], tuple[str, ...]]:
    """Return the columns of a DataFrame (pandas, Polars) or of a mapping of arrays, and which of them are times.

    A named index of pandas becomes columns. Numbers and flags become float64 with NaN for null, moments µs UTC, text
    objects with None for null. Moments without a zone count as UTC; in a mapping they are
    datetime64, because a whole number is a number.

    Raises:
        InvalidInput: it is no table, has no rows, or a column holds what is no number, moment or text.
    """
    module = type(frame).__module__.partition(".")[0]
    read: Callable[[str], Array]
    if module == "polars" and hasattr(frame, "get_columns"):
        names, read = list(frame.columns), lambda n: _of_polars(frame[n])
    elif module == "pandas" and hasattr(frame, "columns"):
        frame = _with_index(frame)
        names, read = list(frame.columns), lambda n: _of_pandas(frame[n])
    elif isinstance(frame, Mapping):
        names, read = list(frame), lambda n: np.asarray(frame[n])
    else:
        message = f"A {type(frame).__name__} is no table."
        raise InvalidInput(message, hint="Give a DataFrame of pandas or Polars, or a mapping of arrays.")
    if wrong := [n for n in names if not isinstance(n, str) or not n]:
        raise InvalidInput(f"{wrong[0]!r} is no name of a column.", hint="Name every column by a text.")
    if twice := sorted({n for n in names if names.count(n) > 1}):
        raise InvalidInput(f"The column {twice[0]!r} stands twice.", hint="Rename one of them.")
    made = {n: _plain(n, read(n)) for n in names}
    try:
        rows = length(made)
    except ValueError as error:
        raise InvalidInput(f"It is no table: {error}.", hint="Give columns of one length.") from None
    if rows == 0:
        raise InvalidInput("The table has no rows.", hint="Give at least one.")
    return made, tuple(n for n, a in made.items() if a.dtype == np.int64)


def _with_index(frame: Any) -> Any:
    """Return a frame of pandas with its named index as columns; numbers of rows are nothing to keep."""
    import pandas as pd

    if any(name is not None for name in frame.index.names):
        return frame.reset_index()
    if isinstance(frame.index, pd.DatetimeIndex):
        hint = "Name it, so that it becomes a column: frame.rename_axis('ts')."
        raise InvalidInput("The index of the table holds moments and has no name.", hint=hint)
    return frame


def _of_pandas(series: Any) -> Array:
    import pandas as pd

    if isinstance(series.dtype, pd.DatetimeTZDtype):
        series = series.dt.tz_convert("UTC").dt.tz_localize(None)
    if pd.api.types.is_bool_dtype(series.dtype) or pd.api.types.is_numeric_dtype(series.dtype):
        _exact(series.name, series.dropna().to_numpy())
        return np.asarray(series.to_numpy(dtype=np.float64, na_value=np.nan))
    if pd.api.types.is_datetime64_dtype(series.dtype):
        return np.asarray(series.to_numpy(dtype="datetime64[us]"))
    values = series.astype(object)
    return np.asarray(values.where(values.notna(), None), object)


def _of_polars(series: Any) -> Array:
    import polars as pl

    if series.dtype.is_numeric() or series.dtype == pl.Boolean:
        if series.dtype.is_integer():
            _exact(series.name, series.drop_nulls().to_numpy())
        return np.asarray(series.cast(pl.Float64).fill_null(float("nan")).to_numpy())
    if series.dtype == pl.Date:
        series = series.cast(pl.Datetime("us"))
    if isinstance(series.dtype, pl.Datetime):
        zoned = series.dt.convert_time_zone("UTC") if series.dtype.time_zone else series
        return np.asarray(zoned.dt.replace_time_zone(None).cast(pl.Datetime("us")).to_numpy())
    return np.array([None, *series.to_list()], object)[1:]


def _plain(name: str, array: Array) -> Array:
    """Return one column as the house keeps it."""
    if array.dtype.kind == "M":
        moments = array.astype("datetime64[us]")
        if np.isnat(moments).any():
            raise InvalidInput(f"The column {name!r} has rows without a time.", hint="Drop them, or fill them in.")
        return np.asarray(moments.astype(np.int64))
    if array.dtype.kind in "biuf":
        _exact(name, array)
        numbers = np.asarray(array, np.float64)
        if np.isinf(numbers).any():
            raise InvalidInput(f"The column {name!r} holds infinity.", hint="Put a null there, or a bound.")
        return numbers
    words = np.array([None, *array.tolist()], object)[1:]
    wrong = next((w for w in words if w is not None and not isinstance(w, str)), None)
    if wrong is not None:
        message = f"The column {name!r} holds {str(wrong)[:40]!r} of the type {type(wrong).__name__}."
        raise InvalidInput(message, hint="Make it a column of numbers, moments or text.")
    return words


def _exact(name: object, values: Array) -> None:
    if values.dtype.kind in "iu" and len(values) and max(abs(int(values.min())), abs(int(values.max()))) > EXACT:
        message = f"The column {str(name)!r} holds whole numbers beyond 2^53, which are not exact as float64."
        raise InvalidInput(message, hint="Make it text when it is an identifier.")
