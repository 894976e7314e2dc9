"""What every time axis shows besides its signals: shifts, planned stops, tool changes, maintenance, model versions."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from ninefold.lifecycle.live.machine import HOUR_US, machines
from ninefold.lifecycle.live.scene import Scene
from ninefold.lifecycle.live.tools import tool_changes
from ninefold.lifecycle.live.upkeep import MOST, Did, Upkeep, upkeep
from ninefold.lifecycle.live.versions import decided_between, moment
from ninefold.surface.blocks import Words
from ninefold.surface.calendar import Calendar as Drawn
from ninefold.surface.calendar import Moment, Span, Version
from ninefold.surface.figure import Figure
from ninefold.surface.lanes import Labels, lanes
from ninefold.surface.over import Over, Strip
from ninefold.surface.shifts import spans
from ninefold.surface.timeaxis import Axis
from ninefold.surface.words import Language, Say, say
from ninefold.vocabulary.calendar import Calendar

TOOLS_US = 7 * 24 * HOUR_US
_STEP_US = 15_000_000
MARKS = 60  # drawn of what was done, the latest ones
_WORDS = ("calendar", "what", "start", "end", "says", "silent", "samples", "cut")


def axis_of(scene: Scene, start: int, end: int) -> Axis:
    """Return the axis between two moments (µs UTC) in the reader's way."""
    day = "%d.%m." if scene.language == "de" else "%d %b"
    return Axis(moment(start), moment(end), ZoneInfo(scene.zone), day)


def until_now(scene: Scene, hours: float) -> Axis:
    """Return the axis of the last hours. It moves in steps of about a pixel: what is quiet is drawn the same again."""
    end = -(-scene.now // _STEP_US) * _STEP_US
    return axis_of(scene, end - round(hours * HOUR_US), end)


def labels(language: Language) -> Labels:
    """Return the words of lanes in a language."""
    given = {"most": "{most}", "n": "{n}", "low": "{low}", "high": "{high}", "last": "{last}"}
    return Labels(**{w: say(f"live.lanes-{w}", language, **given) for w in _WORDS})


def done(scene: Scene, axis: Axis) -> Upkeep:
    """Return what was done to machines while an axis runs."""
    return upkeep(scene.plan, scene.service, round(axis.start.timestamp() * 1e6), round(axis.end.timestamp() * 1e6))


def calendar_of(
    scene: Scene, axis: Axis, happened: Sequence[Did], *, named: bool = False, tools: Sequence[Moment] = (),
    versions: Sequence[Version] = (),
) -> Drawn:  # fmt: skip
    """Return the calendar over an axis with what was done; `named` writes the machine before each."""
    moments = [Moment(moment(d.at), _word(d, scene.language), "upkeep") for d in happened]
    if named:
        moments = [of_machine(d.asset, m) for d, m in zip(happened, moments, strict=True)]
    return Drawn(_plant(scene, axis), (*tools, *moments[-MARKS:]), tuple(versions))


def over(scene: Scene, asset: str, start: int, end: int) -> Over:
    """Return the axis between two moments (µs UTC) with all that is known of a machine's time besides its signals.

    Tool changes are read off the decisions, for a week at most; over longer axes the maintenance log tells them.
    """
    axis = axis_of(scene, start, end)
    known, tools = done(scene, axis), list[Moment]()
    if end - start <= TOOLS_US:
        hours = (scene.now - start) / HOUR_US
        for m in machines(scene, hours, (asset,)):
            if m.course:
                tools += tool_changes(m, np.asarray(m.course["t"], np.float64) / 1e6, scene.language)
    drawn = calendar_of(
        scene, axis, known.of(asset), tools=tools, versions=decided_between(scene, start, end).get(asset, ())
    )  # fmt: skip
    return Over(axis, drawn, labels(scene.language), scene.language, source(known, axis))


def strip_over(scene: Scene, start: int, end: int) -> Strip:
    """Return the calendar of all machines between two moments (µs UTC) as blocks, and its axis."""
    axis = axis_of(scene, start, end)
    spans: dict[str, Version] = {}
    for of in decided_between(scene, start, end).values():
        for v in of:
            before = spans.get(v.label, v)
            spans[v.label] = Version(min(before.start, v.start), max(before.end, v.end), v.label)
    drawn = strip(scene, "strip", axis, (), sorted(spans.values(), key=lambda v: v.start))
    return Strip(axis, (drawn, Words(source(done(scene, axis), axis), "note")))


def calendars(scene: Scene, start: int, end: int) -> tuple[dict[str, Drawn], Say]:
    """Return what was done to each machine and which bundles decided there between two moments (µs UTC), and how far
    the first is known.
    """
    axis = axis_of(scene, start, end)
    known, bundles = done(scene, axis), decided_between(scene, start, end)
    found = {
        asset: Drawn((), tuple(Moment(moment(d.at), d.word or say("live.repaired", scene.language), "upkeep")
                               for d in known.of(asset)), bundles.get(asset, ()))
        for asset in {d.asset for d in known.done} | set(bundles)
    }  # fmt: skip
    return found, source(known, axis)


def of_machine(asset: str, found: Moment) -> Moment:
    """Return a moment for a drawing of several machines: its machine is written below it."""
    return msgspec.structs.replace(found, label=f"{asset}: {found.label}", short=asset)


def strip(
    scene: Scene, name: str, axis: Axis, tools: Sequence[Moment] = (), versions: Sequence[Version] = ()
) -> Figure:  # fmt: skip
    """Return the calendar of all machines as a drawing of its own, for a table whose curves run over the same time."""
    drawn = calendar_of(scene, axis, done(scene, axis).done, named=True, tools=tools, versions=versions)
    title, told = say("live.strip", scene.language), say("live.strip-words", scene.language)
    return lanes(name, title, told, axis, (), calendar=drawn, labels=labels(scene.language))


def source(known: Upkeep, axis: Axis) -> Say:
    """Return how far maintenance is known: a drawing without a mark may lack the log, not the work."""
    if known.lacking:
        return Say("live.upkeep-lacking", {"why": known.lacking})
    if not known.until:
        return Say("live.upkeep-none")
    code = "live.upkeep-cut" if known.cut else "live.upkeep-until"
    return Say(code, {"at": axis.local(moment(known.until)), "n": MOST})


def _word(did: Did, language: Language) -> str:
    return say("live.upkeep", language, word=did.word) if did.word else say("live.repaired", language)


def _plant(scene: Scene, axis: Axis) -> tuple[Span, ...]:
    facet = scene.view.facets.get("calendar")
    calendar = facet.body if facet is not None and isinstance(facet.body, Calendar) else None
    if calendar is None:
        return ()
    stop, off = say("live.planned-stop", scene.language), say("live.no-shift", scene.language)
    return spans(calendar, axis.start, axis.end, stop, off)
