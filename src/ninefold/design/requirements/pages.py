"""The pages of requirements: list, matrix, diagram, one requirement with its forms, a new one."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from ninefold.design.requirements.bindings import bound_panel, trail_panel
from ninefold.design.requirements.drawn import requirement_graph
from ninefold.design.requirements.editing import values_of, wording_of
from ninefold.design.requirements.files import RequirementFile, read_requirement
from ninefold.design.requirements.item import criteria_panel, faults_of, limit_of, statement_panel, unit_of
from ninefold.design.requirements.listing import list_page
from ninefold.design.requirements.matrix import matrix_page
from ninefold.design.requirements.standing import judged, standings, worst
from ninefold.kernel.documents import parse_front_matter
from ninefold.kernel.plan import Plan
from ninefold.kernel.view import View
from ninefold.surface.blocks import Block, Column, Field, FieldKind, Form, Go, Panel
from ninefold.surface.cells import Ref, State
from ninefold.surface.page import Page
from ninefold.surface.words import Say, Text
from ninefold.vocabulary.criterion import Criterion

__all__ = ["Filled", "criterion_form", "diagram_page", "item_page", "list_page", "matrix_page", "new_page"]

_HOME = Ref("page", "requirements", Say("layout.place-requirements"))


_KINDS: Mapping[str, FieldKind] = {"statement": "area", "priority": "select"}


class Filled(msgspec.Struct, frozen=True):
    """A form as it was sent: values and problems by field, the file's ETag, and what saving it would do."""

    etag: str
    values: Mapping[str, str] = {}
    problems: Mapping[str, Text] = {}
    impact: tuple[Block, ...] = ()


def item_page(
    view: View, plan: Plan, id: str, text: str, *, criterion: str = "", filled: Filled | None = None,
    history: Sequence[Block] = (), edits: bool = False, words: bool = False,
) -> Page:  # fmt: skip
    """Return one requirement. `criterion` or `words` chooses what the form at the side changes."""
    file = view.facets[f"{id}#index"].file
    read, body = read_requirement(text, file), parse_front_matter(text, file)[1]
    stand = standings(view, plan).get(id, [])
    side: list[Block] = []
    if edits and filled is not None:
        side += _forms(read, criterion, filled, words=words)
    main = (statement_panel(view, read, body), criteria_panel(read, stand, edits), *history)
    blocks = (Column(main, 8), Column((*side, bound_panel(plan, id)), 4), trail_panel(view, plan, id))
    held = judged(stand)
    state = worst(s.state for s in held)
    return Page(
        read.requirement.title, blocks, subtitle=_sub(read), states=_chip(state, bool(held)),
        actions=_actions(id, file, edits=edits), crumbs=(_HOME,), place="requirements",
    )  # fmt: skip


def _sub(read: RequirementFile) -> Text:
    of = read.requirement
    links = ", ".join(f"{link.role} {link.to}" for link in of.links) or "-"
    values: dict[str, str | int | float] = {
        "id": of.id,
        "type": of.type,
        "priority": of.priority,
        "owner": of.owner,
        "links": links,
    }
    return Say("requirements.sub-item", values)


def _chip(state: str, judged: bool) -> tuple[State, ...]:
    if not judged:
        return (State("idle", Say("requirements.not-judged")),)
    return (State("pass", Say("requirements.holds")),) if state == "pass" else (State(state),)  # type: ignore[arg-type]  # worst returns a StateName


def _actions(id: str, file: str, *, edits: bool) -> tuple[Go, ...]:
    if not edits:
        return (Go(Say("requirements.read-file"), Ref("file", file)),)
    return (
        Go(Say("requirements.change-words"), Ref("requirement", f"{id}/wording")),
        Go(Say("requirements.open-editor"), Ref("file", file)),
    )


def _forms(read: RequirementFile, criterion: str, filled: Filled, *, words: bool) -> Iterator[Block]:
    """Yield the form that is asked for, with what saving would do below it."""
    if words:
        title: Text = Say("requirements.change-words")
        form = wording_form(read, filled)
    else:
        of = next((c for c in read.requirement.criteria if c.id == criterion), None)
        if of is None:
            return
        title = Say("requirements.change", {"criterion": of.id})
        form = criterion_form(read.requirement.id, of, filled)
    yield Panel(title, (form, *filled.impact), end=Say("requirements.not-saved"), name="change")


def criterion_form(id: str, of: Criterion, filled: Filled) -> Form:
    """Return the form that changes threshold, level of the bound, samples that are needed, and size of the faults."""
    now = values_of(of)
    labels = {
        "value": Say("requirements.at-least" if of.threshold.op == ">=" else "requirements.at-most"),
        "level": Say(f"requirements.level-{of.bound.side}" if of.bound else "requirements.level"),
        "min_samples": Say("requirements.min-samples"),
        "size": Say("requirements.fault-size"),
    }
    hints = {"size": Say("requirements.fault-hint", {"faults": faults_of(of.faults)})} if of.faults else {}
    fields = [
        Field(
            name, labels[name], "number", filled.values.get(name, value), problem=filled.problems.get(name, ""),
            required=True, unit=unit_of(of) if name == "value" else "", hint=hints.get(name, ""),
        )
        for name, value in now.items()
    ]  # fmt: skip
    action = f"requirements/{id}/criteria/{of.id}"
    return Form(
        Say("requirements.change", {"criterion": of.id}), action, (*fields, *_rest(now, filled)),
        Say("requirements.save"), note=Say("requirements.writes", {"file": f"{id}.md", "limit": limit_of(of)}),
        problem=filled.problems.get("", ""), preview=f"{action}/preview",
    )  # fmt: skip


def wording_form(read: RequirementFile, filled: Filled) -> Form:
    """Return the form that changes the words of a requirement: its sentence, title, owner and priority."""
    of = read.requirement
    now = wording_of(of, read.statement)
    options = tuple((p, Say(f"requirements.priority-{p}")) for p in ("must", "should", "could"))
    fields = tuple(
        Field(
            name, Say(f"requirements.{'new-title' if name == 'title' else name}"), _KINDS.get(name, "text"),
            filled.values.get(name, value), options if name == "priority" else (),
            problem=filled.problems.get(name, ""), required=True,
        )
        for name, value in now.items()
    )  # fmt: skip
    action = f"requirements/{of.id}/wording"
    return Form(
        Say("requirements.change-words"), action, (*fields, *_rest(now, filled)), Say("requirements.save"),
        problem=filled.problems.get("", ""), preview=f"{action}/preview",
    )  # fmt: skip


def _rest(now: Mapping[str, str], filled: Filled) -> tuple[Field, ...]:
    """Return the reason, and hidden: what the fields held when the page was drawn, and the file's ETag."""
    was = tuple(Field(f"was-{n}", "", "hidden", filled.values.get(f"was-{n}", value)) for n, value in now.items())
    reason = Field(
        "reason", Say("requirements.reason"), "area", filled.values.get("reason", ""),
        problem=filled.problems.get("reason", ""), hint=Say("requirements.reason-hint"),
    )  # fmt: skip
    return (reason, *was, Field("etag", "", "hidden", filled.etag))


def diagram_page(view: View, plan: Plan) -> Page:
    """Return the drawing of requirements and use cases with their links."""
    figure = requirement_graph(view, plan)
    named = Say("requirements.title-diagram")
    table = None if figure.table is None else msgspec.structs.replace(figure.table, title=named)
    figure = msgspec.structs.replace(figure, title=named, table=table)
    return Page(
        Say("requirements.title-diagram"), (), (figure,), subtitle=figure.description, crumbs=(_HOME,),
        place="requirements",
    )  # fmt: skip


def new_page(values: Mapping[str, str], problems: Mapping[str, Text]) -> Page:
    """Return the form for a new requirement; the file begins as a template that is valid."""
    fields = tuple(
        Field(
            n, Say(f"requirements.new-{n}"), "text", values.get(n, ""), required=n == "name",
            hint=Say(f"requirements.new-{n}-hint"), problem=problems.get(n, ""),
        )
        for n in ("name", "title", "owner")
    )  # fmt: skip
    form = Form(
        Say("requirements.new"), "requirements/new", fields, Say("requirements.create"),
        note=Say("requirements.new-note"), problem=problems.get("", ""),
    )  # fmt: skip
    return Page(
        Say("requirements.new"), (Panel(Say("requirements.new"), (form,), span=8),), crumbs=(_HOME,),
        place="requirements",
    )  # fmt: skip
