"""The lanes of a machine: the calendar, what the decisions rest on, the score with its operating point, alarms."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np

from ninefold.lifecycle.live.machine import Machine, values_of
from ninefold.lifecycle.live.normal import normals, operating_points
from ninefold.lifecycle.live.scene import Scene
from ninefold.lifecycle.live.timeline import MARKS, calendar_of, done, labels, of_machine, strip, until_now
from ninefold.lifecycle.live.tools import tool_changes
from ninefold.lifecycle.live.versions import bundle_word, models_of, moment, versions_of
from ninefold.surface.calendar import Version
from ninefold.surface.figure import Figure
from ninefold.surface.lanes import Happening, Signal, lanes
from ninefold.surface.scale import figure as written
from ninefold.surface.timeaxis import Axis
from ninefold.surface.trace import Floats
from ninefold.surface.words import Language, say
from ninefold.vocabulary.alarm import AlarmEpisode

FEATURES = 3  # drawn; the others are in the table of a decision


def machine_lanes(scene: Scene, m: Machine, hours: float, features: Sequence[str], *, score: bool = True) -> Figure:
    """Return some features of a machine, and its score, over the last hours; it needs at least one decision."""
    axis, language = until_now(scene, hours), scene.language
    times, known = np.asarray(m.course["t"], np.float64) / 1e6, normals(scene, str(m.course["bundle"][-1]))
    signals = [_feature(m, name, times, known) for name in features]
    if score:
        signals.append(_score(scene, m, times))
    drawn = calendar_of(
        scene, axis, done(scene, axis).of(m.asset), tools=tool_changes(m, times, language),
        versions=versions_of(scene, m, times),
    )  # fmt: skip
    title = say("live.lanes-title", language, asset=m.asset, hours=round(hours))
    told = say("live.lanes-words", language, n=len(times))
    return lanes(f"lanes-{m.asset}", title, told, axis, signals, calendar=drawn, labels=labels(language))


def strip_of(scene: Scene, found: Sequence[Machine], axis: Axis) -> Figure:
    """Return the calendar of some machines: their tool changes, and from when to when each bundle decided on one."""
    tools, spans, models = [], dict[str, tuple[float, float]](), dict[str, str]()
    for m in found:
        if not m.course:
            continue
        times = np.asarray(m.course["t"], np.float64) / 1e6
        tools += [of_machine(m.asset, t) for t in tool_changes(m, times, scene.language)]
        models |= models_of(scene, m.device)
        for digest in dict.fromkeys(m.course["bundle"].tolist()):
            mine = times[m.course["bundle"] == digest]
            low, high = spans.get(str(digest), (float(mine[0]), float(mine[-1])))
            spans[str(digest)] = min(low, float(mine[0])), max(high, float(mine[-1]))
    versions = [
        Version(datetime.fromtimestamp(a, UTC), datetime.fromtimestamp(b, UTC), bundle_word(d, models))
        for d, (a, b) in sorted(spans.items(), key=lambda pair: pair[1])
    ]
    return strip(scene, "strip", axis, sorted(tools, key=lambda t: t.at)[-MARKS:], versions[-20:])


def _feature(m: Machine, name: str, times: Floats, known: Mapping[str, tuple[float, float]]) -> Signal:
    values = values_of(m.course, name)
    good = values[np.isfinite(values)]
    now = written(float(good[-1])) if len(good) else ""
    return Signal(name, "", times, values, now, normal=known.get(name))


def _score(scene: Scene, m: Machine, times: Floats) -> Signal:
    language, score = scene.language, np.asarray(m.course["score"], np.float64)
    points = operating_points(scene.plan)
    threshold = min(points.values(), default=None) if np.nanmax(score, initial=0.0) <= 1.0 else None
    good = score[np.isfinite(score)]
    said = "" if threshold is None else say("live.warns-from", language, n=threshold)
    return Signal(
        say("live.score", language), "", times, score, written(float(good[-1])) if len(good) else "", said,
        threshold=threshold, events=happenings((*m.open, *m.past), language), series=4,
    )  # fmt: skip


def happenings(alarms: Sequence[AlarmEpisode], language: Language) -> tuple[Happening, ...]:
    """Return alarms as signs of a lane: when each was raised, and what it was judged to be."""
    return tuple(
        Happening(
            moment(e.raised), e.outcome or "raised",
            say(f"alarms.outcome-{e.outcome}" if e.outcome else "live.raised", language),
        )
        for e in alarms
    )  # fmt: skip
