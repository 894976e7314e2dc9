"""The board: each use case at each of the nine steps, as a state, a few words and a place to look.

What a step has found decides its words (rows, scores, verdicts); how its tasks stand comes first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from ninefold.kernel.plan import Plan, Status
from ninefold.kernel.records import revive
from ninefold.kernel.view import View
from ninefold.lifecycle.belonging import Belonging, belonging
from ninefold.lifecycle.gate import Check, gate, worst
from ninefold.operations.monitoring.episodes import Held, is_open
from ninefold.operations.monitoring.models import DRIFT
from ninefold.surface.blocks import BoardCell, BoardRow
from ninefold.surface.cells import Ref, State, StateName
from ninefold.surface.reasons import reason
from ninefold.surface.words import Say, Text
from ninefold.vocabulary.availability import Availability
from ninefold.vocabulary.model import Leaderboard
from ninefold.vocabulary.ranking import Ranking
from ninefold.vocabulary.requirement_lint import RequirementLint
from ninefold.vocabulary.use_case import Scores, UseCaseIndex

_WORST: tuple[StateName, ...] = ("blocked", "stale", "missing")
_GATE: dict[str, StateName] = {
    "pass": "pass", "fail": "failed", "insufficient": "insufficient", "stale": "stale", "unapproved": "blocked",
}  # fmt: skip


@dataclass(frozen=True)
class Standing:
    """All that the board is made of."""

    plan: Plan
    view: View
    alarms: Sequence[Held] = ()
    running: frozenset[str] = frozenset()  # the tasks that are being run now

    @property
    def belonging(self) -> Belonging:
        """Where each task belongs."""
        return belonging(self.plan, self.view)


def use_cases(view: View) -> list[UseCaseIndex]:
    """Return the use cases of a project, by id."""
    return [f.body for f in view.of_kind("index") if isinstance(f.body, UseCaseIndex)]


def board_row(standing: Standing, use_case: UseCaseIndex) -> BoardRow:
    """Return one use case with its nine cells."""
    stage = Say(f"overview.stage-{use_case.stage}")
    caption: Text = stage
    if (ranking := _ranking(standing)) is not None:
        rank = next((p.rank for p in ranking.places if p.use_case == use_case.id), None)
        if rank is not None:
            caption = Say(f"overview.ranked-{use_case.stage}", {"rank": rank})
    cells = tuple(make(standing, use_case.id) for make in _CELLS)
    return BoardRow(Ref("use-case", use_case.id, use_case.title or use_case.id), caption, cells)


def _cell(state: StateName, text: Text, to: Ref) -> BoardCell:
    return BoardCell(State(state), text, to)


def _standing_of(standing: Standing, tasks: Sequence[Status], to: Ref) -> BoardCell | None:
    """Return the cell of tasks that are not all fresh, by the one that stands worst; None when all are."""
    if any(t.name in standing.running for t in tasks):
        return _cell("running", Say("overview.runs-now"), to)
    for state in _WORST:
        found = sorted((t for t in tasks if t.state == state), key=lambda t: t.waits)
        if found:
            return _cell(state, reason(found[0], standing.plan), to)
    return None


def _requirements(standing: Standing, use_case: str) -> BoardCell:
    linked = standing.belonging.requirements_of(use_case)
    to = Ref("requirement", linked[0]) if len(linked) == 1 else Ref("page", "requirements")
    if not linked:
        return _cell("missing", Say("overview.no-requirement"), to)
    tasks = [t for t in standing.belonging.tasks(use_case, 1) if t.name.startswith("lint:")]
    if (found := _standing_of(standing, tasks, to)) is not None:
        return found
    prefix = tuple(f"{r}#criterion/" for r in linked)
    criteria = sum(f.name.startswith(prefix) for f in standing.view.facets.values() if f.kind == "criterion")
    findings = sum(len(body.findings) for t in tasks if (body := _body(t, RequirementLint)) is not None)
    if not criteria:
        return _cell("missing", Say("overview.no-criterion"), to)
    code = "overview.criteria" if not findings else "overview.criteria-findings"
    return _cell("fresh", Say(code, {"n": criteria, "findings": findings}), to)


def _priorities(standing: Standing, use_case: str) -> BoardCell:
    to = Ref("use-case", use_case)
    tasks = [t for t in standing.belonging.tasks(use_case, 2)]
    ranking = _ranking(standing)
    if (found := _standing_of(standing, tasks, to)) is not None or ranking is None:
        return found or _cell("missing", Say("overview.no-scores"), to)
    out = next((e for e in ranking.excluded if e.use_case == use_case), None)
    if out is not None:
        return BoardCell(State("idle", Say("overview.excluded")), "; ".join(out.reasons), to)
    facet = standing.view.facets.get(f"{use_case}#scores")
    scores = facet.body.scores if facet is not None and isinstance(facet.body, Scores) else {}
    unknown = [name for name, score in scores.items() if not score.known]
    if unknown:
        return _cell("insufficient", Say("overview.score-unknown", {"name": unknown[0]}), to)
    place = next((p for p in ranking.places if p.use_case == use_case), None)
    if place is None:
        return _cell("missing", Say("overview.no-scores"), to)
    return _cell("fresh", Say("overview.rank", {"rank": place.rank, "share": round(100 * place.first)}), to)


def _data(standing: Standing, use_case: str) -> BoardCell:
    to = Ref("use-case", use_case, part="data") if use_case else Ref("page", "data")
    facet = standing.view.facets.get(f"{use_case}#data_needs")
    tasks = standing.belonging.tasks(use_case, 3)
    to = Ref("page", "data", part=use_case)
    if facet is None or not facet.body.needs:
        return _cell("missing", Say("overview.no-needs"), to)
    checked = next((t for t in tasks if t.name.startswith("availability:")), None)
    if (found := _standing_of(standing, tasks, to)) is not None:
        return found
    body = None if checked is None else _body(checked, Availability)
    if body is None:
        return _cell("missing", Say("reasons.never-run"), to)
    there = sum(n.verdict == "available" for n in body.needs)
    if there == len(body.needs):
        return _cell("available", Say("overview.needs-all", {"n": there}), to)
    first = min((n for n in body.needs if n.verdict != "available"), key=lambda n: n.verdict != body.verdict)
    values: dict[str, str | int | float] = {"there": there, "n": len(body.needs), "signal": first.signal}
    if body.verdict == "missing":
        return _cell("failed", Say("overview.needs-missing", values), to)
    return _cell("partial", Say("overview.needs-partial", values), to)


def _rows(standing: Standing, use_case: str) -> BoardCell:
    tasks = standing.belonging.tasks(use_case, 4)
    labels = [t for t in tasks if t.name.startswith("labels:")]
    recipe = labels[0].name.partition(":")[2] if labels else ""
    to = Ref("recipe", recipe) if recipe else Ref("page", "data/recipes")
    if not [t for t in tasks if not t.name.startswith("dataset:")]:
        return _cell("missing", Say("overview.no-recipe"), to)
    if (found := _standing_of(standing, tasks, to)) is not None:
        return found
    body = labels[0].last.plain if labels and labels[0].last is not None else None
    if not isinstance(body, dict):
        return _cell("fresh", Say("overview.rows-made"), to)
    values: dict[str, str | int | float] = {"rows": int(body.get("rows", 0)), "events": int(body.get("events") or 0)}
    return _cell("fresh", Say("overview.rows-events" if values["events"] else "overview.rows", values), to)


def _model(standing: Standing, use_case: str) -> BoardCell:
    models = standing.belonging.models_of(use_case)
    tasks = standing.belonging.tasks(use_case, 5)
    to = Ref("model", models[0]) if len(models) == 1 else Ref("page", "models")
    if not models:
        return _cell("missing", Say("overview.no-model"), to)
    if (found := _standing_of(standing, tasks, to)) is not None:
        return found
    for task in tasks:
        body = _body(task, Leaderboard) if task.name.startswith("candidates:") else None
        best = next((c for c in body.candidates if c.name == body.winner), None) if body else None
        if body is not None and best is not None and best.score is not None:
            low, high = (round(v, 2) if v is not None else "?" for v in (best.low, best.high))
            metric = body.metric.replace("_", " ")
            values = {"metric": metric, "score": round(best.score, 2), "low": low, "high": high}
            return _cell("fresh", Say("overview.model-score", values), to)
    return _cell("fresh", Say("overview.model-made"), to)


def checks_of(standing: Standing, model: str) -> list[Check]:
    """Return what the gate says of a model; nothing when no verdict is planned for it."""
    return list(gate(standing.plan, (model,)).checks)


def _validation(standing: Standing, use_case: str) -> BoardCell:
    models = standing.belonging.models_of(use_case)
    to = Ref("validation", models[0]) if len(models) == 1 else Ref("page", "validation")
    tasks = [t for t in standing.belonging.tasks(use_case, 6) if not t.name.startswith("approval:")]
    if not tasks:
        return _cell("missing", Say("overview.no-verdict"), to)
    if (found := _standing_of(standing, tasks, to)) is not None:
        return found
    checks = [c for m in models for c in checks_of(standing, m) if c.verdict is not None]
    for decision in ("fail", "insufficient"):
        bad = next((c for c in checks if c.decision == decision), None)
        if bad is not None and bad.verdict is not None:
            where = ", ".join(f"{k} {v}" for k, v in worst(bad.verdict).where.items())
            name = f"{bad.verdict.criterion}{f', {where}' if where else ''}"
            return _cell(_GATE[decision], Say("overview.criterion-not", {"name": name}), to)
    return _cell("pass", Say("overview.criteria-pass", {"n": len(checks)}), to)


def _deployment(standing: Standing, use_case: str) -> BoardCell:
    tasks = [t for t in standing.belonging.tasks(use_case, 7) if t.name.startswith("rollout:")]
    names = sorted({t.name.partition(":")[2].partition("/")[0] for t in tasks})
    to = Ref("deployment", names[0]) if len(names) == 1 else Ref("page", "fleet")
    if not tasks:
        return _cell("missing", Say("overview.no-deployment"), to)
    for task in tasks:
        stage = task.older.plain.get("stage") if task.older is not None and task.older.data is not None else None
        if task.state == "stale" and stage in {"self-test", "shadow", "canary"} and "another" not in task.reason:
            values = {"stage": str(stage), "device": task.name.rpartition("/")[2]}
            return _cell("running", Say("overview.rolls-out", values), to)
    if (found := _standing_of(standing, tasks, to)) is not None:
        return found
    return _cell("fresh", Say("overview.active", {"n": len(tasks)}), to)


def _gate(standing: Standing, use_case: str) -> BoardCell:
    models = standing.belonging.models_of(use_case)
    to = Ref("page", "pipelines")
    found = gate(standing.plan, tuple(models)) if models else None
    if found is None or not found.checks:
        return _cell("missing", Say("overview.no-gate"), to)
    if found.decision == "pass":
        return _cell("pass", Say("overview.gate-pass", {"n": len(found.checks)}), to)
    first = next((c for c in found.checks if c.decision == found.decision), None)
    state = _GATE[found.decision]
    if first is None or found.decision == "stale":
        status = standing.plan[first.name] if first is not None else None
        text: Text = reason(status, standing.plan) if status is not None else Say("overview.no-gate")
        return _cell("blocked" if status is not None and status.state == "blocked" else state, text, to)
    if found.decision == "unapproved":
        return _cell(state, Say("overview.gate-unsigned"), to)
    return _cell(state, Say("overview.criterion-not", {"name": first.name.rpartition("/")[2]}), to)


def alarms_of(standing: Standing, use_case: str) -> list[Held]:
    """Return the open alarms that speak of a use case: of its models, or of a requirement that demands something of it."""
    models = set(standing.belonging.models_of(use_case))
    requirements = set(standing.belonging.requirements_of(use_case))
    found = []
    for held in standing.alarms:
        cause = held.episode.cause
        about = cause.removeprefix(DRIFT).partition("/")[0]
        if is_open(held.episode) and (cause in models or (cause.startswith(DRIFT) and about in requirements)):
            found.append(held)
    return found


def _monitoring(standing: Standing, use_case: str) -> BoardCell:
    models = standing.belonging.models_of(use_case)
    to = Ref("page", "monitoring")
    open_ = alarms_of(standing, use_case)
    if open_:
        first = open_[0].episode
        code = "overview.alarm" if len(open_) == 1 else "overview.alarms"
        values: dict[str, str | int | float] = {
            "asset": first.asset, "cause": first.cause.removeprefix(DRIFT).rpartition("/")[2], "more": len(open_) - 1,
        }  # fmt: skip
        return _cell("alarm", Say(code, values), Ref("asset", first.asset) if len(open_) == 1 else to)
    tasks = standing.belonging.tasks(use_case, 9)
    if not models or not tasks:
        return _cell("missing", Say("overview.no-monitor"), to)
    if (found := _standing_of(standing, tasks, to)) is not None:
        return found
    running = [t for t in standing.belonging.tasks(use_case, 7) if t.name.startswith("rollout:") and t.state == "fresh"]
    if not running:
        return _cell("missing", Say("overview.not-deployed"), to)
    return _cell("normal", Say("overview.no-alarm"), to)


_CELLS: tuple[Callable[[Standing, str], BoardCell], ...] = (
    _requirements, _priorities, _data, _rows, _model, _validation, _deployment, _gate, _monitoring,
)  # fmt: skip


def _ranking(standing: Standing) -> Ranking | None:
    status = standing.plan["ranking"] if "ranking" in standing.plan else None
    return None if status is None else _body(status, Ranking)


def _body[T](status: Status, type_: type[T]) -> T | None:
    """Return what a task has found last; None when there is nothing, or it was erased."""
    record = status.last
    if record is None or record.data is None:
        return None
    return msgspec.convert(record.plain, type_, strict=False, dec_hook=revive)
