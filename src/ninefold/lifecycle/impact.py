"""What an edit would do, before it is saved: problems, what becomes stale, which verdicts turn, which approvals end.

The files as they would be are planned against the same store; nothing is written and nothing is measured. A changed
threshold re-judges what was measured before, so its verdict is told in advance.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ninefold.criteria.judging import judge
from ninefold.kernel.errors import NotFound, Problem
from ninefold.kernel.plan import Plan, State, Status
from ninefold.kernel.saving import difference
from ninefold.kernel.status import status
from ninefold.kernel.steps import Step
from ninefold.kernel.trees import OverlayTree, WorkingTree
from ninefold.kernel.view import read_view
from ninefold.lifecycle.editing import open_file
from ninefold.lifecycle.gate import worst
from ninefold.lifecycle.graph import readers
from ninefold.lifecycle.review import Side, review
from ninefold.surface.session import Session
from ninefold.vocabulary.criterion import CriterionSpec, Outcome
from ninefold.vocabulary.measurement import Measurement
from ninefold.vocabulary.verdict import Verdict


class Consequence(NamedTuple):
    """A task that would no longer be fresh, or that would be new; `waits` when only something before it is not."""

    name: str
    state: State
    reason: str
    command: str
    waits: bool


class Rejudged(NamedTuple):
    """What would be said of a criterion. Not `certain`: what was measured would itself be stale and may come out
    otherwise.
    """

    name: str
    before: Outcome | None  # None: not judged before
    after: Outcome | None  # None: only a measurement tells
    reason: str
    certain: bool


@dataclass(frozen=True)
class Impact:
    """What an edit of one file would do. `problems` are those that it brings; `mended` those that it takes away."""

    file: str
    diff: str
    problems: tuple[Problem, ...]
    mended: tuple[Problem, ...]
    facets: tuple[tuple[str, str], ...]  # name -> changed, new, gone
    tasks: tuple[Consequence, ...]
    gone: tuple[str, ...]  # tasks that no file would ask for any more
    verdicts: tuple[Rejudged, ...]
    approvals: tuple[str, ...]  # that would no longer hold

    @property
    def nothing(self) -> bool:
        """Whether the evidence stays as it is: comments and rationale change none."""
        return not (self.problems or self.facets or self.tasks or self.gone)


def preview(session: Session, steps: Sequence[Step], path: str, new_text: str | None) -> Impact:
    """Return what saving a file with another text would do; None removes it.

    Raises:
        Refused: the name is no project file's.
        InvalidFile: the file as it stands is too large or not UTF-8.
    """
    before = _text(session, path)
    base, head = sides(session, steps, path, new_text)
    found = review(base, head)
    fresh = [s for s in base.plan.statuses.values() if s.state == "fresh"]
    lost = [head.plan[s.name] for s in fresh if s.name in head.plan and head.plan[s.name].state != "fresh"]
    new = [head.plan[n] for n in found.new if head.plan[n].state != "fresh"]
    approvals = [s.name for s in fresh if s.step.kind == "decide" and _ended(head.plan, s.name)]
    return Impact(
        path, difference(before, new_text or "", path),
        _only(head.view.problems, base.view.problems), _only(base.view.problems, head.view.problems), found.facets,
        tuple(_consequence(s) for s in (*lost, *new)), found.gone, tuple(rejudged(base, head)), tuple(approvals),
    )  # fmt: skip


def sides(session: Session, steps: Sequence[Step], path: str, new_text: str | None) -> tuple[Side, Side]:
    """Return the project as it is and as it would be, both planned at the same moment."""
    now, all_readers = session.clock.now(), readers()
    tree = WorkingTree(session.root)
    over = OverlayTree(tree, {path: None if new_text is None else new_text.encode(errors="replace")})
    base, head = read_view(tree, all_readers, now), read_view(over, all_readers, now)
    return Side(base, status(steps, base, session.store)), Side(head, status(steps, head, session.store))


def rejudged(base: Side, head: Side) -> Iterator[Rejudged]:
    """Yield the verdicts that would be otherwise, or that only a measurement tells."""
    for name, found in head.plan.statuses.items():
        if not name.startswith("verdict:") or found.task is None:
            continue
        before = _outcome(base.plan[name]) if name in base.plan else None
        if found.state == "fresh":
            if (now := _outcome(found)) != before:
                yield Rejudged(name, before, now, "as it was judged before", certain=True)
            continue
        if name in base.plan and base.plan[name].state != "fresh" and not _touched(base, head, found):
            continue  # it was not fresh before, and the edit has no part in that
        yield _judged(head, found, before)


def _judged(head: Side, found: Status, before: Outcome | None) -> Rejudged:
    facet = head.view.facets.get(found.planned.facets.get("criterion", ""))
    measured = head.plan.statuses.get(found.planned.results.get("measurement", ""))
    record = None if measured is None else measured.last
    if facet is None or not isinstance(facet.body, CriterionSpec) or record is None or record.data is None:
        return Rejudged(found.name, before, None, found.reason or "it must be measured first", certain=False)
    verdict = judge(facet.body, record.body(Measurement))
    certain = measured is not None and measured.state == "fresh"
    return Rejudged(found.name, before, verdict.outcome, worst(verdict).reason, certain)


def _touched(base: Side, head: Side, found: Status) -> bool:
    names = found.planned.facets.values()
    return any(_content(base, n) != _content(head, n) for n in names)


def _content(side: Side, name: str) -> str:
    return side.view.content(name) if name in side.view.facets else ""


def _outcome(found: Status) -> Outcome | None:
    if found.state != "fresh" or found.record is None or found.record.data is None:
        return None
    return found.record.body(Verdict).outcome


def _ended(plan: Plan, name: str) -> bool:
    return name not in plan or plan[name].state != "fresh"


def _consequence(found: Status) -> Consequence:
    return Consequence(found.name, found.state, found.reason, found.command, found.waits)


def _only(here: Sequence[Problem], there: Sequence[Problem]) -> tuple[Problem, ...]:
    """Return the problems of one side alone; one that only moved to another line is on both."""
    known = {(p.file, p.field, p.message) for p in there}
    return tuple(p for p in here if (p.file, p.field, p.message) not in known)


def _text(session: Session, path: str) -> str:
    try:
        return open_file(session, path).text
    except NotFound:
        return ""  # a new file
