"""Where something comes from and what rests on it: tasks, records, and the trace through all of them."""

from pathlib import PurePath

from ninefold.kernel.errors import NotFound
from ninefold.lifecycle.known import names
from ninefold.lifecycle.pages.record import record_page
from ninefold.lifecycle.pages.task import task_page
from ninefold.lifecycle.pages.trace import trace_page, trace_start_page
from ninefold.surface.page import Page
from ninefold.surface.words import Say
from ninefold.workbench.desk import Desk
from ninefold.workbench.routes import page


@page("/trace")
def trace_begin(desk: Desk) -> Page:
    """Show where a trace may begin, or the trace of `?start=NAME`."""
    asked = desk.query.get("start", "").strip()
    if not asked:
        return trace_start_page(desk.session)
    try:
        return trace_page(desk.session, asked, desk.viewer.language)
    except NotFound:
        return trace_start_page(desk.session, Say("trace.unknown", {"name": asked[:200]}), asked)


@page("/trace/{start:path}")
def trace_of(desk: Desk, start: PurePath) -> Page:
    """Show the chain of evidence around a task, facet, requirement, record or decision."""
    return trace_page(desk.session, _name(start), desk.viewer.language)


@page("/tasks/{name:path}")
def task(desk: Desk, name: PurePath) -> Page:
    """Show a task: how it stands, its inputs, its records."""
    return task_page(desk.session, _name(name), names(desk.session.store))


@page("/records/{id:str}")
def record(desk: Desk, id: str) -> Page:
    """Show a record; the beginning of its id is enough where it is unique."""
    return record_page(desk.session, id, names(desk.session.store))


def _name(path: PurePath) -> str:
    """Return a name that may hold slashes, from the rest of an address."""
    return str(path).lstrip("/")


ROUTES = (trace_begin, trace_of, task, record)
