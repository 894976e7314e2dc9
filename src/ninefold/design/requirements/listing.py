"""The list of requirements: the worst first to be seen, searched by words, a hundred a page."""

from collections.abc import Iterator, Sequence

from ninefold.design.requirements.lint import lint_now
from ninefold.design.requirements.standing import Standing, judged, standings, worst
from ninefold.kernel.plan import Plan
from ninefold.kernel.view import View
from ninefold.surface.blocks import Empty, Field, Form, Go, Panel
from ninefold.surface.cells import Noted, Ref, State
from ninefold.surface.page import Page
from ninefold.surface.table import Cell, Table
from ninefold.surface.words import Say, Text
from ninefold.vocabulary.requirement import RequirementIndex

ROWS = 100  # of a page


def list_page(view: View, plan: Plan, words: str = "", start: int = 0, *, edits: bool = False) -> Page:
    """Return the requirements whose id, title or owner hold all words, from a row on."""
    every = indexes(view)
    found = [r for r in every if _holds(r, words.casefold().split())]
    stand = {id: judged(found) for id, found in standings(view, plan).items()}
    shown = found[start : start + ROWS]
    more = f"/requirements?q={_quoted(words)}&from={start + ROWS}" if len(found) > start + ROWS else ""
    rows = tuple(_row(view, r, stand.get(r.id, [])) for r in shown)
    columns = tuple(Say(f"requirements.{c}") for c in ("requirement", "owner", "priority", "criteria", "state", "lint"))
    table = Table("", columns, rows, _note(len(every), len(found), start, len(shown)), Say("requirements.none"), more)
    new = Go(Say("requirements.new"), Ref("page", "requirements/new"), "main")
    blocks = (_find(words), table) if every else (Empty(Say("requirements.empty"), new if edits else None),)
    states = [worst(s.state for s in stand.get(r.id, [])) for r in every]
    return Page(
        _title(len(every), states.count("pass"), sum(s in {"failed", "blocked"} for s in states)),
        (*_broken(view), Panel(Say("requirements.list"), blocks)), subtitle=Say("requirements.sub"),
        actions=(
            Go(Say("requirements.matrix"), Ref("page", "requirements/matrix")),
            Go(Say("requirements.diagram"), Ref("page", "requirements/diagram")),
            *((new,) if edits and every else ()),
        ), place="requirements",
    )  # fmt: skip


def indexes(view: View) -> list[RequirementIndex]:
    """Return every requirement by its id."""
    found = [f.body for f in view.facets.values() if f.kind == "index" and isinstance(f.body, RequirementIndex)]
    return sorted(found, key=lambda r: r.id)


def _title(every: int, passing: int, failing: int) -> Text:
    if not every:
        return Say("requirements.title-none")
    if failing:
        return Say("requirements.title-failing", {"n": failing, "all": every})
    return Say("requirements.title", {"n": passing, "all": every})


def _holds(of: RequirementIndex, wanted: Sequence[str]) -> bool:
    text = f"{of.id} {of.title} {of.owner}".casefold()
    return all(w in text for w in wanted)


def _row(view: View, of: RequirementIndex, stand: Sequence[Standing]) -> tuple[Cell, ...]:
    findings = lint_now(view.facets, of.id).findings
    state = worst(s.state for s in stand)
    told = State(state, Say("requirements.not-judged") if state == "idle" else "")
    said: Cell = told
    failing = next((s for s in stand if s.state == state and state != "pass"), None)
    if failing is not None:
        said = Noted(told, Say("requirements.at", {"criterion": failing.criterion, "of": failing.of}))
    lint: Cell = State("insufficient", Say("requirements.findings", {"n": len(findings)})) if findings else None
    return (
        Noted(Ref("requirement", of.id, of.title), of.id), of.owner, Say(f"requirements.priority-{of.priority}"),
        len(of.criteria), said, lint,
    )  # fmt: skip


def _note(every: int, found: int, start: int, shown: int) -> tuple[Text, ...]:
    if not shown:
        return ()
    return (Say("requirements.rows", {"first": start + 1, "last": start + shown, "found": found, "all": every}),)


def _find(words: str) -> Form:
    fields = (Field("q", Say("requirements.search"), value=words),)
    label = Say("requirements.find")
    return Form(label, "requirements", fields, label, role="viewer", weight="plain", asks=True)


def _broken(view: View) -> Iterator[Panel]:
    """Yield the files that give no requirement because of what is wrong in them."""
    problems = [p for p in view.problems if p.file.startswith("requirements/")][:ROWS]
    if problems:
        rows = tuple((Ref("file", p.file), p.line, p.field, p.message, p.hint) for p in problems)
        columns = tuple(Say(f"requirements.{c}") for c in ("file", "line", "field", "problem", "next"))
        yield Panel(Say("requirements.problems"), (Table("", columns, rows),))


def _quoted(words: str) -> str:
    from urllib.parse import quote

    return quote(words)
