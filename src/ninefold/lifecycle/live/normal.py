"""What is normal of a feature, and the operating point of a model: from evidence that is there, never guessed."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ninefold.bundle.monitors import reference_of
from ninefold.bundle.payload import read_payload
from ninefold.fleet.service import FleetService
from ninefold.kernel.errors import InvalidInput, NotFound
from ninefold.kernel.plan import Plan
from ninefold.lifecycle.live.scene import Scene
from ninefold.vocabulary.monitor import MONITOR, Monitor, Monitors

_LOW, _HIGH = 0.05, 0.95
_TASK = "operating-point:"
_KEPT = 8  # bundles whose reference stays read
Ranges = Mapping[str, tuple[float, float]]


def normals(scene: Scene, bundle: str) -> Ranges:
    """Return the middle nine tenths of each feature in training: as the bundle that decided carries it.

    Where the bundle (a digest) is not at the centre, that of the features which are watched for drift now.
    """
    return of_bundle(scene.service, bundle) or _watched(scene.plan)


def of_bundle(service: FleetService, bundle: str) -> Ranges:
    """Return what a bundle carries as its reference; nothing when it is not here."""
    try:
        return _carried(service.blobs.get(bundle)) if bundle else {}
    except NotFound:
        return {}  # a bundle that was erased, or one of another centre: its normal is not known here


@lru_cache(maxsize=_KEPT)
def _carried(payload: Path) -> dict[str, tuple[float, float]]:
    read = read_payload(payload.read_bytes())
    features = read.profile.get("features", {}) if isinstance(read.profile, Mapping) else {}
    return {**dict(_ranges(features)), **_of_monitors(read.drift)}


def _ranges(features: Mapping[str, Any]) -> Iterator[tuple[str, tuple[float, float]]]:
    for name, column in features.items():
        if isinstance(column, Mapping) and column.get("edges") and column.get("share"):
            found = _middle(column["edges"], column["share"])
            if found is not None:
                yield str(name), found


def _watched(plan: Plan) -> dict[str, tuple[float, float]]:
    found: dict[str, tuple[float, float]] = {}
    for name, status in plan.statuses.items():
        record = status.last if name.startswith("monitor:") else None
        if record is None or record.data is None or record.kind != MONITOR:
            continue
        found |= _of_monitors(record.body(Monitors).monitors)
    return found


def _of_monitors(monitors: Mapping[str, Monitor]) -> dict[str, tuple[float, float]]:
    found: dict[str, tuple[float, float]] = {}
    for monitor in monitors.values():
        try:
            features = reference_of(monitor).features
        except InvalidInput:
            continue  # of another version: its normal is not known here, and none is drawn
        ranges = ((n, _middle(f.edges, f.share)) for n, f in features.items())
        found |= {n: r for n, r in ranges if r is not None}
    return found


def _middle(edges: Any, share: Any) -> tuple[float, float] | None:
    """Return the edges between which the middle nine tenths lie; None where no two edges tell them apart."""
    places, sums = np.asarray(edges, np.float64), np.cumsum(np.asarray(share, np.float64))[:-1]
    if len(places) < 2 or len(sums) != len(places):
        return None
    low, high = (places[np.searchsorted(sums, p - 0.01).clip(0, len(places) - 1)] for p in (_LOW, _HIGH))
    return (float(low), float(high)) if low < high else None


def operating_points(plan: Plan) -> Mapping[str, float]:
    """Return model -> the score from which it warns."""
    found = {}
    for name, status in plan.statuses.items():
        if name.startswith(_TASK) and status.last is not None and status.last.data is not None:
            threshold = status.last.plain.get("threshold")
            if isinstance(threshold, int | float):
                found[name.removeprefix(_TASK)] = float(threshold)
    return found
