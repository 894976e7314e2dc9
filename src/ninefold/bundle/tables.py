"""Parquet blobs as columns. They are read by content, so their file names say nothing about their format."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ninefold.bundle.keeping import kept
from ninefold.kernel.errors import InvalidInput, MissingDependency
from ninefold.recipes.duckdb import fetched
from ninefold.recipes.sql import listed, quoted
from ninefold.vocabulary.columns import Array


def read_parquet(path: Path) -> dict[str, Array]:
    """Return a Parquet file as columns, in the order of its rows; times are int64 µs UTC.

    Raises:
        InvalidInput: it is no Parquet.
        MissingDependency: DuckDB is not installed.
    """
    return kept(path, lambda: _query(path, "SELECT * FROM read_parquet(?)"))


def first_rows(path: Path, entity: str, moment: str, columns: Sequence[str], count: int) -> dict[str, Array]:
    """Return the earliest rows of the first asset of a Parquet file: `entity`, `moment` (µs UTC) and the columns.

    Raises:
        InvalidInput: it is no Parquet, or lacks a column.
        MissingDependency: DuckDB is not installed.
    """
    who, when = quoted(entity), quoted(moment)
    items = listed([who, when, *(quoted(c) for c in columns if c not in {entity, moment})])
    sql = (
        f"SELECT {items} FROM read_parquet($1) WHERE {who} = (SELECT min({who}) FROM read_parquet($1)) "  # noqa: S608 - quoted names
        f"ORDER BY {when} LIMIT {int(count)}"
    )
    return _query(path, sql)


def rows_between(
    path: Path, moment: str, start: int, end: int, columns: Sequence[str], most: int
) -> dict[str, Array]:  # fmt: skip
    """Return the latest rows whose `moment` lies between two times (µs UTC), at most `most`, in order of time.

    Raises:
        InvalidInput: it is no Parquet, or lacks a column.
        MissingDependency: DuckDB is not installed.
    """
    when, items = quoted(moment), listed(quoted(c) for c in dict.fromkeys((moment, *columns)))
    sql = (
        f"SELECT {items} FROM (SELECT {items} FROM read_parquet($1) "  # noqa: S608 - quoted names
        f"WHERE {when} BETWEEN {int(start)} AND {int(end)} ORDER BY {when} DESC LIMIT {int(most)}) ORDER BY {when}"
    )
    return _query(path, sql)


def _query(path: Path, sql: str) -> dict[str, Array]:
    try:
        import duckdb
    except ImportError:
        raise MissingDependency("duckdb", "data", "Reading Parquet") from None
    connection: Any = duckdb.connect(config={"memory_limit": "1GB", "threads": 2})
    try:
        connection.execute("SET TimeZone = 'UTC'")
        found = fetched(connection.execute(sql, [str(path)]).fetchnumpy())
    except duckdb.Error as error:
        raise InvalidInput(f"The table cannot be read: {str(error).splitlines()[0][:200]}.") from error
    finally:
        connection.close()
    return {n: a.astype("datetime64[us]").astype(np.int64) if a.dtype.kind == "M" else a for n, a in found.items()}
