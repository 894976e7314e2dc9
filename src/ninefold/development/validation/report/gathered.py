"""All that is recorded about a model's validation, gathered once for every surface, and what is not there yet."""

from dataclasses import dataclass
from typing import Any

from ninefold.development.validation.planning import judged
from ninefold.development.validation.report.tables import PARTS
from ninefold.kernel.errors import NotFound
from ninefold.kernel.plan import Plan
from ninefold.surface.session import Session
from ninefold.vocabulary.calibration import Calibration
from ninefold.vocabulary.model import Leaderboard, Model
from ninefold.vocabulary.verdict import Verdict


@dataclass(frozen=True)
class Source:
    """Where a statement comes from: the task, its state, and the record's id, content and kind."""

    task: str
    state: str
    record: str
    content: str
    kind: str


@dataclass(frozen=True)
class Gathered:
    """One model's validation. A part is absent when its task has no record."""

    name: str
    moment: int  # when it was gathered, µs UTC
    model: Model
    verdicts: list[Verdict]
    parts: dict[str, Any]  # name -> body
    missing: dict[str, str]  # task -> the command that makes it
    sources: list[Source]
    calibration: Calibration | None = None  # of the candidate that became the model


def gather(session: Session, model: str, parts: tuple[str, ...] = tuple(PARTS)) -> Gathered:
    """Return what is recorded; everything is taken from one state of the project.

    Raises:
        NotFound: there is no such model, or it has no record yet.
    """
    plan, view = session.status(), session.view()
    name = f"model:{model}"
    if name not in plan:
        known = ", ".join(n.removeprefix("model:") for n in plan.statuses if n.startswith("model:")) or "none"
        raise NotFound(f"No model is called {model}.", hint=f"Use one of: {known}.")
    record = plan[name].last
    if record is None:
        raise NotFound(f"{name} has no result yet.", hint=f"Run: {plan[name].command or f'ninefold run {name}'}.")
    body = record.body(Model)
    calibration = _calibration(plan, model, body.candidate)
    found = Gathered(model, session.clock.now(), body, [], {}, {}, [_source(plan, name)], calibration)
    for item in judged(view, model):
        _take(plan, found, f"verdict:{item.subject}", Verdict, found.verdicts.append)
    for part in parts:
        _take(plan, found, f"{part}:{model}", PARTS[part][0], lambda body, part=part: found.parts.update({part: body}))
    return found


def _calibration(plan: Plan, model: str, candidate: str) -> Calibration | None:
    record = plan[f"candidates:{model}"].last if f"candidates:{model}" in plan else None
    if record is None or record.data is None:
        return None
    rows = {row.name: row for row in record.body(Leaderboard).candidates}
    return rows[candidate].calibration if candidate in rows else None


def _take(plan: Plan, found: Gathered, task: str, type_: type, keep: Any) -> None:
    if task not in plan:
        return
    status = plan[task]
    if status.last is None or status.last.data is None:
        found.missing[task] = status.command or f"ninefold run {task}"
        return
    keep(status.last.body(type_))
    found.sources.append(_source(plan, task))


def _source(plan: Plan, task: str) -> Source:
    status = plan[task]
    record = status.last
    if record is None:
        raise NotFound(f"{task} has no result yet.", hint=f"Run: ninefold run {task}.")
    return Source(task, status.state, record.id, record.content, record.kind)
