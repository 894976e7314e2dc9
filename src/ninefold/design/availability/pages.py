"""The pages of data: every need with its verdict, one use case with its gap map and labels, connections and tests."""

from collections.abc import Iterator, Mapping

from ninefold.design.availability.connecting import connection_page, connections_panel, new_connection_page
from ninefold.design.availability.mapped import NOTHING, Happened, gap_maps
from ninefold.design.availability.needed import (
    COLUMNS,
    bound_rows,
    checked,
    findings_table,
    label_rows,
    labels_of,
    need_row,
    needs_of,
    owner_of,
    use_cases,
)
from ninefold.kernel.clock import iso
from ninefold.kernel.errors import NotFound
from ninefold.kernel.plan import Plan
from ninefold.kernel.view import View
from ninefold.surface.blocks import Act, Block, Column, Empty, Go, Panel, Why
from ninefold.surface.cells import Ref, State
from ninefold.surface.page import Page
from ninefold.surface.table import Table
from ninefold.surface.words import Quote, Say, Text, quote
from ninefold.vocabulary.availability import Availability, NeedVerdict

__all__ = ["connection_page", "data_page", "need_page", "new_connection_page"]

ROWS = 100  # of a page
_ORDER = ("missing", "partial", "", "available")
_HOME = Ref("page", "data", Say("layout.place-data"))


def data_page(view: View, plan: Plan, start: int = 0, *, edits: bool = False) -> Page:
    """Return every need of every use case, who must act first, and the connections."""
    cases = use_cases(view)
    found = {c: checked(plan, c) for c in cases}
    rows = [(c, n, _verdict(found[c], n.signal, n.kind)) for c in cases for n in needs_of(view, c)]
    rows.sort(key=lambda row: _ORDER.index(row[2].verdict) if row[2] else 2)  # what somebody must do comes first
    met = sum(v is not None and v.verdict == "available" for _, _, v in rows)
    shown = rows[start : start + ROWS]
    table = Table(
        "", (Say("data.case"), *(Say(f"data.{c}") for c in COLUMNS)),
        tuple((Ref("need", c, _name(view, c)), *need_row(view, n, v)) for c, n, v in shown),
        (Say("data.inside"),), Say("data.empty"), f"/data?from={start + ROWS}" if len(rows) > start + ROWS else "",
    )  # fmt: skip
    needs = Panel(
        Say("data.needs"), (*_first(found), table if rows else _empty(view, edits=edits)), end=Say("data.how")
    )
    title = Say("data.title", {"n": met, "all": len(rows)}) if rows else Say("data.title-none")
    names = [n for c in cases if (n := f"availability:{c}") in plan]
    stale = tuple(n for n in names if plan[n].state != "fresh")
    check = (Act(Say("data.check"), "run", (("tasks", "\n".join(stale)),), "main"),) if stale else ()
    return Page(
        title, (needs, connections_panel(view, found, edits=edits)), subtitle=Say("data.sub", {"n": len(cases)}),
        actions=check, place="data",
    )  # fmt: skip


def need_page(view: View, plan: Plan, use_case: str, happened: Happened = NOTHING) -> Page:
    """Return the data of one use case; `happened` is what its gap maps show besides the data.

    Raises:
        NotFound: there is no such use case.
    """
    if f"{use_case}#data_needs" not in view.facets:
        hint = "Look for it in the list of use cases."
        raise NotFound(f"No use case is called {use_case[:80]!r}, or its file has problems.", hint=hint)
    found, needs = checked(plan, use_case), needs_of(view, use_case)
    told = {(v.signal, v.kind): v for v in found.needs} if found else {}
    rows = tuple(need_row(view, n, told.get((n.signal, n.kind))) for n in needs)
    columns = tuple(Say(f"data.{c}") for c in COLUMNS)
    table = Table("", columns, rows, (Say("data.inside"),), Say("data.no-needs"))
    top = Panel(Say("data.needs"), (*_first({use_case: found}), table), end=Say("data.how"))
    name = f"availability:{use_case}"
    state = plan[name].state if name in plan else "missing"
    met = sum(v.verdict == "available" for v in told.values())
    side = (*_labels(plan, use_case, found),)
    maps = tuple(gap_maps(view, found, happened))
    blocks: list[Block] = [top]
    if maps or side:
        blocks += [Column(maps, 8 if side else 12), *([Column(side, 4)] if side else [])]
    if found is not None:
        blocks.append(Panel(Say("data.findings"), (findings_table(found),)))
    values: dict[str, str | int | float] = {"case": _name(view, use_case), "n": met, "all": len(needs)}
    return Page(
        Say("data.title-case", values), tuple(blocks), subtitle=_when(found, state),
        states=(State(found.verdict),) if found else (State("missing", Say("data.not-checked")),),
        actions=(
            Go(Say("data.open-case"), Ref("use-case", use_case)),
            Act(Say("data.check"), "run", (("task", name),), "main" if state != "fresh" else "plain"),
        ), crumbs=(_HOME,), place="data",
    )  # fmt: skip


def _verdict(found: Availability | None, signal: str, kind: str) -> NeedVerdict | None:
    return next((v for v in found.needs if (v.signal, v.kind) == (signal, kind)), None) if found else None


def _name(view: View, use_case: str) -> str:
    facet = view.facets.get(f"{use_case}#index")
    return str(getattr(facet.body, "title", "") or use_case) if facet is not None else use_case


def _when(found: Availability | None, state: str) -> Text:
    if found is None:
        return Say("data.never")
    day = iso(found.now)[:10]
    return Say("data.checked" if state == "fresh" else "data.checked-stale", {"day": day})


def _first(found: Mapping[str, Availability | None]) -> Iterator[Why]:
    """Yield the worst need as one sentence: state, reason, owner, what to do."""
    order = ("missing", "partial")
    bad = [(c, v) for c, a in found.items() if a for v in a.needs if v.verdict in order]
    bad.sort(key=lambda pair: order.index(pair[1].verdict))
    for case, verdict in bad[:1]:
        said = Say("data.why", {"signal": verdict.signal, "reason": Quote(verdict.reason)})
        yield Why(
            State(verdict.verdict),
            said,
            quote(verdict.action),
            owner_of(verdict.owner),
            Go(Say("data.open"), Ref("need", case)),
        )


def _empty(view: View, *, edits: bool) -> Block:
    cases = sorted(f.name.removesuffix("#index") for f in view.of_kind("index") if f.name.startswith("UC-"))
    if cases:
        return Empty(Say("data.empty-needs"), Go(Say("data.open-case"), Ref("use-case", cases[0])))
    return Empty(Say("data.empty"), Go(Say("use-cases.new"), Ref("page", "use-cases/new")) if edits else None)


def _labels(plan: Plan, use_case: str, found: Availability | None) -> Iterator[Panel]:
    needed = labels_of(plan, use_case)
    rows = tuple(label_rows(found, needed)) if found else ()
    if rows:
        columns = tuple(Say(f"data.{c}") for c in ("event", "there", "wants", "enough", "on"))
        yield Panel(Say("data.labels"), (Table(Say("data.labels"), columns, rows),))
    bounds = tuple(bound_rows(needed))
    if bounds:
        columns = tuple(Say(f"data.{c}") for c in ("criterion", "wants", "hits", "misses"))
        yield Panel(Say("data.bounds"), (Table("", columns, bounds, (Say("data.bounds-note"),)),))
