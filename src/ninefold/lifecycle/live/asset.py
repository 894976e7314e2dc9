"""The live page of one machine: its lanes, its alarm, its device and its decisions."""

from ninefold.lifecycle.live.decided import decided
from ninefold.lifecycle.live.device_panels import latency, queue
from ninefold.lifecycle.live.machine import HOURS, Machine, machines
from ninefold.lifecycle.live.scene import Scene
from ninefold.lifecycle.live.signals import FEATURES, machine_lanes
from ninefold.lifecycle.live.timeline import done, source, until_now
from ninefold.operations.monitoring.alarm_words import finding, is_drift, since, weight_of
from ninefold.surface.ages import age
from ninefold.surface.blocks import Act, Block, Empty, Go, Panel, Words
from ninefold.surface.cells import Noted, Ref
from ninefold.surface.page import Page
from ninefold.surface.table import Table
from ninefold.surface.words import Say, Text

_CRUMBS = (Ref("page", "live", Say("layout.place-live")),)


def asset_page(scene: Scene, asset: str) -> Page | None:
    """Return one machine; None when nobody names it."""
    found = machines(scene, HOURS, (asset,))
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
    found = machines(scene, HOURS, (asset,))
    if not found:
        return ()
    m = found[0]
    title = Say("live.lanes", {"asset": asset, "hours": round(HOURS)})
    return (
        Panel(title, _lanes(scene, m), span=9, live="decisions alarms", name="lanes"),
        Panel(Say("live.alarm"), _alarm(m, scene.now), span=3, live="alarms", name="alarm"),
        Panel(Say("live.latency"), latency(scene, m), m.device, 6, "fleet alarms", "latency"),
        Panel(Say("live.queue"), (queue(scene, m),), m.device, 6, "decisions fleet", "queue"),
        decided([m]),
    )  # fmt: skip


def _lanes(scene: Scene, m: Machine) -> tuple[Block, ...]:
    if not m.course:
        return (Empty(Say("live.no-course", {"hours": round(HOURS)})),)
    axis = until_now(scene, HOURS)
    known = Words(source(done(scene, axis), axis), "note")
    return machine_lanes(scene, m, HOURS, m.features()[:FEATURES]), Words(Say("live.source-machine"), "note"), known


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
