"""How the criteria of a rollout stand on the device: what it can measure passes or fails, the rest is insufficient."""

from collections.abc import Sequence

import msgspec
import numpy as np

from ninefold.edge.comparison import ALPHA, Comparison
from ninefold.vocabulary.desired import CriterionState, StageCriterion

MIN_LATENCIES = 100  # a 99th percentile of fewer says little
MAX_LATENCIES = 5000
_NEED_LABELS = frozenset(
    {"recall", "precision", "f1", "accuracy", "auc", "average_precision", "log_loss", "brier", "mae", "rmse", "r2"}
)
_MIN_SHARE_PARTS = 20


class Seen(msgspec.Struct, frozen=True):
    """What a stage has seen of the candidate so far; survives a restart."""

    parts: int = 0
    by_model: int = 0  # parts that the candidate's model decided, not its rule
    active_by_model: int = 0
    latencies_ms: tuple[float, ...] = ()
    comparison: Comparison = Comparison()


def standing(criteria: Sequence[StageCriterion], seen: Seen, *, has_active: bool) -> dict[str, CriterionState]:
    """Return how each criterion stands, by full name."""
    return {c.name: _one(c, seen, has_active) for c in criteria}


def _one(criterion: StageCriterion, seen: Seen, has_active: bool) -> CriterionState:
    metric = criterion.metric.metric
    if metric == "input_to_decision_p99_ms":
        return _latency(criterion, seen)
    if metric == "false_alarms_per_machine_week":
        return _alarms(criterion, seen.comparison, has_active)
    if metric in _NEED_LABELS:
        needed = criterion.criterion.min_samples
        reason = f"pending: 0 of {needed} labels; no label reaches the device"
        return CriterionState(criterion.name, "insufficient", reason)
    return CriterionState(criterion.name, "insufficient", f"{metric} is not measured on the device")


def _latency(criterion: StageCriterion, seen: Seen) -> CriterionState:
    samples = len(seen.latencies_ms)
    if samples < MIN_LATENCIES:
        return CriterionState(criterion.name, "insufficient", f"{samples} of {MIN_LATENCIES} decisions timed")
    value = float(np.percentile(seen.latencies_ms, 99))
    limit = criterion.criterion.threshold
    holds = limit.holds(value)
    reason = f"p99 {value:.2f} ms on {samples} decisions, limit {limit.op} {limit.value:g} ms"
    return CriterionState(criterion.name, "pass" if holds else "fail", reason, value, samples)


def _alarms(criterion: StageCriterion, comparison: Comparison, has_active: bool) -> CriterionState:
    """Without outcomes an alarm cannot be called false; what can be shown is that there are more of them."""
    if not has_active:
        return CriterionState(criterion.name, "insufficient", "there is no active bundle to compare the alarms with")
    found = comparison
    reason = (
        f"{found.alarms_candidate} alarms against {found.alarms_active} of the active bundle on the same"
        f" {found.parts} parts; e-value {found.evidence:.3g}, {1 / ALPHA:.0f} decides"
    )
    outcome = "fail" if found.decided else "insufficient"
    return CriterionState(criterion.name, outcome, reason, None, found.parts)  # type: ignore[arg-type]  # one of two literals


def unable(seen: Seen) -> str:
    """Return why the candidate cannot decide here, "" when it can: its model is used far less than the active one's."""
    if seen.parts < _MIN_SHARE_PARTS or 2 * seen.by_model >= seen.parts:
        return ""
    if seen.active_by_model and 2 * seen.active_by_model < seen.parts:
        return ""  # the inputs are bad for both
    return f"its model decided only {seen.by_model} of {seen.parts} parts"
