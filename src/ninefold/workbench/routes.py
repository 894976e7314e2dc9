"""How pages and actions become routes: a function of a desk in, a page out; the work is done in a thread of its own.

@page("/requirements/{id:str}")
def requirement(desk: Desk, id: str) -> Page: ...

@action("/requirements/{id:str}/criteria", role="editor")
def change(desk: Desk, id: str) -> Done | Page: ...     # reads desk.form; a page is shown with status 422
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec
from anyio.to_thread import run_sync
from litestar import Request, Response, get, post
from litestar.datastructures import State, UploadFile
from litestar.handlers import HTTPRouteHandler

from ninefold.kernel.errors import NotFound
from ninefold.surface.blocks import Block, Panel
from ninefold.surface.page import Page
from ninefold.surface.words import LANGUAGES
from ninefold.vocabulary.account import AccountRole
from ninefold.workbench.access.viewer import Viewer
from ninefold.workbench.addresses import address
from ninefold.workbench.desk import Answer, Desk, Done, Shown
from ninefold.workbench.flash import remember
from ninefold.workbench.project import Project
from ninefold.workbench.render import fragment, render
from ninefold.workbench.uploading import kept, scratch

Asked = Request[Any, Any, State]
Bringing = Callable[..., Answer]  # (desk, file, name)
LANGUAGE = "nf-language"
MAX_FORM = 2_000_000  # bytes; a project file is the largest thing that a form carries


def page(path: str, role: AccountRole = "viewer") -> Callable[[Callable[..., Page]], HTTPRouteHandler]:
    """Make a GET route of a function that returns a page; path parameters are its arguments."""

    def made(work: Callable[..., Page]) -> HTTPRouteHandler:
        async def show(request: Asked) -> Response[bytes]:
            return await run_sync(_shown, work, request)

        return get(path, opt={"role": role}, name=work.__name__)(show)

    return made


def action(path: str, role: AccountRole = "editor") -> Callable[[Callable[..., Answer]], HTTPRouteHandler]:
    """Make a POST route of a function that does something: `Done` goes on elsewhere, a page tells what is wrong."""

    def made(work: Callable[..., Answer]) -> HTTPRouteHandler:
        async def act(request: Asked) -> Response[bytes]:
            form = {k: v for k, v in (await request.form()).items() if isinstance(v, str)}
            return await run_sync(_done, work, request, form)

        return post(path, opt={"role": role}, name=work.__name__, request_max_body_size=MAX_FORM)(act)

    return made


def upload(path: str, field: str, limit: int, role: AccountRole = "editor") -> Callable[[Bringing], HTTPRouteHandler]:
    """Make a POST route of a function that takes a file: `file` is a copy on disk, gone afterwards (None without one),
    and `name` what the sender called it, which is only to be shown.
    """

    def made(work: Bringing) -> HTTPRouteHandler:
        async def take(request: Asked) -> Response[bytes]:
            sent = await request.form()
            form = {k: v for k, v in sent.items() if isinstance(v, str)}
            file = sent.get(field)
            project: Project = request.app.state.project
            with scratch(project.state) as copy:
                there = isinstance(file, UploadFile) and await kept(file, copy)
                name = file.filename if isinstance(file, UploadFile) else ""
                return await run_sync(_done, partial(work, file=copy if there else None, name=name), request, form)

        return post(path, opt={"role": role}, name=work.__name__, request_max_body_size=limit + MAX_FORM)(take)

    return made


def _shown(work: Callable[..., Page], request: Asked) -> Response[bytes]:
    project: Project = request.app.state.project
    with project.working() as session:
        desk = Desk(_viewer(request), project, session, _query(request))
        found = work(desk, **request.path_params)
        name = request.headers.get("x-fragment") or desk.query.get("fragment", "")
        answer = _html(_part(found, name, desk) if name else render(found, desk, request), 200)
        if found.refresh_s:
            answer.headers["Refresh"] = str(found.refresh_s)
        if request.query_params.get("lang") in LANGUAGES:
            answer.set_cookie(key=LANGUAGE, value=desk.viewer.language, path="/m/", samesite="strict", httponly=True)
        return answer


def _part(page: Page, name: str, desk: Desk) -> bytes:
    """Return one panel of a page, to be put in the place of an older one.

    Raises:
        NotFound: the page has no such panel now.
    """
    found = panel_of(page.sections, name)
    if found is None:
        raise NotFound(f"The page has no part {name[:60]!r} now.", hint="Reload the page.")
    return fragment(found, desk)


def panel_of(blocks: Sequence[Block], name: str) -> Panel | None:
    """Return the panel with a name among blocks and inside of them."""
    for block in blocks:
        if isinstance(block, Panel):
            if block.name == name:
                return block
            if (inside := panel_of(block.blocks, name)) is not None:
                return inside
    return None


def _done(work: Callable[..., Answer], request: Asked, form: Mapping[str, str]) -> Response[bytes]:
    project: Project = request.app.state.project
    with project.working() as session:
        desk = Desk(_viewer(request), project, session, _query(request), form)
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


def _viewer(request: Asked) -> Viewer:
    """Return who looks; at a machine, in the language that was chosen there (`?lang=`, kept in a cookie)."""
    viewer: Viewer = request.state.viewer
    chosen = request.query_params.get("lang") or request.cookies.get(LANGUAGE, "")
    if request.url.path.startswith("/m/") and chosen in LANGUAGES:
        return msgspec.structs.replace(viewer, language=chosen)
    return viewer


def _query(request: Asked) -> dict[str, str]:
    return {k: v[:500] for k, v in request.query_params.items() if isinstance(v, str)}


def _html(body: bytes, status: int) -> Response[bytes]:
    return Response(body, status_code=status, media_type="text/html; charset=utf-8")
