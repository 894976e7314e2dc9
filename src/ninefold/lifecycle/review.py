"""What a change does to the evidence, for the person who reviews it: Markdown for a pull request.

Both sides are looked up in one store: what the base commit had shown, and what the change leaves of it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from ninefold.kernel.plan import Plan, Status
from ninefold.kernel.records import revive
from ninefold.kernel.view import View
from ninefold.lifecycle.gate import gate, worst
from ninefold.lifecycle.reports import cell
from ninefold.vocabulary.verdict import Verdict

_LISTED = 30  # rows of a table; a comment of a forge holds 65,536 characters
_DECIDED = {"approval", "rollout"}  # told in what is to be done, not as work to redo


@dataclass(frozen=True)
class Side:
    """One side of a change: its files and how its tasks stand."""

    view: View
    plan: Plan


@dataclass(frozen=True)
class Review:
    """What a change does."""

    facets: tuple[tuple[str, str], ...]  # name -> changed, new, gone
    stale: tuple[Status, ...]  # fresh before, not now
    new: tuple[str, ...]
    gone: tuple[str, ...]
    verdicts: tuple[tuple[str, str, str, str], ...]  # name, before, now, why; those that differ
    to_do: tuple[tuple[str, str, str], ...]  # what, why, command


def review(base: Side, head: Side) -> Review:
    """Return what the change from base to head does."""
    before, now = base.plan.statuses, head.plan.statuses
    stale = [
        s for n, s in now.items() if s.state != "fresh" and n in before and before[n].state == "fresh" and _work(n)
    ]
    return Review(
        tuple(_facets(base.view, head.view)),
        tuple(stale),
        tuple(n for n in now if n not in before and _work(n)),
        tuple(n for n in before if n not in now and _work(n)),
        tuple(_verdicts(base.plan, head.plan)),
        tuple(_to_do(head)),
    )


def _work(name: str) -> bool:
    return name.partition(":")[0] not in _DECIDED


def _facets(base: View, head: View) -> Iterable[tuple[str, str]]:
    for name in sorted(base.facets.keys() | head.facets.keys()):
        if name not in base.facets:
            yield name, "new"
        elif name not in head.facets:
            yield name, "gone"
        elif base.content(name) != head.content(name):
            yield name, "changed"


def _verdicts(base: Plan, head: Plan) -> Iterable[tuple[str, str, str, str]]:
    names = [n for n in {**base.statuses, **head.statuses} if n.startswith("verdict:")]
    for name in names:
        before, was = _said(base, name)
        now, why = _said(head, name)
        if (before, was) != (now, why):
            yield name, before, now, why


def _said(plan: Plan, name: str) -> tuple[str, str]:
    """Return the outcome of a verdict and its reason; why there is none, when there is none."""
    if name not in plan:
        return "not asked", "no criterion asks for it"
    found = plan[name]
    if found.state != "fresh" or found.record is None or found.record.data is None:
        return found.state, found.reason or "not judged yet"
    verdict = msgspec.convert(found.record.plain, Verdict, strict=False, dec_hook=revive)
    return verdict.outcome, worst(verdict).reason


def _to_do(head: Side) -> Iterable[tuple[str, str, str]]:
    for file in sorted({p.file for p in head.view.problems}):
        problems = [p for p in head.view.problems if p.file == file]
        yield file, f"{len(problems)} problem(s): {problems[0].message}", "ninefold check"
    for status in head.plan.statuses.values():
        if status.state in {"stale", "missing"} and not status.waits and status.name.partition(":")[0] != "verdict":
            yield status.name, status.reason or status.state, status.command
    waiting = {s.name for s in head.plan.statuses.values() if s.waits}
    for check in gate(head.plan).checks:
        if check.decision == "pass":
            continue
        if check.name not in waiting:
            yield check.name, f"{check.decision}: {check.reason}", check.command or _next(check.decision, check.name)
        elif check.name.startswith("approval:"):  # other waiting work is done by doing what it waits for
            yield check.name, "once that is done, a named person signs again", f"ninefold sign {check.name}"


def _next(decision: str, name: str) -> str:
    if decision == "insufficient":
        return f"collect the evidence, or answer for it: ninefold waive {name.partition(':')[2]}"
    return f"ninefold show {name}"


def markdown(found: Review, base: str) -> str:
    """Return the comment; `base` names the commit that it compares with."""
    changed = sum(
        before != now for _, before, now, _ in found.verdicts
    )  # the others read otherwise, and decide the same
    lines = [
        f"## ninefold: {len(found.stale)} task(s) became stale, {changed} verdict(s) changed",
        "",
        f"Compared with {cell(base)}. {_counts(found)}",
    ]
    lines += _table("Verdicts", ("verdict", "before", "now", "why"), found.verdicts)
    rows = [(s.name, s.state, s.reason) for s in found.stale]
    lines += _table("What became stale", ("task", "now", "why"), rows)
    lines += _table("What a reviewer must see done", ("what", "why", "next"), found.to_do)
    lines += _table("What the files say otherwise", ("facet", "is"), found.facets)
    if not (found.facets or found.stale or found.to_do or found.verdicts):
        lines += ["", "The evidence is untouched: comments and rationale change no evidence."]
    return "\n".join(lines) + "\n"


def _counts(found: Review) -> str:
    new, gone = len(found.new), len(found.gone)
    return f"{new} task(s) are new, {gone} are gone, {len(found.facets)} facet(s) differ."


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    if not rows:
        return []
    lines = ["", f"### {title}", "", f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    lines += [f"| {' | '.join(cell(c[:500]) for c in row)} |" for row in rows[:_LISTED]]
    if len(rows) > _LISTED:
        lines += ["", f"... and {len(rows) - _LISTED} more: `ninefold status`."]
    return lines
