"""What every time axis shows besides its signals: shifts, planned stops, tool changes, maintenance, model versions."""

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec

from ninefold.lifecycle.live.scene import Scene
from ninefold.lifecycle.live.shifts import spans
from ninefold.lifecycle.live.upkeep import MOST, Did, Upkeep, upkeep
from ninefold.surface.calendar import Calendar as Drawn
from ninefold.surface.calendar import Moment, Span, Version
from ninefold.surface.figure import Figure
from ninefold.surface.lanes import Labels, lanes
from ninefold.surface.timeaxis import Axis
from ninefold.surface.words import Language, Say, say
from ninefold.vocabulary.calendar import Calendar
from ninefold.vocabulary.window import WINDOW, Window

WINDOWS = 2000  # that are looked at for which bundle decided
MARKS = 60  # drawn of what was done, the latest ones
_WORDS = ("calendar", "what", "start", "end", "says", "silent", "samples", "cut")


def moment(us: int) -> datetime:
    """Return a moment (µs UTC) as a drawing has it."""
    return datetime.fromtimestamp(us / 1e6, UTC)


def axis_of(scene: Scene, start: int, end: int) -> Axis:
    """Return the axis between two moments (µs UTC) in the reader's way."""
    day = "%d.%m." if scene.language == "de" else "%d %b"
    return Axis(moment(start), moment(end), ZoneInfo(scene.zone), day)


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


def calendars(scene: Scene, start: int, end: int) -> tuple[dict[str, Drawn], Say]:
    """Return what was done to each machine and which bundles decided there between two moments (µs UTC), and how far
    the first is known.
    """
    axis = axis_of(scene, start, end)
    known, bundles = done(scene, axis), _decided(scene, start, end)
    found = {
        asset: Drawn((), tuple(Moment(moment(d.at), d.word or say("live.repaired", scene.language), "upkeep")
                               for d in known.of(asset)), bundles.get(asset, ()))
        for asset in {d.asset for d in known.done} | set(bundles)
    }  # fmt: skip
    return found, source(known, axis)


def _decided(scene: Scene, start: int, end: int) -> dict[str, tuple[Version, ...]]:
    """Return from when to when which bundle decided on each machine, as windows say."""
    spans: dict[str, dict[str, tuple[int, int]]] = {}
    for record in scene.service.store.of_kind(WINDOW, WINDOWS):
        w = record.body(Window) if record.data is not None else None
        if w is not None and w.last >= start and w.first <= end:
            mine = spans.setdefault(w.asset, {})
            first, last = mine.get(w.bundle, (w.first, w.last))
            mine[w.bundle] = min(first, w.first), max(last, w.last)
    return {
        a: tuple(Version(moment(f), moment(t), d[:8]) for d, (f, t) in sorted(of.items(), key=lambda x: x[1]))
        for a, of in spans.items()
    }  # fmt: skip


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
