"""Pages of step 4: recipes with their steps, label and profile, and the dataset versions that they read."""

from typing import TypeVar

from ninefold.development.data.files import recipe_of
from ninefold.development.data.showing.columns import ROWS, column_panel, profile_panel
from ninefold.development.data.showing.dataset import dataset_page, sets_panel, version_of
from ninefold.development.data.showing.recipe import in_words, label_panel, pipeline, steps_panel
from ninefold.kernel.errors import NotFound
from ninefold.kernel.plan import Plan, Status
from ninefold.kernel.view import View
from ninefold.recipes import Recipe
from ninefold.surface.blocks import Act, Block, Column, Empty, Facts, Go, Panel, Why
from ninefold.surface.cells import Measure, Noted, Ref, State
from ninefold.surface.page import Page
from ninefold.surface.session import Session
from ninefold.surface.table import Cell, Table
from ninefold.surface.words import Language, Say, Text
from ninefold.vocabulary.features import Features, Labels, ParityCertificate
from ninefold.vocabulary.profile import Profile

__all__ = ["dataset_page", "recipe_page", "recipes_page"]
T = TypeVar("T")


def recipes_page(view: View, plan: Plan, start: int = 0) -> Page:
    """Return every recipe with what it made, and every dataset version, from a row on."""
    names = _names(view)
    rows = tuple(_listed(view, plan, n) for n in names[start : start + ROWS])
    columns = tuple(Say(f"recipes.{c}") for c in ("recipe", "state", "inputs", "features", "rows", "label", "parity"))
    more = f"/data/recipes?from={start + ROWS}" if len(names) > start + ROWS else ""
    body: Block = Table("", columns, rows, more=more)
    if not names:
        body = Empty(Say("recipes.empty"), Go(Say("recipes.to-data"), Ref("page", "data"), "main"))
    title = Say("recipes.title-list", {"n": len(names)}) if names else Say("recipes.title-none")
    panels = (Panel(Say("recipes.list"), (body,)), *sets_panel(plan))
    return Page(title, panels, subtitle=Say("recipes.sub-list"), place="recipes")


def _names(view: View) -> list[str]:
    return [f.name.removeprefix("recipe:").removesuffix("#features") for f in view.of_kind("recipe")]


def _listed(view: View, plan: Plan, name: str) -> tuple[Cell, ...]:
    recipe = _recipe(view, name)
    made, parity = _body(plan, f"features:{name}", Features), _body(plan, f"parity:{name}", ParityCertificate)
    status = _blocker(plan, name)
    state = State("fresh") if status is None else State(status.state)
    reason: Text = "" if status is None else f"{status.name}: {status.reason or status.state}"
    return (
        Ref("recipe", name), Noted(state, reason) if reason else state, ", ".join(recipe.inputs.values()),
        None if made is None else len(made.features), None if made is None else made.rows,
        in_words(recipe.label) if recipe.label else Say("recipes.no-label"), _parity_state(parity),
    )  # fmt: skip


def _parity_state(parity: ParityCertificate | None) -> State:
    if parity is None:
        return State("missing")
    return State("pass", Say("recipes.equal")) if parity.equal else State("failed", Say("recipes.differs"))


def recipe_page(
    session: Session, name: str, language: Language = "en", *, start: int = 0, words: str = "", column: str = ""
) -> Page:
    """Return one recipe; `column` names a column to be shown in full.

    Raises:
        NotFound: there is no such recipe, or no such column.
    """
    view, plan = session.stand()
    if name not in _names(view):
        known = ", ".join(_names(view)[:20]) or "none"
        raise NotFound(f"No recipe is called {name[:80]!r}.", hint=f"Use one of: {known}.")
    recipe = _recipe(view, name)
    made, labels = _body(plan, f"features:{name}", Features), _body(plan, f"labels:{name}", Labels)
    spread, units = _body(plan, f"profile:{name}", Profile), _units(plan, recipe)
    blocks: list[Block] = [_lead(plan, name)]
    if column:
        chosen = None if spread is None else spread.column(column)
        if chosen is None or spread is None:
            raise NotFound(f"The recipe {name} has no column {column[:80]!r}.", hint="Choose one of its profile.")
        blocks.append(column_panel(chosen, spread.rows, units.get(column, ""), language))
    blocks += [
        Panel(Say("recipes.pipeline"), (pipeline(name, plan, language),)), steps_panel(recipe),
        Column((label_panel(recipe.label, labels),), 6),
        Column((_parity_panel(_body(plan, f"parity:{name}", ParityCertificate)), _inputs_panel(recipe)), 6),
    ]  # fmt: skip
    page = f"data/recipes/{name}"
    blocks.append(
        profile_panel(page, spread, units, start, words)
        if spread
        else Panel(Say("recipes.profile"), (Empty(Say("recipes.no-profile")),))
    )
    values: dict[str, str | int | float] = {"name": name}
    title = Say("recipes.title-unmade", values)
    if made is not None:
        title = Say("recipes.title", {**values, "n": len(made.features), "rows": made.rows, "assets": len(made.assets)})
    return Page(
        title, tuple(blocks), place="recipes", crumbs=(Ref("page", "data/recipes", Say("recipes.recipes")),),
        actions=(Go(Say("recipes.to-file"), Ref("file", view.facets[f"recipe:{name}#features"].file)),),
    )  # fmt: skip


def _recipe(view: View, name: str) -> Recipe:
    label = view.facets.get(f"recipe:{name}#label")
    inputs, features = view.facets[f"recipe:{name}#inputs"].body, view.facets[f"recipe:{name}#features"].body
    return recipe_of(inputs, features, None if label is None else label.body)


def _units(plan: Plan, recipe: Recipe) -> dict[str, str]:
    """Return the units of the columns that a recipe takes over as they are."""
    found = version_of(plan, f"dataset:{recipe.inputs[recipe.rows].partition(':')[2]}")
    return {} if found is None else {c.name: c.unit for c in found.columns}


def _inputs_panel(recipe: Recipe) -> Panel:
    facts: list[tuple[Text, Cell, Text]] = [
        (name, Ref("dataset", reference.partition(":")[2]), Say("recipes.is-rows") if name == recipe.rows else "")
        for name, reference in recipe.inputs.items()
    ]
    keys = recipe.keys
    facts.append((Say("recipes.keys"), ", ".join(k for k in (keys.entity, keys.time, keys.frame) if k), ""))
    facts += [(Say("recipes.table"), name, f"{len(values)}") for name, values in recipe.tables.items()]
    return Panel(Say("recipes.inputs"), (Facts("", tuple(facts)),))


def _parity_panel(found: ParityCertificate | None) -> Panel:
    if found is None:
        return Panel(Say("recipes.parity"), (Empty(Say("recipes.no-parity")),))
    columns = tuple(Say(f"recipes.{c}") for c in ("engine", "state", "rows", "largest", "where"))
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (c.engine, State("pass", Say("recipes.equal")) if c.equal else State("failed", Say("recipes.differs")), c.rows,
         Measure(c.largest, digits=2), Noted(c.column, "; ".join(c.differences[:3])) if c.differences else c.column)
        for c in found.checks
    )  # fmt: skip
    note = Say(
        "recipes.parity-note",
        {"used": found.rows_in, "all": found.rows_of, "cuts": found.cuts, "tolerance": found.tolerance},
    )
    return Panel(
        Say("recipes.parity"),
        (Table("", columns, rows, (note,)),),
        Say("recipes.parity-end", {"engine": found.reference}),
    )


def _lead(plan: Plan, name: str) -> Why:
    status = _blocker(plan, name)
    if status is None:
        return Why(State("fresh"), Say("recipes.fresh"), action=Go(Say("recipes.to-models"), Ref("page", "models")))
    why = Say("recipes.waits-for", {"task": status.name, "why": status.reason or status.state})
    return Why(State(status.state), why, action=_step(plan, status, name))


def _step(plan: Plan, status: Status, name: str) -> Go | Act:
    """Return what helps: to run the recipe, or to look at what keeps it."""
    if status.state == "blocked":
        return Go(Say("recipes.open-task"), Ref("task", status.name), "main")
    tasks = "\n".join(t for kind in ("profile", "parity", "labels") if (t := f"{kind}:{name}") in plan)
    return Act(Say("recipes.run"), "run", (("tasks", tasks),), "main")


def _blocker(plan: Plan, name: str) -> Status | None:
    """Return the first task of a recipe, or before it, that is not fresh."""
    before = plan.before([f"{kind}:{name}" for kind in ("features", "labels", "profile", "parity")])
    behind = [s for s in plan.statuses.values() if s.name in before and s.state != "fresh"]
    return next((s for s in behind if not s.waits), behind[0] if behind else None)


def _body(plan: Plan, task: str, type_: type[T]) -> T | None:
    record = plan[task].last if task in plan else None
    return None if record is None or record.data is None else record.body(type_)
