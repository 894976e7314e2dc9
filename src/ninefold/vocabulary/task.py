"""The kinds of task that a model can be made for, and the rule by which its answer becomes an alarm."""

from typing import Literal

import msgspec

TaskKind = Literal["binary", "multiclass", "regression"]


class AlarmRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When an answer that is no probability of one event alarms: `op` and `value` for a regression, `classes` else.

    A regression alarms when the predicted value, in the target's unit, stands to `value` as `op` says; a multiclass
    model alarms when the most probable class is one of `classes`.
    """

    op: Literal[">=", "<="] | None = None
    value: float | None = None
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.op is None) != (self.value is None):
            raise ValueError("An alarm by value needs both op and value.")
        if (self.op is None) != bool(self.classes):
            raise ValueError("Expected either op and value, or classes.")

    def __str__(self) -> str:
        """Return it as a person would say it.

        >>> str(AlarmRule("<=", 20.0))
        'value <= 20'
        """
        return f"class is {' or '.join(self.classes)}" if self.classes else f"value {self.op} {self.value:g}"
