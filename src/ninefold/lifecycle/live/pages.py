"""Live pages: all machines at a glance, and one with its lanes, its alarm, its device and its decisions."""

from collections.abc import Mapping, Sequence

import numpy as np

from ninefold.fleet.courses import lost_since
from ninefold.lifecycle.live.machine import HOUR_US, Machine, machines
from ninefold.lifecycle.live.normal import normals, operating_points
from ninefold.lifecycle.live.scene import Scene
from ninefold.lifecycle.live.signals import machine_lanes
from ninefold.operations.monitoring.alarm_words import finding, is_drift, since, weight_of
from ninefold.surface.ages import age
from ninefold.surface.blocks import Act, Block, Empty, Facts, Go, Panel, Why, Words
from ninefold.surface.cells import Cell, Drawing, Measure, Moment, Noted, Ref, State
from ninefold.surface.charts.spark import spark
from ninefold.surface.page import Page
from ninefold.surface.table import Table
from ninefold.surface.words import Say, Text, counted
from ninefold.vocabulary.calendar import Calendar
from ninefold.vocabulary.columns import Columns

HOURS = 4.0
ROWS, DECISIONS = 100, 12
_CRUMBS = (Ref("page", "live", Say("layout.place-live")),)


def live_page(scene: Scene, first: int = 0) -> Page:
    """Return the machines, those with an alarm first."""
    found = machines(scene.view, scene.service, scene.now, HOURS)
    return Page(
        _title(found), live_panels(scene, first), (), Say("live.subtitle", {"hours": round(HOURS)}),
        watch=f"live/{first}", place="live",
    )  # fmt: skip


def live_panels(scene: Scene, first: int = 0) -> tuple[Panel, ...]:
    """Return the panels of the page of all machines."""
    found = sorted(machines(scene.view, scene.service, scene.now, HOURS), key=lambda m: not m.open)
    more = f"/live?first={first + ROWS}" if len(found) > first + ROWS else ""
    points = operating_points(scene.plan)
    rows = tuple(_machine_row(m, scene.now) for m in found[first : first + ROWS])
    columns = tuple(Say(f"live.{c}") for c in ("machine", "state", "course", "score", "last", "device"))
    notes = (_source(points),) if any(m.course for m in found) else ()
    table = Table(Say("live.machines"), columns, rows, notes, Say("live.no-machines"), more)
    blocks: tuple[Block, ...] = (table,) if found else (_nothing(),)
    return (
        Panel(Say("live.machines"), blocks, span=8, live="decisions alarms", name="machines"),
        Panel(Say("live.alarms"), _alarms(found, scene.now), span=4, live="alarms", name="alarms"),
        _decided(found),
    )  # fmt: skip


def _title(found: Sequence[Machine]) -> Say:
    open_ = [e for m in found for e in m.open]
    if len(open_) == 1:
        said = finding(open_[0])
        return Say(said.code.replace("alarms.", "live.title-"), said.values)
    if open_:
        return Say("live.title-alarms", {"n": len(open_)})
    return counted("live.title-quiet", len(found)) if found else Say("live.title-empty")


def _nothing() -> Empty:
    return Empty(Say("live.nothing"), Go(Say("monitoring.open-fleet"), Ref("page", "fleet"), "main"))


def _source(points: Mapping[str, float]) -> Say:
    return Say("live.source", {"points": ", ".join(f"{m} {p:.3g}" for m, p in sorted(points.items())) or "–"})


def _machine_row(m: Machine, now: int) -> tuple[Cell, ...]:
    course: Cell = None
    score: Cell = None
    if m.course:
        values = np.asarray(m.course["score"], np.float64)
        course = Drawing(
            spark(f"score-{m.asset}", m.asset, np.asarray(m.course["t"], np.float64) / 1e6, values).svg,
            Say("live.course-words", {"n": len(values)}),
        )
        score = Measure(float(values[-1])) if np.isfinite(values[-1]) else None
    return (
        Ref("page", f"live/{m.asset}", m.asset), m.state(now), course, score, Moment(m.last) if m.last else None,
        Ref("device", m.device) if m.device else None,
    )  # fmt: skip


def _alarms(found: Sequence[Machine], now: int) -> tuple[Block, ...]:
    open_ = sorted((e for m in found for e in m.open), key=lambda e: -e.raised)[:5]
    whys = tuple(
        Why(State("alarm", e.asset), finding(e), since(e, now), action=Go(Say("alarms.judge"), Ref("alarm", e.id)))
        for e in open_
    )  # fmt: skip
    return whys or (Empty(Say("live.no-alarm")),)


def _decided(found: Sequence[Machine]) -> Panel:
    title, end = Say("live.decisions"), Say("live.each-opens")
    return Panel(title, (decisions_table(found),), end, live="decisions", name="decisions")


def decisions_table(found: Sequence[Machine]) -> Table:
    """Return the latest decisions of some machines, the newest first."""
    latest = [(int(t), m, i) for m in found if m.course for i, t in enumerate(m.course["t"][-DECISIONS:].tolist())]
    rows = []
    for _, m, i in sorted(latest, key=lambda x: (-x[0], x[1].asset))[:DECISIONS]:
        rows.append(_decision(m, m.course, len(m.course["t"][:-DECISIONS]) + i))
    columns = tuple(Say(f"live.{c}") for c in ("trace", "machine", "part", "time", "score", "decision", "by"))
    return Table(Say("live.decisions"), columns, tuple(rows), (), Say("live.no-decisions"))


def _decision(m: Machine, course: Columns, row: int) -> tuple[Cell, ...]:
    score, label = float(course["score"][row]), course["label"][row]
    word: Text = str(label) if label is not None else Say("live.warn" if course["alarm"][row] else "live.no-warning")
    said: Cell = State("alarm", word) if course["alarm"][row] else word
    id = str(course["id"][row])
    by = str(course["by"][row])
    return (
        Ref("decision", id, Say("live.opens-trace", {"id": id[:8]})), Ref("page", f"live/{m.asset}", m.asset),
        str(course["frame"][row]), Moment(int(course["t"][row])), Measure(score) if np.isfinite(score) else None, said,
        Say(f"live.by-{by}", {"role": str(course["role"][row])}),
    )  # fmt: skip


def asset_page(scene: Scene, asset: str) -> Page | None:
    """Return one machine; None when nobody names it."""
    found = machines(scene.view, scene.service, scene.now, HOURS, (asset,))
    if not found:
        return None
    m = found[0]
    title = Say("live.title-machine", {"asset": asset})
    if m.open:
        said = finding(m.open[0])
        title = Say(said.code.replace("alarms.", "live.title-"), said.values)
    sub: Text = m.path
    if m.last:
        unit, n = age(scene.now - m.last)
        sub = Say(f"live.last-{unit}", {"n": n, "part": str(m.course["frame"][-1]), "device": m.device or "–"})
    actions = (Go(Say("alarms.open-asset", {"asset": asset}), Ref("asset", asset)),)
    panels, states = asset_panels(scene, asset), (m.state(scene.now),)
    return Page(title, panels, (), sub, states, actions, _CRUMBS, f"asset/{asset}", place="live")


def asset_panels(scene: Scene, asset: str) -> tuple[Panel, ...]:
    """Return the panels of one machine."""
    found = machines(scene.view, scene.service, scene.now, HOURS, (asset,))
    if not found:
        return ()
    m = found[0]
    title = Say("live.lanes", {"asset": asset, "hours": round(HOURS)})
    return (
        Panel(title, _lanes(scene, m), span=9, live="decisions alarms", name="lanes"),
        Panel(Say("live.alarm"), _alarm(m, scene.now), span=3, live="alarms", name="alarm"),
        Panel(Say("live.latency"), (_latency(scene, m),), m.device, 6, "fleet alarms", "latency"),
        Panel(Say("live.queue"), (_uplink(scene, m),), m.device, 6, "decisions fleet", "queue"),
        _decided([m]),
    )  # fmt: skip


def _lanes(scene: Scene, m: Machine) -> tuple[Block, ...]:
    if not m.course:
        return (Empty(Say("live.no-course", {"hours": round(HOURS)})),)
    facet = scene.view.facets.get("calendar")
    calendar = facet.body if facet is not None and isinstance(facet.body, Calendar) else None
    models = {
        d.desired.desired.bundle.digest: d.desired.desired.model
        for d in ([scene.service.state_of(x) for x in scene.service.registry.devices() if x.name == m.device])
        if d.desired is not None
    }
    drawn = machine_lanes(
        m, scene.now, HOURS, scene.zone, scene.language, calendar=calendar, normals=normals(scene.plan),
        points=operating_points(scene.plan), models=models,
    )  # fmt: skip
    return drawn, Words(Say("live.source-machine"), "note")


def _alarm(m: Machine, now: int) -> tuple[Block, ...]:
    if not m.open:
        return (Empty(Say("live.no-alarm")),)
    e = m.open[0]
    rows = tuple((Noted(s.feature, Say(f"alarms.{s.direction}")), weight_of(s, e)) for s in e.signals)
    columns = (Say("alarms.signal"), Say("alarms.weight"))
    signals = Table(Say("alarms.strongest"), columns, rows, (), Say("alarms.no-signals"))
    blocks: list[Block] = [Words(since(e, now), "note"), signals]
    if is_drift(e):
        path = f"alarms/{e.id}/triage"
        blocks.append(Act(Say("live.mark-fault"), path, (("finding", "process-fault"),), "main"))
        blocks.append(Act(Say("live.mark-normal"), path, (("finding", "new-normal"),)))
    blocks.append(Go(Say("alarms.judge"), Ref("alarm", e.id)))
    return tuple(blocks)


def _latency(scene: Scene, m: Machine) -> Facts:
    """Return what the device measured; it sends two percentiles, not each latency."""
    items: list[tuple[Text, Cell, Text]] = []
    if m.window is not None and m.window.latency_p50_ms is not None:
        items.append((Say("live.p50-window"), Measure(m.window.latency_p50_ms, "ms"), ""))
        items.append(
            (Say("live.p99-window"), Measure(m.window.latency_p99_ms, "ms"), Say("live.parts", {"n": m.window.parts}))
        )
        items.append((Say("live.window-end"), Moment(m.window.last), ""))
    record = scene.service.reported(m.device) if m.device else None
    measured = record.plain.get("measured", {}) if record is not None and record.data is not None else {}
    if "p99_ms" in measured:
        items.append((Say("live.p99-device"), Measure(float(measured["p99_ms"]), "ms"), ""))
    return Facts("", tuple(items) or ((Say("live.latency"), State("missing", Say("live.not-told")), ""),))


def _uplink(scene: Scene, m: Machine) -> Facts:
    """Return what came from the machine's device; what waits there is known only there."""
    items: list[tuple[Text, Cell, Text]] = [
        (Say("live.newest"), Moment(m.last) if m.last else Say("live.no-word"), ""),
        (Say("live.received"), len(m.course["t"]) if m.course else 0, Say("live.in-hours", {"n": round(HOURS)})),
    ]
    lost = lost_since(scene.service, m.device, scene.now - 24 * HOUR_US)
    state = State("pass", Say("live.none-lost")) if not lost else State("failed", Say("live.lost-n", {"n": lost}))
    items.append((Say("live.lost-24h"), state, ""))
    return Facts("", tuple(items))
