"""The page of step 9: drift against its budget, performance with maturing labels, fatigue, proposals, repairs."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from ninefold.kernel.sqlite import SqliteStore
from ninefold.operations.monitoring.alarm_pages import alarm_table
from ninefold.operations.monitoring.alarm_words import finding, is_drift, since
from ninefold.operations.monitoring.drift_now import Standing, standings
from ninefold.operations.monitoring.episodes import Held, episodes, is_open
from ninefold.operations.monitoring.fatigue import called
from ninefold.operations.monitoring.proposal_pages import proposal_table
from ninefold.operations.monitoring.proposals import proposals
from ninefold.surface.blocks import Act, Empty, Go, Panel, Why
from ninefold.surface.cells import Cell, Drawing, Measure, Moment, Noted, Ref, State
from ninefold.surface.charts.bound import bound, reach
from ninefold.surface.charts.spark import spark
from ninefold.surface.page import Page
from ninefold.surface.table import Table
from ninefold.surface.words import Say, counted
from ninefold.vocabulary.monitor import Monitors
from ninefold.vocabulary.runtime import RUNTIME, Runtime
from ninefold.vocabulary.triage import REPAIR, Repair
from ninefold.vocabulary.work_order import WORK_ORDER, WorkOrder

ROWS = 50
_WEEKS = 4


def monitoring_page(
    store: SqliteStore, monitors: Sequence[Monitors], limits: Mapping[str, float], models: Sequence[str], now: int
) -> Page:
    """Return the page; `limits` are the budgets (false alarms a year) by REQ/ID, `models` those that are watched."""
    held = episodes(store, now)
    open_ = sorted((h for h in held if is_open(h.episode)), key=lambda h: -h.episode.raised)
    latest = sorted(held, key=lambda h: -h.episode.raised)[:8]
    drift = standings(store)
    all_alarms = (Go(Say("alarms.open-all"), Ref("page", "alarms")),)
    blocks = [
        Panel("", (_lead(open_, drift, now),), live="alarms", name="lead"),
        Panel(Say("monitoring.drift"), (_drift_table(drift, monitors, limits),), live="alarms", name="drift"),
        Panel(Say("monitoring.performance"), _performance(store, models), live="alarms", name="performance"),
        Panel(Say("monitoring.episodes"), (alarm_table(latest), *all_alarms), span=8, live="alarms", name="episodes"),
        Panel(Say("monitoring.fatigue"), (_fatigue_table(held, now),), span=4, live="alarms", name="fatigue"),
        Panel(
            Say("monitoring.proposals"),
            (proposal_table(proposals(store)[:ROWS]),),
            span=8,
            live="alarms",
            name="proposals",
        ),
        Panel(Say("monitoring.orders"), _orders(store), span=4, live="alarms", name="orders"),
    ]
    drifting = [h for h in open_ if is_drift(h.episode)]
    title = _title(drifting, open_)
    return Page(title, tuple(blocks), (), Say("monitoring.subtitle"), place="monitoring")


def _title(drifting: Sequence[Held], open_: Sequence[Held]) -> Say:
    if len(drifting) == 1:
        return Say("monitoring.title-drift", {"asset": drifting[0].episode.asset})
    if drifting:
        return Say("monitoring.title-drifts", {"n": len(drifting)})
    return counted("monitoring.title-alarms", len(open_)) if open_ else Say("monitoring.title-quiet")


def _lead(open_: Sequence[Held], drift: Sequence[Standing], now: int) -> Why | Empty:
    """Return what is to be done first."""
    raised = [h for h in open_ if h.episode.state == "raised"] or list(open_)
    if raised:
        episode = raised[0].episode
        go = Go(Say("alarms.judge"), Ref("alarm", episode.id), "main")
        return Why(State("alarm"), finding(episode), since(episode, now), action=go)
    if not drift:
        return Empty(Say("monitoring.nothing"), Go(Say("monitoring.open-fleet"), Ref("page", "fleet"), "main"))
    return Why(State("normal"), counted("monitoring.lead-quiet", len({s.asset for s in drift})))


def _drift_table(found: Sequence[Standing], monitors: Sequence[Monitors], limits: Mapping[str, float]) -> Table:
    rows = [_drift_row(n, s, monitors, limits) for n, s in enumerate(found[:ROWS])]
    seen = {s.monitor for s in found}
    silent = [(m, why) for one in monitors for m, why in one.unwatched.items()]
    silent += [(m, "") for one in monitors for m in one.monitors if m not in seen]
    for monitor, why in sorted(silent):
        requirement, _, criterion = monitor.partition("/")
        state = State("missing", why or Say("monitoring.no-window"))
        rows.append((Ref("requirement", requirement, monitor, criterion), None, None, None, None, None, state))
    columns = tuple(
        Say(f"monitoring.{c}") for c in ("criterion", "asset", "course", "rate", "smallest", "signals", "state")
    )
    notes = [Say("monitoring.drift-note")] if rows else []
    if len(found) > ROWS:
        notes.append(Say("monitoring.cut", {"n": len(found) - ROWS}))
    return Table(Say("monitoring.drift"), columns, tuple(rows), tuple(notes), Say("monitoring.no-monitors"))


def _drift_row(
    number: int, found: Standing, monitors: Sequence[Monitors], limits: Mapping[str, float]
) -> tuple[Cell, ...]:
    state = found.state
    requirement, _, criterion = found.monitor.partition("/")
    budget = limits.get(found.monitor, state.budget)
    logs = np.log10(np.maximum(np.array(found.rates), 1e-6))
    title = f"{found.asset} {found.monitor}"
    course = Drawing(spark(f"drift-{number}", title, np.array(found.times), logs).svg, Say("monitoring.course-words"))
    rate = Noted(
        Measure(state.rate_per_year, "/a", 3),
        Say("monitoring.no-budget") if budget is None else Say("monitoring.budget", {"n": budget}),
    )
    least = state.smallest_shift
    smallest = None if least is None or math.isinf(least) else Measure(least, "sd", 2)
    signals = ", ".join(f"{s.feature} {'↑' if s.direction == 'high' else '↓'} {s.weight:.2g} sd" for s in state.signals)
    return (
        Ref("requirement", requirement, found.monitor, criterion), Ref("asset", found.asset), course, rate,
        smallest,
        signals, Noted(_drift_state(found, monitors, budget), Say("monitoring.blocks", {"n": state.blocks})),
    )  # fmt: skip


def _drift_state(found: Standing, monitors: Sequence[Monitors], budget: float | None) -> State:
    if budget is None:
        return State("pending", Say("monitoring.recorded-only"))
    if found.state.rate_per_year <= budget:
        return State("alarm", Say("monitoring.drifted"))
    provisional = found.state.provisional or any(
        m.monitors[found.monitor].provisional for m in monitors if found.monitor in m.monitors
    )
    return State("partial", Say("monitoring.provisional")) if provisional else State("normal")


def _performance(store: SqliteStore, models: Sequence[str]) -> tuple[Table | Act, ...]:
    found = [r.body(Runtime) for m in models if (r := store.latest(f"runtime:{m}")) is not None and r.kind == RUNTIME]
    scale = reach(*(n for r in found for n in (r.upper, r.false_per_machine_week)), 0.0, floor=0.0)
    rows = tuple(_runtime_row(n, r, scale) for n, r in enumerate(found))
    columns = tuple(Say(f"monitoring.{c}") for c in ("model", "weeks", "alarms", "false", "bound", "recall", "as-of"))
    table = Table(
        Say("monitoring.performance"), columns, rows, (Say("monitoring.runtime-note"),) if rows else (),
        Say("monitoring.not-counted"),
    )  # fmt: skip
    return table, Act(Say("monitoring.count"), "monitoring/outcomes")


def _runtime_row(number: int, r: Runtime, scale: tuple[float, float]) -> tuple[Cell, ...]:
    told = {k: r.outcomes.get(k, 0) for k in ("confirmed", "averted", "false", "unknown")}
    alarms = Noted(r.alarms, Say("monitoring.outcomes", {**told, "pending": r.pending}))
    drawn = None
    if r.upper is not None:
        title = f"{r.false_per_machine_week or 0:.3g}, at most {r.upper:.3g}"
        figure = bound(f"runtime-{number}", title, scale, r.upper, "below", "insufficient" if r.pending else "ok",
                       value=r.false_per_machine_week, low=0.0, high=r.upper)  # fmt: skip
        drawn = Drawing(figure.svg, title)
    rate = None if r.false_per_machine_week is None else Measure(r.false_per_machine_week)
    at_most = None if r.upper is None else Noted(rate, Say("monitoring.at-most", {"n": round(r.upper, 2)}))
    ready = r.events >= r.needed
    recall = State("pass" if ready else "pending", Say("monitoring.labels", {"n": r.events, "of": r.needed}))
    when: Cell = recall
    if r.enough_at is not None:
        when = Noted(recall, Say("monitoring.enough-in", {"n": max(round((r.enough_at - r.as_of) / 86_400e6), 0)}))
    return Ref("model", r.model), Measure(r.machine_weeks), alarms, at_most, drawn, when, Moment(r.as_of)


def _fatigue_table(held: Sequence[Held], now: int) -> Table:
    rows = tuple(
        (
            Ref("asset", c.asset),
            Noted(Measure(c.per_week, "", 2), " · ".join(map(str, c.weeks))),
            f"{c.false} / {c.judged}",
        )
        for c in called((h.episode for h in held), now, _WEEKS)[:ROWS]
    )
    columns = (Say("monitoring.asset"), Say("monitoring.per-week"), Say("monitoring.false-of"))
    return Table(
        Say("monitoring.fatigue"), columns, rows, (Say("monitoring.fatigue-note"),) if rows else (), Say("alarms.none")
    )


def _orders(store: SqliteStore) -> tuple[Why | Empty, ...]:
    """Return the open work orders, each with the button that says it is done."""
    done = {o for r in store.of_kind(REPAIR) if r.data is not None for o in r.body(Repair).work_orders}
    orders = [r.body(WorkOrder) for r in store.of_kind(WORK_ORDER) if r.data is not None]
    open_ = [o for o in orders if o.number not in done][:ROWS]
    return tuple(
        Why(
            State("running", o.asset), Say("monitoring.order", {"number": o.number}),
            action=Act(Say("monitoring.repaired", {"asset": o.asset}), "monitoring/repaired", (("asset", o.asset),)),
        )
        for o in open_
    ) or (Empty(Say("monitoring.no-orders")),)  # fmt: skip
