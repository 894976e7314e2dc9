"""The matrix: each criterion by the places that enforce it, with the verdict that stands there now."""

from collections.abc import Sequence

from ninefold.design.requirements.item import limit_of
from ninefold.design.requirements.listing import ROWS, indexes
from ninefold.design.requirements.standing import COUNTED, Standing, judged, standings, worst
from ninefold.kernel.plan import Plan
from ninefold.kernel.view import View
from ninefold.surface.blocks import Empty, Go, Panel
from ninefold.surface.cells import Noted, Ref, State
from ninefold.surface.page import Page
from ninefold.surface.table import Cell, Table
from ninefold.surface.words import Say, quote
from ninefold.vocabulary.criterion import Criterion, CriterionSpec, MetricSpec, Where
from ninefold.vocabulary.requirement import CriterionPlace, RequirementIndex

PLACES: tuple[Where, ...] = ("data", "validation", "deployment", "shadow", "runtime")


def matrix_page(view: View, plan: Plan, start: int = 0) -> Page:
    """Return a hundred criteria from a row on."""
    every = [(r, c) for r in indexes(view) for c in r.criteria]
    bare = sum(not r.criteria for r in indexes(view))
    shown = every[start : start + ROWS]
    stand = standings(view, plan)
    rows = tuple(_row(view, r, c, [s for s in stand.get(r.id, []) if s.criterion == c.id]) for r, c in shown)
    columns = (
        Say("requirements.criterion"), Say("requirements.requirement"),
        *(Say(f"requirements.where-{p}") for p in PLACES),
    )  # fmt: skip
    more = f"/requirements/matrix?from={start + ROWS}" if len(every) > start + ROWS else ""
    notes = (Say("requirements.bare-n", {"n": bare}),) if bare else ()
    table = Table("", columns, rows, notes, Say("requirements.empty"), more)
    new = Go(Say("requirements.new"), Ref("page", "requirements/new"))
    block = table if every else Empty(Say("requirements.empty"), new)
    held = [[s for s in judged(stand.get(r.id, [])) if s.criterion == c.id] for r, c in every]
    passing = sum(worst(s.state for s in found) == "pass" for found in held)
    return Page(
        Say("requirements.title-matrix", {"n": passing, "all": len(every)}),
        (Panel(Say("requirements.matrix"), (block,), end=Say("requirements.matrix-how")),),
        crumbs=(Ref("page", "requirements", Say("layout.place-requirements")),), place="requirements",
    )  # fmt: skip


def _row(view: View, of: RequirementIndex, place: CriterionPlace, stand: Sequence[Standing]) -> tuple[Cell, ...]:
    spec = view.facets[f"{of.id}#criterion/{place.id}"].body
    metric = view.facets[f"{of.id}#metric/{place.id}"].body
    limit = _limit(spec, metric)
    cells = tuple(_cell(p, place, [s for s in stand if s.where == p]) for p in PLACES)
    head = Noted(Ref("requirement", of.id, f"{place.id} {limit}", part="criteria"), metric.metric)
    return (head, Ref("requirement", of.id, of.title), *cells)


def _limit(spec: CriterionSpec, metric: MetricSpec) -> str:
    return limit_of(Criterion(spec.criterion, metric.where, metric.metric, spec.threshold, metric.params))


def _cell(place: Where, of: CriterionPlace, here: Sequence[Standing]) -> Cell:
    if not here:
        return State("idle", Say("requirements.demanded")) if place in of.where else None
    state = worst(s.state for s in here)
    first = next(s for s in here if s.state == state)
    if place == "data":
        return Noted(State(COUNTED.get(state, state)), quote(first.reason))
    return Noted(State(state), first.of if len(here) == 1 else Say("requirements.and-more", {"n": len(here)}))
