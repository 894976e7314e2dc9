"""The overview: the board, what blocks and who can help, and what waits for whom."""

from collections.abc import Callable, Sequence

import msgspec

from ninefold.lifecycle.attention import INFORMS, Blocker, blockers, run_act, runnable
from ninefold.lifecycle.board.rows import board_row, in_order, use_cases
from ninefold.lifecycle.board.standing import Standing
from ninefold.lifecycle.figures import figures
from ninefold.lifecycle.waiting import Waiting, waiting
from ninefold.operations.monitoring.episodes import episodes
from ninefold.surface.blocks import Act, Block, Board, Empty, Facts, Go, Panel, Words
from ninefold.surface.cells import Cell, Moment, Noted, Ref
from ninefold.surface.page import Page
from ninefold.surface.session import Session
from ninefold.surface.table import Table
from ninefold.surface.words import Say, Text, counted
from ninefold.vocabulary.account import AccountRole

_ROWS = 50  # use cases on the board; the rest is a page on
_CAUSES = 6
_WAITING = 12


def overview_page(
    session: Session, running: frozenset[str], names: dict[str, str], may: Callable[[AccountRole], bool],
    first: int = 0, job: str = "",
) -> Page:  # fmt: skip
    """Return how every use case stands at every step; `first` is the number of use cases that are left out before;
    `job` is the run that goes on.
    """
    alarms = episodes(session.store, session.clock.now())
    standing = Standing(session.status(), session.view(), alarms, running)
    cases = use_cases(standing.view)
    if not cases:
        return _begin(blockers(standing, session.store, names))
    causes = blockers(standing, session.store, names)
    todo = runnable(standing)
    rows = tuple(board_row(standing, u) for u in in_order(cases, standing)[first : first + _ROWS])
    actions: tuple[Go | Act, ...] = (run_act(todo, main=True),) if todo.names else ()
    if job:
        actions = (Go(Say("overview.open-run"), Ref("page", f"jobs/{job}"), "main"),)
    lead = _lead(causes, main=not actions)
    rest = causes[1:] if lead else causes
    traced = next((n for n, s in standing.plan.statuses.items() if n.startswith("rollout:") and s.state == "fresh"), "")
    if traced:
        actions = (Go(Say("overview.trace-running"), Ref("page", f"trace/{traced}")), *actions)
    sections: list[Block] = [
        Facts("", tuple(figures(session, standing)), strip=True),
        Panel(Say("overview.board"), (Board(rows, lead.why if lead else None, _more(len(cases), first)),),
              Say("overview.steps"), name="board"),
        Panel(Say("overview.what-else" if lead else "overview.look-at"), _what_else(rest),
              counted("overview.causes", len(rest)), span=7, name="causes"),
        Panel(Say("overview.waits"), (_waits(waiting(standing, session.store), may),), Say("overview.yours-first"),
              span=5, name="waits"),
    ]  # fmt: skip
    return Page(_title(standing, lead, len(cases)), tuple(sections), subtitle=_subtitle(standing), actions=actions,
                place="overview")  # fmt: skip


def _lead(causes: Sequence[Blocker], *, main: bool) -> Blocker | None:
    """Return what blocks most, if anything does; its button is the main one when there is nothing to run."""
    if not causes or causes[0].weight >= INFORMS:
        return None
    first = causes[0]
    if not main or not isinstance(first.why.action, Go):
        return first
    action = msgspec.structs.replace(first.why.action, weight="main")
    return first._replace(why=msgspec.structs.replace(first.why, action=action))


def _begin(causes: Sequence[Blocker]) -> Page:
    """Return the page of a project without use cases: what to write first."""
    action = Go(Say("overview.bring-table"), Ref("page", "begin"), weight="main")
    second = Go(Say("overview.first-use-case"), Ref("page", "use-cases"))
    sections: tuple[Block, ...] = (
        Panel(Say("overview.board"), (Empty(Say("overview.empty"), action), second), span=12, name="board"),
    )
    if causes:
        sections = (
            *sections,
            Panel(
                Say("overview.what-else"), _what_else(causes), counted("overview.causes", len(causes)), name="causes"
            ),
        )
    return Page(Say("overview.title-empty"), sections, subtitle=Say("overview.sub-empty"), place="overview")


def _title(standing: Standing, lead: Blocker | None, cases: int) -> Text:
    """Return the finding: what blocks, or that nothing does."""
    blocked = sum(s.state == "blocked" for s in standing.plan.statuses.values())
    if lead is None:
        return counted("overview.title-fresh", cases)
    if blocked:
        return counted("overview.title-blocked", blocked)
    stale = len(standing.plan.in_state("stale"))
    if stale:
        return counted("overview.title-stale", stale)
    if missing := len(standing.plan.in_state("missing")):
        return counted("overview.title-open", missing)
    return counted("overview.title-causes", cases)


def _subtitle(standing: Standing) -> Text:
    counts = {s: len(standing.plan.in_state(s)) for s in ("fresh", "stale", "missing", "blocked")}
    return Say("overview.sub", {**counts, "n": len(standing.plan.statuses)})


def _more(cases: int, first: int) -> str:
    return f"/?first={first + _ROWS}" if cases > first + _ROWS else ""


def _what_else(causes: Sequence[Blocker]) -> tuple[Block, ...]:
    if not causes:
        return (Words(Say("overview.nothing-else"), "note"),)
    shown: list[Block] = [c.why for c in causes[:_CAUSES]]
    if len(causes) > _CAUSES:
        shown.append(Words(Say("overview.causes-more", {"n": len(causes) - _CAUSES}), "note"))
    return tuple(shown)


def _waits(found: Sequence[Waiting], may: Callable[[AccountRole], bool]) -> Table:
    """Return the list with what the reader may do first."""
    mine = sorted(found, key=lambda w: not (may(w.role) and not w.owner))
    rows: list[tuple[Cell, ...]] = []
    for item in mine[:_WAITING]:
        yours = may(item.role) and not item.owner
        person: Cell = Say("overview.you") if yours else item.owner or Say(f"overview.role-{item.role}")
        what = Ref(item.to.kind, item.to.key, item.what, item.to.part)
        rows.append((person, Noted(what, item.note) if item.note else what, Moment(item.since) if item.since else None))
    columns = tuple(Say(f"overview.{c}") for c in ("person", "waits-for", "since"))
    notes = (Say("overview.waits-more", {"n": len(mine) - _WAITING}),) if len(mine) > _WAITING else ()
    return Table("", columns, tuple(rows), notes, Say("overview.nothing-waits"))
