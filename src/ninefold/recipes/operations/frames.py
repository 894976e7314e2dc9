"""Operations that turn samples into frames: window (by part, batch, tool life) and resample (by a time grid).

A value is valid until the next row of its entity, but at most for `hold`: that is its weight.
"""

from collections.abc import Iterable
from typing import Literal

import msgspec
import numpy as np

from ninefold.kernel.errors import InvalidInput
from ninefold.recipes.operations.operation import Kernel, Operation, at_frames
from ninefold.recipes.operations.statistics import Statistic, Wanted, aggregate, kinds, named, spread, summarise
from ninefold.recipes.schema import START, Kind, Schema
from ninefold.recipes.sql import Generator, listed, quoted
from ninefold.recipes.table import Batch, changes, join, null_mask, starts
from ninefold.vocabulary.columns import Array, Floats
from ninefold.vocabulary.quantity import Duration

MAX_OPEN_ROWS = 200_000  # of one frame; a counter that is stuck must not fill the memory
MAX_CELLS = 10_000  # that one value may span
HOLD = Duration(60.0)


def us(duration: Duration) -> int:
    """Return a duration in µs."""
    return round(duration * 1e6)


class _Frames(Operation, frozen=True):
    """What window and resample share."""

    def wanted(self) -> Wanted:
        raise NotImplementedError

    def carried(self) -> tuple[str, ...]:
        raise NotImplementedError

    def reads(self) -> Iterable[str]:
        return [*self.wanted(), *self.carried()]

    def _made(self, schema: Schema, purpose: str) -> Schema:
        at_frames(schema, purpose)
        keys: dict[str, Kind] = {schema.keys.entity: "text", schema.keys.time: "time", START: "time"}
        carried: dict[str, Kind] = {}
        for name in self.carried():
            carried[name] = schema.kind(name)
            if name in {schema.keys.entity, schema.keys.time, schema.keys.frame}:
                raise InvalidInput(f"{purpose}: the key {name!r} is in the result anyway; it is no context.")
        empty = Schema(schema.keys, {**keys, **carried}, schema.tables, schema.rights, level="frame")
        result = empty.add(kinds(schema, self.wanted(), purpose), purpose)
        return msgspec.structs.replace(result, context=self.carried())

    def _aggregates(self, to: Generator, weight: str, order: str) -> list[str]:
        found = [f"{to.dialect.first_by(quoted(name), order)} AS {quoted(name)}" for name in self.carried()]
        for result, name, statistic in named(self.wanted()):
            if statistic != "std":
                found.append(f"{aggregate(to.dialect, name, statistic, weight, order)} AS {quoted(result)}")
        for i, name in enumerate(self._spread()):
            found.append(f"{aggregate(to.dialect, name, 'mean', weight, order)} AS __mean{i}")
        return found

    def _spread(self) -> list[str]:
        return [name for name, statistics in sorted(self.wanted().items()) if "std" in statistics]

    def _with_spread(self, to: Generator, rows: str, groups: str, by: list[str], schema: Schema) -> None:
        """Add the standard deviations in a second pass around the means: a naive one loses all digits at 1e8."""
        spreads = self._spread()
        if spreads:
            equal = " AND ".join(f"r.{k} = g.{k}" for k in by)
            made = listed(
                f"{spread(name, f'g.__mean{i}', 'r.__w')} AS {quoted(name + '_std')}" for i, name in enumerate(spreads)
            )
            keys = listed(f"g.{k}" for k in by)
            second = to.add(f"SELECT {keys}, {made} FROM {groups} g JOIN {rows} r ON {equal} GROUP BY {keys}")
            equal = " AND ".join(f"p.{k} = g.{k}" for k in by)
            found = listed("p." + quoted(f"{name}_std") for name in spreads)
            to.add(f"SELECT g.*, {found} FROM {groups} g JOIN {second} p ON {equal}")
        to.add(f"SELECT {listed(map(quoted, self.columns(schema).columns))} FROM {to.last}")

    def _summaries(self, rows: Batch, weight: Floats, group: Array, groups: int) -> dict[str, Array]:
        """Return the context and the statistics of rows whose group ascends."""
        found: dict[str, Array] = {}
        for name in self.carried():
            found[name] = summarise(rows.columns[name], weight, group, groups, ("first",))[0]
        for name, statistics in sorted(self.wanted().items()):
            for statistic, values in zip(
                statistics, summarise(rows.columns[name], weight, group, groups, statistics), strict=True
            ):
                found[f"{name}_{statistic}"] = values
        return found


class Window(_Frames, frozen=True, tag_field="op", tag="window"):
    """One row for each frame, when the next row of the entity belongs to another one."""

    by: str
    statistics: dict[str, tuple[Statistic, ...]]
    weights: Literal["time", "rows"] = "time"
    hold: Duration = HOLD
    context: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.hold <= 0:
            raise ValueError("hold must be longer than 0 s")

    def wanted(self) -> Wanted:
        return self.statistics

    def carried(self) -> tuple[str, ...]:
        return self.context

    def columns(self, schema: Schema) -> Schema:
        if self.by != schema.keys.frame:
            raise InvalidInput(
                f"window: by {self.by!r} is not the frame of the keys ({schema.keys.frame}).",
                hint=f"Write keys: {{frame: {self.by}}}.",
            )
        frame = schema.kind(self.by)
        made = self._made(schema, "window")
        if self.by in made.columns:
            raise InvalidInput(f"window makes the column {self.by!r}, which is the frame.")
        return made.replace({self.by: frame})

    def sql(self, to: Generator, schema: Schema) -> None:
        e, t, f = quoted(schema.keys.entity), quoted(schema.keys.time), quoted(self.by)
        over = f"OVER (PARTITION BY {e} ORDER BY {t}"
        run = f"{f} AS __run"  # where a frame stands once, it is its own run
        if to.order.frames_once:
            after = f"lead({t}) {over})"
            if to.in_order:  # one pass over all rows as they stand
                after = f"CASE WHEN lead({e}) OVER () = {e} THEN lead({t}) OVER () END"
            to.add(f"SELECT *, {after} AS __next FROM {to.last}")
        else:
            to.add(
                f"SELECT *, lead({t}) {over}) AS __next, lag({t}) {over}) AS __before, lag({f}) {over}) AS __frame "
                f"FROM {to.last}"
            )
            changed = f"CASE WHEN __before IS NULL OR {f} IS DISTINCT FROM __frame THEN 1 ELSE 0 END"
            run = f"sum({changed}) {over} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS __run"
        hold = us(self.hold)
        valid = f"CASE WHEN __next - {t} < {hold} THEN __next - {t} ELSE {hold} END"
        weight = f"CAST({valid} AS DOUBLE) / 1e6" if self.weights == "time" else "1e0"
        rows = to.add(
            f"SELECT *, {t} + {valid} AS __end, {weight} AS __w, {run} FROM {to.last}",
            once=bool(self._spread()),
        )
        groups = to.add(
            f"SELECT {e}, __run, max(__end) AS {t}, min({t}) AS {START}, min({f}) AS {f}"
            f"{''.join(', ' + a for a in self._aggregates(to, '__w', t))} FROM {rows} "
            f"GROUP BY {e}, __run HAVING count(__next) = count(*) AND min({f}) IS NOT NULL"
        )
        self._with_spread(to, rows, groups, [e, "__run"], schema)

    def kernel(self, schema: Schema, names: list[str]) -> Kernel:
        return _WindowKernel(self)


class _WindowKernel(Kernel):
    """Holds the rows of open frames; a frame is computed once, from all of its rows, when it closes."""

    def __init__(self, operation: Window) -> None:
        super().__init__()
        self.operation = operation
        self._nothing: Batch | None = None

    def push(self, batch: Batch) -> Batch:
        op, held = self.operation, self.held.get("open")
        rows = batch if held is None else join(held, batch)[0]
        frame = rows.columns[op.by]
        new_entity = starts(rows.code)
        begins = np.flatnonzero(new_entity | changes(frame))
        run = np.cumsum(new_entity | changes(frame)) - 1
        code = rows.code[begins]
        closed = np.concatenate((code[1:] == code[:-1], [False])) if len(code) else np.zeros(0, bool)
        keep = ~closed[run]
        missing = null_mask(frame)
        if missing.any():  # of an idle entity only the last row matters
            keep &= ~missing | np.concatenate((new_entity[1:], [True]))
        self._hold(rows, keep)
        done = np.flatnonzero(closed[run] & ~missing)
        if self._nothing is None:  # the types of an empty result, once
            self._nothing = self._close(rows, done[:0], rows.t, run)
        return self._close(rows, done, np.append(rows.t[1:], 0), run) if len(done) else self._nothing

    def _hold(self, rows: Batch, keep: Array) -> None:
        held = rows.take(keep)
        if len(held) > MAX_OPEN_ROWS and np.bincount(held.code).max() > MAX_OPEN_ROWS:
            frame = held.columns[self.operation.by][-1]
            raise InvalidInput(
                f"window: a frame of {self.operation.by!r} (such as {frame}) has more than {MAX_OPEN_ROWS} rows.",
                hint="Check whether its counter is stuck.",
            )
        self.held["open"] = held

    def _close(self, rows: Batch, done: Array, following: Array, run: Array) -> Batch:
        op, part = self.operation, rows.take(done)
        valid = np.minimum(following[done] - part.t, us(op.hold))
        first = changes(run[done])
        group = np.cumsum(first) - 1
        begins = np.flatnonzero(first)
        ends = np.append(begins[1:], len(part)) - 1 if len(part) else begins
        weight = valid / 1e6 if op.weights == "time" else np.ones(len(part))
        made = {op.by: part.columns[op.by][begins], START: part.t[begins]}
        made |= op._summaries(part, weight, group, len(begins))
        return Batch(part.code[begins], (part.t + valid)[ends], made)


class Resample(_Frames, frozen=True, tag_field="op", tag="resample"):
    """One row for each cell of a time grid from 1970 on, once the entity's time has reached the cell's end."""

    every: Duration
    statistics: dict[str, tuple[Statistic, ...]] = msgspec.field(name="columns")
    hold: Duration = HOLD
    context: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.every < 0.001 or self.hold <= 0:
            raise ValueError("every must be 1 ms or longer, and hold longer than 0 s")
        if self.hold / self.every > MAX_CELLS:
            raise ValueError(f"hold spans more than {MAX_CELLS} cells of {self.every:g} s")

    def wanted(self) -> Wanted:
        return self.statistics

    def carried(self) -> tuple[str, ...]:
        return self.context

    def columns(self, schema: Schema) -> Schema:
        return self._made(schema, "resample")

    def sql(self, to: Generator, schema: Schema) -> None:
        e, t = quoted(schema.keys.entity), quoted(schema.keys.time)
        every, hold = us(self.every), us(self.hold)
        to.add(
            f"SELECT *, lead({t}) OVER (PARTITION BY {e} ORDER BY {t}) AS __next, "
            f"max({t}) OVER (PARTITION BY {e}) AS __latest FROM {to.last}"
        )
        end = f"{t} + (CASE WHEN __next - {t} < {hold} THEN __next - {t} ELSE {hold} END)"
        to.add(f"SELECT *, {end} AS __end FROM {to.last} WHERE __next IS NOT NULL")
        cells = to.dialect.series(f"{t} // {every}", f"(__end - 1) // {every}")
        to.add(f"SELECT *, {cells} AS __cell FROM {to.last}")
        low = f"CASE WHEN __cell * {every} > {t} THEN __cell * {every} ELSE {t} END"
        high = f"CASE WHEN (__cell + 1) * {every} < __end THEN (__cell + 1) * {every} ELSE __end END"
        rows = to.add(
            f"SELECT *, CAST(({high}) - ({low}) AS DOUBLE) / 1e6 AS __w FROM {to.last} "
            f"WHERE (__cell + 1) * {every} <= __latest",
            once=bool(self._spread()),
        )
        groups = to.add(
            f"SELECT {e}, __cell, (__cell + 1) * {every} AS {t}, __cell * {every} AS {START}"
            f"{''.join(', ' + a for a in self._aggregates(to, '__w', t))} FROM {rows} GROUP BY {e}, __cell"
        )
        self._with_spread(to, rows, groups, [e, "__cell"], schema)

    def kernel(self, schema: Schema, names: list[str]) -> Kernel:
        return _GridKernel(self)


class _GridKernel(Kernel):
    """Holds the rows whose values reach into the open cell; what a cell needs is computed once, when it is over."""

    def __init__(self, operation: Resample) -> None:
        super().__init__()
        self.operation = operation

    def push(self, batch: Batch) -> Batch:
        every, hold = us(self.operation.every), us(self.operation.hold)
        held = self.held.get("open")
        if held is None:
            rows, emitted = batch, np.zeros(len(batch), np.int64)
        else:
            # the open cell of a held entity began where its last row fell: earlier cells went out already
            rows, _ = join(held, batch)
            emitted = self._emitted(held, rows.code, every)
        last = np.append(starts(rows.code)[1:], True)[: len(rows)]
        following = np.where(last, rows.t, np.append(rows.t[1:], 0)[: len(rows)])
        end = np.where(last, rows.t + hold, rows.t + np.minimum(following - rows.t, hold))
        run = np.cumsum(starts(rows.code)) - 1
        opened = (rows.t[last] // every)[run]
        self.held["open"] = rows.take(last | (end > opened * every))
        return self._cells(rows, end, np.maximum(emitted, rows.t // every), np.minimum((end - 1) // every, opened - 1))

    @staticmethod
    def _emitted(held: Batch, code: Array, every: int) -> Array:
        opened = np.zeros(int(max(code.max(initial=0), held.code.max(initial=0))) + 1, np.int64)
        opened[held.code] = held.t // every  # rows ascend: the last one stays
        found: Array = opened[code]
        return found

    def _cells(self, rows: Batch, end: Array, first: Array, final: Array) -> Batch:
        every = us(self.operation.every)
        count = np.maximum(final - first + 1, 0)
        index = np.repeat(np.arange(len(rows)), count)
        cell = first[index] + np.arange(len(index)) - np.repeat(np.cumsum(count) - count, count)
        low = np.maximum(cell * every, rows.t[index])
        weight = (np.minimum((cell + 1) * every, end[index]) - low) / 1e6
        part = rows.take(index)
        order = np.lexsort((index, cell, part.code))
        cell, weight, part = cell[order], weight[order], part.take(order)
        fresh = changes(cell) | starts(part.code)
        group, begins = np.cumsum(fresh) - 1, np.flatnonzero(fresh)
        made: dict[str, Array] = {START: cell[begins] * every}
        made |= self.operation._summaries(part, weight, group, len(begins))
        return Batch(part.code[begins], (cell[begins] + 1) * every, made)
