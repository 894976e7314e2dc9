"""The pages of use cases: the ranking with its stability, value against risk, and the sheet of one use case."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from ninefold.design.prioritisation.case import case_page
from ninefold.design.prioritisation.standing import Case, cases, ranking_of
from ninefold.kernel.plan import Plan
from ninefold.kernel.view import View
from ninefold.surface.blocks import Act, Block, Column, Empty, Facts, Field, Form, Go, Panel, Why
from ninefold.surface.cells import Measure, Noted, Ref, State
from ninefold.surface.charts.scatter import Spot, scatter
from ninefold.surface.page import Page
from ninefold.surface.table import Cell, Table
from ninefold.surface.words import Say, Text, told
from ninefold.vocabulary.ranking import Ranking, Unknown

__all__ = ["case_page", "new_page", "ranking_page"]

ROWS = 100  # of a page
_HOME = Ref("page", "use-cases", Say("layout.place-use-cases"))


def ranking_page(view: View, plan: Plan, start: int = 0, *, edits: bool = False) -> Page:
    """Return the use cases by rank, how stable the order is, and the answer that would change it most often."""
    ranking, fresh = ranking_of(plan)
    every = cases(view, ranking)
    new = Go(Say("use-cases.new"), Ref("page", "use-cases/new"), "main" if not every else "plain")
    if not every:
        empty = Empty(Say("use-cases.empty"), new if edits else None)
        return Page(Say("use-cases.title-none"), (Panel(Say("use-cases.list"), (empty,)),), place="use-cases")
    blocks: list[Block] = [_order(every, start), *_picture(every)]
    side: list[Block] = [*_lead(ranking, every)]
    if ranking is not None:
        side.append(Panel(Say("use-cases.open-scores"), (_unknowns(ranking),), end=Say("use-cases.open-how")))
        side.append(_weights(ranking))
    return Page(
        _title(ranking), (Column(tuple(blocks), 7), Column(tuple(side), 5)), subtitle=_sub(ranking),
        states=() if fresh else (State(plan["ranking"].state if "ranking" in plan else "missing"),),
        actions=_actions(new, fresh=fresh, edits=edits), place="use-cases",
    )  # fmt: skip


def _actions(new: Go, *, fresh: bool, edits: bool) -> tuple[Go | Act, ...]:
    run = Act(Say("use-cases.rank-again"), "run", (("task", "ranking"),), "main")
    return (*((new,) if edits else ()), *(() if fresh else (run,)))


def _title(ranking: Ranking | None) -> Text:
    if ranking is None or not ranking.places or ranking.stays_first is None:
        return Say("use-cases.title-unranked")
    return Say("use-cases.title", {"first": ranking.places[0].use_case, "share": f"{ranking.stays_first:.0%}"})


def _sub(ranking: Ranking | None) -> Text:
    if ranking is None or not ranking.places:
        return Say("use-cases.sub-unranked")
    firmness = f"{ranking.sheet.strength:g}"
    return Say("use-cases.sub", {"draws": ranking.sheet.draws, "seed": str(ranking.sheet.seed), "strength": firmness})


def _lead(ranking: Ranking | None, every: Sequence[Case]) -> Iterator[Block]:
    """Yield the sentences beside the order: the open score that matters most, the smallest change of a weight."""
    if ranking is None or not ranking.places:
        return
    owners = {c.head.id: c.head.owner for c in every}
    sentences: list[Block] = []
    if ranking.unknowns and ranking.unknowns[0].changes_order > 0:
        top = ranking.unknowns[0]
        go = Go(Say("use-cases.answer"), Ref("use-case", top.use_case, part="sheet"))
        sentences.append(
            Why(State("insufficient", Say("use-cases.open")), _asks(top), Say("use-cases.seek-first"),
                owners.get(top.use_case, ""), go)
        )  # fmt: skip
    if ranking.flip is not None:
        flip = ranking.flip
        code = "use-cases.flip-raise" if flip.needed >= flip.weight else "use-cases.flip-lower"
        values: dict[str, str | int | float] = {
            "criterion": flip.criterion, "weight": flip.weight, "needed": flip.needed, "other": flip.new_first,
        }  # fmt: skip
        sentences.append(Why(State("normal", Say("use-cases.stable")), Say(code, values), Say("use-cases.flip-note")))
    elif len(ranking.places) > 1:
        sentences.append(Why(State("normal", Say("use-cases.stable")), Say("use-cases.flip-none")))
    if sentences:
        yield Panel(Say("use-cases.stability"), tuple(sentences))


def _asks(of: Unknown) -> Say:
    values = {"criterion": of.criterion, "case": of.use_case, "range": _range(of)}
    return Say("use-cases.asks", {**values, "first": f"{of.changes_first:.1%}", "order": f"{of.changes_order:.1%}"})


def _range(of: Unknown) -> str:
    return f"{of.low:g} - {of.high:g}"


def _order(every: Sequence[Case], start: int) -> Panel:
    shown = every[start : start + ROWS]
    columns = tuple(Say(f"use-cases.{c}") for c in ("case", "rank", "score", "first", "mean-rank", "value", "owner"))
    more = f"/use-cases?from={start + ROWS}" if len(every) > start + ROWS else ""
    table = Table("", columns, tuple(_row(c) for c in shown), (Say("use-cases.rows", {"n": len(every)}),), "", more)
    return Panel(Say("use-cases.list"), (table,), end=Say("use-cases.anchors"))


def _row(of: Case) -> tuple[Cell, ...]:
    head = Noted(Ref("use-case", of.head.id, of.head.title or of.head.id), Say(f"use-cases.stage-{of.head.stage}"))
    if of.place is None:
        why: Cell = State("missing", Say("use-cases.not-ranked"))
        if of.excluded:
            why = Noted(State("blocked", Say("use-cases.kept-out")), "; ".join(of.excluded))
        return (head, None, why, None, None, _value(of), of.head.owner)
    p = of.place
    score = Noted(Measure(p.score), Say("use-cases.from-to", {"low": f"{p.low:.2f}", "high": f"{p.high:.2f}"}))
    first = Measure(100 * p.first, "%", 3)
    return (head, p.rank, score, first, Measure(p.mean_rank, "", 2), _value(of), of.head.owner)


def _value(of: Case) -> Cell:
    value = of.scores.value
    if value is None:
        return None
    low, high = (round(v) for v in value.per_year)
    return Say("use-cases.per-year", {"low": low, "high": high, "currency": value.currency})


def _picture(every: Sequence[Case]) -> Iterator[Block]:
    """Yield the drawing of value against risk, of those whose file says both."""
    spots = []
    for c in every:
        value, risk = c.scores.value, c.scores.scores.get("risk")
        if value is None or risk is None:
            continue
        low, high = (v / 1000 for v in value.per_year)
        href = f"/use-cases/{c.head.id}"
        middle = (risk.low + risk.high) / 2
        spots.append(
            Spot(c.head.title or c.head.id, middle, (low + high) / 2, (risk.low, risk.high), (low, high), "", href)
        )
    if spots:
        currency = next((c.scores.value.currency for c in every if c.scores.value), "")
        title, words = told("use-cases.picture"), told("use-cases.picture-words", n=len(spots))
        figure = scatter(
            "value-risk",
            title,
            words,
            spots,
            told("use-cases.axis-risk"),
            told("use-cases.axis-value", currency=currency),
            named=40,
        )
        named = Say("use-cases.picture")
        table = None if figure.table is None else msgspec.structs.replace(figure.table, title=named)
        yield Panel(named, (msgspec.structs.replace(figure, title=named, table=table),))


def _unknowns(ranking: Ranking) -> Table:
    rows = tuple(
        (
            Ref("use-case", u.use_case, part="sheet"), u.criterion, _range(u) if u.known else Say("use-cases.unknown"),
            Measure(100 * u.changes_first, "%", 2), Measure(100 * u.changes_order, "%", 2),
        )
        for u in ranking.unknowns
    )  # fmt: skip
    columns = tuple(Say(f"use-cases.{c}") for c in ("case", "criterion", "range", "changes-first", "changes-order"))
    return Table(Say("use-cases.open-scores"), columns, rows, (), Say("use-cases.no-open"))


def _weights(ranking: Ranking) -> Panel:
    total = sum(c.weight for c in ranking.sheet.criteria.values()) or 1.0
    items: tuple[tuple[Text, Cell, Text], ...] = tuple(
        (name, Measure(100 * c.weight / total, "%"), Say(f"use-cases.sense-{c.sense}"))
        for name, c in ranking.sheet.criteria.items()
    )
    return Panel(Say("use-cases.weights"), (Facts("", items),))


def new_page(values: Mapping[str, str], problems: Mapping[str, Text]) -> Page:
    """Return the form for a new use case; the file begins as a template that is valid."""
    fields = tuple(
        Field(
            n, Say(f"use-cases.new-{n}"), "text", values.get(n, ""), required=n == "name",
            hint=Say(f"use-cases.new-{n}-hint"), problem=problems.get(n, ""),
        )
        for n in ("name", "title", "owner")
    )  # fmt: skip
    form = Form(
        Say("use-cases.new"), "use-cases/new", fields, Say("use-cases.create"), note=Say("use-cases.new-note"),
        problem=problems.get("", ""),
    )  # fmt: skip
    panel = Panel(Say("use-cases.new"), (form,), span=8)
    return Page(Say("use-cases.new"), (panel,), crumbs=(_HOME,), place="use-cases")
