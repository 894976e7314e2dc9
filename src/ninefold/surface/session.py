"""What a command works with: the project, its store and blobs, and a screen to show things on."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import click

from ninefold.kernel.blobs import Blobs
from ninefold.kernel.clock import Clock
from ninefold.kernel.errors import NotFound
from ninefold.kernel.plan import Plan
from ninefold.kernel.progress import Progress
from ninefold.kernel.sqlite import SqliteStore
from ninefold.kernel.steps import Evidence
from ninefold.kernel.view import View


class Screen(Progress, Protocol):
    """Where a surface shows tables, sentences and progress."""

    def show(self, model: Any) -> None:
        """Show a surface model: a table, a page."""

    def write(self, text: str) -> None:
        """Write a line of plain text as it is."""


@dataclass(frozen=True)
class Session:
    """One command's view of a project. `view` and `status` are read anew at each call."""

    root: Path
    store: SqliteStore
    blobs: Blobs
    clock: Clock
    screen: Screen
    view: Callable[[], View]
    status: Callable[[], Plan]
    both: Callable[[], tuple[View, Plan]] | None = None  # of one look, where a look at the files takes time

    def stand(self) -> tuple[View, Plan]:
        """Return the files and how everything stands, read anew in one look."""
        return (self.view(), self.status()) if self.both is None else self.both()

    def ask(self, name: str) -> Evidence:
        """Return the current result of a task, or what it last said when it is not fresh.

        Raises:
            NotFound: there is no such task, or it has no result yet; the next command is named.
        """
        plan = self.status()
        if name not in plan:
            near = [n for n in plan.statuses if name in n][:3]
            hint = f"Use one of: {', '.join(near)}." if near else "List the tasks with: ninefold status --all."
            raise NotFound(f"No task is called {name}.", hint=hint)
        found = plan[name]
        if found.last is None:
            command = found.command or f"ninefold run {name}"
            raise NotFound(f"{name} has no result yet{_because(found.reason)}.", hint=f"Run: {command}.")
        record = found.last
        return Evidence(name, record.id, record.content, record.kind, record.plain, record.blobs)


def _because(reason: str) -> str:
    return f" ({reason})" if reason else ""


def pass_session(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the session as its first argument; it is opened only now, so that help stays light."""

    @functools.wraps(command)
    def opened(*args: Any, **options: Any) -> Any:
        return command(click.get_current_context().obj.session, *args, **options)

    return opened
