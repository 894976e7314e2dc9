"""Operations that look back over rows of the same entity: fill, rolling, lag."""

from collections.abc import Iterable
from typing import Literal

import msgspec
import numpy as np

from ninefold.kernel.errors import InvalidInput
from ninefold.recipes.operations.frames import us
from ninefold.recipes.operations.operation import Kernel, Operation, select
from ninefold.recipes.schema import Schema
from ninefold.recipes.sql import Generator, listed, quoted
from ninefold.recipes.table import Batch, changes, join, null_mask, start_index, starts, where
from ninefold.vocabulary.columns import Array, Floats
from ninefold.vocabulary.quantity import Duration

MAX_ROWS = 1000  # that rolling or lag may look back
BLOCK = 1 << 16  # rows that rolling computes at a time

Rolled = Literal["mean", "std", "min", "max", "slope", "count"]


class Fill(Operation, frozen=True, tag_field="op", tag="fill"):
    """A null takes the last known value, up to and including `limit` after that value's time."""

    keeps_order = True

    columns_: tuple[str, ...] = msgspec.field(name="columns")
    method: Literal["forward"] = "forward"
    limit: Duration | None = None

    def reads(self) -> Iterable[str]:
        return self.columns_

    def columns(self, schema: Schema) -> Schema:
        for name in self.columns_:
            schema.changeable(name, "fill")
            schema.kind(name)
        return schema

    def sql(self, to: Generator, schema: Schema) -> None:
        e, t = quoted(schema.keys.entity), quoted(schema.keys.time)
        known, changed = [], {}
        for i, name in enumerate(self.columns_):
            column = quoted(name)
            known.append(f"{to.dialect.last_known(column, 'w')} AS __v{i}")
            valid = []
            if self.limit is not None:
                when = f"CASE WHEN {column} IS NOT NULL THEN {t} END"
                known.append(f"{to.dialect.last_known(when, 'w')} AS __t{i}")
                valid.append(f"{t} - __t{i} <= {us(self.limit)}")
            if to.in_order:  # one pass over all rows as they stand, so that the last may be another entity's
                whose = f"CASE WHEN {column} IS NOT NULL THEN {e} END"
                known.append(f"{to.dialect.last_known(whose, 'w')} AS __e{i}")
                valid.append(f"__e{i} = {e}")
            changed[name] = f"(CASE WHEN {' AND '.join(valid) or 'TRUE'} THEN __v{i} END)"
        over = "" if to.in_order else f"PARTITION BY {e} ORDER BY {t} "
        to.add(
            f"SELECT *, {listed(known)} FROM {to.last} WINDOW w AS "
            f"({over}ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
        )
        to.add(select(schema, changed, to.last))

    def kernel(self, schema: Schema, names: list[str]) -> Kernel:
        return _FillKernel(self)


class _FillKernel(Kernel):
    """Holds for each column the last known value of each entity, as a row of that value's own time."""

    def __init__(self, operation: Fill) -> None:
        super().__init__()
        self.operation = operation

    def push(self, batch: Batch) -> Batch:
        return batch.with_({name: self._fill(name, batch) for name in self.operation.columns_})

    def _fill(self, name: str, batch: Batch) -> Array:
        own = Batch(batch.code, batch.t, {name: batch.columns[name]})
        held = self.held.get(name)
        rows, new = join(held, own) if held is not None else (own, np.ones(len(own), bool))
        values = rows.columns[name]
        known = ~null_mask(values)
        place = np.maximum.accumulate(np.where(known, np.arange(len(rows)), -1))
        first = starts(rows.code)
        usable = place >= start_index(first)
        last = np.append(first[1:], True)[: len(rows)] & usable
        self.held[name] = rows.take(place[last])
        if self.operation.limit is not None:
            usable &= rows.t - rows.t[place] <= us(self.operation.limit)
        filled: Array = where(usable, values[place])[new]
        return filled


class Rolling(Operation, frozen=True, tag_field="op", tag="rolling"):
    """Statistics of the last rows of an entity, this one included; `reset` begins anew where a column changes."""

    over: int
    statistics: dict[str, tuple[Rolled, ...]]
    reset: str | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.over <= MAX_ROWS:
            raise ValueError(f"over must be between 1 and {MAX_ROWS} rows")

    def named(self) -> list[tuple[str, str, Rolled]]:
        """Return (result, column, statistic)."""
        return [(f"{n}_{s}_{self.over}", n, s) for n, found in sorted(self.statistics.items()) for s in found]

    def reads(self) -> Iterable[str]:
        return [*self.statistics, *([self.reset] if self.reset else [])]

    def columns(self, schema: Schema) -> Schema:
        schema.numeric(self.statistics, "rolling")
        if self.reset is not None:
            schema.kind(self.reset)
        if len({r for r, _, _ in self.named()}) < len(self.named()):
            raise InvalidInput("rolling: a statistic stands twice.")
        return schema.add({result: "number" for result, _, _ in self.named()}, "rolling")

    def sql(self, to: Generator, schema: Schema) -> None:
        e, t = quoted(schema.keys.entity), quoted(schema.keys.time)
        by = e
        if self.reset is not None:
            reset = quoted(self.reset)
            to.add(f"SELECT *, lag({reset}) OVER w AS __reset, lag({t}) OVER w AS __before FROM {to.last} "
                   f"WINDOW w AS (PARTITION BY {e} ORDER BY {t})")  # fmt: skip
            changed = f"CASE WHEN __before IS NULL OR {reset} IS DISTINCT FROM __reset THEN 1 ELSE 0 END"
            to.add(f"SELECT *, sum({changed}) OVER (PARTITION BY {e} ORDER BY {t} "
                   f"ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS __run FROM {to.last}")  # fmt: skip
            by = f"{e}, __run"
        if any(s == "slope" for _, _, s in self.named()):
            to.add(f"SELECT *, CAST(row_number() OVER (PARTITION BY {by} ORDER BY {t}) AS DOUBLE) AS __ordinal "
                   f"FROM {to.last}")  # fmt: skip
        window = f"WINDOW w AS (PARTITION BY {by} ORDER BY {t} ROWS BETWEEN {self.over - 1} PRECEDING AND CURRENT ROW)"
        made = {result: _rolled_sql(quoted(name), statistic) for result, name, statistic in self.named()}
        to.add(f"{select(schema, made, to.last)} {window}")

    def kernel(self, schema: Schema, names: list[str]) -> Kernel:
        return _RollingKernel(self)


def _rolled_sql(column: str, statistic: Rolled) -> str:
    functions = {"mean": "avg({})", "std": "stddev_samp({})", "slope": "regr_slope({}, __ordinal)"}
    call = functions.get(statistic, statistic + "({})").format(column)
    return f"CAST({call} OVER w AS DOUBLE)"


class _RollingKernel(Kernel):
    """Holds the last rows of each entity, one fewer than the window."""

    def __init__(self, operation: Rolling) -> None:
        super().__init__()
        self.operation = operation

    def push(self, batch: Batch) -> Batch:
        op, held = self.operation, self.held.get("last")
        own = Batch(batch.code, batch.t, {n: batch.columns[n] for n in op.reads()})
        rows, new = join(held, own) if held is not None else (own, np.ones(len(own), bool))
        first = starts(rows.code)
        begin = start_index(first | changes(rows.columns[op.reset])) if op.reset else start_index(first)
        index = np.flatnonzero(new)
        made: dict[str, Array] = {}
        for name, statistics in sorted(op.statistics.items()):
            blocks = [
                _rolled(rows.columns[name], index[i : i + BLOCK], begin, op.over, statistics)
                for i in range(0, max(len(index), 1), BLOCK)
            ]
            for k, statistic in enumerate(statistics):
                made[f"{name}_{statistic}_{op.over}"] = np.concatenate([b[k] for b in blocks])
        self.held["last"] = _last_rows(rows, first, op.over - 1)
        return batch.with_(made)


def _last_rows(rows: Batch, first: Array, count: int) -> Batch:
    """Return the last rows of each entity."""
    begins = np.flatnonzero(first)
    ends = np.append(begins[1:], len(rows))[: len(begins)]
    end = np.repeat(ends, np.diff(np.append(begins, len(rows))))
    return rows.take(np.arange(len(rows)) >= end - count)


def _rolled(values: Floats, index: Array, begin: Array, over: int, wanted: tuple[Rolled, ...]) -> list[Floats]:
    """Return statistics of the windows that end at `index`; sums run from the oldest row to the newest."""
    place = index[:, None] + np.arange(1 - over, 1)
    x = np.where(place >= begin[index][:, None], values[np.maximum(place, 0)], np.nan)
    ok = ~np.isnan(x)
    n = np.count_nonzero(ok, axis=1).astype(np.float64)
    some = np.where(n > 0, n, np.nan)
    mean = _sum(np.where(ok, x, 0.0)) / some
    away = np.where(ok, x - mean[:, None], 0.0)
    found = []
    for statistic in wanted:
        match statistic:
            case "mean":
                found.append(mean)
            case "count":
                found.append(n)
            case "std":
                found.append(np.sqrt(_sum(away * away) / np.where(n > 1, n - 1, np.nan)))
            case "min":
                found.append(np.where(n > 0, np.min(np.where(ok, x, np.inf), axis=1, initial=np.inf), np.nan))
            case "max":
                found.append(np.where(n > 0, np.max(np.where(ok, x, -np.inf), axis=1, initial=-np.inf), np.nan))
            case "slope":
                ordinal = np.where(ok, np.arange(over, dtype=np.float64), 0.0)
                centred = np.where(ok, ordinal - (_sum(ordinal) / some)[:, None], 0.0)
                found.append(_sum(centred * away) / np.where(n > 1, _sum(centred * centred), np.nan))
    return found


def _sum(matrix: Floats) -> Floats:
    """Return the sums of rows, strictly in order; numpy's own sum goes by pairs, which depends on the shape."""
    total: Floats = np.add.accumulate(matrix, axis=1)[:, -1]
    return total


class Lag(Operation, frozen=True, tag_field="op", tag="lag"):
    """The value of an earlier row of the entity, as COLUMN_lag_N."""

    columns_: tuple[str, ...] = msgspec.field(name="columns")
    n: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.n <= MAX_ROWS:
            raise ValueError(f"n must be between 1 and {MAX_ROWS} rows")

    def reads(self) -> Iterable[str]:
        return self.columns_

    def columns(self, schema: Schema) -> Schema:
        if schema.keys.time in self.columns_ or schema.keys.entity in self.columns_:
            raise InvalidInput("lag takes neither the entity nor the time.")
        if len(set(self.columns_)) < len(self.columns_):
            raise InvalidInput("lag: a column stands twice.")
        return schema.add({f"{name}_lag_{self.n}": schema.kind(name) for name in self.columns_}, "lag")

    def sql(self, to: Generator, schema: Schema) -> None:
        window = f"(PARTITION BY {quoted(schema.keys.entity)} ORDER BY {quoted(schema.keys.time)})"
        made = {f"{n}_lag_{self.n}": f"lag({quoted(n)}, {self.n}) OVER {window}" for n in self.columns_}
        to.add(select(schema, made, to.last))

    def kernel(self, schema: Schema, names: list[str]) -> Kernel:
        return _LagKernel(self)


class _LagKernel(Kernel):
    """Holds the last n rows of each entity."""

    def __init__(self, operation: Lag) -> None:
        super().__init__()
        self.operation = operation

    def push(self, batch: Batch) -> Batch:
        op, held = self.operation, self.held.get("last")
        own = Batch(batch.code, batch.t, {n: batch.columns[n] for n in op.columns_})
        rows, new = join(held, own) if held is not None else (own, np.ones(len(own), bool))
        first = starts(rows.code)
        index = np.flatnonzero(new)
        place = index - op.n
        exists = place >= start_index(first)[index]
        made = {}
        for name in op.columns_:
            values = rows.columns[name]
            if values.dtype == np.int64:  # the frame's start
                values = values.astype(np.float64)
            made[f"{name}_lag_{op.n}"] = where(exists, values[np.maximum(place, 0)])
        self.held["last"] = _last_rows(rows, first, op.n)
        return batch.with_(made)
