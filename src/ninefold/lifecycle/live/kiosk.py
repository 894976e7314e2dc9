"""The page at the machine: its state, the open alarm, three signals against normal, and four answers to give."""

from typing import NamedTuple

import numpy as np

from ninefold.bundle.normal import of_bundle
from ninefold.lifecycle.live.against import against
from ninefold.lifecycle.live.machine import HOUR_US, HOURS, Machine, machines, values_of
from ninefold.lifecycle.live.scene import Scene
from ninefold.lifecycle.live.signals import machine_lanes
from ninefold.operations.monitoring.alarm_words import finding, outcome_of, since
from ninefold.surface.ages import age
from ninefold.surface.blocks import Act, Block, Choice, Choices, Empty, Facts, Panel, Why
from ninefold.surface.cells import Cell, Drawing, Measure, Noted, State
from ninefold.surface.page import Page
from ninefold.surface.table import Table
from ninefold.surface.words import Say, Text
from ninefold.vocabulary.alarm import AlarmEpisode, Signal

_ANSWERS = (
    ("confirmed", State("fresh")), ("false", State("revoked")), ("averted", State("running")),
    ("unknown", State("missing")),
)  # fmt: skip
_ENOUGH = 20  # decisions that a normal of the machine's own rests on
_JUDGEABLE_US = 24 * HOUR_US  # an alarm that ended can be judged here for a day


def kiosk_page(scene: Scene, asset: str) -> Page | None:
    """Return the page; None when nobody names the machine."""
    found = machines(scene, HOURS, (asset,))
    if not found:
        return None
    m = found[0]
    return Page(
        asset, kiosk_panels(scene, asset), (), m.path, (m.state(scene.now),), watch=f"machine/{asset}", layout="kiosk",
        place="live",
    )  # fmt: skip


def kiosk_panels(scene: Scene, asset: str) -> tuple[Panel, ...]:
    """Return the panels that the stream keeps up to date."""
    found = machines(scene, HOURS, (asset,))
    if not found:
        return ()
    m = found[0]
    return (
        Panel("", (_now(m, scene.now),), live="decisions", name="now"),
        Panel("", _alarm(scene, m), live="alarms decisions", name="alarm"),
        Panel(Say("live.what-found"), _answers(m, scene.now), live="alarms", name="answers"),
    )  # fmt: skip


def _now(m: Machine, now: int) -> Facts:
    """Return the strip of what is known this minute."""
    items: list[tuple[Text, Cell, Text]] = []
    if m.course:
        score = float(m.course["score"][-1])
        unit, n = age(now - m.last)
        items = [
            (Say("live.part"), str(m.course["frame"][-1]), ""),
            (Say("live.score"), Measure(score) if np.isfinite(score) else None, ""),
            (Say("live.last"), Say(f"live.ago-{unit}", {"n": n}), ""),
            (Say("live.device"), m.device or "–", ""),
        ]
    return Facts("", tuple(items) or ((Say("live.last"), Say("live.no-word"), ""),), strip=True)


def _alarm(scene: Scene, m: Machine) -> tuple[Block, ...]:
    e = _asked(m, scene.now)
    if e is None:
        return (Empty(Say("live.no-alarm")),)
    action = None
    if e.state == "raised":
        action = Act(Say("alarms.acknowledge"), f"alarms/{e.id}/ack", (("at", "machine"),), "main")
    lead = Why(State("alarm", Say(f"alarms.state-{e.state}")), finding(e), since(e, scene.now), action=action)
    return (lead, _signals(scene, m, e), *_course(scene, m, e))


def _signals(scene: Scene, m: Machine, e: AlarmEpisode) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for number, s in enumerate(e.signals[:3]):
        normal = normal_of(scene, m, e, s)
        words = Say("live.signal-words", {"signal": s.feature})
        drawn = Drawing(against(f"against-{number}", s.feature, s.value, normal.range), words)
        rows.append((Noted(s.feature, normal.whose), drawn, None if s.value is None else Measure(s.value)))
    columns = (Say("alarms.signal"), Say("live.against"), Say("alarms.value"))
    return Table(Say("alarms.strongest"), columns, tuple(rows), (), Say("alarms.no-signals"))


class Normal(NamedTuple):
    """What a signal is held against, and whose normal that is."""

    range: tuple[float, float] | None
    whose: Say


def normal_of(scene: Scene, m: Machine, e: AlarmEpisode, signal: Signal) -> Normal:
    """Return the normal that the bundle of an alarm carries, else that of the machine's own last decisions, else none.

    The own normal is the middle nine tenths of the hours before the alarm was raised, of twenty decisions at least.
    """
    bundle = e.bundle or (str(m.course["bundle"][-1]) if m.course else "")
    if (found := of_bundle(scene.service.blobs, bundle).get(signal.feature)) is not None:
        return Normal(found, Say("live.normal-bundle", {"bundle": bundle[:6]}))
    if m.course and f"feature.{signal.feature}" in m.course:
        values = values_of(m.course, signal.feature)[np.asarray(m.course["t"]) < e.raised]
        good = values[np.isfinite(values)]
        if len(good) >= _ENOUGH:
            low, high = np.percentile(good, [5, 95]).tolist()
            return Normal((low, high), Say("live.normal-own", {"asset": m.asset, "n": len(good)}))
    return Normal(None, Say("live.normal-none"))


def _course(scene: Scene, m: Machine, e: AlarmEpisode) -> tuple[Block, ...]:
    """Return the course of the loudest signal over the machine's calendar."""
    name = next((s.feature for s in e.signals if m.course and f"feature.{s.feature}" in m.course), "")
    if not name:
        return ()
    return (machine_lanes(scene, m, HOURS, (name,), score=False),)


def _asked(m: Machine, now: int) -> AlarmEpisode | None:
    """Return the alarm that the page is about: the open one, or one of today that nobody judged."""
    for e in m.open:
        if e.state != "shelved":
            return e
    return next((e for e in m.past if e.outcome is None and now - (e.cleared or 0) < _JUDGEABLE_US), None)


def _answers(m: Machine, now: int) -> tuple[Block, ...]:
    e = _asked(m, now)
    if e is None:
        return (Empty(Say("live.nothing-to-judge")),)
    if e.outcome is not None:
        note = Say("live.judged-note")
        return (Why(outcome_of(e) or State("idle"), Say("live.judged"), note), _choices(e))
    return (_choices(e),)


def _choices(e: AlarmEpisode) -> Choices:
    found = tuple(
        Choice(
            Act(Say(f"live.answer-{o}"), f"alarms/{e.id}/judge", (("outcome", o), ("at", "machine"))),
            Say(f"live.answer-{o}-note"), state,
        )
        for o, state in _ANSWERS
    )  # fmt: skip
    return Choices(Say("live.what-found"), found, Say("live.yes"))
