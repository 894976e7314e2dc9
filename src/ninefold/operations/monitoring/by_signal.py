"""Drift by signal inside the operating states: where each feature of a machine lies now, and where training had it."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ninefold.bundle.normal import of_bundle, payload_of
from ninefold.bundle.payload import Payload
from ninefold.kernel.blobs import Blobs
from ninefold.stats.drift import psi
from ninefold.surface.cells import Cell, Drawing, Measure, Noted, State
from ninefold.surface.charts.spark import spark
from ninefold.surface.table import Table
from ninefold.surface.timeaxis import Axis
from ninefold.surface.words import Say
from ninefold.vocabulary.alarm import Signal
from ninefold.vocabulary.window import FeatureCounts, Window

ROWS = 40


class Moved(NamedTuple):
    """A feature of a machine: the means of its windows, its normal, and how far the last window is from training."""

    name: str
    watched: bool
    times: tuple[float, ...]  # s, of the windows that have it
    means: tuple[float, ...]
    normal: tuple[float, float] | None
    shift: float | None  # of the last mean, in standard deviations of a row
    psi: float | None
    expected: float | None  # PSI of unchanged data of so many rows
    blamed: Signal | None  # as the device named it among its three strongest

    @property
    def outside(self) -> bool:
        """Whether its last mean lies outside of its normal."""
        return bool(self.means) and self.normal is not None and not self.normal[0] <= self.means[-1] <= self.normal[1]


def moved(blobs: Blobs, name: str, windows: Sequence[Window], watched: Sequence[str]) -> list[Moved]:
    """Return the features of a machine's windows (oldest first): those that the device blames first, then the watched.

    Windows of earlier bundles have other bins: only those of the last bundle are looked at.
    """
    if not windows:
        return []
    last = windows[-1]
    same = [w for w in windows if w.bundle == last.bundle]
    payload, normal = payload_of(blobs, last.bundle), of_bundle(blobs, last.bundle)
    blamed = {s.feature: s for s in last.drift[name].signals} if name in last.drift else {}
    names = list(dict.fromkeys([*blamed, *watched, *last.features]))
    return [_moved(n, same, payload, normal.get(n), blamed.get(n), n in watched) for n in names]


def _moved(
    name: str, windows: Sequence[Window], payload: Payload | None, normal: tuple[float, float] | None,
    blamed: Signal | None, watched: bool,
) -> Moved:  # fmt: skip
    counted = [(w.last / 1e6, w.features[name]) for w in windows if name in w.features]
    means = [(t, c.total / n) for t, c in counted if (n := sum(c.counts))]
    values = tuple(m for _, m in means)
    shift = _shift(payload, name, values[-1]) if values else None
    if shift is None and blamed is not None:
        shift = blamed.weight if blamed.direction == "high" else -blamed.weight
    index, expected = _psi(payload, name, counted[-1][1]) if counted else (None, None)
    return Moved(name, watched, tuple(t for t, _ in means), values, normal, shift, index, expected, blamed)


def _shift(payload: Payload | None, name: str, mean: float) -> float | None:
    features = () if payload is None else payload.manifest.contract.features
    found = next((f for f in features if f.name == name), None)
    if found is None or found.centre is None or not found.spread:
        return None
    return (mean - found.centre) / found.spread


def _psi(payload: Payload | None, name: str, counts: FeatureCounts) -> tuple[float | None, float | None]:
    """Return the PSI of a window against training, and what unchanged data of so many rows would have on average."""
    profile: Any = {} if payload is None else payload.profile
    column = profile.get("features", {}).get(name) if isinstance(profile, Mapping) else None
    now = np.asarray(counts.counts, np.float64)
    if not isinstance(column, Mapping) or len(column.get("share", ())) != len(now) or not now.sum():
        return None, None
    rows = float(profile.get("rows", 0)) * float(profile.get("blocks", 0))
    if rows <= 0:
        return None, None
    reference = np.asarray(column["share"], np.float64) * rows
    expected = (len(now) - 1) * (1 / now.sum() + 1 / rows)
    return float(psi(reference, now)), float(expected)


def by_signal(found: Sequence[Moved], axis: Axis) -> Table:
    """Return features as rows, their courses over one axis."""
    columns = tuple(
        Say(f"monitoring.{c}") for c in ("signal", "means", "mean-now", "normal", "shift", "psi", "standing")
    )
    rows = tuple(tuple(_row(n, m, axis)) for n, m in enumerate(found[:ROWS]))
    notes = [Say("monitoring.by-signal-note")] if rows else []
    if len(found) > ROWS:
        notes.append(Say("monitoring.cut-signals", {"n": len(found) - ROWS}))
    return Table(Say("monitoring.by-signal"), columns, rows, tuple(notes), Say("monitoring.no-signals"))


def _row(number: int, m: Moved, axis: Axis) -> Iterator[Cell]:
    yield Noted(m.name, Say("monitoring.is-watched" if m.watched else "monitoring.goes-along"))
    course: Cell = None
    if m.means:
        drawn = spark(f"mean-{number}", m.name, np.array(m.times), np.array(m.means), over=axis)
        course = Drawing(drawn.svg, Say("monitoring.means-words", {"n": len(m.means)}))
    yield course
    now = m.means[-1] if m.means else None if m.blamed is None else m.blamed.value
    yield None if now is None or not math.isfinite(now) else Measure(now, "", 4)
    yield "" if m.normal is None else f"{m.normal[0]:.4g} – {m.normal[1]:.4g}"
    yield None if m.shift is None else Measure(m.shift, "sd", 2)
    yield (
        None if m.psi is None else Noted(Measure(m.psi, "", 2), Say("monitoring.psi-expected", {"n": m.expected or 0}))
    )
    if m.blamed is not None:
        yield State("alarm" if m.outside or m.normal is None else "partial", Say("monitoring.blamed"))
    elif m.outside:
        yield State("partial", Say("monitoring.outside-normal"))
    else:
        yield State(
            "normal" if m.means else "idle", Say("monitoring.inside" if m.means else "monitoring.not-counted-here")
        )
