"""How a model does in service: its false alarms by machine and week, and how far the evidence for its recall is."""

import msgspec

RUNTIME = "runtime@1"


class Runtime(msgspec.Struct, frozen=True):
    """Counts of the alarms of one model, from windows and episodes that devices sent."""

    model: str
    since: int  # µs UTC of the first window; 0 for none
    as_of: int  # of the last window
    machine_weeks: float  # calendar time that machines were watched
    alarms: int
    outcomes: dict[str, int]  # confirmed, false, averted, unknown
    pending: int  # alarms whose outcome is not known yet
    false_per_machine_week: float | None
    upper: float | None  # Poisson bound at .95, alarms whose outcome is pending counted as false
    events: int  # mature events since then
    needed: int  # for the recall criterion
    enough_at: int | None = None  # µs UTC at the rate so far; None when they are there or when it is unknown
