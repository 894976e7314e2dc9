"""A work order: what maintenance is asked to look at, and the alarm that asks."""

import msgspec

from ninefold.vocabulary.alarm import Signal

WORK_ORDER = "work-order@1"


class WorkOrder(msgspec.Struct, frozen=True):
    """A process fault to be repaired; nothing is retrained on it."""

    number: str  # WO-20261124-1a2b3c
    asset: str
    episode: str
    cause: str
    raised: int  # µs UTC
    signals: tuple[Signal, ...] = ()
    by: str = ""  # opaque key of the person who found the fault
