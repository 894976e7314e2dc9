"""Operations that bring something in: parse_time (text to µs), as_of (another table's last known value), python."""

import re
from collections.abc import Iterable

import msgspec
import numpy as np

from ninefold.kernel.decode import nearest
from ninefold.kernel.errors import InvalidInput, Refused
from ninefold.recipes.operations.frames import us
from ninefold.recipes.operations.operation import Kernel, Operation, Rows, select
from ninefold.recipes.schema import Schema
from ninefold.recipes.sql import Generator, quoted
from ninefold.recipes.table import MAX_TIME, NO_TIME, Batch, entities, null_mask, plain, times
from ninefold.recipes.timeformat import Format
from ninefold.vocabulary.columns import Array, Columns, Times
from ninefold.vocabulary.quantity import Duration


class ParseTime(Operation, frozen=True, tag_field="op", tag="parse_time"):
    """Text to µs UTC; what does not match the format becomes null. For the time key it stands at the head."""

    column: str
    format: str = "%Y-%m-%dT%H:%M:%S"
    zone: str = "UTC"

    def __post_init__(self) -> None:
        Format(self.format, self.zone)

    def reads(self) -> Iterable[str]:
        return [self.column]

    def columns(self, schema: Schema) -> Schema:
        if self.column in {schema.keys.entity, schema.keys.frame}:
            raise InvalidInput(f"parse_time cannot change the key {self.column!r}.")
        if schema.kind(self.column) == "number":
            raise InvalidInput(f"parse_time needs text, but {self.column!r} holds numbers.")
        return schema.replace({self.column: "time" if self.column == schema.keys.time else "number"})

    def expression(self, to: Generator) -> str:
        """Return the SQL that gives µs as BIGINT, null outside 1970 to 2255."""
        known = Format(self.format, self.zone)
        moment = to.dialect.parse_time(quoted(self.column), self.format, known.pattern, known.offset_us)
        return f"(CASE WHEN {moment} BETWEEN 0 AND {MAX_TIME} THEN {moment} END)"

    def sql(self, to: Generator, schema: Schema) -> None:
        if self.column != schema.keys.time:  # the key was parsed where the source was read
            to.add(select(schema, {self.column: f"CAST({self.expression(to)} AS DOUBLE)"}, to.last))

    def parse(self, array: Array) -> Times:
        """Return µs UTC, NO_TIME where the text does not match."""
        read = Format(self.format, self.zone)
        return np.array([read.us(v) for v in plain(self.column, array).tolist()], dtype=np.int64)

    def kernel(self, schema: Schema, names: list[str]) -> Kernel:
        if self.column == schema.keys.time:
            return Rows(lambda batch: batch)

        def work(batch: Batch) -> Batch:
            found = self.parse(batch.columns[self.column])
            return batch.with_({self.column: np.where(found == NO_TIME, np.nan, found.astype(np.float64))})

        return Rows(work)


class AsOf(Operation, frozen=True, tag_field="op", tag="as_of"):
    """For each row the latest row of another input that was known by then, and not longer ago than the tolerance."""

    right: str
    columns_: dict[str, str] = msgspec.field(name="columns")  # result -> column of the right input
    tolerance: Duration
    known: str = "known"
    occurred: str = "occurred"

    def columns(self, schema: Schema) -> Schema:
        if schema.rights is None:
            return schema.add(dict.fromkeys(sorted(self.columns_), "any"), "as_of")
        right = schema.rights.get(self.right, {})
        for name in (schema.keys.entity, self.known, self.occurred, *self.columns_.values()):
            if name not in right:
                raise InvalidInput(
                    f"as_of: the input {self.right!r} has no column {name!r}.", hint=nearest(name, right)
                )
        return schema.add(
            {n: "text" if right[c] == "text" else "number" for n, c in sorted(self.columns_.items())}, "as_of"
        )

    def sql(self, to: Generator, schema: Schema) -> None:
        e, t, left = quoted(schema.keys.entity), quoted(schema.keys.time), to.last
        values = ", ".join(f"{quoted(c)} AS __v{i}" for i, (_, c) in enumerate(sorted(self.columns_.items())))
        to.add(
            f"SELECT {e} AS __e, {quoted(self.known)} AS __known, {values}, row_number() OVER (PARTITION BY {e}, "
            f"{quoted(self.known)} ORDER BY {quoted(self.occurred)} DESC NULLS LAST, __row DESC) AS __arrival "
            f"FROM {to.tables[self.right]} WHERE {e} IS NOT NULL AND {quoted(self.known)} IS NOT NULL"
        )
        right = to.add(f"SELECT * FROM {to.last} WHERE __arrival = 1")
        near = f"l.{t} - r.__known <= {us(self.tolerance)}"
        kept = ", ".join(f"l.{quoted(n)}" for n in schema.columns)
        made = ", ".join(
            f"CASE WHEN {near} THEN r.__v{i} END AS {quoted(n)}" for i, n in enumerate(sorted(self.columns_))
        )
        joined = to.dialect.as_of(f"{left} l", f"{right} r", f"l.{e} = r.__e", f"l.{t} >= r.__known")
        to.add(f"SELECT {kept}, {made} FROM {joined}")

    def kernel(self, schema: Schema, names: list[str]) -> Kernel:
        return AsOfKernel(self, schema.keys.entity, names)


class AsOfKernel(Kernel):
    """Joins against a whole table, which `learn` hands over; it is no part of the state."""

    def __init__(self, operation: AsOf, entity: str, names: list[str]) -> None:
        super().__init__()
        self.operation = operation
        self.entity = entity
        self.names = names
        self.right: dict[str, tuple[Times, dict[str, Array]]] = {}

    def learn(self, right: Columns) -> None:
        """Take the right table: entity, known and occurred times (µs), and the value columns."""
        op = self.operation
        known = times(op.known, right[op.known])
        occurred = times(op.occurred, right[op.occurred])
        who = entities(self.entity, right[self.entity])
        values = {n: plain(c, right[c]) for n, c in op.columns_.items()}
        order = np.lexsort((np.arange(len(known)), occurred, known))
        order = order[(known[order] != NO_TIME) & ~null_mask(who[order])]
        self.empty = {n: a[:0] for n, a in values.items()}
        for name in set(who[order].tolist()):
            rows = order[np.asarray(who[order] == name, dtype=bool)]
            self.right[name] = known[rows], {n: a[rows] for n, a in values.items()}

    def push(self, batch: Batch) -> Batch:
        made: dict[str, Array] = {
            n: np.full(len(batch), None if a.dtype == object else np.nan, dtype=a.dtype) for n, a in self.empty.items()
        }
        for code in np.unique(batch.code).tolist():
            found = self.right.get(self.names[code])
            if found is None:
                continue
            known, values = found
            rows = np.flatnonzero(batch.code == code)
            place = np.searchsorted(known, batch.t[rows], side="right") - 1
            near = (place >= 0) & (batch.t[rows] - known[np.maximum(place, 0)] <= us(self.operation.tolerance))
            for name, array in values.items():
                made[name][rows[near]] = array[place[near]]
        return batch.with_(made)


_CALL = re.compile(r"[\w./-]{1,200}\.py:[A-Za-z_]\w{0,80}")


class Python(Operation, frozen=True, tag_field="op", tag="python"):
    """A function of the user's own; its columns are for the centre only. This version refuses to run it."""

    function: str  # file.py:function
    columns_: tuple[str, ...] = msgspec.field(name="columns")  # that it adds

    def __post_init__(self) -> None:
        if not _CALL.fullmatch(self.function) or ".." in self.function or self.function.startswith("/"):
            raise ValueError(f"expected FILE.py:FUNCTION inside the project, found {self.function!r}")

    def columns(self, schema: Schema) -> Schema:
        return schema.add(dict.fromkeys(self.columns_, "number"), "python")

    def refusal(self) -> Refused:
        """Return the error of an engine that meets this step."""
        return Refused(
            f"The step python: {self.function} (columns {', '.join(self.columns_)}) cannot be run by this version.",
            hint="Write the columns as derive, window or rolling steps.",
        )

    def sql(self, to: Generator, schema: Schema) -> None:
        raise self.refusal()

    def kernel(self, schema: Schema, names: list[str]) -> Kernel:
        raise self.refusal()
