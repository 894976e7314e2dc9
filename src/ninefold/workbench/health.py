"""Whether the workbench can work: its project's store answers. For a supervisor or a proxy; it tells no more."""

from typing import Any

from anyio.to_thread import run_sync
from litestar import Request, Response, get

from ninefold.kernel.errors import NinefoldError
from ninefold.workbench.project import Project


@get("/health", opt={"role": "public"})
async def health(request: Request[Any, Any, Any]) -> Response[str]:
    """Answer 200 "ok", or 503 with the kind of what is wrong."""
    problem = await run_sync(_problem, request.app.state.project)
    return Response(problem or "ok", status_code=503 if problem else 200, media_type="text/plain")


def _problem(project: Project) -> str:
    try:
        with project.working() as session:
            session.store.tails()
    except NinefoldError as error:
        return type(error).__name__
    return ""


ROUTES: tuple[Any, ...] = (health,)
