"""The page of one drift monitor: its evidence against its budget, drift by signal, performance, alarms, proposals."""

import math
from collections.abc import Sequence

from ninefold.kernel.blobs import Blobs
from ninefold.kernel.sqlite import SqliteStore
from ninefold.operations.monitoring.alarm_pages import alarm_table
from ninefold.operations.monitoring.alarm_words import finding, since
from ninefold.operations.monitoring.drift_tables import machines_table
from ninefold.operations.monitoring.episodes import is_open
from ninefold.operations.monitoring.evidence_panels import machine_panels
from ninefold.operations.monitoring.fatigue_tables import by_machine, by_shift
from ninefold.operations.monitoring.one_monitor import OneMonitor
from ninefold.operations.monitoring.performance import matured, performance
from ninefold.operations.monitoring.proposal_pages import decisions_table
from ninefold.operations.monitoring.proposals import proposals
from ninefold.surface.blocks import Empty, Facts, Go, Panel, Why
from ninefold.surface.cells import Cell, Measure, Ref, State
from ninefold.surface.over import OverOf
from ninefold.surface.page import Page
from ninefold.surface.table import Table
from ninefold.surface.words import Say, Text, quote
from ninefold.vocabulary.calendar import Calendar
from ninefold.vocabulary.monitor import Monitors

_LISTED = 20
_CRUMBS = (Ref("page", "monitoring", Say("layout.place-monitoring")),)


def one_monitor_page(
    found: OneMonitor, store: SqliteStore, blobs: Blobs, monitors: Sequence[Monitors], calendar: Calendar | None,
    over: OverOf, now: int, asset: str = "",
) -> Page:  # fmt: skip
    """Return the page; `asset` chooses the machine whose windows are looked at, else it is the one that moved most."""
    table, listed = machines_table(found.machines, monitors, found.budget), _alarms(found)
    blocks = (
        Panel("", (_lead(found, now),), live="alarms", name="lead"),
        Panel(Say("monitoring.drift"), (table,), live="alarms", name="drift"),
        *machine_panels(found, store, blobs, over, now, asset),
        Panel(Say("monitoring.episodes-of"), listed, span=8, live="alarms", name="episodes"),
        Panel(Say("monitoring.test"), (_test(found),), span=4, name="test"),
        *_models(found, store),
        Panel(Say("monitoring.fatigue"), _tired(found, calendar, now), span=4, live="alarms", name="fatigue"),
    )
    states = (_state(found),)
    actions = (
        Go(Say("monitoring.open-criterion"), Ref("requirement", found.requirement, part=found.criterion)),
        *(Go(Say("monitoring.open-trace"), Ref("page", f"trace/monitor:{m}")) for m in found.models[:1]),
    )
    return Page(_title(found), blocks, (), found.name, states, actions, _CRUMBS, place="monitoring")


def _models(found: OneMonitor, store: SqliteStore) -> tuple[Panel, ...]:
    """Return how the models do that are watched, and what is proposed for them."""
    counts = matured(store, found.models)
    did = (*performance(store, found.models), *((counts,) if counts.rows else ()))
    proposed = decisions_table(store, [s for s in proposals(store) if s.proposal.model in found.models])
    return (
        Panel(Say("monitoring.performance"), did, live="alarms", name="performance"),
        Panel(Say("monitoring.proposals"), (proposed,), span=8, live="alarms", name="proposals"),
    )


def _alarms(found: OneMonitor) -> tuple[Table, Go]:
    return alarm_table(found.alarms[:_LISTED]), Go(Say("alarms.open-all"), Ref("page", "alarms/all"))


def _tired(found: OneMonitor, calendar: Calendar | None, now: int) -> tuple[Table, Table]:
    return by_shift(found.alarms, calendar, now), by_machine(found.alarms, now)


def _title(found: OneMonitor) -> Say:
    values: dict[str, str | int | float] = {"name": found.criterion}
    drifted = found.drifted()
    if len(drifted) == 1:
        return Say("monitoring.title-one-drift", {**values, "asset": drifted[0]})
    if drifted:
        return Say("monitoring.title-one-drifts", {**values, "n": len(drifted)})
    code = "monitoring.title-one-quiet" if found.machines else "monitoring.title-one-silent"
    return Say(code, {**values, "n": len(found.machines)})


def _state(found: OneMonitor) -> State:
    if found.drifted():
        return State("alarm", Say("monitoring.drifted"))
    if not found.machines:
        return State("missing", Say("monitoring.no-window"))
    if found.budget is None:
        return State("pending", Say("monitoring.recorded-only"))
    provisional = found.monitor is not None and found.monitor.provisional
    return State("partial", Say("monitoring.provisional")) if provisional else State("normal")


def _lead(found: OneMonitor, now: int) -> Why | Empty:
    """Return what is to be done first."""
    open_ = [h for h in found.alarms if is_open(h.episode)]
    if open_:
        e = next((h for h in open_ if h.episode.state == "raised"), open_[0]).episode
        go = Go(Say("alarms.judge"), Ref("alarm", e.id), "main")
        return Why(State("alarm", e.asset), finding(e), since(e, now), action=go)
    if found.why:
        go = Go(Say("monitoring.open-criterion"), Ref("requirement", found.requirement, part=found.criterion), "main")
        return Why(State("missing"), Say("monitoring.unwatched"), quote(found.why), action=go)
    if not found.machines:
        return Empty(Say("monitoring.nothing"), Go(Say("monitoring.open-fleet"), Ref("page", "fleet"), "main"))
    return Why(State("normal"), Say("monitoring.lead-one-quiet", {"n": len(found.machines)}))


def _test(found: OneMonitor) -> Facts | Empty:
    """Return the sequential test in figures: its budget, what it finds within a week, and what it rests on."""
    monitor, reference = found.monitor, found.reference()
    if monitor is None or reference is None:
        return Empty(Say("monitoring.no-reference"))
    least = min((m.state.smallest_shift for m in found.machines if m.state.smallest_shift is not None), default=None)
    strongest = found.machines[0].state.rate_per_year if found.machines else None
    unit = "/a"
    items: list[tuple[Text, Cell, Text]] = [
        (Say("monitoring.the-budget"),
         Say("monitoring.no-budget") if found.budget is None else Measure(found.budget, unit),
         Say("monitoring.together")),
        (Say("monitoring.strongest"), None if strongest is None else Measure(strongest, unit), ""),
        (Say("monitoring.smallest"), None if least is None or math.isinf(least) else Measure(least, "sd", 2), ""),
        (Say("monitoring.ignored"), Measure(monitor.practical_shift, "sd", 2), ""),
        (Say("monitoring.block-of"), monitor.block, Say("monitoring.rows-each")),
        (Say("monitoring.worth"), Measure(monitor.effective_rows_per_day, "", 3), ""),
        (Say("monitoring.reference"), reference.blocks, Say("monitoring.reference-blocks")),
        (Say("monitoring.states"), ", ".join(monitor.states) or Say("monitoring.all-states"), ""),
    ]  # fmt: skip
    if monitor.provisional:
        items.append((Say("monitoring.state"), State("partial", Say("monitoring.provisional")), ""))
    if monitor.dependent:
        items.append((Say("monitoring.dependent"), ", ".join(monitor.dependent), ""))
    return Facts("", tuple(items))
