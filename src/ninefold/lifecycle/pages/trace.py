"""The trace: from any start back to the sentences that it rests on, and on to all that rests on it."""

from ninefold.fleet.decisions import FoundDecision
from ninefold.lifecycle.decided import starts_of
from ninefold.lifecycle.lineage_graph import Step, drawn, gate_records, kind_word, steps_of
from ninefold.lifecycle.monitors import monitors_of
from ninefold.lifecycle.tables import said
from ninefold.lifecycle.trace import Link, trace
from ninefold.surface.blocks import Block, Empty, Facts, Field, Form, Panel, Trail
from ninefold.surface.cells import Cell, Moment, Ref, State
from ninefold.surface.page import Page
from ninefold.surface.session import Session
from ninefold.surface.table import Table
from ninefold.surface.words import Language, Say, Text, quote
from ninefold.vocabulary.monitor import MONITOR

_WAYS = 300  # records that are followed, the nearest first
_ROWS = 200
_MANY = 60  # from so many on some may be left out
_BOXES = (
    "facet-statement", "facet-criterion", "dataset", "features", "model", "verdict", "approval", "desired", "reported",
)  # fmt: skip
_SUGGESTED = 12


def trace_page(session: Session, start: str, language: Language) -> Page:
    """Return the chain of evidence around a start: a task, facet, requirement, record, or decision of an agent.

    Raises:
        NotFound: nothing is called so.
    """
    starts, decision = starts_of(session.store, session.root, start)
    view, plan = session.stand()
    gates = gate_records(plan, session.store, starts[0])
    up = list(trace(session.store, [*starts, *gates], up=True, most=_WAYS))
    down = [k for k in trace(session.store, starts, up=False, most=_WAYS) if k.depth]
    links = [*up, *down]
    steps = steps_of(links, plan, view, session.store)
    name = _named(up, start) if decision is None else start
    drawing = drawn(name, links, steps, starts[0], language, gates)
    sections: list[Block] = [
        Panel(Say("trace.strip"), (_trail(links, steps, starts[0]),), name="strip"),
        Panel(Say("trace.lineage"), (drawing,), Say("trace.records", {"n": len(steps)}), name="lineage"),
        *(_decision(decision) if decision is not None else ()),
        Panel(Say("trace.up"), (_table(up, steps),), _count(up), name="up"),
        Panel(Say("trace.down"), (_table(down, steps),), _count(down), name="down"),
        Panel(Say("trace.other"), (_form(),), name="other"),
    ]  # fmt: skip
    stale = sum(s.state in {"stale", "missing"} for s in steps.values())
    states = (
        (State("stale", Say("trace.some-stale", {"n": stale})),) if stale else (State("fresh", Say("trace.all-fresh")),)
    )
    code = "trace.title" if decision is None else "trace.title-decision"
    sentences = [k for k in up if k.record.kind.startswith("facet-statement")]
    values: dict[str, str | int | float] = {"n": len(up) - 1, "sentences": len(sentences), "down": len(down)}
    watched = next((k.record for k in [*up, *down] if k.record.kind == MONITOR), None)
    return Page(
        Say(code, {"name": name}), tuple(sections), subtitle=Say("trace.sub", values), states=states,
        actions=monitors_of(session.store.get(starts[0])) or monitors_of(watched),
        crumbs=(Ref("page", "trace", Say("layout.place-trace")),), place="trace",
    )  # fmt: skip


def trace_start_page(session: Session, problem: Text = "", asked: str = "") -> Page:
    """Return the page where a trace begins: what is running, the requirements, or any name."""
    names = [
        *(n for n, s in session.status().statuses.items() if n.startswith("rollout:") and s.last is not None),
        *(f.name.removesuffix("#statement") for f in session.view().of_kind("statement")),
        *(n for n, s in session.status().statuses.items() if n.startswith("model:") and s.last is not None),
    ]
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (Ref("page", f"trace/{n}", n), Say("trace.requirement" if n.startswith("REQ-") else "trace.task"))
        for n in names[:_SUGGESTED]
    )
    columns = (Say("trace.start"), Say("trace.kind"))
    begin: Block = Table("", columns, rows) if rows else Empty(Say("trace.nothing"))
    return Page(
        Say("trace.title-start"),
        (Panel(Say("trace.any"), (_form(asked, problem),), span=5), Panel(Say("trace.begin"), (begin,), span=7)),
        subtitle=Say("trace.sub-start"), place="trace",
    )  # fmt: skip


def _form(asked: str = "", problem: Text = "") -> Form:
    field = Field("start", Say("trace.name"), value=asked, hint=Say("trace.hint"), problem=problem, required=True)
    return Form("", "trace", (field,), Say("trace.go"), role="viewer", weight="plain", asks=True)


def _named(up: list[Link], start: str) -> str:
    return up[0].names[0] if len(start) == 64 and up and up[0].names else start


def _trail(links: list[Link], steps: dict[str, Step], here: str) -> Trail:
    """Return one box of each kind on the way from the sentence to the device, the nearest to the start of each."""
    nearest: dict[str, Link] = {}
    for link in sorted(links, key=lambda k: k.depth):
        nearest.setdefault(steps[link.record.id].kind, link)
    chosen = [nearest[k] for k in _BOXES if k in nearest]
    if here not in [k.record.id for k in chosen]:
        chosen = [*(k for k in links if k.record.id == here), *chosen][:8]
    boxes = tuple(
        (Ref("record", k.record.id), steps[k.record.id].title, steps[k.record.id].caption) for k in chosen
    )  # fmt: skip
    place = next((n for n, k in enumerate(chosen) if k.record.id == here), -1)
    return Trail("", boxes, place)


def _table(links: list[Link], steps: dict[str, Step]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for link in links[:_ROWS]:
        step, record = steps[link.record.id], link.record
        name = link.names[0] if link.names else record.kind
        state = State(step.state) if step.state else None
        rows.append(
            (
                Ref("record", record.id, name),
                _role(link.role),
                link.depth,
                state,
                quote(said(record)),
                Moment(record.time),
            )
        )
    columns = tuple(Say(f"trace.{c}") for c in ("record", "role", "distance", "state", "says", "time"))
    notes: tuple[Text, ...] = (Say("trace.cut", {"shown": _ROWS, "n": len(links)}),) if len(links) > _ROWS else ()
    notes += (Say("trace.near", {"n": _WAYS}),) if len(links) >= _MANY else ()
    return Table("", columns, tuple(rows), notes, Say("trace.nothing-there"))


def _role(role: str) -> Text:
    """Return the role of an input in words; what follows a colon names which one."""
    kind, colon, which = role.partition(":")
    return f"{kind_word(kind)}{colon}{which}"


def _count(links: list[Link]) -> Text:
    return Say("trace.records", {"n": len(links)})


def _decision(found: FoundDecision) -> tuple[Panel]:
    fields = found.fields
    score, said_so = fields["score"], Say("trace.alarm" if fields["alarm"] else "trace.no-alarm")
    facts: tuple[tuple[Text, Cell, Text], ...] = (
        (Say("trace.said"), said_so, Say(f"trace.by-{fields['by']}")),
        (Say("trace.asset"), Ref("asset", str(fields["asset"])), str(fields["frame"])),
        (Say("trace.at"), Moment(int(fields["t"])), ""),
        (Say("trace.score"), None if score != score else round(float(score), 3), ""),
        (Say("trace.sent-by"), found.origin, str(fields["role"])),
    )
    return (Panel(Say("trace.decision"), (Facts("", facts),), name="decision"),)
