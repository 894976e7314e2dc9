"""Which bundle decided from when to when, on one machine or on all: read off decisions and windows."""

from collections.abc import Mapping
from datetime import UTC, datetime

from ninefold.lifecycle.live.machine import Machine
from ninefold.lifecycle.live.scene import Scene
from ninefold.surface.calendar import Version
from ninefold.surface.trace import Floats
from ninefold.vocabulary.window import WINDOW, Window

WINDOWS = 2000  # that are looked at


def moment(us: int) -> datetime:
    """Return a moment (µs UTC) as a drawing has it."""
    return datetime.fromtimestamp(us / 1e6, UTC)


def versions_of(scene: Scene, m: Machine, times: Floats) -> tuple[Version, ...]:
    """Return which bundle decided when."""
    bundles, models = m.course["bundle"].tolist(), models_of(scene, m.device)
    found: list[Version] = []
    begun = 0
    for i in range(1, len(bundles) + 1):
        if i == len(bundles) or bundles[i] != bundles[begun]:
            ends = [datetime.fromtimestamp(float(t), UTC) for t in (times[begun], times[i - 1])]
            found.append(Version(ends[0], ends[1], bundle_word(str(bundles[begun]), models)))
            begun = i
    return tuple(found[-20:])


def decided_between(scene: Scene, start: int, end: int) -> dict[str, tuple[Version, ...]]:
    """Return from when to when which bundle decided on each machine, as windows say."""
    spans: dict[str, dict[str, tuple[int, int]]] = {}
    for record in scene.service.store.of_kind(WINDOW, WINDOWS):
        w = record.body(Window) if record.data is not None else None
        if w is not None and w.last >= start and w.first <= end:
            mine = spans.setdefault(w.asset, {})
            first, last = mine.get(w.bundle, (w.first, w.last))
            mine[w.bundle] = min(first, w.first), max(last, w.last)
    models = models_of(scene)
    return {
        asset: tuple(
            Version(moment(first), moment(last), bundle_word(digest, models))
            for digest, (first, last) in sorted(of.items(), key=lambda pair: pair[1])
        )
        for asset, of in spans.items()
    }


def models_of(scene: Scene, device: str = "") -> dict[str, str]:
    """Return the model of each bundle that a device, or any, is to run, by digest."""
    named = [d for d in scene.service.registry.devices() if not device or d.name == device]
    wanted = [x for x in (scene.service.desired(d.name) for d in named) if x is not None]
    return {w.desired.bundle.digest: w.desired.model for w in wanted}


def bundle_word(digest: str, models: Mapping[str, str]) -> str:
    """Return a bundle as a drawing names it: its model, where that is known, and the beginning of its digest."""
    return f"{models[digest]} {digest[:6]}" if digest in models else digest[:8]
