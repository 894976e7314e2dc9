"""How the project stands: who asks, the summary, the tasks."""

from typing import Literal

from ninefold.client.answers import FileProblem, Me, Page, Standing, TaskDetail, TaskLine
from ninefold.kernel.errors import NotFound, Problem
from ninefold.kernel.plan import Status
from ninefold.kernel.status import counts
from ninefold.workbench.api.operation import operation
from ninefold.workbench.api.paging import Cursor, Limit, part
from ninefold.workbench.desk import Desk

TAG = "Project"


@operation("GET", "/me", tag=TAG)
def me(desk: Desk) -> Me:
    """Tell who asks, and what they may."""
    v = desk.viewer
    return Me(v.person, v.name, v.role, v.via, v.language, v.zone)


@operation("GET", "/status", tag=TAG)
def status(desk: Desk) -> Standing:
    """Tell how the project stands: tasks by state, and the problems of its files."""
    plan, view = desk.plan, desk.view
    waiting = sum(s.waits for s in plan.statuses.values())
    found = dict(counts(plan))
    return Standing(desk.project.settings.name, view.now, found, waiting, problems_of(view.problems))


@operation("GET", "/tasks", tag=TAG)
def tasks(
    desk: Desk, in_state: Literal["fresh", "stale", "missing", "blocked"] | None = None, cursor: Cursor = "",
    limit: Limit = 100,
) -> Page[TaskLine]:  # fmt: skip
    """List the tasks of the plan by name, or those in one state."""
    found = [s for s in desk.plan.statuses.values() if in_state is None or s.state == in_state]
    return part(found, lambda s: s.name, cursor, limit, line_of)


@operation("GET", "/tasks/{name:path}", tag=TAG)
def task(desk: Desk, name: str) -> TaskDetail:
    """Show a task: why it stands as it does, what it is made of, and what it found last."""
    plan = desk.plan
    if name not in plan:
        raise NotFound(f"No task is called {name[:200]}.", hint="List them at /api/v1/tasks.")
    s = plan[name]
    made, last = s.task, s.last
    return TaskDetail(
        s.name, s.state, s.reason, s.command, s.waits, last.id if last else "", f"{s.step.name}@{s.step.version}",
        s.step.kind, dict(made.facets) if made else {}, dict(made.results) if made else {},
        made.gates if made else (), s.roots, s.notes, last.plain if last else None,
    )  # fmt: skip


def line_of(s: Status) -> TaskLine:
    """Return a task as it stands in a list."""
    return TaskLine(s.name, s.state, s.reason, s.command, s.waits, s.last.id if s.last else "")


def problems_of(found: tuple[Problem, ...]) -> tuple[FileProblem, ...]:
    """Return problems of files as they travel."""
    return tuple(FileProblem(p.file, p.line, p.field, p.message, p.hint) for p in found)


ROUTES = (me, status, tasks, task)
