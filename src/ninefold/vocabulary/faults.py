"""Sensor faults: what a model's figure becomes when one of its inputs is disturbed."""

import msgspec


class FaultEffect(msgspec.Struct, frozen=True):
    """One fault of one feature."""

    feature: str
    fault: str  # noise | dropout | stuck | bias | ramp | delay | quantise
    value: float | None  # of the metric under the fault
    bound: float | None  # one-sided, on the bad side
    change: float | None  # value minus the undisturbed value
    alarms: float | None = None  # share of rows that alarm under the fault


class Faults(msgspec.Struct, frozen=True):
    """The suite over all features on the test rows, the worst first."""

    metric: str
    unit: str
    higher_is_better: bool
    level: float  # of each bound; the worst of many is worse than its own bound says
    rows: int  # test rows that were scored
    clean: float | None
    clean_bound: float | None
    clean_alarms: float | None
    sizes: dict[str, str]  # fault -> what it does, with its size
    effects: tuple[FaultEffect, ...]
    left_out: dict[str, str] = {}  # feature -> why
    of: dict[str, str] = {}

    @property
    def worst(self) -> FaultEffect | None:
        """The fault that does the most harm; None without features."""
        return self.effects[0] if self.effects else None
