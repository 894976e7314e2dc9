"""The use cases as their files have them, and the ranking that is known of them, read off a view and a plan."""

from collections.abc import Mapping
from typing import NamedTuple

from ninefold.design.prioritisation.sheet import DEFAULT, SHEET
from ninefold.kernel.plan import Plan
from ninefold.kernel.view import Facet, View
from ninefold.vocabulary.ranking import Place, Ranking, Sheet
from ninefold.vocabulary.use_case import DataNeeds, Score, Scores, UseCaseIndex


class Case(NamedTuple):
    """One use case: what its file says of it, and its place in the ranking if it has one."""

    head: UseCaseIndex
    scores: Scores
    needs: DataNeeds
    place: Place | None
    excluded: tuple[str, ...]  # why a gate keeps it out


def ranking_of(plan: Plan) -> tuple[Ranking | None, bool]:
    """Return the ranking, or what it last was, and whether it is fresh."""
    if "ranking" not in plan or plan["ranking"].last is None or plan["ranking"].last.data is None:
        return None, False
    return plan["ranking"].last.body(Ranking), plan["ranking"].state == "fresh"


def sheet_of(view: View) -> Sheet:
    """Return the sheet that use cases are scored on."""
    facet = view.facets.get(SHEET)
    return facet.body if facet is not None and isinstance(facet.body, Sheet) else DEFAULT


def cases(view: View, ranking: Ranking | None) -> list[Case]:
    """Return the use cases: the ranked ones by rank, then the rest by id."""
    places = {p.use_case: p for p in ranking.places} if ranking else {}
    out = {e.use_case: e.reasons for e in ranking.excluded} if ranking else {}
    found = [_case(view, f.name.removesuffix("#scores"), places, out) for f in _scores(view)]
    return sorted(found, key=lambda c: (c.place.rank if c.place else 10**9, c.head.id))


def _scores(view: View) -> list[Facet]:
    return [f for f in view.facets.values() if f.kind == "scores" and isinstance(f.body, Scores)]


def _case(view: View, id: str, places: Mapping[str, Place], out: Mapping[str, tuple[str, ...]]) -> Case:
    head, scores, needs = (view.facets[f"{id}#{part}"].body for part in ("index", "scores", "data_needs"))
    return Case(head, scores, needs, places.get(id), out.get(id, ()))


def typed(score: Score) -> str:
    """Return a score as a person types it: 3, 1 to 4, unknown."""
    if not score.known:
        return "unknown"
    return f"{score.low:g}" if score.low == score.high else f"{score.low:g} - {score.high:g}"
