"""Bringing a project up to date: everything, or what the named tasks need; it redoes only what must be redone."""

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass

from ninefold.bundle.keeping import kept_tables
from ninefold.kernel.errors import NinefoldError, NotFound
from ninefold.kernel.pins import write_pin
from ninefold.kernel.plan import Plan
from ninefold.kernel.progress import Cancel
from ninefold.kernel.status import status
from ninefold.kernel.steps import Step
from ninefold.kernel.view import View
from ninefold.lifecycle.runner import Runner
from ninefold.surface.session import Session


@dataclass(frozen=True)
class Outcome:
    """What a run did: the tasks that were run, those that failed and why, how many needed nothing, and the new plan."""

    done: tuple[str, ...]
    failed: dict[str, NinefoldError]
    reused: int
    plan: Plan
    targets: tuple[str, ...]  # the tasks that were asked for

    @property
    def unfinished(self) -> list[str]:
        """The tasks asked for that are not fresh, except those that wait for a device to report."""
        names = [n for n in self.targets if n in self.plan and self.plan[n].state != "fresh"]
        return [n for n in names if self.plan[n].step.kind != "apply" or self.plan[n].state == "blocked"]


def bring_up_to_date(
    session: Session, steps: Sequence[Step], patterns: Sequence[str] = (), *, again: bool = False, cancel: Cancel,
    actor: str,
) -> Outcome:  # fmt: skip
    """Run what is stale or missing among the tasks that match the patterns (all, when none is given) and before them.

    With `again`, the matching tasks are run even when fresh; the new record is then chosen in `ninefold.lock`.

    Raises:
        NotFound: a pattern matches no task.
        Cancelled: the work was cancelled; what was recorded until then stays.
    """
    view = session.view()
    before = status(steps, view, session.store)
    targets = _matching(before, patterns)
    needed = before.before(targets)
    known = set(before.statuses)

    def wanted(name: str) -> bool:
        if not patterns or name in needed:
            return True
        return name not in known and any(fnmatch.fnmatchcase(name, p) for p in patterns)

    runner = Runner(
        view, session.store, session.blobs, session.clock, session.root, actor, session.screen, cancel, wanted,
        frozenset(targets) if again else frozenset(),
    )  # fmt: skip
    try:
        with kept_tables():
            after = status(steps, view, session.store, runner)
    finally:
        runner.finish()
    if again:
        view = _choose(session, view, after, runner)
    _insist(runner, after)
    return Outcome(tuple(runner.done), runner.failed, runner.reused, after, tuple(_matching(after, patterns)))


def _matching(plan: Plan, patterns: Sequence[str]) -> list[str]:
    if not patterns:
        return list(plan.statuses)
    found = []
    for pattern in patterns:
        names = [n for n in plan.statuses if fnmatch.fnmatchcase(n, pattern)]
        if not names:
            near = [n for n in plan.statuses if pattern.partition(":")[2] in n][:3]
            hint = f"Use one of: {', '.join(near)}." if near else "List the tasks with: ninefold status --all."
            raise NotFound(f"No task is called {pattern}.", hint=hint)
        found += names
    return list(dict.fromkeys(found))


def _choose(session: Session, view: View, after: Plan, runner: Runner) -> View:
    """Write the new records of pinned tasks into `ninefold.lock`."""
    for name in runner.done:
        found = after[name]
        if name in runner.again and found.record is not None and found.planned.valid_for_s is None:
            write_pin(session.root, found.key, found.record.id, name, dict(view.pins))
            view = session.view()
    return view


def _insist(runner: Runner, after: Plan) -> None:
    """Raise when a task was run and is still not fresh: repeating it would go on for ever."""
    for name in runner.done:
        found = after[name]
        if found.state in {"stale", "missing"} and found.step.kind != "apply" and not found.waits:
            raise NinefoldError(
                f"{name} was run and is still {found.state}: {found.reason}.",
                hint="Report this; the step does not record what it plans.",
            )
