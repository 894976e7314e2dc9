"""How requirements stand: what each criterion was found to be, for which model and at which place, from a plan."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeVar

from ninefold.kernel.plan import Plan, Status
from ninefold.kernel.view import View
from ninefold.surface.cells import StateName
from ninefold.vocabulary.availability import Availability, LabelNeeds
from ninefold.vocabulary.criterion import MetricSpec, Where
from ninefold.vocabulary.desired import Reported
from ninefold.vocabulary.verdict import Verdict

T = TypeVar("T")

# The first that is there tells how the whole stands.
WORST: tuple[StateName, ...] = ("failed", "blocked", "stale", "insufficient", "missing", "pending", "pass")
OUTCOMES: Mapping[str, StateName] = {"pass": "pass", "fail": "failed", "insufficient": "insufficient"}
COUNTED: Mapping[StateName, StateName] = {"pass": "available", "insufficient": "partial"}  # as words for data
_STAGES: Mapping[str, Where] = {"self-test": "deployment", "shadow": "shadow"}


class Standing(NamedTuple):
    """One criterion at one place: a verdict on a model, or what a device reports."""

    requirement: str
    criterion: str
    where: Where
    of: str  # the model, or the device
    task: str
    state: StateName
    reason: str
    verdict: Verdict | None = None  # the last one, also when it is stale
    samples: int = 0
    value: float | None = None


def standings(view: View, plan: Plan) -> dict[str, list[Standing]]:
    """Return requirement -> how its criteria stand, the verdicts first."""
    found: dict[str, list[Standing]] = {}
    for status in plan.statuses.values():
        kind, _, subject = status.name.partition(":")
        if kind == "verdict" and len(parts := subject.rsplit("/", 2)) == 3:
            standing = _judged(view, status, *parts)
            found.setdefault(standing.requirement, []).append(standing)
        elif kind == "label-need":
            for standing in _counted(plan, status, subject):
                found.setdefault(standing.requirement, []).append(standing)
        elif kind == "rollout":
            for standing in _reported(status):
                found.setdefault(standing.requirement, []).append(standing)
    return found


def judged(found: Iterable[Standing]) -> list[Standing]:
    """Return the standings that say whether a criterion holds: enough data for a verdict is no verdict."""
    return [s for s in found if s.where != "data"]


def worst(states: Iterable[StateName]) -> StateName:
    """Return the state that tells how a whole stands; idle where nothing is judged."""
    known = set(states)
    return next((s for s in WORST if s in known), "idle")


def _judged(view: View, status: Status, model: str, requirement: str, criterion: str) -> Standing:
    facet = view.facets.get(f"{requirement}#metric/{criterion}")
    spec = facet.body if facet is not None and isinstance(facet.body, MetricSpec) else None
    where: Where = "validation" if spec is None or "validation" in spec.where else "runtime"
    verdict = status.last.body(Verdict) if status.last is not None and status.last.data is not None else None
    state: StateName = status.state
    reason = status.reason
    if status.state == "fresh" and verdict is not None:
        state, reason = OUTCOMES[verdict.outcome], verdict.overall.reason
    estimate = verdict.overall.estimate if verdict is not None else None
    return Standing(
        requirement, criterion, where, model, status.name, state, reason, verdict,
        estimate.samples if estimate else 0, estimate.value if estimate else None,
    )  # fmt: skip


def _counted(plan: Plan, status: Status, use_case: str) -> Iterable[Standing]:
    """Yield whether the events that a criterion's bound needs are there."""
    check = plan.statuses.get(f"availability:{use_case}")
    needed, seen = _body(status, LabelNeeds), _body(check, Availability) if check is not None else None
    there = max((n.labels or 0 for n in seen.needs if n.kind == "event"), default=0) if seen else 0
    for need in needed.needs if needed else ():
        state: StateName = "pass" if there >= need.needed else "insufficient"
        if check is None or check.state != "fresh":
            state = "stale" if seen else "missing"
        yield Standing(
            need.requirement, need.criterion, "data", use_case, status.name, state, f"{there} / {need.needed}",
            None, there,
        )  # fmt: skip


def _body(status: Status, type_: type[T]) -> T | None:
    return status.last.body(type_) if status.last is not None and status.last.data is not None else None


def _reported(status: Status) -> Iterable[Standing]:
    """Yield what a device said of its criteria in the stage that it is in, or was in last."""
    record = status.last
    if record is None or record.data is None or not record.kind.startswith("reported@"):
        return
    told = record.body(Reported)
    where = _STAGES.get(told.stage, "runtime")
    for item in told.criteria:
        requirement, _, criterion = item.criterion.rpartition("/")
        state: StateName = OUTCOMES[item.outcome] if status.state == "fresh" else "pending"
        if item.outcome == "fail":
            state = "failed"
        target = told.target.removeprefix("edge:")
        yield Standing(
            requirement, criterion, where, target, status.name, state, item.reason, None, item.samples, item.value
        )
