"""From a drift criterion and training rows to what is watched: validation and the device do the same with it.

The budget of false alarms belongs to the whole group of assets that is watched together (the assets of one device; in
validation those of the test rows): each of n assets gets the n-th part, whatever the dependence between them.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ninefold.bundle.reference import BLOCK, drift_reference
from ninefold.criteria import metrics
from ninefold.criteria.params import read_params
from ninefold.kernel.errors import InvalidInput
from ninefold.stats.drift import DriftReference
from ninefold.stats.sequential import PROVISIONAL_BELOW, yearly_rate
from ninefold.vocabulary.columns import Array, Columns, length, take
from ninefold.vocabulary.criterion import MetricSpec
from ninefold.vocabulary.monitor import Monitor

DAYS_PER_YEAR = 365.25
STATE = "state"  # context column of the operating state, where a recipe has one


def monitor_of(spec: MetricSpec, trained: Columns, offered: Sequence[str]) -> Monitor:
    """Return the monitor of a drift criterion on training rows (columns asset, t and features).

    Without `features` in the criterion those of `offered` are watched whose blocks are nearly independent: for the
    others the budget of false alarms does not hold.

    Raises:
        InvalidInput: the parameters are wrong, a feature is absent, none is left, or there are too few rows.
    """
    params = read_params(spec.metric, metrics.check(spec).params, spec.params)
    states, named = tuple(params["states"]), tuple(params["features"])
    size, practical = params["block"] or BLOCK, params["practical_shift"]
    kept = take(trained, in_states(trained, states))
    names = named or tuple(offered)
    if absent := [n for n in names if n not in kept]:
        message = f"There is no column {absent[0]!r} to watch."
        raise InvalidInput(message, hint=f"Use one of: {', '.join(kept)}.")
    reference = drift_reference(kept, names, size)
    wandering = () if named else reference.dependent()
    if len(wandering) == len(names):
        message = "No feature can be watched for drift: each wanders from block to block."
        raise InvalidInput(message, hint="Name a residual in params.features, or a longer block.")
    reference = replace(reference, features={n: f for n, f in reference.features.items() if n not in wandering})
    return Monitor(
        reference.to_plain(), size, practical, tuple(reference.features), states,
        min(reference.effective_rows_per_day().values(), default=0.0), reference.dependent(),
        reference.blocks < PROVISIONAL_BELOW,
    )  # fmt: skip


def reference_of(monitor: Monitor) -> DriftReference:
    """Return the reference that a monitor carries.

    Raises:
        InvalidInput: it carries none that this version reads.
    """
    try:
        return DriftReference.from_plain(monitor.reference)
    except ValueError as error:
        raise InvalidInput(f"A drift reference cannot be read: {error}", hint="Build the bundle anew.") from None


def in_states(features: Columns, states: Sequence[str]) -> Array:
    """Return which rows were in one of the states; all, when none is named or the recipe's frames have no state."""
    if not states or STATE not in features:
        return np.ones(length(features), bool)
    return np.isin(features[STATE].astype(str), list(states))


def blocks_per_year(reference: DriftReference) -> float:
    """Return the blocks of one asset in a year of operating days."""
    return reference.blocks_per_day * DAYS_PER_YEAR


def rate_per_year(reference: DriftReference, evidence: float, assets: int) -> float:
    """Return the yearly budget of the whole group at which the evidence of one asset would just alarm."""
    return yearly_rate(evidence / max(assets, 1), blocks_per_year(reference))
