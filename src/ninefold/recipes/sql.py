"""SQL text from a recipe: one common table expression per step, in a portable subset, and the hooks of a dialect.

Values are DOUBLE, VARCHAR or, for times, BIGINT µs. Names and literals enter the text only through `quoted`,
`literal` and `number`.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from ninefold.kernel.errors import InvalidInput

MAX_NUMBER = 1e100


def quoted(name: str) -> str:
    """Return a column or table name as SQL text.

    Raises:
        InvalidInput: the name is empty, longer than 200 characters, or holds a control character.
    """
    if not name or len(name) > 200 or any(ord(c) < 32 for c in name):
        raise InvalidInput(f"{name[:40]!r} cannot be the name of a column.")
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text value as SQL text.

    Raises:
        InvalidInput: the text holds a zero byte.
    """
    if "\0" in text:
        raise InvalidInput(f"The text {text[:40]!r} holds a zero byte.")
    return "'" + text.replace("'", "''") + "'"


def number(value: float) -> str:
    """Return a finite number as a DOUBLE literal; `1.0` alone would be a DECIMAL."""
    if not math.isfinite(value):
        raise InvalidInput(f"{value} is no number that a recipe can hold.")
    text = repr(float(value))
    return f"({text if 'e' in text else text + 'e0'})" if value < 0 else text if "e" in text else text + "e0"


def bounded(sql: str) -> str:
    """Return an expression that is null where a value is NaN, infinite or beyond 1e100 (NaN compares as greatest)."""
    return f"(CASE WHEN abs({sql}) <= 1e100 THEN {sql} END)"


@dataclass(frozen=True)
class Dialect:
    """What differs between engines. The defaults are DuckDB's."""

    name: str = "duckdb"

    def to_number(self, text: str) -> str:
        """Return a lenient cast from text: what is not plainly a number is null (no 1_0, nan or inf)."""
        pattern = literal(NUMBER_PATTERN)
        trimmed = f"trim({text}, ' ')"
        return bounded(f"(CASE WHEN regexp_full_match({trimmed}, {pattern}) THEN TRY_CAST({trimmed} AS DOUBLE) END)")

    def parse_time(self, text: str, format_: str, pattern: str, offset_us: int) -> str:
        """Return µs UTC of a text in a format; null where it does not match."""
        moment = f"epoch_us(try_strptime({text}, {literal(format_)}))"
        return f"(CASE WHEN regexp_full_match({text}, {literal(pattern)}) THEN {moment} - ({offset_us}) END)"

    def last_known(self, sql: str, window: str) -> str:
        """Return the last value that is not null, up to the current row."""
        return f"last_value({sql} IGNORE NULLS) OVER {window}"

    def first_by(self, sql: str, order: str) -> str:
        """Return an aggregate: the value at the least `order` among rows where the value is not null."""
        return f"arg_min({sql}, {order}) FILTER (WHERE {sql} IS NOT NULL)"

    def last_by(self, sql: str, order: str) -> str:
        """Return an aggregate: the value at the greatest `order` among rows where the value is not null."""
        return f"arg_max({sql}, {order}) FILTER (WHERE {sql} IS NOT NULL)"

    def series(self, first: str, last: str) -> str:
        """Return an expression that makes one row for each whole number of a range."""
        return f"unnest(generate_series({first}, {last}))"

    def as_of(self, left: str, right: str, equal: str, later: str) -> str:
        """Return a join of each left row with the latest right row that is not later."""
        return f"{left} ASOF LEFT JOIN {right} ON {equal} AND {later}"

    def refuse(self, condition: str, message: str, value: str) -> str:
        """Return an expression that raises where a condition holds and is `value` elsewhere."""
        return f"(CASE WHEN {condition} THEN error({literal(message)}) ELSE {value} END)"

    def materialised(self, sql: str) -> str:
        """Return the body of a common table expression that is computed once."""
        return f"MATERIALIZED ({sql})"


NUMBER_PATTERN = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"


class Order(NamedTuple):
    """What is known of the order in which the rows stand."""

    in_time: bool  # by time within each entity, which stands together
    frames_once: bool  # and so does each frame


UNKNOWN = Order(in_time=False, frames_once=False)


@dataclass
class Generator:
    """Collects common table expressions; `last` is the one that the next step reads."""

    dialect: Dialect
    tables: Mapping[str, str] = field(default_factory=dict)  # input name -> relation that holds its columns
    last: str = ""
    order: Order = UNKNOWN  # of the rows of the recipe's input
    in_order: bool = False  # whether the rows of `last` stand by time within each entity, which stands together
    expressions: list[tuple[str, str]] = field(default_factory=list)

    def add(self, sql: str, *, once: bool = False) -> str:
        """Add a common table expression, make it the last one, and return its name."""
        name = f"s{len(self.expressions)}"
        body = self.dialect.materialised(sql) if once else f"({sql})"
        self.expressions.append((name, body))
        self.last = name
        return name

    def text(self, select: str) -> str:
        """Return the whole statement that ends in a select."""
        if not self.expressions:
            return select
        parts = ",\n".join(f"{name} AS {body}" for name, body in self.expressions)
        return f"WITH {parts}\n{select}"


def listed(items: Iterable[str]) -> str:
    """Return SQL items, separated by commas."""
    return ", ".join(items)
