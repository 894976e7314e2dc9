"""Admission: which samples are taken, in which order. Every recipe has it, written or not.

Without the step, a row is taken when its time is later than every earlier row's of its entity; the rest is late. With
a lateness, rows wait until the entity's greatest time is more than that ahead; of rows with one time the last that
arrived wins. Both are judged row by row in arrival order, never by push.
"""

import numpy as np

from ninefold.kernel.errors import InvalidInput
from ninefold.recipes.operations.frames import us
from ninefold.recipes.operations.operation import Kernel, Operation, select
from ninefold.recipes.schema import Schema
from ninefold.recipes.sql import Generator, quoted
from ninefold.recipes.table import Batch, join, starts
from ninefold.vocabulary.columns import Array, Times
from ninefold.vocabulary.quantity import Duration


class Admit(Operation, frozen=True, tag_field="op", tag="admit"):
    """Rows in order of time; a row that is later than `lateness` is dropped and counted."""

    keeps_order = True  # of rows that stand in time, which are all that is asked of it

    lateness: Duration | None = None  # None: no waiting

    def columns(self, schema: Schema) -> Schema:
        if schema.level == "frame":
            raise InvalidInput("admit must stand at the head, before every step but parse_time.")
        return schema

    def sql(self, to: Generator, schema: Schema) -> None:
        e, t = quoted(schema.keys.entity), quoted(schema.keys.time)
        earlier = f"PARTITION BY {e} ORDER BY __row ROWS BETWEEN UNBOUNDED PRECEDING AND"
        if self.lateness is None and to.in_order:
            return
        to.in_order = False
        if self.lateness is None:
            to.add(f"SELECT *, max({t}) OVER ({earlier} 1 PRECEDING) AS __max FROM {to.last}")
            to.add(f"{select(schema, {}, to.last)} WHERE __max IS NULL OR {t} > __max")
            return
        late = us(self.lateness)
        to.add(
            f"SELECT *, max({t}) OVER ({earlier} CURRENT ROW) AS __max, max({t}) OVER (PARTITION BY {e}) AS __latest "
            f"FROM {to.last}"
        )
        to.add(
            f"SELECT *, row_number() OVER (PARTITION BY {e}, {t} ORDER BY __row DESC) AS __arrival FROM {to.last} "
            f"WHERE {t} >= __max - {late} AND {t} < __latest - {late}"
        )
        to.add(f"{select(schema, {}, to.last)} WHERE __arrival = 1")

    def kernel(self, schema: Schema, names: list[str]) -> "AdmitKernel":
        return AdmitKernel(None if self.lateness is None else us(self.lateness))


class AdmitKernel(Kernel):
    """Holds the greatest time of each entity, and the rows that wait; `late` counts what was dropped."""

    def __init__(self, lateness: int | None) -> None:
        super().__init__()
        self.lateness = lateness
        self.late = 0

    def push(self, batch: Batch) -> Batch:
        """Return the rows that are admitted by now; `batch` comes in arrival order."""
        order = np.argsort(batch.code, kind="stable")
        rows = batch if np.array_equal(order, np.arange(len(order))) else batch.take(order)
        before = self._before(rows.code)
        greatest = _running(rows.code, rows.t, before)
        if self.lateness is None:
            taken = rows.t > np.concatenate(([0], greatest[:-1]))[: len(rows)]
            first = starts(rows.code)
            taken[first] = rows.t[first] > before[first]
            admitted = rows if taken.all() else rows.take(taken)
        else:
            taken = rows.t >= greatest - self.lateness
            admitted = self._release(rows.take(taken), rows.code, greatest)
        self.late += len(rows) - int(np.count_nonzero(taken))
        self._remember(rows.code, greatest)
        return admitted

    def _before(self, code: Array) -> Times:
        """Return the greatest time of each row's entity before this push; -1 for a new one."""
        held = self.held.get("latest")
        size = int(max(code.max(initial=-1), -1 if held is None else held.code.max(initial=-1))) + 1
        latest = np.full(size, -1, np.int64)
        if held is not None:
            latest[held.code] = held.t
        self._latest = latest
        found: Times = latest[code]
        return found

    def _remember(self, code: Array, greatest: Times) -> None:
        self._latest[code] = greatest  # ascending within an entity: its last row stays
        known = np.flatnonzero(self._latest >= 0)
        self.held["latest"] = Batch(known, self._latest[known], {})

    def _release(self, rows: Batch, code: Array, greatest: Times) -> Batch:
        held = self.held.get("waiting")
        waiting = rows if held is None else join(held, rows)[0]
        latest = self._latest.copy()
        latest[code] = greatest
        order = np.lexsort((np.arange(len(waiting)), waiting.t, waiting.code))
        waiting = waiting.take(order)
        same = (waiting.code[1:] == waiting.code[:-1]) & (waiting.t[1:] == waiting.t[:-1])
        waiting = waiting.take(~np.append(same, False)[: len(waiting)])  # the last arrival wins
        ripe = waiting.t < latest[waiting.code] - (self.lateness or 0)
        self.held["waiting"] = waiting.take(~ripe)
        return waiting.take(ripe)


def _running(code: Array, t: Times, before: Times) -> Times:
    """Return the greatest time of each row's entity so far, the row included."""
    first = starts(code)
    t = np.where(first, np.maximum(t, before), t)
    if np.all(first[1:] | (t[1:] >= t[:-1])):
        return t
    bounds = np.append(np.flatnonzero(first), len(t))
    for i in range(len(bounds) - 1):
        part = slice(bounds[i], bounds[i + 1])
        t[part] = np.maximum.accumulate(t[part])
    return t
