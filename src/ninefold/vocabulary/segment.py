"""A sealed segment: what one lane of one agent sent in at most an hour or 64 MB; one record for all of it."""

import msgspec

SEGMENT = "segment@1"


class SegmentGap(msgspec.Struct, frozen=True):
    """Links that are lost, and why; `missing` means that nobody said so."""

    sequence: int
    until: int
    reason: str  # bytes | age | disk_full | source | missing
    samples: int
    first: int  # µs UTC
    last: int


class Segment(msgspec.Struct, frozen=True):
    """What a segment holds. Its blob is the entries as they were received, so that the chain can be checked again."""

    device: str
    origin: str
    lane: str
    sequence: int  # of the first link
    until: int  # of the last link
    previous: str  # hash before the first link
    hash: str  # at the last link
    entries: int
    samples: int  # that are there
    lost: int  # that stand in gaps
    first: int  # µs UTC
    last: int
    blob: str
    complete: bool  # no link is lost
    gaps: tuple[SegmentGap, ...] = ()
