"""The live page: all machines at a glance, their open alarms and latest decisions."""

from collections.abc import Mapping, Sequence

import numpy as np

from ninefold.lifecycle.live.decided import decided
from ninefold.lifecycle.live.machine import HOURS, Machine, machines
from ninefold.lifecycle.live.normal import operating_points
from ninefold.lifecycle.live.scene import Scene
from ninefold.lifecycle.live.signals import strip_of
from ninefold.lifecycle.live.timeline import done, source, until_now
from ninefold.operations.monitoring.alarm_words import finding, since
from ninefold.surface.blocks import Block, Empty, Go, Panel, Why, Words
from ninefold.surface.cells import Cell, Drawing, Measure, Moment, Ref, State
from ninefold.surface.charts.spark import spark
from ninefold.surface.page import Page
from ninefold.surface.table import Table
from ninefold.surface.timeaxis import Axis
from ninefold.surface.words import Say, counted

ROWS = 100


def live_page(scene: Scene, first: int = 0) -> Page:
    """Return the machines, those with an alarm first."""
    found = machines(scene, HOURS)
    return Page(
        _title(found), live_panels(scene, first), (), Say("live.subtitle", {"hours": round(HOURS)}),
        watch=f"live/{first}", place="live",
    )  # fmt: skip


def live_panels(scene: Scene, first: int = 0) -> tuple[Panel, ...]:
    """Return the panels of the page of all machines."""
    found = sorted(machines(scene, HOURS), key=lambda m: not m.open)
    more = f"/live?first={first + ROWS}" if len(found) > first + ROWS else ""
    points = operating_points(scene.plan)
    axis = until_now(scene, HOURS)
    rows = tuple(_machine_row(m, scene.now, axis) for m in found[first : first + ROWS])
    columns = tuple(Say(f"live.{c}") for c in ("machine", "state", "course", "score", "last", "device"))
    notes = (_source(points),) if any(m.course for m in found) else ()
    table = Table(Say("live.machines"), columns, rows, notes, Say("live.no-machines"), more)
    blocks: tuple[Block, ...] = (_nothing(),)
    if found:
        blocks = (strip_of(scene, found, axis), table, Words(source(done(scene, axis), axis), "note"))
    return (
        Panel(Say("live.machines"), blocks, span=8, live="decisions alarms", name="machines"),
        Panel(Say("live.alarms"), _alarms(found, scene.now), span=4, live="alarms", name="alarms"),
        decided(found),
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


def _machine_row(m: Machine, now: int, axis: Axis) -> tuple[Cell, ...]:
    course: Cell = None
    score: Cell = None
    if m.course:
        values = np.asarray(m.course["score"], np.float64)
        course = Drawing(
            spark(f"score-{m.asset}", m.asset, np.asarray(m.course["t"], np.float64) / 1e6, values, over=axis).svg,
            Say("live.course-words", {"n": len(values)}),
        )  # fmt: skip
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
