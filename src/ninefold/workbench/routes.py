"""How pages and actions become routes: a function of a desk in, a page out; the work is done in a thread of its own.

@page("/requirements/{id:str}")
def requirement(desk: Desk, id: str) -> Page: ...

@action("/requirements/{id:str}/criteria", role="editor")
def change(desk: Desk, id: str) -> Done | Page: ...     # reads desk.form; a page is shown with status 422
"""

from collections.abc import Callable, Mapping
from typing import Any

from anyio.to_thread import run_sync
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler

from ninefold.surface.blocks import Role
from ninefold.surface.page import Page
from ninefold.workbench.addresses import address
from ninefold.workbench.desk import Answer, Desk, Done, Shown
from ninefold.workbench.flash import remember
from ninefold.workbench.project import Project
from ninefold.workbench.render import render

Asked = Request[Any, Any, State]
MAX_FORM = 2_000_000  # bytes; a project file is the largest thing that a form carries


def page(path: str, role: Role = "viewer") -> Callable[[Callable[..., Page]], HTTPRouteHandler]:
    """Make a GET route of a function that returns a page; path parameters are its arguments."""

    def made(work: Callable[..., Page]) -> HTTPRouteHandler:
        async def show(request: Asked) -> Response[bytes]:
            return await run_sync(_shown, work, request)

        return get(path, opt={"role": role}, name=work.__name__)(show)

    return made


def action(path: str, role: Role = "editor") -> Callable[[Callable[..., Answer]], HTTPRouteHandler]:
    """Make a POST route of a function that does something: `Done` goes on elsewhere, a page tells what is wrong."""

    def made(work: Callable[..., Answer]) -> HTTPRouteHandler:
        async def act(request: Asked) -> Response[bytes]:
            form = {k: v for k, v in (await request.form()).items() if isinstance(v, str)}
            return await run_sync(_done, work, request, form)

        return post(path, opt={"role": role}, name=work.__name__, request_max_body_size=MAX_FORM)(act)

    return made


def _shown(work: Callable[..., Page], request: Asked) -> Response[bytes]:
    project: Project = request.app.state.project
    with project.working() as session:
        desk = Desk(request.state.viewer, project, session, _query(request))
        found = work(desk, **request.path_params)
        answer = _html(render(found, desk, request), 200)
        if found.refresh_s:
            answer.headers["Refresh"] = str(found.refresh_s)
        return answer


def _done(work: Callable[..., Answer], request: Asked, form: Mapping[str, str]) -> Response[bytes]:
    project: Project = request.app.state.project
    with project.working() as session:
        desk = Desk(request.state.viewer, project, session, _query(request), form)
        found = work(desk, **request.path_params)
        shown = Shown(found, 422) if isinstance(found, Page) else found
        if isinstance(shown, Shown):
            return _html(render(shown.page, desk, request), shown.status)
    return went(request, shown)


def went(request: Asked, done: Done) -> Response[bytes]:
    """Return the answer that sends a browser on, with what is said there once."""
    answer = Response(b"", status_code=303, headers={"Location": address(done.to)}, media_type="text/html")
    if done.said:
        remember(answer, request, done.said)
    return answer


def _query(request: Asked) -> dict[str, str]:
    return {k: v[:500] for k, v in request.query_params.items() if isinstance(v, str)}


def _html(body: bytes, status: int) -> Response[bytes]:
    return Response(body, status_code=status, media_type="text/html; charset=utf-8")
