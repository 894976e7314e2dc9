"""How everything stands, the chain of evidence and the verdicts, as tables for any surface."""

from collections.abc import Iterable
from typing import Any

import msgspec

from ninefold.kernel.plan import Plan
from ninefold.kernel.records import Record
from ninefold.kernel.status import counts
from ninefold.lifecycle.gate import Gate, worst
from ninefold.lifecycle.trace import Link
from ninefold.surface.table import Cell, Table


def status_table(plan: Plan, *, everything: bool) -> Table:
    """Return the table of a plan: what needs attention first, or everything in order."""
    shown = [s for s in plan.statuses.values() if everything or s.state != "fresh"]
    rows = [(s.name, s.state, s.reason or "; ".join(s.notes), s.command) for s in shown]
    summary = ", ".join(f"{n} {state}" for state, n in counts(plan) if n)
    waiting = sum(s.waits for s in plan.statuses.values())
    note = f"{summary}{f'; {waiting} only wait for others' if waiting else ''}."
    empty = f"Everything is fresh ({summary})." if plan.statuses else "No task: no file describes one yet."
    return Table("", ("task", "state", "why", "next"), tuple(rows), (note,), empty)


class _Words(msgspec.Struct):
    """The fields of a body that say something to a person; whatever else it holds is passed over unread."""

    statement: Any = None
    text: Any = None
    outcome: Any = None
    reason: Any = None
    stage: Any = None
    body: msgspec.Raw = msgspec.Raw()  # of a facet


_decode = msgspec.json.Decoder(tuple[str, msgspec.Raw, msgspec.Raw]).decode
_words = msgspec.json.Decoder(_Words).decode


def said(record: Record) -> str:
    """Return what a person would want to read of a record: a statement, an outcome, a reason."""
    told = _words_in(_decode(record.data)[1]) if record.data is not None else None
    if told is not None and len(memoryview(told.body)):
        told = _words_in(told.body)
    if told is None:
        return ""
    for key in ("statement", "text", "outcome", "reason", "stage"):
        word = getattr(told, key)
        if isinstance(word, str):
            return f"“{word}”" if key in {"statement", "text"} else word
    return ""


def _words_in(body: msgspec.Raw) -> _Words | None:
    return _words(body) if bytes(memoryview(body)[:1]) == b"{" else None


def trace_table(start: str, links: Iterable[Link], *, up: bool) -> Table:
    """Return the records on the way in order; depth 0 is the start."""
    rows: list[tuple[Cell, ...]] = [
        (k.depth, k.role, ", ".join(k.names) or k.record.kind, k.record.kind, k.record.id[:12], said(k.record))
        for k in links
    ]
    title = f"What {start} rests on" if up else f"What rests on {start}"
    return Table(title, ("depth", "role", "name", "kind", "record", "says"), tuple(rows))


def verdict_table(gate: Gate) -> Table:
    """Return the checks of a gate with the figures of their verdicts; `low` to `high` is the confidence interval."""
    rows: list[tuple[Cell, ...]] = []
    for check in gate.checks:
        verdict = check.verdict
        if verdict is None:
            rows.append((check.name, check.decision, None, None, None, None, check.reason, check.command))
            continue
        estimate, limit = worst(verdict).estimate, f"{verdict.threshold.op} {verdict.threshold.value:g}"
        figures = (estimate.value, estimate.bound, limit, estimate.samples)
        rows.append((check.name, check.decision, *figures, check.reason, check.command))
    columns = ("check", "outcome", "value", "bound", "threshold", "samples", "why", "next")
    return Table("Verdicts", columns, tuple(rows), (f"Gate: {gate.decision}.",), "No verdict is planned.")
