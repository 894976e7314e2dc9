"""How files leave the workbench: always saved, never shown, so that nothing in them runs as a page of ours."""

from collections.abc import Callable
from urllib.parse import quote

import msgspec
from anyio.to_thread import run_sync
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from ninefold.vocabulary.account import AccountRole
from ninefold.workbench.desk import Desk
from ninefold.workbench.project import Project
from ninefold.workbench.routes import Asked


class Download(msgspec.Struct, frozen=True):
    """A file as a browser saves it."""

    name: str
    data: bytes
    media_type: str = "application/octet-stream"


def download(path: str, role: AccountRole = "viewer") -> Callable[[Callable[..., Download]], HTTPRouteHandler]:
    """Make a GET route of a function that returns a file; path parameters are its arguments."""

    def made(work: Callable[..., Download]) -> HTTPRouteHandler:
        async def send(request: Asked) -> Response[bytes]:
            return await run_sync(_sent, work, request)

        return get(path, opt={"role": role}, name=work.__name__)(send)

    return made


def _sent(work: Callable[..., Download], request: Asked) -> Response[bytes]:
    project: Project = request.app.state.project
    with project.working() as session:
        found = work(Desk(request.state.viewer, project, session), **request.path_params)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name, safe='')}",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return Response(found.data, media_type=found.media_type, headers=headers)
