"""Fatigue as rows: how often alarms call people, by machine and by shift, and how many were judged false."""

from collections.abc import Sequence

from ninefold.operations.monitoring.episodes import Held
from ninefold.operations.monitoring.fatigue import called, in_shifts
from ninefold.surface.cells import Cell, Measure, Noted, Ref
from ninefold.surface.table import Table
from ninefold.surface.words import Say
from ninefold.vocabulary.calendar import Calendar

ROWS = 50
WEEKS = 4


def by_machine(held: Sequence[Held], now: int) -> Table:
    """Return the alarms of each machine in the last weeks, and how many of the judged ones were false."""
    rows = tuple(
        (
            Ref("asset", c.asset),
            Noted(Measure(c.per_week, "", 2), " · ".join(map(str, c.weeks))),
            f"{c.false} / {c.judged}",
        )
        for c in called((h.episode for h in held), now, WEEKS)[:ROWS]
    )
    columns = (Say("monitoring.asset"), Say("monitoring.per-week"), Say("monitoring.false-of"))
    return Table(
        Say("monitoring.fatigue"), columns, rows, (Say("monitoring.fatigue-note"),) if rows else (), Say("alarms.none")
    )


def by_shift(held: Sequence[Held], calendar: Calendar | None, now: int) -> Table:
    """Return the alarms of each shift of the calendar in the last weeks: those a shift, and those judged false."""
    found = [] if calendar is None else in_shifts((h.episode for h in held), calendar, now, WEEKS)
    rows: list[tuple[Cell, ...]] = []
    for c in found:
        name: Cell = c.name or Say("monitoring.outside")
        often: Cell = None if not c.shifts else Noted(Measure(c.alarms / c.shifts, "", 2), _of(c.alarms, c.shifts))
        rows.append((name, often if c.shifts else c.alarms, f"{c.false} / {c.judged}"))
    columns = (Say("monitoring.shift-name"), Say("monitoring.per-shift"), Say("monitoring.false-of"))
    empty = Say("monitoring.no-calendar" if calendar is None else "alarms.none")
    return Table(Say("monitoring.by-shift"), columns, tuple(rows), (), empty)


def _of(alarms: int, shifts: int) -> Say:
    return Say("monitoring.alarms-of", {"n": alarms, "shifts": shifts})
