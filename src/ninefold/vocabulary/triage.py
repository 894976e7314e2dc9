"""What a person found behind an alarm, and the repair that ended it. People stand here as opaque keys."""

from typing import Literal

import msgspec

TRIAGE = "triage@1"
REPAIR = "repair@1"

Finding = Literal["process_fault", "new_normal"]


class Triage(msgspec.Struct, frozen=True):
    """A process fault is repaired and learnt nothing from; what is new and normal becomes a proposal to retrain."""

    episode: str
    asset: str
    cause: str
    finding: Finding
    by: str
    reason: str = ""


class Repair(msgspec.Struct, frozen=True):
    """An asset is as it was: its work orders are done, and its drift detectors begin anew."""

    asset: str
    by: str
    work_orders: tuple[str, ...] = ()
    episodes: tuple[str, ...] = ()
