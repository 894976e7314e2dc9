"""The page of a task: how it stands and why, its inputs and gates, what rests on it, and the records it has had."""

from collections.abc import Mapping

from ninefold.kernel.errors import NotFound
from ninefold.kernel.plan import Plan, Status
from ninefold.kernel.records import Record
from ninefold.kernel.view import View
from ninefold.lifecycle.known import who
from ninefold.lifecycle.lineage_graph import kind_word
from ninefold.lifecycle.monitors import monitors_of
from ninefold.lifecycle.tables import said
from ninefold.surface.blocks import Act, Block, Facts, Go, Panel, Why
from ninefold.surface.cells import Cell, Moment, Ref, State
from ninefold.surface.page import Page
from ninefold.surface.reasons import cause, reason
from ninefold.surface.session import Session
from ninefold.surface.table import Table
from ninefold.surface.words import Quote, Say, Text, quote

_RECORDS = 50
_LISTED = 100


def task_page(session: Session, name: str, names: Mapping[str, str]) -> Page:
    """Return how a task stands.

    Raises:
        NotFound: no task is called so.
    """
    plan, view = session.status(), session.view()
    if name not in plan:
        raise NotFound(f"No task is called {name[:200]!r}.", hint="Look for it with the search above.")
    status = plan[name]
    records = session.store.records_of(name, _RECORDS)
    sections: list[Block] = (
        [Panel(Say("task.why"), (_why(status, plan),), name="why")] if status.state != "fresh" else []
    )
    sections += [
        Panel(Say("task.inputs"), (_inputs(status, plan, view),), span=7, name="inputs"),
        Panel(Say("task.about"), (Facts("", _facts(status, names)),), span=5, name="about"),
        Panel(Say("task.records"), (_records(records, names),), span=7, name="records"),
        Panel(Say("task.rests"), (_after(name, plan),), span=5, name="after"),
    ]
    return Page(name, tuple(sections), subtitle=quote(said(status.last.plain)) if status.last is not None else "",
                states=(State(status.state),), actions=_actions(status),
                crumbs=(Ref("page", "trace", Say("layout.place-trace")),), place="trace")  # fmt: skip


def _actions(status: Status) -> tuple[Go | Act, ...]:
    ways = (Go(Say("task.trace"), Ref("page", f"trace/{status.name}")), *monitors_of(status.last))
    if status.step.kind in {"apply", "decide"} or status.state in {"fresh", "blocked"}:
        return ways
    return (*ways, Act(Say("task.run"), "run", (("task", status.name),), "main"))


def _why(status: Status, plan: Plan) -> Why:
    root = next((r for r in status.roots if r != status.name), "")
    action = Go(Say("task.open-root"), Ref("task", root)) if root and root in plan else None
    if status.name.startswith("approval:") and status.roots == (status.name,):
        model = status.name.removeprefix("approval:")
        action = Go(Say("overview.sign", {"model": model}), Ref("validation", model), "main")
    first = cause(status, plan)
    note: Text = Say("task.command", {"command": status.command}) if status.command else ""
    if first.name != status.name:
        action = Go(Say("task.open-root"), Ref("task", first.name))
        note = Say("task.cause", {"name": first.name, "why": Quote(first.reason or "–")})
    return Why(State(status.state), reason(status, plan) or quote(status.reason), note, "", action)


def _facts(status: Status, names: Mapping[str, str]) -> tuple[tuple[Text, Cell, Text], ...]:
    record = status.last
    facts: list[tuple[Text, Cell, Text]] = [
        (Say("task.step"), f"{status.step.name}@{status.step.version}", Say(f"task.kind-{status.step.kind}")),
    ]
    if record is not None:
        facts += [
            (Say("task.record"), Ref("record", record.id, record.id[:12]), record.kind),
            (Say("task.made"), Moment(record.time), ""),
            (Say("task.by"), who(record.actor, names), ""),
        ]
    if status.key:
        facts.append((Say("task.key"), status.key, ""))
    facts += [("", quote(note), "") for note in status.notes]
    return tuple(facts)


def _inputs(status: Status, plan: Plan, view: View) -> Table:
    task = status.task
    rows: list[tuple[Cell, ...]] = []
    if task is not None:
        before = {i.role: i.content for i in status.older.inputs} if status.older is not None else {}
        contents = status.contents or {}
        for role, name in task.facets.items():
            facet = view.facets.get(name)
            moved = role in contents and role in before and before[role] != contents[role]
            state = (
                State("missing") if facet is None else State("stale", Say("task.moved")) if moved else State("fresh")
            )
            rows.append((_role(role), name if facet is None else Ref("file", facet.file, name), state))
        results: list[tuple[Cell, str]] = [(_role(r), n) for r, n in task.results.items()]
        others = [*results, *((Say("task.gate"), g) for g in task.gates)]
        rows += [(r, Ref("task", n), State(plan[n].state if n in plan else "missing")) for r, n in others]
    columns = tuple(Say(f"task.{c}") for c in ("role", "input", "state"))
    return Table("", columns, tuple(rows), (), Say("task.no-inputs"))


def _role(role: str) -> Text:
    kind, colon, which = role.partition(":")
    return f"{kind_word(kind)}{colon}{which}"


def _after(name: str, plan: Plan) -> Table:
    after = plan.after([name])
    found = [s for n, s in plan.statuses.items() if n in after]
    rows: tuple[tuple[Cell, ...], ...] = tuple((Ref("task", s.name), State(s.state)) for s in found[:_LISTED])
    notes = (Say("task.more", {"n": len(found) - _LISTED}),) if len(found) > _LISTED else ()
    return Table("", (Say("task.task"), Say("task.state")), rows, notes, Say("task.nothing-rests"))


def _records(records: list[Record], names: Mapping[str, str]) -> Table:
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (Moment(r.time), Ref("record", r.id, r.id[:12]), quote(said(r.plain)) or r.kind, r.step, who(r.actor, names))
        for r in records
    )
    columns = tuple(Say(f"audit.{c}") for c in ("time", "record", "says", "step", "actor"))
    notes = (Say("task.latest", {"n": _RECORDS}),) if len(records) == _RECORDS else ()
    return Table("", columns, rows, notes, Say("task.no-record"))
