"""A source's relation to a Parquet file of plain columns, on DuckDB; every wrong column and value is named.

Numbers become DOUBLE, text VARCHAR, times BIGINT µs UTC. Rows are sorted by asset and time; rows of the same asset and
time keep the source's order, so that a later row stays the later one.
"""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ninefold.connectors.tables import Constant, RowOrder, TableSettings
from ninefold.kernel.clock import parse_iso
from ninefold.kernel.errors import InvalidInput, MissingDependency, StoreError

ROW = "__row"  # the number of the row in the source, from 0
_NUMBERS = (
    "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "FLOAT",
    "DOUBLE", "DECIMAL", "BOOLEAN",
)  # fmt: skip
MEMORY = "1GB"
_WIDE = 500  # columns of one query


@dataclass(frozen=True)
class Column:
    """One column of a snapshot, and the SQL over the source that makes it and that finds a value it cannot read."""

    name: str
    type: str  # number | text | time
    sql: str
    source: str = ""  # column of the source
    bad: str = ""  # true where the source's value is there and cannot be read


def quoted(name: str) -> str:
    """Return a name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


@contextmanager
def opened(zone: str = "UTC") -> Iterator[Any]:
    """Yield a DuckDB connection that loads nothing from outside; errors of the data become InvalidInput."""
    try:
        import duckdb
    except ImportError:
        raise MissingDependency("duckdb", "data", "Reading a table") from None
    config = {"memory_limit": MEMORY, "threads": 2, "autoinstall_known_extensions": False}
    connection = duckdb.connect(config=config)
    try:
        if connection.execute("SELECT current_setting('enable_progress_bar')").fetchone()[0]:
            # only then: in a notebook without ipywidgets it is off, and even to switch it off is an error
            connection.execute("SET enable_progress_bar = false")
        connection.execute(f"SET TimeZone = {literal(zone)}")
        yield connection
    except duckdb.Error as error:
        raise InvalidInput(
            f"The source cannot be read: {str(error).splitlines()[0]}", hint="Check the file."
        ) from error
    finally:
        connection.close()


def columns_of(settings: TableSettings, found: Mapping[str, str], where: str) -> list[Column]:
    """Return the snapshot's columns, given the source's columns with their SQL types.

    Raises:
        InvalidInput: with every column that is missing, renamed, padded with blanks, or of the wrong type.
    """
    builder = _Builder(settings, found, where)
    columns = builder.events() if settings.holds_events else builder.samples()
    if builder.wrong:
        raise InvalidInput("\n".join(builder.wrong), hint="Correct the source, or the columns in the connection.")
    return columns


def check(connection: Any, columns: Sequence[Column], relation: str, where: str, first_line: int) -> int:
    """Return the rows of a relation (which has a column __row) after a look at every value.

    Raises:
        InvalidInput: there are no rows, or a value cannot be read; the first one of each column is named.
    """
    rows, bad = _counted(connection, columns, relation)
    if rows == 0:
        raise InvalidInput(f"{where} holds no rows.", hint="Check that the export wrote something.")
    wrong = [_first_bad(connection, c, n, relation, where, first_line) for c, n in bad if n]
    if wrong:
        raise InvalidInput("\n".join(wrong), hint="Correct the values, or leave out unit: to read the column as text.")
    return int(rows)


def _counted(connection: Any, columns: Sequence[Column], relation: str) -> tuple[int, list[tuple[Column, int]]]:
    """Return the rows of a relation, and for each column that can be wrong how many of its values are.

    A query takes time with the square of its columns, so very wide relations are read more than once.
    """
    looked = [c for c in columns if c.bad]
    rows, found = 0, list[tuple[Column, int]]()
    for first in range(0, max(len(looked), 1), _WIDE):
        some = looked[first : first + _WIDE]
        counts = "".join(f", count_if({c.bad})" for c in some)
        rows, *bad = connection.execute(f"SELECT count(*){counts} FROM {relation}").fetchone()
        found += zip(some, bad, strict=True)
    return rows, found


def plain(columns: Sequence[Column], relation: str) -> str:
    """Return a query of the plain columns, and of __row."""
    items = ", ".join(f"{c.sql} AS {quoted(c.name)}" for c in columns)
    return f"SELECT {items}, {ROW} FROM {relation}"


def write(connection: Any, columns: Sequence[Column], relation: str, out: Path) -> None:
    """Write a checked relation as Parquet, sorted by asset, time and the source's order.

    Raises:
        StoreError: the disk is full.
    """
    import duckdb

    order = ", ".join(quoted(c.name) for c in columns if c.name in {"asset", "ts", "occurred"})
    inner = plain(columns, relation)
    query = f"SELECT * EXCLUDE ({ROW}) FROM ({inner}) ORDER BY {order}, {ROW}"
    try:
        connection.execute(f"COPY ({query}) TO {literal(str(out))} (FORMAT parquet, COMPRESSION zstd)")
    except duckdb.IOException as error:
        if "Could not write" not in str(error):  # it reads the source again, too
            raise
        raise StoreError(f"The disk that holds {out.parent} is full.", hint="Free space, then repeat.") from error


def _first_bad(connection: Any, column: Column, count: int, relation: str, where: str, first_line: int) -> str:
    found = f"{relation} WHERE {column.bad} ORDER BY {ROW} LIMIT 1"
    query = f"SELECT {ROW}, {quoted(column.source)} FROM {found}"
    row, value = connection.execute(query).fetchone()
    kind = {"number": "a number", "time": "a time"}[column.type]
    more = f" ({count} values in all)" if count > 1 else ""
    return f"{where}, line {row + first_line}: {column.source} is {str(value)[:40]!r}, expected {kind}{more}."


class _Builder:
    """Makes the columns, and notes all that is wrong with the source's."""

    def __init__(self, settings: TableSettings, found: Mapping[str, str], where: str) -> None:
        self.settings = settings
        self.found = found
        self.where = where
        self.wrong: list[str] = []

    def samples(self) -> list[Column]:
        """Return asset, ts and the signals."""
        time = self.settings.time
        clock = self._order(time) if isinstance(time, RowOrder) else self._time("ts", time or "")
        return [self._asset(), clock, *self._tags()]

    def events(self) -> list[Column]:
        """Return id, asset, event, the three times, and the rest."""
        settings = self.settings
        assert settings.times is not None  # noqa: S101 - the settings were checked when they were read
        reported = settings.times.reported or settings.times.occurred
        known = settings.times.known or reported
        times = [
            self._time(name, column)
            for name, column in (("occurred", settings.times.occurred), ("reported", reported), ("known", known))
        ]
        asset, event = self._asset(), self._text("event", settings.event or "")
        made = f"concat_ws('/', {asset.sql}, {event.sql}, {times[0].sql})"
        id_ = self._text("id", settings.id) if settings.id else Column("id", "text", made)
        outcome = [self._text("outcome", settings.outcome)] if settings.outcome else []
        return [id_, asset, event, *times, *outcome, *self._tags()]

    def _tags(self) -> list[Column]:
        return [
            self._text(t.signal, t.column) if t.unit is None else self._number(t.signal, t.column)
            for t in self.settings.tags
        ]

    def _asset(self) -> Column:
        asset = self.settings.asset
        if isinstance(asset, Constant):
            return Column("asset", "text", literal(asset.is_))
        return self._text("asset", asset)

    def _order(self, order: RowOrder) -> Column:
        step = round(order.every * 1e6)
        return Column("ts", "time", f"({parse_iso(order.since)} + CAST({ROW} AS BIGINT) * {step})")

    def _text(self, name: str, column: str) -> Column:
        self._type(column)
        return Column(name, "text", f"CAST({self._value(column)} AS VARCHAR)", column)

    def _number(self, name: str, column: str) -> Column:
        value, type_ = self._value(column), self._type(column)
        if type_.startswith(_NUMBERS):
            return Column(name, "number", f"CAST({value} AS DOUBLE)", column)
        if type_ != "VARCHAR":
            return self._unfit(name, column, type_, "numbers")
        value = f"trim({value})"
        if self.settings.decimal == ",":
            value = f"replace(replace({value}, '.', ''), ',', '.')"
        # DuckDB reads '1_000' and 'inf' as numbers; a plant's export means neither
        plain = rf"regexp_full_match({value}, '[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?')"
        sql = f"CASE WHEN {plain} THEN TRY_CAST({value} AS DOUBLE) END"
        return Column(name, "number", sql, column, f"{value} IS NOT NULL AND NOT {plain}")

    def _time(self, name: str, column: str) -> Column:
        value, type_ = self._value(column), self._type(column)
        if type_ == "BIGINT":
            return Column(name, "time", value, column)
        if type_.startswith(("TIMESTAMP", "DATE")):
            return Column(name, "time", f"epoch_us(CAST({value} AS TIMESTAMPTZ))", column)
        if type_ != "VARCHAR":
            return self._unfit(name, column, type_, "times")
        moment = f"TRY_CAST({value} AS TIMESTAMPTZ)"
        return Column(name, "time", f"epoch_us({moment})", column, f"{value} IS NOT NULL AND {moment} IS NULL")

    def _unfit(self, name: str, column: str, type_: str, expected: str) -> Column:
        if type_ != "missing":
            self.wrong.append(f"{self.where}: the column {column!r} has the type {type_}, expected {expected}.")
        return Column(name, "text", "NULL", column)

    def _value(self, column: str) -> str:
        """Return the column with the source's words for "no value" as null."""
        name = quoted(column)
        if self.found.get(column) != "VARCHAR" or not self.settings.nulls:
            return name
        words = ", ".join(literal(word) for word in self.settings.nulls)
        return f"(CASE WHEN {name} NOT IN ({words}) THEN {name} END)"

    def _type(self, column: str) -> str:
        """Return the SQL type of a source's column; notes it when it is not there."""
        type_ = self.found.get(column)
        if type_ is not None:
            return type_
        padded = [name for name in self.found if name.strip() == column]
        if padded:
            said = f"the column {column!r} is called {padded[0]!r}, with blanks around its name."
        else:
            close = difflib.get_close_matches(column.lower(), [n.lower() for n in self.found], n=1, cutoff=0.5)
            near = next((n for n in self.found if close and n.lower() == close[0]), None)
            known = ", ".join(list(self.found)[:12])
            said = f"there is no column {column!r}; " + (f"was it renamed to {near!r}?" if near else f"it has {known}.")
        line = f"{self.where}: {said}"
        if line not in self.wrong:
            self.wrong.append(line)
        return "missing"
