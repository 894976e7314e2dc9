"""The page of step 9: drift against its budget, performance with maturing labels, fatigue, proposals, repairs."""

from collections.abc import Mapping, Sequence

from ninefold.kernel.sqlite import SqliteStore
from ninefold.operations.monitoring.alarm_pages import alarm_table
from ninefold.operations.monitoring.alarm_words import finding, is_drift, since
from ninefold.operations.monitoring.drift_now import Standing, standings
from ninefold.operations.monitoring.drift_tables import drift_table
from ninefold.operations.monitoring.episodes import Held, episodes, is_open
from ninefold.operations.monitoring.fatigue_tables import by_machine, by_shift
from ninefold.operations.monitoring.performance import performance
from ninefold.operations.monitoring.proposal_pages import proposal_table
from ninefold.operations.monitoring.proposals import proposals
from ninefold.surface.blocks import Act, Empty, Go, Panel, Why
from ninefold.surface.cells import Ref, State
from ninefold.surface.over import Strip, StripOf
from ninefold.surface.page import Page
from ninefold.surface.words import Say, counted
from ninefold.vocabulary.calendar import Calendar
from ninefold.vocabulary.monitor import Monitors
from ninefold.vocabulary.triage import REPAIR, Repair
from ninefold.vocabulary.work_order import WORK_ORDER, WorkOrder

ROWS = 50


def monitoring_page(
    store: SqliteStore, monitors: Sequence[Monitors], limits: Mapping[str, float], models: Sequence[str], now: int,
    calendar: Calendar | None = None, strip: StripOf | None = None,
) -> Page:  # fmt: skip
    """Return the page; `limits` are the budgets (false alarms a year) by REQ/ID, `models` those that are watched.

    `strip` draws the calendar of all machines over the time of the curves of drift.
    """
    held = episodes(store, now)
    open_ = sorted((h for h in held if is_open(h.episode)), key=lambda h: -h.episode.raised)
    latest = sorted(held, key=lambda h: -h.episode.raised)[:8]
    drift = standings(store)
    all_alarms = (Go(Say("alarms.open-all"), Ref("page", "alarms")),)
    reach = _reach(drift)
    axis, calendar_strip = strip(*reach) if strip is not None and reach is not None else Strip(None, ())
    drift_blocks = (*calendar_strip, drift_table(drift, monitors, limits, axis))
    tired = (by_machine(held, now), by_shift(held, calendar, now))
    listed = (proposal_table(proposals(store)[:ROWS]),)
    blocks = [
        Panel("", (_lead(open_, drift, now),), live="alarms", name="lead"),
        Panel(Say("monitoring.drift"), drift_blocks, live="alarms", name="drift"),
        Panel(Say("monitoring.performance"), performance(store, models), live="alarms", name="performance"),
        Panel(Say("monitoring.episodes"), (alarm_table(latest), *all_alarms), span=8, live="alarms", name="episodes"),
        Panel(Say("monitoring.fatigue"), tired, span=4, live="alarms", name="fatigue"),
        Panel(Say("monitoring.proposals"), listed, span=8, live="alarms", name="proposals"),
        Panel(Say("monitoring.orders"), _orders(store), span=4, live="alarms", name="orders"),
    ]
    drifting = [h for h in open_ if is_drift(h.episode)]
    title = _title(drifting, open_)
    return Page(title, tuple(blocks), (), Say("monitoring.subtitle"), place="monitoring")


def _reach(found: Sequence[Standing]) -> tuple[int, int] | None:
    """Return from when to when the curves run (µs UTC); None without any stretch."""
    times = [t for s in found for t in s.times]
    return (round(min(times) * 1e6), round(max(times) * 1e6)) if times and min(times) < max(times) else None


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
