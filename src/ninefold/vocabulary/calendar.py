"""The operating calendar of a plant: shifts in its own zone, planned stops, and the operating states of a machine."""

from typing import Literal

import msgspec


class PlannedStop(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A stop that recurs on a weekday, or lasts from one date to another (both included)."""

    every: Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"] | None = None
    on: str | None = None  # ISO date
    to: str | None = None  # ISO date, default `on`


class Calendar(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When the plant works. Shift times are local ("06:00-14:00"), a shift may run past midnight."""

    zone: str  # IANA
    shifts: dict[str, str] = {}
    planned_stops: tuple[PlannedStop, ...] = ()
    states: dict[str, str] = {}  # state -> expression over signals, or "otherwise"
