"""The lanes of a machine: the calendar, what the decisions rest on, the score with its operating point, alarms."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from ninefold.lifecycle.live.machine import Machine, values_of
from ninefold.lifecycle.live.shifts import spans
from ninefold.surface.calendar import Calendar as Drawn
from ninefold.surface.calendar import Moment, Version
from ninefold.surface.figure import Figure
from ninefold.surface.lanes import Happening, Labels, Signal, lanes
from ninefold.surface.scale import figure as written
from ninefold.surface.timeaxis import Axis
from ninefold.surface.trace import Floats
from ninefold.surface.words import Language, say
from ninefold.vocabulary.calendar import Calendar

FEATURES = 3  # drawn; the others are in the table of a decision
_STEP_US = (
    15_000_000  # about a pixel of four hours: the axis moves by it, so that a quiet machine's drawing stays the same
)
_WEAR_DROP = 0.5  # a wear count that falls by half was set back: a tool change


def machine_lanes(
    machine: Machine, now: int, hours: float, zone: str, language: Language, *,
    calendar: Calendar | None, normals: Mapping[str, tuple[float, float]], points: Mapping[str, float],
    models: Mapping[str, str],
) -> Figure:  # fmt: skip
    """Return the drawing; `models` names bundles by their digests. A machine needs at least one decision."""
    end = datetime.fromtimestamp(-(-now // _STEP_US) * _STEP_US / 1e6, UTC)
    axis = Axis(end - timedelta(hours=hours), end, ZoneInfo(zone), "%d.%m." if language == "de" else "%d %b")
    times = np.asarray(machine.course["t"], np.float64) / 1e6
    signals = [_feature(machine, name, times, normals) for name in machine.features()[:FEATURES]]
    score = np.asarray(machine.course["score"], np.float64)
    threshold = min(points.values(), default=None) if np.nanmax(score, initial=0.0) <= 1.0 else None
    signals.append(_score(machine, times, score, threshold, language))
    stop, off = say("live.planned-stop", language), say("live.no-shift", language)
    shown = () if calendar is None else spans(calendar, axis.start, axis.end, stop, off)
    drawn = Drawn(shown, _tool_changes(machine, times, language), _versions(machine, times, models))
    title = say("live.lanes-title", language, asset=machine.asset, hours=round(hours))
    told = say("live.lanes-words", language, n=len(times))
    words = {f: say(f"live.lanes-{f}", language) for f in ("calendar", "what", "start", "end", "says", "silent")}
    return lanes(f"lanes-{machine.asset}", title, told, axis, signals, calendar=drawn, labels=Labels(**words))


def _feature(machine: Machine, name: str, times: Floats, normals: Mapping[str, tuple[float, float]]) -> Signal:
    values = values_of(machine.course, name)
    good = values[np.isfinite(values)]
    now = written(float(good[-1])) if len(good) else ""
    return Signal(name, "", times, values, now, normal=normals.get(name))


def _score(machine: Machine, times: Floats, score: Floats, threshold: float | None, language: Language) -> Signal:
    events = tuple(
        Happening(
            datetime.fromtimestamp(e.raised / 1e6, UTC), e.outcome or "raised",
            say(f"alarms.outcome-{e.outcome}" if e.outcome else "live.raised", language),
        )
        for e in (*machine.open, *machine.past)
    )  # fmt: skip
    good = score[np.isfinite(score)]
    said = "" if threshold is None else say("live.warns-from", language, n=threshold)
    return Signal(
        say("live.score", language), "", times, score, written(float(good[-1])) if len(good) else "", said,
        threshold=threshold, events=events, series=4,
    )  # fmt: skip


def _tool_changes(machine: Machine, times: Floats, language: Language) -> tuple[Moment, ...]:
    """Return when a wear count was set back; nothing where the model has no such feature."""
    name = next((f for f in machine.features() if "wear" in f and "last" in f), "")
    if not name:
        return ()
    wear = values_of(machine.course, name)
    fell = np.flatnonzero(wear[1:] < wear[:-1] * _WEAR_DROP) + 1
    word = say("live.tool-change", language)
    return tuple(Moment(datetime.fromtimestamp(float(times[i]), UTC), word) for i in fell[-40:])


def _versions(machine: Machine, times: Floats, models: Mapping[str, str]) -> tuple[Version, ...]:
    """Return which bundle decided when."""
    bundles = machine.course["bundle"].tolist()
    found: list[Version] = []
    begun = 0
    for i in range(1, len(bundles) + 1):
        if i == len(bundles) or bundles[i] != bundles[begun]:
            digest = str(bundles[begun])
            label = f"{models[digest]} {digest[:6]}" if digest in models else digest[:8]
            ends = [datetime.fromtimestamp(float(t), UTC) for t in (times[begun], times[i - 1])]
            found.append(Version(ends[0], ends[1], label))
            begun = i
    return tuple(found[-20:])
