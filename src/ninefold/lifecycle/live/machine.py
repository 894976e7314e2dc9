"""One machine as the centre knows it: its decisions of the last hours, its open alarm, and the device that decides."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from ninefold.fleet.courses import FEATURE, courses
from ninefold.kernel.view import View
from ninefold.lifecycle.live.scene import Scene
from ninefold.operations.monitoring.episodes import Held, is_open
from ninefold.surface.cells import State
from ninefold.surface.words import Say
from ninefold.vocabulary.alarm import AlarmEpisode
from ninefold.vocabulary.asset import Assets
from ninefold.vocabulary.columns import Columns
from ninefold.vocabulary.window import Window

HOUR_US = 3_600_000_000
HOURS = 4.0  # of a machine that live pages show
QUIET_US = 15 * 60_000_000  # without a decision for so long a machine counts as idle
_DAY_US = 24 * HOUR_US


class Machine(NamedTuple):
    """A machine; `course` is empty when no decision came in the time that was asked for."""

    asset: str
    path: str  # ISA-95, of its parent
    course: Columns
    open: tuple[AlarmEpisode, ...]  # the latest first
    past: tuple[AlarmEpisode, ...]
    device: str  # that sent its last window; "" when none did
    window: Window | None
    latencies: tuple[int, ...] = ()  # decisions of a day by latency, in the bins that windows have; () when not sent

    @property
    def last(self) -> int:
        """The end of the last frame that was decided (µs UTC); 0 for none."""
        return int(self.course["t"][-1]) if self.course else 0

    def state(self, now: int) -> State:
        """Return how the machine stands, as far as the centre can tell."""
        if self.open:
            drift = self.open[0].cause.startswith("drift:")
            return State("alarm", Say("live.drift" if drift else "live.warning"))
        if not self.course:
            return State("missing", Say("live.no-word"))
        if now - self.last > QUIET_US:
            return State("idle", Say("live.quiet"))
        return State("normal", Say("live.deciding"))

    def features(self) -> list[str]:
        """Return the features worth a look: those of the open alarm first, then the others by name."""
        there = [n.removeprefix(FEATURE) for n in self.course if n.startswith(FEATURE)]
        loud = [s.feature for e in self.open for s in e.signals if s.feature in there]
        return list(dict.fromkeys([*loud, *sorted(there)]))


def assets_of(view: View) -> Mapping[str, str]:
    """Return asset -> path of its parent, of the project's asset tree."""
    for facet in view.facets.values():
        if isinstance(facet.body, Assets):
            return {a: p.rpartition("/")[0] for a, p in facet.body.paths().items()}
    return {}


def machines(scene: Scene, hours: float, assets: Sequence[str] = ()) -> list[Machine]:
    """Return the machines that the project or a device names, by name; only some of them when they are named."""
    paths = assets_of(scene.view)
    found = courses(scene.service, scene.now - round(hours * HOUR_US), assets)
    held, windows = scene.held, scene.windows
    named = {*paths, *found, *(h.episode.asset for h in held), *windows}
    names = [n for n in sorted(named, key=_natural) if not assets or n in assets]
    return [_machine(n, paths.get(n, ""), found.get(n, {}), held, windows.get(n, []), scene.now) for n in names]


def _machine(
    asset: str, path: str, course: Columns, held: Sequence[Held], windows: Sequence[tuple[str, Window]], now: int
) -> Machine:  # fmt: skip
    mine = sorted((h.episode for h in held if h.episode.asset == asset), key=lambda e: -e.raised)
    open_ = tuple(e for e in mine if is_open(e))
    past = tuple(e for e in mine if not is_open(e))
    device, last = windows[0] if windows else ("", None)
    counts = [w.latencies for _, w in windows if w.latencies and now - w.last <= _DAY_US]
    return Machine(asset, path, course, open_, past, device, last, tuple(map(sum, zip(*counts, strict=False))))


def _natural(name: str) -> tuple[str, int, str]:
    """Return what sorts m10 after m9."""
    head = name.rstrip("0123456789")
    tail = name[len(head) :]
    return head, int(tail or 0), name


def values_of(course: Columns, feature: str) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """Return the values of a feature, NaN where they are absent."""
    return np.asarray(course[f"{FEATURE}{feature}"], np.float64)
