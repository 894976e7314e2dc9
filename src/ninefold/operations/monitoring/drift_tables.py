"""Drift as rows: how each monitor stands on each machine, its evidence against its budget, its strongest signals."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from ninefold.operations.monitoring.drift_now import Standing
from ninefold.surface.cells import Cell, Drawing, Measure, Noted, Ref, State
from ninefold.surface.charts.spark import spark
from ninefold.surface.table import Table
from ninefold.surface.timeaxis import Axis
from ninefold.surface.words import Say, counted, here, number, quote
from ninefold.vocabulary.monitor import Monitors

ROWS = 50


def drift_table(
    found: Sequence[Standing], monitors: Sequence[Monitors], limits: Mapping[str, float], axis: Axis | None = None
) -> Table:
    """Return how each monitor stands on each machine, and what is not watched."""
    rows = [_drift_row(n, s, monitors, limits, axis) for n, s in enumerate(found[:ROWS])]
    seen = {s.monitor for s in found}
    silent = [(m, why) for one in monitors for m, why in one.unwatched.items()]
    silent += [(m, "") for one in monitors for m in one.monitors if m not in seen]
    for monitor, why in sorted(silent):
        state = State("missing", quote(why) or Say("monitoring.no-window"))
        rows.append((Ref("monitor", monitor), None, None, None, None, None, state))
    columns = tuple(
        Say(f"monitoring.{c}") for c in ("criterion", "asset", "course", "rate", "smallest", "signals", "state")
    )
    notes = [Say("monitoring.drift-note")] if rows else []
    if len(found) > ROWS:
        notes.append(Say("monitoring.cut", {"n": len(found) - ROWS}))
    return Table(Say("monitoring.drift"), columns, tuple(rows), tuple(notes), Say("monitoring.no-monitors"))


def machines_table(found: Sequence[Standing], monitors: Sequence[Monitors], budget: float | None) -> Table:
    """Return how one monitor stands on each machine."""
    limits = {} if budget is None else {s.monitor: budget for s in found}
    rows = tuple(_drift_row(n, s, monitors, limits, None)[1:] for n, s in enumerate(found[:ROWS]))
    columns = tuple(Say(f"monitoring.{c}") for c in ("asset", "course", "rate", "smallest", "signals", "state"))
    notes = [Say("monitoring.drift-note")] if rows else []
    if len(found) > ROWS:
        notes.append(Say("monitoring.cut", {"n": len(found) - ROWS}))
    return Table(Say("monitoring.drift"), columns, rows, tuple(notes), Say("monitoring.no-window"))


def _drift_row(
    number: int, found: Standing, monitors: Sequence[Monitors], limits: Mapping[str, float], axis: Axis | None
) -> tuple[Cell, ...]:
    state = found.state
    budget = limits.get(found.monitor, state.budget)
    logs = np.log10(np.maximum(np.array(found.rates), 1e-6))
    title = f"{found.asset} {found.monitor}"
    course = Drawing(
        spark(f"drift-{number}", title, np.array(found.times), logs, over=axis).svg, Say("monitoring.course-words")
    )
    rate = Noted(
        Measure(state.rate_per_year, "/a", 3),
        Say("monitoring.no-budget") if budget is None else Say("monitoring.budget", {"n": budget}),
    )
    least = state.smallest_shift
    smallest = None if least is None or math.isinf(least) else Measure(least, "sd", 2)
    signals = ", ".join(
        f"{s.feature} {'↑' if s.direction == 'high' else '↓'} {_short(s.weight)} sd" for s in state.signals
    )
    return (
        Ref("monitor", found.monitor), Ref("asset", found.asset), course, rate,
        smallest,
        signals, Noted(drift_state(found, monitors, budget), counted("monitoring.blocks", state.blocks)),
    )  # fmt: skip


def _short(weight: float) -> str:
    return number(float(f"{weight:.2g}"), here())


def drift_state(found: Standing, monitors: Sequence[Monitors], budget: float | None) -> State:
    """Return how a monitor stands: drifted, as training saw it, or only recorded."""
    if budget is None:
        return State("pending", Say("monitoring.recorded-only"))
    if found.state.rate_per_year <= budget:
        return State("alarm", Say("monitoring.drifted"))
    provisional = found.state.provisional or any(
        m.monitors[found.monitor].provisional for m in monitors if found.monitor in m.monitors
    )
    return State("partial", Say("monitoring.provisional")) if provisional else State("normal")
