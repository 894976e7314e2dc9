"""Segments: at most an hour or 64 MB of a lane become one blob and one record; no record per sample or decision."""

from collections.abc import Sequence

import msgspec

from ninefold.fleet.inbox import Inbox
from ninefold.kernel.blobs import Blobs
from ninefold.kernel.canonical import digest
from ninefold.kernel.clock import Clock
from ninefold.kernel.errors import InvalidInput
from ninefold.kernel.parcel import Entry, check
from ninefold.kernel.records import Draft, encode
from ninefold.kernel.sqlite import SqliteStore
from ninefold.vocabulary.segment import SEGMENT, Segment, SegmentGap

MAX_AGE_S = 3600.0
MAX_BYTES = 64 << 20
_MAX_GAPS = 1000  # listed one by one in a segment; more are joined
_MAGIC = b"9S1"

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[Entry, ...]).decode


def seal(inbox: Inbox, store: SqliteStore, blobs: Blobs, clock: Clock, *, all_of_it: bool = False) -> list[str]:
    """Seal every lane that is old or large enough, or all of it, and return the ids of the segment records.

    Killed in between, it repeats itself: the record is found by its key, and the entries are deleted last.
    """
    ids = []
    for device, origin, lane, size, oldest in inbox.waiting():
        age_s = (clock.now() - oldest) / 1e6
        while all_of_it or size >= MAX_BYTES or age_s >= MAX_AGE_S:
            entries = inbox.entries(origin, lane, MAX_BYTES)
            if not entries:
                break
            ids.append(_seal(device, origin, lane, entries, store, blobs, clock))
            inbox.forget(origin, lane, entries[-1].until)
            size -= MAX_BYTES
    return ids


def _seal(
    device: str, origin: str, lane: str, entries: Sequence[Entry], store: SqliteStore, blobs: Blobs, clock: Clock
) -> str:
    key = digest(["segment@1", origin, lane, entries[0].sequence])
    known = store.current(key)
    if known is not None and known.body(Segment).until == entries[-1].until:
        return known.id
    blob = blobs.put(_MAGIC + _encode(tuple(entries)))
    segment = describe(device, origin, lane, entries, blob)
    data = encode(SEGMENT, segment, (blob,))
    draft = Draft(SEGMENT, data, "fleet@1", f"device:{device}", clock.now(), key=key, as_of=segment.last)
    return store.put([draft])[0]


def describe(device: str, origin: str, lane: str, entries: Sequence[Entry], blob: str) -> Segment:
    """Return what a segment record says about entries."""
    gaps = [SegmentGap(e.sequence, e.until, e.reason, e.samples, e.first, e.last) for e in entries if e.payload is None]
    there = sum(e.samples for e in entries if e.payload is not None)
    return Segment(
        device, origin, lane, entries[0].sequence, entries[-1].until, entries[0].previous, entries[-1].hash,
        len(entries), there, sum(g.samples for g in gaps), min(e.first for e in entries), max(e.last for e in entries),
        blob, not gaps, _joined(gaps),
    )  # fmt: skip


def _joined(gaps: Sequence[SegmentGap]) -> tuple[SegmentGap, ...]:
    if len(gaps) <= _MAX_GAPS:
        return tuple(gaps)
    rest = gaps[_MAX_GAPS - 1 :]
    times = (min(g.first for g in rest), max(g.last for g in rest))
    reasons = "+".join(sorted({g.reason for g in rest}))
    joined = SegmentGap(rest[0].sequence, rest[-1].until, reasons, sum(g.samples for g in rest), *times)
    return (*gaps[: _MAX_GAPS - 1], joined)


def open_segment(data: bytes, origin: str) -> tuple[Entry, ...]:
    """Return the entries of a segment's blob, each link checked.

    Raises:
        InvalidInput: it is no segment.
        VerificationError: an entry was altered or removed.
    """
    if data[:3] != _MAGIC:
        raise InvalidInput("The blob is no segment: it does not begin with 9S1.")
    try:
        entries = _decode(data[3:])
    except msgspec.MsgspecError as error:
        raise InvalidInput(f"The segment is damaged: {error}.") from None
    previous = entries[0].previous if entries else ""
    for entry in entries:
        if entry.reason not in {"missing"}:
            check(entry, origin, previous)
        previous = entry.hash
    return entries
