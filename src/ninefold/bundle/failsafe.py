"""The fail-safe contract of a deployment as the scorer applies it: what is watched, and what decides instead."""

from typing import Literal

import msgspec
import numpy as np

from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.columns import Array, Columns, length

Cause = Literal["stale_input", "bad_quality", "model_late"]
CAUSES: tuple[Cause, ...] = ("stale_input", "bad_quality", "model_late")


class Failsafe(msgspec.Struct, frozen=True):
    """When the model's score is not used. Without a rule the scorer abstains. What is not in `when` is not watched."""

    when: tuple[Cause, ...] = ()
    rule: str = ""  # an expression over features, true for an alarm: torque_lift > 1.5; "" abstains
    stale_after_s: float = 30.0  # age of the asset's newest input
    min_good: float = 0.5  # share of good values since the asset's last decision
    late_after_s: float = 0.05  # time of one call of the model


def check_rule(failsafe: Failsafe, features: Columns) -> None:
    """Return when the rule can be used on these features.

    Raises:
        InvalidInput: it cannot be read, or names a column that is not there.
    """
    if failsafe.rule:
        apply_rule(failsafe.rule, features)


def apply_rule(rule: str, features: Columns) -> Array:
    """Return for each row 1 (alarm), 0 (none) or NaN (an input of the rule is null), float64 `(n,)`.

    Raises:
        InvalidInput: the rule cannot be read, or names a column that is not there.
    """
    from ninefold.recipes.expressions.arrays import evaluate
    from ninefold.recipes.expressions.parser import columns_of, parse

    node = parse(rule)
    if absent := [name for name in columns_of(node) if name not in features]:
        hint = f"Use features: {', '.join(sorted(features))}."
        raise InvalidInput(f"The fallback rule {rule!r} names {absent[0]}, which is no feature.", hint=hint)
    value = evaluate(node, features, {}, length(features)).astype(np.float64)
    return np.where(np.isnan(value), np.nan, (value != 0).astype(np.float64))
