"""Running tasks: begin, watch, cancel."""

from ninefold.kernel.errors import NotFound, Refused
from ninefold.lifecycle.known import names
from ninefold.lifecycle.pages.job import job_page
from ninefold.surface.cells import Ref
from ninefold.surface.page import Page
from ninefold.surface.words import Say
from ninefold.workbench.desk import Desk, Done
from ninefold.workbench.routes import action, page


@action("/run", role="editor")
def run(desk: Desk) -> Done:
    """Bring everything up to date, or the tasks of the fields `task` and `tasks` (one a line) and what they need."""
    asked = [t for t in (desk.form.get("task", ""), *desk.form.get("tasks", "").splitlines()) if t.strip()]
    for task in asked:
        if task not in desk.plan:
            raise NotFound(f"No task is called {task[:200]!r}.", hint="Look for it with the search above.")
        if desk.plan[task].step.kind in {"apply", "decide"}:
            raise Refused(f"{task} is not run: a person signs or rolls out.", hint="Open the page of its model.")
    job, begun = desk.project.jobs.run(desk.actor, asked)
    if begun:
        return Done(Ref("page", f"jobs/{job.id}"))
    who = names(desk.session.store).get(job.actor, job.actor)
    return Done(Ref("page", f"jobs/{job.id}"), Say("jobs.runs-already", {"who": who}))


@page("/jobs/{id:str}")
def job(desk: Desk, id: str) -> Page:
    """Show how far a piece of work is; drawn anew every two seconds while it goes on."""
    return job_page(desk.project.jobs.get(id), names(desk.session.store))


@action("/jobs/{id:str}/cancel", role="editor")
def cancel_job(desk: Desk, id: str) -> Done:
    """Ask a piece of work to end; what was recorded until then stays."""
    desk.project.jobs.cancel(id)
    return Done(Ref("page", f"jobs/{id}"))


ROUTES = (run, job, cancel_job)
