"""Decisions at the centre: the latest, or one by its id, whether in the inbox still or in a sealed segment."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from ninefold.fleet.segments import open_segment
from ninefold.fleet.service import FleetService
from ninefold.kernel.columnar import unpack
from ninefold.kernel.parcel import Entry
from ninefold.kernel.records import Record
from ninefold.vocabulary.columns import Columns
from ninefold.vocabulary.segment import SEGMENT, Segment

_MOST_SEGMENTS = 1000
_MOST_ENTRIES = 10_000


class FoundDecision(NamedTuple):
    """One decision with the features that it rests on, and where it lies."""

    origin: str
    fields: dict[str, Any]  # id, asset, frame, t, as_of, by, score, label, alarm, quality, cause, bundle, role, acted
    features: dict[str, Any]
    segment: str  # id of the segment's record; "" while it is not sealed


def latest(service: FleetService, limit: int = 20, asset: str = "") -> list[FoundDecision]:
    """Return the latest decisions, the newest first; of one asset when it is named."""
    found: list[FoundDecision] = []
    for origin, columns, segment in _batches(service):
        for row in reversed(range(len(columns["id"]))):
            if not asset or columns["asset"][row] == asset:
                found.append(_decision(origin, columns, row, segment))
            if len(found) >= limit:
                return found
    return found


def find(service: FleetService, id: str) -> FoundDecision | None:
    """Return the decision with an id, or with the beginning of one; None when no agent has sent it."""
    for origin, columns, segment in _batches(service):
        for row, found in enumerate(columns["id"].tolist()):
            if id and str(found).startswith(id):
                return _decision(origin, columns, row, segment)
    return None


def bundle_record(service: FleetService, digest: str) -> Record | None:
    """Return the record that made a bundle's payload: from here the chain leads back to the requirement."""
    for record in service.store.of_kind("bundle@1"):
        if digest in record.blobs:
            return record
    return None


def _batches(service: FleetService) -> Iterator[tuple[str, Columns, str]]:
    """Yield (origin, columns, segment record) of every batch of decisions, the newest first."""
    for origin, entry in service.inbox.latest("prediction", _MOST_ENTRIES):
        yield from _columns(origin, entry, "")
    for record in service.store.of_kind(SEGMENT, _MOST_SEGMENTS):
        segment = record.body(Segment)
        if segment.lane == "prediction":
            for entry in reversed(open_segment(service.blobs.read(segment.blob), segment.origin)):
                yield from _columns(segment.origin, entry, record.id)


def _columns(origin: str, entry: Entry, segment: str) -> Iterator[tuple[str, Columns, str]]:
    if entry.payload is not None:
        yield origin, unpack(entry.payload), segment


def _decision(origin: str, columns: Columns, row: int, segment: str) -> FoundDecision:
    plain = {name: array[row].item() if hasattr(array[row], "item") else array[row] for name, array in columns.items()}
    features = {n.removeprefix("feature."): v for n, v in plain.items() if n.startswith("feature.")}
    return FoundDecision(origin, {n: v for n, v in plain.items() if not n.startswith("feature.")}, features, segment)
