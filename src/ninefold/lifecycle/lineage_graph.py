"""The chain around a start as a graph: what it rests on to the left, what rests on it to the right."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from ninefold.kernel.plan import Plan
from ninefold.kernel.records import Record
from ninefold.kernel.sqlite import SqliteStore
from ninefold.kernel.view import View
from ninefold.lifecycle.trace import Link
from ninefold.surface.cells import StateName
from ninefold.surface.figure import Figure
from ninefold.surface.graph import Link as Arrow
from ninefold.surface.graph import Node, graph
from ninefold.surface.words import Language, say, term, worded

_OUTCOMES: dict[str, StateName] = {"pass": "pass", "fail": "failed", "insufficient": "insufficient"}


class Step(msgspec.Struct, frozen=True):
    """One record on the way: what it is, its short name, its state ("" where none is known)."""

    id: str
    kind: str  # without its schema
    title: str
    caption: str
    state: StateName | Literal[""] = ""


def kind_word(kind: str) -> str:
    """Return what people call a kind of record, of task or of a part of a file, in the language of who reads."""
    return worded(term("kinds.of-", kind))


def steps_of(links: Sequence[Link], plan: Plan, view: View, store: SqliteStore) -> dict[str, Step]:
    """Return the records of a trace by id, as people call them."""
    return {k.record.id: _step(k, plan, view, store) for k in links}


def _step(link: Link, plan: Plan, view: View, store: SqliteStore) -> Step:
    record, kind = link.record, link.record.kind.partition("@")[0]
    name = link.names[0] if link.names else ""
    owner, _, part = name.partition("#")
    first, *rest = part.split("/", 1)
    if part or kind.startswith("facet-"):
        title = {"statement": owner, "": owner}.get(part, " ".join((kind_word(first), *rest)))
        caption = kind_word(kind.removeprefix("facet-")) if part in {"statement", ""} else owner
        return Step(record.id, kind, title, caption, _facet_state(name, record, view))
    what, _, subject = name.partition(":")
    title = subject.rpartition("/")[2] or what or kind
    caption = f"{kind_word(what or kind)} · {record.id[:8]}"
    return Step(record.id, kind, title, caption, _state(name, record, plan, store))


def _facet_state(name: str, record: Record, view: View) -> StateName | Literal[""]:
    if name not in view.facets:
        return "missing"
    return "fresh" if view.content(name) == record.content else "stale"


def _state(name: str, record: Record, plan: Plan, store: SqliteStore) -> StateName | Literal[""]:
    if name not in plan:
        return ""
    status = plan[name]
    if status.step.kind == "apply":  # its record says what was wanted; the device's report says whether it is so
        latest = store.latest(name)
        return status.state if latest is not None and latest.id == record.id else "stale"
    if status.record is None or status.record.content != record.content:
        return "stale"
    outcome = record.plain.get("outcome") if isinstance(record.plain, dict) else None
    return _OUTCOMES.get(str(outcome), "fresh")


def gate_records(plan: Plan, store: SqliteStore, id: str) -> list[str]:
    """Return the records that open the gates of what a record led to: a gate is no input, but a reason.

    They are those of the task itself, and of what is rolled out from it.
    """
    names = set(store.names(id))
    gated = [s for s in plan.statuses.values() if s.task is not None and s.task.gates]
    mine = [s.planned for s in gated if s.name in names]
    mine += [s.planned for s in gated if s.step.kind == "apply" and names & {*s.planned.results.values()}]
    found = [plan[g].record for task in mine for g in task.gates if g in plan]
    return list(dict.fromkeys(r.id for r in found if r is not None))


def drawn(
    start: str, links: Sequence[Link], steps: dict[str, Step], focus: str, language: Language,
    gates: Sequence[str] = (),
) -> Figure:  # fmt: skip
    """Return the graph of a trace; every box leads to its record. `gates` are drawn as what leads to the focus."""
    nodes = [Node(s.id, s.title, s.caption, s.state, f"/records/{s.id}") for s in steps.values()]
    arrows = {
        (i.id, k.record.id): Arrow(i.id, k.record.id, strong=focus in (i.id, k.record.id))
        for k in links
        for i in k.record.inputs
        if i.id in steps
    }
    for link in links:
        if link.role == "sentence" and link.names:
            owner = link.names[0].partition("#")[0]
            beside = [k.record.id for k in links if k.names and k.names[0].startswith(f"{owner}#")]
            arrows |= {(link.record.id, b): Arrow(link.record.id, b) for b in beside if b != link.record.id}
    arrows |= {(g, focus): Arrow(g, focus, strong=True) for g in gates if g in steps and g != focus}
    title = say("trace.graph", language, start=start)
    told = say("trace.graph-told", language, n=len(nodes), start=start)
    more = say("trace.graph-more", language, n="{n}")
    return graph("lineage", title, told, nodes, list(arrows.values()), focus=focus, more=more)
