"""What a device watches for drift: the reference of each drift criterion. The budget of false alarms is not in it."""

from typing import Any

import msgspec

MONITOR = "monitor@1"


class Monitor(msgspec.Struct, frozen=True):
    """One drift criterion as it is watched: rows of one asset, in blocks, against what training looked like."""

    reference: dict[str, Any]  # of `stats.drift.DriftReference`, its plain form
    block: int  # rows of one asset
    practical_shift: float = 0.0  # smaller shifts (standard deviations of a row) are no drift
    features: tuple[str, ...] = ()
    states: tuple[str, ...] = ()  # operating states that are watched; all when empty
    effective_rows_per_day: float = 0.0  # of one asset; of the worst feature
    dependent: tuple[str, ...] = ()  # features whose blocks wander: for them the budget is not shown
    provisional: bool = False  # the reference has fewer than 14 blocks: an alarm is only a hint


class Monitors(msgspec.Struct, frozen=True):
    """The drift monitors of a model, by REQ/ID; a criterion without a reference is named with the reason."""

    model: str
    monitors: dict[str, Monitor]
    unwatched: dict[str, str] = {}  # REQ/ID -> why there is no reference
    of: dict[str, str] = {}
