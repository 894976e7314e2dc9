"""Phase II: models, verdicts, and what the gate says."""

from typing import TypeVar

from ninefold.client.answers import GateAnswer, GateCheck, ModelDetail, ModelLine, OpenPoint, Page, VerdictLine
from ninefold.development.validation.signing_off import Desk as Signing
from ninefold.development.validation.signing_off import open_of
from ninefold.kernel.errors import NotFound
from ninefold.kernel.plan import Status
from ninefold.kernel.view import Facet
from ninefold.lifecycle.gate import gate as gate_of
from ninefold.vocabulary.model import Leaderboard, Model, OperatingPoint
from ninefold.vocabulary.verdict import Verdict
from ninefold.workbench.api.operation import operation
from ninefold.workbench.api.paging import Cursor, Limit, part
from ninefold.workbench.desk import Desk

B = TypeVar("B")
TAG = "Development"


@operation("GET", "/models", tag=TAG)
def models(desk: Desk, cursor: Cursor = "", limit: Limit = 100) -> Page[ModelLine]:
    """List the models by name, each with what its gate says."""
    found = [f for f in desk.view.facets.values() if f.name.startswith("model:") and f.name.endswith("#train")]
    return part(found, _name, cursor, limit, lambda f: _line(desk, f))


def _name(facet: Facet) -> str:
    return facet.name.removeprefix("model:").removesuffix("#train")


def _line(desk: Desk, facet: Facet) -> ModelLine:
    name, plan = _name(facet), desk.plan
    approval = plan[f"approval:{name}"].state if f"approval:{name}" in plan else "missing"
    bundle = plan[f"bundle:{name}"].last if f"bundle:{name}" in plan else None
    payload = "" if bundle is None or bundle.data is None else str(bundle.plain.get("payload", ""))
    return ModelLine(name, facet.file, gate_of(plan, (name,)).decision, approval, payload)


@operation("GET", "/models/{name:str}", tag=TAG)
def model(desk: Desk, name: str) -> ModelDetail:
    """Show a model: the leaderboard of its race, its operating point, and what ships."""
    facet = desk.view.facets.get(f"model:{name}#train")
    if facet is None:
        raise NotFound(f"No model is called {name[:200]}.", hint="List them at /api/v1/models.")
    line = _line(desk, facet)
    board = _body(desk, f"candidates:{name}", Leaderboard)
    point = _body(desk, f"operating-point:{name}", OperatingPoint)
    return ModelDetail(
        line.name, line.file, line.gate, line.approval, line.bundle, board, point, _body(desk, f"model:{name}", Model)
    )


def _body(desk: Desk, task: str, type_: type[B]) -> B | None:
    found = desk.plan[task].last if task in desk.plan else None
    return None if found is None or found.data is None else found.body(type_)


@operation("GET", "/verdicts", tag=TAG)
def verdicts(desk: Desk, model: str = "", cursor: Cursor = "", limit: Limit = 100) -> Page[VerdictLine]:
    """List the verdicts by task, or those on one model: outcome, bound, samples, threshold, slices."""
    found = [s for n, s in desk.plan.statuses.items() if n.startswith("verdict:" + (f"{model}/" if model else ""))]
    return part(found, lambda s: s.name, cursor, limit, _verdict)


def _verdict(s: Status) -> VerdictLine:
    subject, requirement, criterion = s.name.removeprefix("verdict:").rsplit("/", 2)
    found = None if s.last is None or s.last.data is None else s.last.body(Verdict)
    return VerdictLine(s.name, subject, requirement, criterion, s.state, s.reason, found)


@operation("GET", "/gate", tag=TAG)
def gate(desk: Desk, model: str = "") -> GateAnswer:
    """Tell whether everything, or one model, may go on: each verdict and approval with its decision."""
    if model and f"model:{model}#train" not in desk.view.facets:
        raise NotFound(f"No model is called {model[:200]}.", hint="List them at /api/v1/models.")
    found = gate_of(desk.plan, (model,) if model else ())
    checks = tuple(GateCheck(c.name, c.decision, c.reason, c.command) for c in found.checks)
    return GateAnswer(found.decision, checks)


@operation("GET", "/models/{name:str}/open-points", tag=TAG)
def open_points(desk: Desk, name: str) -> Page[OpenPoint]:
    """List what does not pass before the approval of a model, each with the waiver that opens it."""
    session = desk.session
    points = open_of(Signing(desk.plan, desk.view, session.store, session.clock.now()), name)
    return Page(tuple(
        OpenPoint(p.requirement, p.criterion, dict(p.where), p.outcome, p.reason, waiver) for p, waiver in points
    ))  # fmt: skip


ROUTES = (models, model, verdicts, gate, open_points)
