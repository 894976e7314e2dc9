"""The decisions of the last hours as columns by machine: what a page draws; from the inbox and from sealed segments."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from ninefold.fleet.segments import open_segment
from ninefold.fleet.service import FleetService
from ninefold.kernel.columnar import unpack
from ninefold.vocabulary.columns import Array, Columns
from ninefold.vocabulary.segment import SEGMENT, Segment

FEATURE = "feature."
_PLAIN = ("id", "frame", "t", "score", "alarm", "by", "role", "label", "bundle", "quality")
_SEGMENTS = 400  # latest ones that are looked at
_KEPT = 16  # sealed segments that stay decoded
_BATCHES = 2000  # and batches of the inbox


def courses(service: FleetService, since: int, assets: Sequence[str] = ()) -> dict[str, Columns]:
    """Return, by asset, the decisions whose frame ended at or after a moment (µs UTC), in order of time.

    Columns are `id`, `frame`, `t`, `score`, `alarm`, `by`, `role`, `label`, `bundle`, `quality` and `feature.*`; what
    a bundle does not compute is NaN. Only of some assets when they are named.
    """
    parts: dict[str, list[Columns]] = {}
    for columns in _batches(service, since):
        late = np.asarray(columns["t"]) >= since
        for asset in dict.fromkeys(columns["asset"][late].tolist()):
            if not assets or asset in assets:
                rows = late & (columns["asset"] == asset)
                parts.setdefault(str(asset), []).append({n: a[rows] for n, a in columns.items()})
    return {asset: _joined(found) for asset, found in sorted(parts.items())}


def lost_since(service: FleetService, device: str, since: int) -> int:
    """Return the samples that a device's sealed segments name as lost since a moment (µs UTC)."""
    found = [r.body(Segment) for r in service.store.of_kind(SEGMENT, _SEGMENTS) if r.data is not None]
    return sum(g.samples for s in found if s.device == device and s.last >= since for g in s.gaps)


def _batches(service: FleetService, since: int) -> Iterator[Columns]:
    for record in service.store.of_kind(SEGMENT, _SEGMENTS):
        if record.data is None:
            continue
        segment = record.body(Segment)
        if segment.lane == "prediction" and segment.last >= since:
            yield from _sealed(service.blobs.get(segment.blob), segment.origin)
    for _, entry in service.inbox.since("prediction", since):
        if entry.payload is not None:
            yield _received(entry.payload)


@lru_cache(maxsize=_BATCHES)
def _received(payload: bytes) -> Columns:
    """Return a batch that is not sealed yet; pages that are open ask for the same ones again and again."""
    return unpack(payload)


@lru_cache(maxsize=_KEPT)
def _sealed(blob: Path, origin: str) -> tuple[Columns, ...]:
    """Return the batches of a segment; its name is the digest of its bytes, so they never change."""
    return tuple(unpack(e.payload) for e in open_segment(blob.read_bytes(), origin) if e.payload is not None)


def _joined(parts: Sequence[Columns]) -> Columns:
    features = dict.fromkeys(n for p in parts for n in p if n.startswith(FEATURE) and p[n].dtype.kind in "fiub")
    found: dict[str, Array] = {}
    for name in (*_PLAIN, *features):
        pieces = [p[name] if name in p else _absent(len(p["t"]), name) for p in parts]
        found[name] = np.concatenate([x.astype(np.float64) for x in pieces] if name in features else pieces)
    order = np.argsort(found["t"], kind="stable")
    _, first = np.unique(found["id"][order].astype(str), return_index=True)  # sent again from another storage
    return {n: a[order][np.sort(first)] for n, a in found.items()}


def _absent(rows: int, name: str) -> Array:
    return np.full(rows, np.nan) if name.startswith(FEATURE) else np.full(rows, None, object)
