"""All that the board is made of, and the cell of tasks that are not fresh."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from ninefold.kernel.plan import Plan, Status
from ninefold.kernel.records import revive
from ninefold.kernel.view import View
from ninefold.lifecycle.belonging import Belonging, belonging
from ninefold.operations.monitoring.episodes import Held
from ninefold.surface.blocks import BoardCell
from ninefold.surface.cells import Ref, State, StateName
from ninefold.surface.reasons import cause, changes, reason
from ninefold.surface.words import Say, Text

T = TypeVar("T")
_WORST: tuple[StateName, ...] = ("blocked", "stale", "missing")


@dataclass(frozen=True)
class Standing:
    """All that the board is made of."""

    plan: Plan
    view: View
    alarms: Sequence[Held] = ()
    running: frozenset[str] = frozenset()  # the tasks that are being run now

    @property
    def belonging(self) -> Belonging:
        """Where each task belongs."""
        return belonging(self.plan, self.view)


def cell(state: StateName, text: Text, to: Ref) -> BoardCell:
    """Return a cell whose state has its usual word."""
    return BoardCell(State(state), text, to)


def not_all_fresh(standing: Standing, tasks: Sequence[Status], to: Ref) -> BoardCell | None:
    """Return the cell of tasks that are not all fresh, by the one that stands worst; None when all are."""
    if any(t.name in standing.running for t in tasks):
        return cell("running", Say("overview.runs-now"), to)
    for state in _WORST:
        found = sorted((t for t in tasks if t.state == state), key=lambda t: t.waits)
        if found:
            return cell(state, short_reason(standing, found[0]), to)
    return None


def body_of(status: Status, type_: type[T]) -> T | None:
    """Return what a task has found last; None when there is nothing, or it was erased."""
    record = status.last
    if record is None or record.data is None:
        return None
    return msgspec.convert(record.plain, type_, strict=False, dec_hook=revive)


def short_reason(standing: Standing, status: Status) -> Text:
    """Return why a task is not fresh in the few words that a cell holds: the step that it waits for, the file."""
    first = cause(status, standing.plan)
    if first.name != status.name and (step := standing.belonging.steps[first.name]):
        return Say(f"overview.waits-{step}")
    changed = changes(first)
    file = standing.view.facets[changed[0]].file if changed and changed[0] in standing.view.facets else ""
    if file:
        return Say("reasons.changed", {"name": file.rpartition("/")[2]})
    return reason(first, standing.plan)
