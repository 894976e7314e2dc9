"""A criterion: what must hold, measurably. Data, never code; compiled to data check, gate, policy and monitor."""

from typing import Any, Literal

import msgspec

Where = Literal["data", "validation", "deployment", "shadow", "runtime"]
Outcome = Literal["pass", "fail", "insufficient"]


class Threshold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The limit that the value, or its bound, is held against; `value` is in the metric's own unit."""

    op: Literal[">=", "<="]
    value: float

    def holds(self, value: float) -> bool:
        """Return whether a value meets the limit."""
        return value >= self.value if self.op == ">=" else value <= self.value


class Bound(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The confidence bound that must meet the limit, one-sided at `level` (0.5 to 1, exclusive)."""

    side: Literal["lower", "upper"]
    method: Literal["wilson", "poisson", "bootstrap"]
    level: float = 0.95


class Slices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The columns by whose values a measurement is repeated; `required` slices gate, `report` slices inform."""

    by: tuple[str, ...]
    mode: Literal["required", "report"] = "report"


class SensorFaults(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The sensor faults under which a metric is measured; the worst of them decides.

    `signals` are features of the model, or sensors by name with the features that stand behind each and fail together;
    without any every feature fails by itself. `size` is 1 for the usual size of each fault.
    """

    worst_of: tuple[str, ...]
    size: float = 1.0
    signals: tuple[str, ...] | dict[str, tuple[str, ...]] = ()

    @property
    def sensors(self) -> dict[str, tuple[str, ...]]:
        """Return the features behind each sensor by the sensor's name; a feature that stands alone is its own."""
        if isinstance(self.signals, dict):
            return dict(sorted(self.signals.items()))
        return {name: (name,) for name in sorted(self.signals)}


class Breach(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is done when the criterion fails at run time."""

    then: Literal["alert", "propose_retrain", "rollback", "stop"] = "alert"


class Criterion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One measurable demand of a requirement. `params` belong to the metric, which checks them."""

    id: str
    where: tuple[Where, ...]
    metric: str
    threshold: Threshold
    params: dict[str, Any] = {}
    bound: Bound | None = None
    min_samples: int = 0
    slices: Slices | None = None
    breach: Breach = Breach()
    faults: SensorFaults | None = None


class MetricSpec(msgspec.Struct, frozen=True):
    """What is measured for a criterion: all that a measurement depends on. A changed threshold is not in it."""

    requirement: str
    criterion: str
    metric: str
    where: tuple[Where, ...]
    params: dict[str, Any] = {}
    by: tuple[str, ...] = ()  # columns whose values make the slices
    bound: Bound | None = None
    faults: SensorFaults | None = None  # planted on the test rows; the worst is what is measured


class CriterionSpec(msgspec.Struct, frozen=True):
    """What a measurement is held against: all that a verdict adds to it."""

    requirement: str
    criterion: str
    threshold: Threshold
    min_samples: int = 0
    slices: Literal["required", "report"] = "report"


class ActionSpec(msgspec.Struct, frozen=True):
    """What follows when a criterion fails at run time."""

    requirement: str
    criterion: str
    then: Literal["alert", "propose_retrain", "rollback", "stop"] = "alert"
