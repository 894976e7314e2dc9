"""The board's cells of phase III: deployment, the gate, monitoring."""

from ninefold.lifecycle.board.standing import Standing, cell, not_all_fresh, short_reason
from ninefold.lifecycle.gate import Decision
from ninefold.lifecycle.gate import gate as ask
from ninefold.operations.monitoring.episodes import Held, is_open
from ninefold.operations.monitoring.models import DRIFT
from ninefold.operations.monitoring.step import drift_criteria
from ninefold.surface.blocks import BoardCell
from ninefold.surface.cells import Ref, StateName
from ninefold.surface.words import Say, Text

STATES: dict[Decision, StateName] = {
    "pass": "pass", "fail": "failed", "insufficient": "insufficient", "stale": "stale", "unapproved": "blocked",
}  # fmt: skip


def deployment(standing: Standing, use_case: str) -> BoardCell:
    tasks = [t for t in standing.belonging.tasks(use_case, 7) if t.name.startswith("rollout:")]
    names = sorted({t.name.partition(":")[2].partition("/")[0] for t in tasks})
    to = Ref("deployment", names[0]) if len(names) == 1 else Ref("page", "fleet")
    if not tasks:
        return cell("missing", Say("overview.no-deployment"), to)
    for task in tasks:
        stage = task.older.plain.get("stage") if task.older is not None and task.older.data is not None else None
        if task.state == "stale" and stage in {"self-test", "shadow", "canary"} and "another" not in task.reason:
            values: dict[str, str | int | float] = {"stage": str(stage), "device": task.name.rpartition("/")[2]}
            return cell("running", Say("overview.rolls-out", values), to)
    if (found := not_all_fresh(standing, tasks, to)) is not None:
        return found
    return cell("fresh", Say("overview.active", {"n": len(tasks)}), to)


def gate(standing: Standing, use_case: str) -> BoardCell:
    models = standing.belonging.models_of(use_case)
    to = Ref("page", "pipelines")
    found = ask(standing.plan, tuple(models)) if models else None
    if found is None or not found.checks:
        return cell("missing", Say("overview.no-gate"), to)
    if found.decision == "pass":
        return cell("pass", Say("overview.gate-pass", {"n": len(found.checks)}), to)
    first = next((c for c in found.checks if c.decision == found.decision), None)
    state = STATES[found.decision]
    if first is None or found.decision == "stale":
        status = standing.plan[first.name] if first is not None else None
        text: Text = short_reason(standing, status) if status is not None else Say("overview.no-gate")
        return cell("blocked" if status is not None and status.state == "blocked" else state, text, to)
    if found.decision == "unapproved":
        return cell(state, Say("overview.gate-unsigned"), to)
    return cell(state, Say("overview.criterion-not", {"name": first.name.rpartition("/")[2]}), to)


def monitoring(standing: Standing, use_case: str) -> BoardCell:
    models = standing.belonging.models_of(use_case)
    open_ = alarms_of(standing, use_case)
    to = _watching(standing, use_case, open_)
    if open_:
        first = open_[0].episode
        code = "overview.alarm" if len(open_) == 1 else "overview.alarms"
        values: dict[str, str | int | float] = {
            "asset": first.asset, "cause": first.cause.removeprefix(DRIFT).rpartition("/")[2], "more": len(open_) - 1,
        }  # fmt: skip
        return cell("alarm", Say(code, values), Ref("asset", first.asset) if len(open_) == 1 else to)
    tasks = standing.belonging.tasks(use_case, 9)
    if not models or not tasks:
        return cell("missing", Say("overview.no-monitor"), to)
    if (found := not_all_fresh(standing, tasks, to)) is not None:
        return found
    running = [t for t in standing.belonging.tasks(use_case, 7) if t.name.startswith("rollout:") and t.state == "fresh"]
    if not running:
        return cell("missing", Say("overview.not-deployed"), to)
    return cell("normal", Say("overview.no-alarm"), to)


def _watching(standing: Standing, use_case: str, open_: list[Held]) -> Ref:
    """Return the monitor that a cell leads to: the one that alarms, or the only one; else the page of all."""
    drifted = [h.episode.cause.removeprefix(DRIFT) for h in open_ if h.episode.cause.startswith(DRIFT)]
    found = list(dict.fromkeys(drifted)) or drift_criteria(standing.view, use_case)
    return Ref("monitor", found[0]) if len(found) == 1 else Ref("page", "monitoring")


def alarms_of(standing: Standing, use_case: str) -> list[Held]:
    """Return the open alarms that speak of a use case: of its models, or of requirements that ask something of it."""
    models = set(standing.belonging.models_of(use_case))
    requirements = set(standing.belonging.requirements_of(use_case))
    found = []
    for held in standing.alarms:
        cause = held.episode.cause
        about = cause.removeprefix(DRIFT).partition("/")[0]
        if is_open(held.episode) and (cause in models or (cause.startswith(DRIFT) and about in requirements)):
            found.append(held)
    return found
