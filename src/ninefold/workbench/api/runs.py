"""Bringing tasks up to date: a run goes on in a thread of the workbench, one at a time, and can be cancelled."""

from ninefold.client.answers import Job, JobFailure
from ninefold.client.requests import RunRequest
from ninefold.kernel.errors import Conflict, NotFound
from ninefold.lifecycle.job import Failure, JobState
from ninefold.workbench.api.operation import Answered, operation
from ninefold.workbench.desk import Desk

TAG = "Runs"


@operation("POST", "/runs", role="editor", status=202, tag=TAG)
def run(desk: Desk, data: RunRequest) -> Job:
    """Bring everything up to date, or the named tasks and what they need; the answer is the run as it begins."""
    plan = desk.plan
    if unknown := [t for t in data.tasks if t not in plan]:
        raise NotFound(f"No task is called {unknown[0][:200]}.", hint="List them at /api/v1/tasks.")
    state, begun = desk.project.jobs.run(desk.actor, data.tasks)
    if not begun and state.asked != data.tasks:
        message = f"The run {state.id} goes on, with other tasks."
        raise Conflict(message, hint=f"Wait for it, or cancel it: /api/v1/runs/{state.id}.")
    return Answered(_job(state), location=f"/api/v1/runs/{state.id}")  # type: ignore[return-value]  # the body of an answer


@operation("GET", "/runs/{id:str}", tag=TAG)
def run_state(desk: Desk, id: str) -> Job:
    """Show how far a run is, and what came of it."""
    return _job(desk.project.jobs.get(id))


@operation("POST", "/runs/{id:str}/cancellation", role="editor", tag=TAG)
def cancel_run(desk: Desk, id: str) -> Job:
    """Ask a run to end; what was recorded until then stays."""
    return _job(desk.project.jobs.cancel(id))


def _job(s: JobState) -> Job:
    error = _failure(s.error) if s.error else None
    return Job(
        s.id, s.actor, s.asked, s.stage, s.cancelling, s.started, s.ended, s.task, s.said, s.number, s.of, s.done,
        s.reused, tuple(map(_failure, s.failed)), tuple(map(_failure, s.unfinished)), error,
    )  # fmt: skip


def _failure(f: Failure) -> JobFailure:
    return JobFailure(f.name, f.message, f.hint)


ROUTES = (run, run_state, cancel_run)
