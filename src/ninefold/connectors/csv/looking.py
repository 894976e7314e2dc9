"""A look at a CSV of which nobody has said anything yet: whether it can be read, and what its columns hold.

It is the same reading as of a connection, with every column as text; what is a number or a time is found afterwards.
"""

import csv
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from ninefold.connectors.csv.connector import MAX_HEADER, CsvTable
from ninefold.connectors.snapshot import literal
from ninefold.connectors.tables import Constant, RowOrder, TableSettings, TableTag
from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.quantity import Duration

MOST_COLUMNS = 400
LONGEST_NAME = 200  # characters of a column's name
LEVELS = 20  # texts of a column that are listed; with more it is no category
FIRST = 5  # rows that are shown
_DELIMITERS = (",", ";", "\t", "|")
_DOT = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"  # as the connector reads numbers
_COMMA = r"[+-]?([0-9]{1,3}(\.[0-9]{3})+|[0-9]+)?(,[0-9]+)?([eE][+-]?[0-9]+)?"
_TORN = re.compile(r"CSV Error on Line: (\d+)")
ColumnKind = Literal["number", "time", "text", "empty"]
Decimal = Literal[".", ","]


class ColumnSeen(msgspec.Struct, frozen=True):
    """One column: what its values are, and how they are spread."""

    name: str
    kind: ColumnKind
    missing: float  # share of the rows without a value
    distinct: int  # different values; an estimate when there are many
    low: str = ""  # of numbers and times
    high: str = ""
    levels: tuple[str, ...] = ()  # of text: all of them, unless there are many


class TableSeen(msgspec.Struct, frozen=True):
    """A CSV as it was found."""

    rows: int
    delimiter: str
    decimal: Decimal
    columns: tuple[ColumnSeen, ...]
    first: tuple[tuple[str, ...], ...]  # rows in the order of the columns

    def column(self, name: str) -> ColumnSeen | None:
        """Return the column with a name."""
        return next((c for c in self.columns if c.name == name), None)


def look(path: Path, called: str = "") -> TableSeen:
    """Return what a CSV holds; `called` is the name by which messages tell it.

    Raises:
        InvalidInput: no CSV in UTF-8 with a line of names, at least two columns and a row; or it has too many columns.
    """
    called = called or path.name
    delimiter, names = _header(path, called)
    settings = TableSettings(
        "csv", path.name, asset=Constant("any"), time=RowOrder(Duration(1)), delimiter=delimiter,
        tags=tuple(TableTag(f"c{n}", name) for n, name in enumerate(names)),
    )  # fmt: skip
    columns = [t.signal for t in settings.tags]
    try:
        return _looked(CsvTable(called, settings, path.parent), columns, names, delimiter)
    except InvalidInput as error:
        if (found := _TORN.search(error.message)) is None:
            raise
        message = f"{called}, line {found[1]}: it has more or fewer values than the first line, or an open quote."
        raise InvalidInput(message, hint="Correct the line, or export the table again.") from None


def _looked(source: CsvTable, columns: Sequence[str], names: Sequence[str], delimiter: str) -> TableSeen:
    with source.loaded(columns) as (db, table):
        rows, dots, commas, times, there = _counts(db, table, columns)
        decimal: Decimal = "," if _fits(commas, there) > _fits(dots, there) else "."
        numbers = commas if decimal == "," else dots
        kinds = [_kind(n, t, all_) for n, t, all_ in zip(numbers, times, there, strict=True)]
        seen = tuple(
            _seen(db, table, column, name, kind, 1 - count / rows, decimal)
            for column, name, kind, count in zip(columns, names, kinds, there, strict=True)
        )
        shown = ", ".join(f"coalesce({c}, '')" for c in columns)
        first = db.execute(f"SELECT {shown} FROM {table} ORDER BY __row LIMIT {FIRST}").fetchall()
    return TableSeen(rows, delimiter, decimal, seen, tuple(first))


def _header(path: Path, called: str) -> tuple[str, list[str]]:
    """Return the delimiter and the names of the first line."""
    with path.open("rb") as stream:
        line = stream.readline(MAX_HEADER)
    if not line.strip():
        raise InvalidInput(f"{called} is empty.", hint="Check that the export wrote something.")
    if len(line) == MAX_HEADER:
        raise InvalidInput(f"The first line of {called} has more than {MAX_HEADER:,} bytes.", hint="Export a CSV file.")
    try:
        text = line.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        message = f"{called}, line 1: a byte is not UTF-8."
        raise InvalidInput(message, hint="Export it as “CSV UTF-8”.") from None
    split = {d: next(csv.reader([text], delimiter=d), []) for d in _DELIMITERS}
    delimiter = max(_DELIMITERS, key=lambda d: len(split[d]))
    _check_names(names := split[delimiter], called)
    return delimiter, names


def _check_names(names: Sequence[str], called: str) -> None:
    """Refuse a first line that does not name columns.

    Raises:
        InvalidInput: saying what is wrong with it.
    """
    if len(names) < 2:
        message = f"{called} has one column only."
        raise InvalidInput(message, hint="Export it with a comma, a semicolon or a tab between the columns.")
    if len(names) > MOST_COLUMNS:
        message = f"{called} has {len(names):,} columns; at most {MOST_COLUMNS} are taken here."
        raise InvalidInput(message, hint="Leave out what is not needed, or write the connection as text.")
    if sum(_is_value(n) for n in names) * 2 >= len(names):
        message = f"The first line of {called} holds values, not the names of columns."
        raise InvalidInput(message, hint="Write a line of names above the values.")
    for name in names:
        if not name.strip() or not name.isprintable() or len(name) > LONGEST_NAME:
            shown = ascii(name)[1:41]
            message = f"{called} has a column without a usable name: {shown!r}."
            raise InvalidInput(message, hint=f"Give it a name of 1 to {LONGEST_NAME} printable characters.")
        if name != name.strip():
            message = f"The column {name.strip()[:40]!r} of {called} has blanks around its name."
            raise InvalidInput(message, hint="Take them out of the first line.")
    folded = [n.casefold() for n in names]
    twice = next((n for n, f in zip(names, folded, strict=True) if folded.count(f) > 1), None)
    if twice is not None:
        raise InvalidInput(f"{called} has the column {twice[:40]!r} more than once.", hint="Rename one of them.")


def _is_value(name: str) -> bool:
    """Return whether a name of a column is a number: then it is none."""
    try:
        float(name.replace(",", "."))
    except ValueError:
        return False
    return True


def _counts(db: Any, table: str, columns: Sequence[str]) -> tuple[int, list[int], list[int], list[int], list[int]]:
    """Return the rows, and by column how many values are numbers with a dot, with a comma, times, and there at all."""
    tests = (
        *(f"regexp_full_match(trim({c}), {literal(_DOT)})" for c in columns),
        *(f"trim({c}) <> '' AND regexp_full_match(trim({c}), {literal(_COMMA)})" for c in columns),
        *(f"TRY_CAST({c} AS TIMESTAMPTZ) IS NOT NULL" for c in columns),
        *(f"{c} IS NOT NULL" for c in columns),
    )
    counts = ", ".join(f"count(*) FILTER ({t})" for t in tests)
    rows, *found = db.execute(f"SELECT count(*), {counts} FROM {table}").fetchone()
    n = len(columns)
    dots, commas, times, there = (found[i * n : (i + 1) * n] for i in range(4))
    return rows, dots, commas, times, there


def _fits(found: Sequence[int], there: Sequence[int]) -> int:
    """Return how many columns hold nothing but such values."""
    return sum(f == t > 0 for f, t in zip(found, there, strict=True))


def _kind(numbers: int, times: int, there: int) -> ColumnKind:
    if not there:
        return "empty"
    return "number" if numbers == there else "time" if times == there else "text"


def _seen(db: Any, table: str, column: str, name: str, kind: ColumnKind, missing: float, decimal: str) -> ColumnSeen:
    """Return one column with its range or its texts."""
    value = f"trim({column})"
    if decimal == ",":
        value = f"replace(replace({value}, '.', ''), ',', '.')"
    made = {"number": f"CAST({value} AS DOUBLE)", "time": f"CAST({column} AS TIMESTAMPTZ)"}.get(kind, column)
    query = f"SELECT approx_count_distinct({column}), min({made}), max({made}) FROM {table}"
    distinct, low, high = db.execute(query).fetchone()
    if kind == "number":
        return ColumnSeen(name, kind, missing, distinct, f"{low:g}", f"{high:g}")
    if kind == "time":
        return ColumnSeen(name, kind, missing, distinct, f"{low:%Y-%m-%d %H:%M}", f"{high:%Y-%m-%d %H:%M}")
    levels: tuple[str, ...] = ()
    if kind == "text" and distinct <= 2 * LEVELS:
        query = f"SELECT DISTINCT {column} AS v FROM {table} WHERE v IS NOT NULL ORDER BY v LIMIT {LEVELS + 1}"
        levels = tuple(v for (v,) in db.execute(query).fetchall())
        distinct = len(levels) if len(levels) <= LEVELS else distinct
    return ColumnSeen(name, kind, missing, distinct, levels=levels if len(levels) <= LEVELS else ())
