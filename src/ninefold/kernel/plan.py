"""The order of the steps, the keys of their tasks, and what a planned task looks like to everybody else."""

import importlib.metadata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from ninefold.kernel.canonical import digest
from ninefold.kernel.errors import InvalidInput
from ninefold.kernel.records import Record
from ninefold.kernel.steps import Step, Task

State = Literal["fresh", "stale", "missing", "blocked"]


@dataclass(frozen=True)
class Status:
    """How one task stands, why, and what to do about it."""

    name: str
    step: Step
    state: State
    task: Task | None = None  # None when it could not be planned
    reason: str = ""
    command: str = ""
    waits: bool = False  # not fresh only because something before it is not
    roots: tuple[str, ...] = ()  # blocked: the tasks at which the blocking begins
    key: str = ""
    contents: Mapping[str, str] | None = None  # role -> content of every input, once all are there
    record: Record | None = None  # the current record, when fresh or expired
    older: Record | None = None  # what the task last said, when it is not fresh
    notes: tuple[str, ...] = ()

    @property
    def last(self) -> Record | None:
        """The current record, or the one that the task last had."""
        return self.record or self.older

    @property
    def planned(self) -> Task:
        """The task.

        Raises:
            InvalidInput: it could not be planned.
        """
        if self.task is None:
            raise InvalidInput(f"{self.name} was not planned: {self.reason}.", hint="Look with: ninefold status.")
        return self.task

    @property
    def ready(self) -> bool:
        """Whether the task could be run now: its inputs are there and no gate before it is closed."""
        return bool(self.key) and not self.waits and self.state != "blocked"

    def but(self, state: State, reason: str, **changes: object) -> "Status":
        """Return this status with another state."""
        return replace(self, state=state, reason=reason, **changes)  # type: ignore[arg-type]  # fields of this class


class Plan:
    """Every task of a view with its status, in an order in which inputs come first."""

    def __init__(self, statuses: Iterable[Status]) -> None:
        self.statuses: dict[str, Status] = {s.name: s for s in statuses}

    def __getitem__(self, name: str) -> Status:
        return self.statuses[name]

    def __contains__(self, name: str) -> bool:
        return name in self.statuses

    def in_state(self, *states: State) -> list[str]:
        """Return the names of the tasks in one of the states, in order."""
        return [s.name for s in self.statuses.values() if s.state in states]

    def before(self, names: Iterable[str]) -> set[str]:
        """Return the tasks that the named ones need, themselves included: inputs, gates and what listed them."""
        found: set[str] = set()
        todo = list(names)
        while todo:
            name = todo.pop()
            if name in found or name not in self.statuses:
                continue
            found.add(name)
            if (task := self.statuses[name].task) is not None:
                todo += [*task.results.values(), *task.gates, *filter(None, [task.provisional])]
        return found

    def after(self, names: Iterable[str]) -> set[str]:
        """Return the tasks that need one of the named ones, directly or not; the named ones are not included."""
        found = set(names)
        start = set(found)
        for status in self.statuses.values():  # inputs come first, so one pass is enough
            if status.task and found & {*status.task.results.values(), *status.task.gates, status.task.provisional}:
                found.add(status.name)
        return found - start


def in_order(steps: Sequence[Step]) -> list[Step]:
    """Return the steps so that each comes after those whose records it consumes.

    Raises:
        InvalidInput: the steps need one another in a circle; it names them.
    """
    makers: dict[str, list[Step]] = {}
    for step in steps:
        for kind in step.produces:
            makers.setdefault(kind, []).append(step)
    ordered: list[Step] = []
    waiting = list(steps)
    while waiting:
        ready = [
            s for s in waiting if not any(m in waiting and m is not s for k in s.consumes for m in makers.get(k, ()))
        ]
        if not ready:
            names = ", ".join(sorted(s.name for s in waiting))
            raise InvalidInput(f"The steps {names} need one another in a circle.", hint="Correct what they consume.")
        ordered += ready
        waiting = [s for s in waiting if s not in ready]
    return ordered


def key_of(step: Step, task: Task, contents: Mapping[str, str]) -> str:
    """Return the key of a task: what its result depends on, and nothing else.

    A decision's key leaves the version out, or a release would void every signature.
    """
    if step.kind == "decide":
        return digest({"decision": step.name, "inputs": dict(contents)})
    return digest(
        {
            "step": f"{step.name}@{step.version}",
            "environment": environment_of(step),
            "params": task.params,
            "inputs": dict(contents),
        }
    )


def environment_of(step: Step) -> str:
    """Return the versions of the engines that a step declares: "duckdb 2.0.1, numpy 2.4.6"."""
    return ", ".join(f"{package} {_version(package)}" for package in sorted(step.environment))


@lru_cache(maxsize=256)
def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "absent"


def facet_key(content: str) -> str:
    """Return the key under which a facet is recorded when a task consumes it."""
    return digest({"facet": content})
