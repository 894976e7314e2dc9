"""What is normal of a feature: the middle nine tenths of it in training, as a bundle or a monitor carries them."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ninefold.bundle.monitors import reference_of
from ninefold.bundle.payload import Payload, read_payload
from ninefold.kernel.blobs import Blobs
from ninefold.kernel.errors import InvalidInput, NotFound
from ninefold.vocabulary.monitor import Monitor

LOW, HIGH = 0.05, 0.95
_KEPT = 8  # bundles that stay read
Ranges = Mapping[str, tuple[float, float]]


def payload_of(blobs: Blobs, digest: str) -> Payload | None:
    """Return a bundle's payload by its digest; None when it is not here: erased, or of another centre."""
    try:
        return _read(blobs.get(digest)) if digest else None
    except NotFound:
        return None


@lru_cache(maxsize=_KEPT)
def _read(path: Path) -> Payload:
    """Return a payload; its file is named by its content, so it never changes."""
    return read_payload(path.read_bytes())


def of_bundle(blobs: Blobs, digest: str) -> Ranges:
    """Return the ranges that a bundle carries, of its model's features and of those that it watches for drift."""
    payload = payload_of(blobs, digest)
    if payload is None:
        return {}
    features = payload.profile.get("features", {}) if isinstance(payload.profile, Mapping) else {}
    return {**dict(_ranges(features)), **of_monitors(payload.drift)}


def of_monitors(monitors: Mapping[str, Monitor]) -> dict[str, tuple[float, float]]:
    """Return the ranges that monitors carry as their reference."""
    found: dict[str, tuple[float, float]] = {}
    for monitor in monitors.values():
        try:
            features = reference_of(monitor).features
        except InvalidInput:
            continue  # of another version: its normal is not known here, and none is drawn
        ranges = ((n, _middle(f.edges, f.share)) for n, f in features.items())
        found |= {n: r for n, r in ranges if r is not None}
    return found


def _ranges(features: Mapping[str, Any]) -> Iterator[tuple[str, tuple[float, float]]]:
    for name, column in features.items():
        if isinstance(column, Mapping) and column.get("edges") and column.get("share"):
            found = _middle(column["edges"], column["share"])
            if found is not None:
                yield str(name), found


def _middle(edges: Any, share: Any) -> tuple[float, float] | None:
    """Return the edges between which the middle nine tenths lie; None where no two edges tell them apart."""
    places, sums = np.asarray(edges, np.float64), np.cumsum(np.asarray(share, np.float64))[:-1]
    if len(places) < 2 or len(sums) != len(places):
        return None
    low, high = (places[np.searchsorted(sums, p - 0.01).clip(0, len(places) - 1)] for p in (LOW, HIGH))
    return (float(low), float(high)) if low < high else None
