"""Operations that look at one row at a time: cast, clip, unit, derive, filter, keep, one_hot, category."""

import re
from collections.abc import Iterable
from typing import Literal

import msgspec
import numpy as np

from ninefold.kernel.errors import InvalidInput
from ninefold.recipes.expressions.arrays import evaluate
from ninefold.recipes.expressions.kinds import kind_of
from ninefold.recipes.expressions.parser import columns_of, parse
from ninefold.recipes.expressions.sql import Renderer
from ninefold.recipes.operations.operation import Kernel, Operation, Rows, scope, select
from ninefold.recipes.schema import START, Kind, Schema
from ninefold.recipes.sql import NUMBER_PATTERN, Generator, literal, number, quoted
from ninefold.recipes.sql import bounded as bounded_sql
from ninefold.recipes.table import Batch, bounded, null_mask
from ninefold.recipes.units import conversion
from ninefold.vocabulary.columns import Array, Floats

_NUMBER = re.compile(NUMBER_PATTERN)


class _RowWise(Operation, frozen=True):
    keeps_order = True


class Cast(_RowWise, frozen=True, tag_field="op", tag="cast"):
    """Text to numbers. What is no number, NaN or infinite becomes null, or ends the run."""

    columns_: dict[str, Literal["float64", "int64", "text"]] = msgspec.field(name="columns")
    on_error: Literal["null", "fail"] = "null"

    def reads(self) -> Iterable[str]:
        return self.columns_

    def columns(self, schema: Schema) -> Schema:
        for name, type_ in self.columns_.items():
            schema.changeable(name, "cast")
            if type_ == "text" and schema.kind(name) in {"number", "time"}:
                raise InvalidInput(f"cast cannot make text of the numbers in {name!r}.")
        return schema.replace({n: "text" if t == "text" else "number" for n, t in self.columns_.items()})

    def sql(self, to: Generator, schema: Schema) -> None:
        changed = {}
        for name, type_ in self.columns_.items():
            old = quoted(name)
            if type_ == "text":
                continue
            new = to.dialect.to_number(old) if schema.kind(name) == "text" else f"CAST({old} AS DOUBLE)"
            if type_ == "int64":
                new = f"(CASE WHEN floor({new}) = {new} THEN {new} END)"
            if self.on_error == "fail":
                message = f"cast: the column {name} holds a value that is no {type_}."
                new = to.dialect.refuse(f"{old} IS NOT NULL AND {new} IS NULL", message, new)
            changed[name] = new
        to.add(select(schema, changed, to.last))

    def kernel(self, schema: Schema, names: list[str]) -> Kernel:
        return Rows(lambda batch: batch.with_({n: self._cast(n, batch.columns[n]) for n in self.columns_}))

    def _cast(self, name: str, array: Array) -> Array:
        if self.columns_[name] == "text":
            return array
        values = numbers_of(array) if array.dtype == object else array
        if self.columns_[name] == "int64":
            values = np.where(np.floor(values) == values, values, np.nan)
        if self.on_error == "fail":
            wrong = np.flatnonzero(~null_mask(array) & np.isnan(values))
            if len(wrong):
                found = array[wrong[0]]
                raise InvalidInput(f"cast: the column {name!r} holds {found!r}, which is no {self.columns_[name]}.")
        return values


def numbers_of(array: Array) -> Floats:
    """Return the numbers that texts plainly are, NaN elsewhere; `1_0`, `nan` and `inf` are no numbers."""
    found = [float(v) if v is not None and _NUMBER.fullmatch(v.strip(" ")) else np.nan for v in array.tolist()]
    return bounded(np.array(found, dtype=np.float64))


class Clip(_RowWise, frozen=True, tag_field="op", tag="clip"):
    """Values outside [low, high] become the bound; null stays null."""

    columns_: dict[str, tuple[float | None, float | None]] = msgspec.field(name="columns")

    def reads(self) -> Iterable[str]:
        return self.columns_

    def columns(self, schema: Schema) -> Schema:
        schema.numeric(self.columns_, "clip")
        for name, (low, high) in self.columns_.items():
            if low is not None and high is not None and low > high:
                raise InvalidInput(f"clip: the bounds of {name!r} are reversed: {low:g} is above {high:g}.")
        return schema.replace(dict.fromkeys(self.columns_, "number"))

    def sql(self, to: Generator, schema: Schema) -> None:
        changed = {}
        for name, (low, high) in self.columns_.items():
            column = quoted(name)
            cases = f"WHEN {column} < {number(low)} THEN {number(low)} " if low is not None else ""
            cases += f"WHEN {column} > {number(high)} THEN {number(high)} " if high is not None else ""
            changed[name] = f"(CASE {cases}ELSE {column} END)" if cases else column
        to.add(select(schema, changed, to.last))

    def kernel(self, schema: Schema, names: list[str]) -> Kernel:
        bounds = {n: (-np.inf if a is None else a, np.inf if b is None else b) for n, (a, b) in self.columns_.items()}
        return Rows(lambda batch: batch.with_({n: np.clip(batch.columns[n], a, b) for n, (a, b) in bounds.items()}))


class Conversion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From one unit to another, or by an explicit factor and offset: new = old * factor + offset."""

    from_: str | None = msgspec.field(default=None, name="from")
    to: str | None = None
    factor: float | None = None
    offset: float | None = None

    def __post_init__(self) -> None:
        named, explicit = (self.from_, self.to), (self.factor, self.offset)
        if explicit == (None, None):
            if None in named:
                raise ValueError("A conversion needs from and to, or a factor, or an offset.")
            conversion(str(self.from_), str(self.to))
        elif named != (None, None):
            raise ValueError("A conversion has either from and to, or factor and offset, not both.")

    @property
    def line(self) -> tuple[float, float]:
        """Factor and offset."""
        if self.from_ is not None and self.to is not None:
            return conversion(self.from_, self.to)
        return 1.0 if self.factor is None else self.factor, self.offset or 0.0


class Unit(_RowWise, frozen=True, tag_field="op", tag="unit"):
    """Values in another unit, in place."""

    columns_: dict[str, Conversion] = msgspec.field(name="columns")

    def reads(self) -> Iterable[str]:
        return self.columns_

    def columns(self, schema: Schema) -> Schema:
        schema.numeric(self.columns_, "unit")
        return schema.replace(dict.fromkeys(self.columns_, "number"))

    def sql(self, to: Generator, schema: Schema) -> None:
        changed = {}
        for name, how in self.columns_.items():
            factor, offset = how.line
            changed[name] = bounded_sql(f"({quoted(name)} * {number(factor)} + {number(offset)})")
        to.add(select(schema, changed, to.last))

    def kernel(self, schema: Schema, names: list[str]) -> Kernel:
        lines = {name: how.line for name, how in self.columns_.items()}
        return Rows(lambda batch: batch.with_({n: bounded(batch.columns[n] * f + o) for n, (f, o) in lines.items()}))


class Derive(_RowWise, frozen=True, tag_field="op", tag="derive"):
    """New columns from expressions; all of one step see the columns before it."""

    columns_: dict[str, str] = msgspec.field(name="columns")

    def reads(self) -> Iterable[str]:
        return {name for text in self.columns_.values() for name in _columns(text)}

    def columns(self, schema: Schema) -> Schema:
        made: dict[str, Kind] = {}
        for name, text in sorted(self.columns_.items()):
            schema.changeable(name, "derive")
            kind = kind_of(parse(text, schema.tables), schema.columns, closed=not schema.open)
            made[name] = "number" if kind == "logical" else kind
        old = {n: k for n, k in made.items() if n in schema.columns}
        return schema.replace(old).add({n: k for n, k in made.items() if n not in old}, "derive")

    def sql(self, to: Generator, schema: Schema) -> None:
        renderer = Renderer(schema.columns, schema.tables)
        changed = {n: renderer.column(parse(text, schema.tables)) for n, text in sorted(self.columns_.items())}
        typed = self.columns(schema).columns
        for name, sql in changed.items():
            changed[name] = f"CAST({sql} AS {'VARCHAR' if typed[name] == 'text' else 'DOUBLE'})"
        to.add(select(schema, changed, to.last))

    def kernel(self, schema: Schema, names: list[str]) -> Kernel:
        trees = {n: parse(text, schema.tables) for n, text in sorted(self.columns_.items())}
        wanted = tuple(self.reads())

        def work(batch: Batch) -> Batch:
            seen = scope(batch, schema, names, wanted)
            return batch.with_({n: evaluate(tree, seen, schema.tables, len(batch)) for n, tree in trees.items()})

        return Rows(work)


class Filter(_RowWise, frozen=True, tag_field="op", tag="filter"):
    """Only the rows where the condition is true; false and null are dropped."""

    where: str

    def reads(self) -> Iterable[str]:
        return _columns(self.where)

    def columns(self, schema: Schema) -> Schema:
        if kind_of(parse(self.where, schema.tables), schema.columns, closed=not schema.open) == "text":
            raise InvalidInput("filter needs a condition, but the expression gives text.")
        return schema

    def sql(self, to: Generator, schema: Schema) -> None:
        condition = Renderer(schema.columns, schema.tables).condition(parse(self.where, schema.tables))
        to.add(f"SELECT * FROM {to.last} WHERE {condition}")

    def kernel(self, schema: Schema, names: list[str]) -> Kernel:
        tree, wanted = parse(self.where, schema.tables), tuple(self.reads())

        def work(batch: Batch) -> Batch:
            value = evaluate(tree, scope(batch, schema, names, wanted), schema.tables, len(batch))
            return batch.take(~np.isnan(value) & (value != 0))

        return Rows(work)


def _columns(text: str) -> tuple[str, ...]:
    """Return the columns that an expression reads, whatever tables the recipe declares."""
    return tuple(columns_of(parse(text, None)))


class Keep(_RowWise, frozen=True, tag_field="op", tag="keep"):
    """Only these columns, beside the keys; what leaks the target is left out by not being listed."""

    columns_: tuple[str, ...] = msgspec.field(name="columns")

    def reads(self) -> Iterable[str]:
        return self.columns_

    def columns(self, schema: Schema) -> Schema:
        if len(set(self.columns_)) < len(self.columns_):
            raise InvalidInput("keep: a column stands twice.")
        keys = {schema.keys.entity, schema.keys.time, schema.keys.frame, START}
        kept: dict[str, Kind] = {n: k for n, k in schema.columns.items() if n in keys}
        kept |= {n: schema.kind(n) for n in self.columns_}
        context = tuple(n for n in schema.context if n in kept)
        return msgspec.structs.replace(schema, columns=kept, open=False, context=context)

    def sql(self, to: Generator, schema: Schema) -> None:
        to.add(select(self.columns(schema), {}, to.last))

    def kernel(self, schema: Schema, names: list[str]) -> Kernel:
        kept = self.columns(schema).columns

        def work(batch: Batch) -> Batch:
            return Batch(batch.code, batch.t, {n: a for n, a in batch.columns.items() if n in kept})

        return Rows(work)


class OneHot(_RowWise, frozen=True, tag_field="op", tag="one_hot"):
    """One column of 1 and 0 for each category, named COLUMN_CATEGORY; unseen: all 0, null: all null."""

    columns_: dict[str, tuple[str, ...]] = msgspec.field(name="columns")

    def reads(self) -> Iterable[str]:
        return self.columns_

    def columns(self, schema: Schema) -> Schema:
        _text_only(schema, self.columns_, "one_hot")
        return schema.add({f"{n}_{c}": "number" for n, cats in self.columns_.items() for c in cats}, "one_hot")

    def sql(self, to: Generator, schema: Schema) -> None:
        made = {}
        for name, categories in sorted(self.columns_.items()):
            for c in categories:
                column = quoted(name)
                made[f"{name}_{c}"] = (
                    f"(CASE WHEN {column} IS NULL THEN NULL WHEN {column} = {literal(c)} THEN 1e0 ELSE 0e0 END)"
                )
        to.add(select(schema, made, to.last))

    def kernel(self, schema: Schema, names: list[str]) -> Kernel:
        def work(batch: Batch) -> Batch:
            made = {}
            for name, categories in sorted(self.columns_.items()):
                values = batch.columns[name]
                missing = null_mask(values)
                for c in categories:
                    made[f"{name}_{c}"] = np.where(missing, np.nan, (values == c).astype(np.float64))
            return batch.with_(made)

        return Rows(work)


class Category(_RowWise, frozen=True, tag_field="op", tag="category"):
    """The place of a text in a declared order, from 0, as COLUMN_code; unseen and null are null."""

    columns_: dict[str, tuple[str, ...]] = msgspec.field(name="columns")

    def reads(self) -> Iterable[str]:
        return self.columns_

    def columns(self, schema: Schema) -> Schema:
        _text_only(schema, self.columns_, "category")
        return schema.add({f"{n}_code": "number" for n in self.columns_}, "category")

    def sql(self, to: Generator, schema: Schema) -> None:
        made = {}
        for name, categories in sorted(self.columns_.items()):
            cases = " ".join(f"WHEN {literal(c)} THEN {number(i)}" for i, c in enumerate(categories))
            made[f"{name}_code"] = f"CAST(CASE {quoted(name)} {cases} END AS DOUBLE)"
        to.add(select(schema, made, to.last))

    def kernel(self, schema: Schema, names: list[str]) -> Kernel:
        codes = {n: {c: float(i) for i, c in enumerate(cats)} for n, cats in sorted(self.columns_.items())}

        def work(batch: Batch) -> Batch:
            made = {}
            for name, code in codes.items():
                found = [code.get(v, np.nan) for v in batch.columns[name].tolist()]
                made[f"{name}_code"] = np.array(found, dtype=np.float64)
            return batch.with_(made)

        return Rows(work)


def _text_only(schema: Schema, columns: dict[str, tuple[str, ...]], purpose: str) -> None:
    for name, categories in columns.items():
        if schema.kind(name) in {"number", "time"}:
            raise InvalidInput(f"{purpose} needs text, but {name!r} holds numbers.")
        if not categories or len(set(categories)) < len(categories):
            raise InvalidInput(f"{purpose}: the categories of {name!r} are empty or stand twice.")
