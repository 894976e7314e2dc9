"""Phase I: requirements, use cases, the ranking, and whether the data are there."""

from ninefold.client.answers import CriterionState, Page, RequirementDetail, RequirementLine, UseCaseDetail, UseCaseLine
from ninefold.kernel.errors import NotFound
from ninefold.kernel.view import Facet, View
from ninefold.vocabulary.availability import Availability
from ninefold.vocabulary.criterion import ActionSpec, CriterionSpec, MetricSpec
from ninefold.vocabulary.ranking import Place, Ranking
from ninefold.vocabulary.requirement import RequirementIndex, Statement
from ninefold.vocabulary.use_case import DataNeeds, Scores, UseCaseIndex
from ninefold.workbench.api.operation import operation
from ninefold.workbench.api.paging import Cursor, Limit, part
from ninefold.workbench.desk import Desk

TAG = "Design"


@operation("GET", "/requirements", tag=TAG)
def requirements(desk: Desk, cursor: Cursor = "", limit: Limit = 100) -> Page[RequirementLine]:
    """List the requirements by id."""
    found = [f for f in desk.view.of_kind("index") if isinstance(f.body, RequirementIndex)]
    return part(found, lambda f: f.name, cursor, limit, _requirement_line)


def _requirement_line(facet: Facet) -> RequirementLine:
    i: RequirementIndex = facet.body
    return RequirementLine(i.id, i.title, i.type, i.owner, i.priority, facet.file, tuple(c.id for c in i.criteria))


@operation("GET", "/requirements/{id:str}", tag=TAG)
def requirement(desk: Desk, id: str) -> RequirementDetail:
    """Show a requirement: its statement, and each criterion with the tasks that judge it."""
    view = desk.view
    facet = view.facets.get(f"{id}#index")
    if facet is None or not isinstance(facet.body, RequirementIndex):
        raise NotFound(f"No requirement is called {id[:200]}.", hint="List them at /api/v1/requirements.")
    i = facet.body
    statement = view.facets.get(f"{id}#statement")
    text = statement.body.text if statement is not None and isinstance(statement.body, Statement) else ""
    verdicts = [n for n in desk.plan.statuses if n.startswith("verdict:")]
    criteria = tuple(c for place in i.criteria for c in _criterion(view, id, place.id, verdicts))
    return RequirementDetail(i.id, i.title, i.type, i.owner, i.priority, facet.file, text, i.links, criteria)


def _criterion(view: View, requirement: str, id: str, verdicts: list[str]) -> list[CriterionState]:
    metric, spec, action = (view.facets.get(f"{requirement}#{k}/{id}") for k in ("metric", "criterion", "action"))
    if metric is None or spec is None or action is None:
        return []
    m, s, a = metric.body, spec.body, action.body
    if not isinstance(m, MetricSpec) or not isinstance(s, CriterionSpec) or not isinstance(a, ActionSpec):
        return []
    judged = tuple(n for n in verdicts if n.endswith(f"/{requirement}/{id}"))
    return [CriterionState(id, m.where, m.metric, s.threshold, s.min_samples, s.slices, m.params, m.bound, a.then,
                           judged, m.faults)]  # fmt: skip


@operation("GET", "/use-cases", tag=TAG)
def use_cases(desk: Desk, cursor: Cursor = "", limit: Limit = 100) -> Page[UseCaseLine]:
    """List the use cases by id, each with its place in the ranking."""
    places = _places(desk)
    found = [f for f in desk.view.of_kind("index") if isinstance(f.body, UseCaseIndex)]
    return part(found, lambda f: f.name, cursor, limit, lambda f: _use_case_line(f, places))


def _use_case_line(facet: Facet, places: dict[str, Place]) -> UseCaseLine:
    u: UseCaseIndex = facet.body
    place = places.get(u.id)
    rank, first = (place.rank, place.first) if place else (None, None)
    return UseCaseLine(u.id, u.title, u.stage, u.owner, facet.file, rank, first)


def _ranking(desk: Desk) -> Ranking | None:
    plan = desk.plan
    last = plan["ranking"].last if "ranking" in plan else None
    return None if last is None or last.data is None else last.body(Ranking)


def _places(desk: Desk) -> dict[str, Place]:
    found = _ranking(desk)
    return {p.use_case: p for p in found.places} if found else {}


@operation("GET", "/use-cases/{id:str}", tag=TAG)
def use_case(desk: Desk, id: str) -> UseCaseDetail:
    """Show a use case: its scores with their ranges, its gates, its needs, and its place."""
    view = desk.view
    facet = view.facets.get(f"{id}#index")
    if facet is None or not isinstance(facet.body, UseCaseIndex):
        raise NotFound(f"No use case is called {id[:200]}.", hint="List them at /api/v1/use-cases.")
    u, scores, needs = facet.body, view.facets.get(f"{id}#scores"), view.facets.get(f"{id}#data_needs")
    known = scores.body if scores is not None and isinstance(scores.body, Scores) else Scores(id)
    asked = needs.body.needs if needs is not None and isinstance(needs.body, DataNeeds) else ()
    ranking = _ranking(desk)
    out = tuple(r for e in ranking.excluded if e.use_case == id for r in e.reasons) if ranking else ()
    return UseCaseDetail(
        u.id, u.title, u.stage, u.owner, facet.file, known.scores, known.gates, known.value,
        tuple(n.signal for n in asked), _places(desk).get(id), out,
    )  # fmt: skip


@operation("GET", "/ranking", tag=TAG)
def ranking(desk: Desk) -> Ranking:
    """Show the ranking of the use cases: the order, how stable it is, and the answer that would change it most."""
    return desk.session.ask("ranking").body(Ranking)


@operation("GET", "/availability", tag=TAG)
def availability(desk: Desk, cursor: Cursor = "", limit: Limit = 20) -> Page[Availability]:
    """List what is known of the data of each use case: a verdict for each need, what was measured, who must act."""
    found = [
        s.last for n, s in desk.plan.statuses.items()
        if n.startswith("availability:") and s.last is not None and s.last.data is not None
    ]  # fmt: skip
    return part(found, lambda r: str(r.plain["use_case"]), cursor, limit, lambda r: r.body(Availability))


@operation("GET", "/availability/{use_case:str}", tag=TAG)
def availability_of(desk: Desk, use_case: str) -> Availability:
    """Show the verdicts on the data needs of one use case."""
    return desk.session.ask(f"availability:{use_case}").body(Availability)


ROUTES = (requirements, requirement, use_cases, use_case, ranking, availability, availability_of)
