"""What a request gets that is not let through: the login page, a page that says why, or a problem for a program."""

from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.response import Redirect, Template

from ninefold.surface.words import speaker
from ninefold.workbench.access.paths import login_path
from ninefold.workbench.access.reading import language_of
from ninefold.workbench.access.viewer import Viewer
from ninefold.workbench.errors import problem


class Turned(HTTPException):
    """A request is turned away at the gate; `code` is the reason (surface/words, access.turned-CODE)."""

    def __init__(self, status: int, code: str, role: str = "") -> None:
        super().__init__(status_code=status, detail=code)
        self.code, self.role = code, role


def turned_away(request: Request[Any, Any, Any], error: Turned) -> Response[Any]:
    """Return the answer: to a page without a session the way to the login, to a program a problem."""
    path: str = request.scope["path"]  # not request.url, which fails on a Host that is no host
    api = path.startswith("/api/")
    if error.status_code == 401 and not api:
        query = request.scope["query_string"].decode("latin-1")
        to = login_path(path, query) if request.method in {"GET", "HEAD"} else "/login"
        if "x-fragment" in request.headers:  # a part of a page cannot become the login: the script reloads the whole
            return Response(b"", status_code=401)
        return Redirect(to, status_code=303)
    viewer: Viewer | None = getattr(request.state, "viewer", None)
    language = "en" if api or error.code == "host" else language_of(request)
    t = speaker(language)
    title, detail = t(f"access.turned-{error.code}"), t(f"access.turned-{error.code}-hint", role=error.role)
    trusted = error.code != "host"  # who comes under another name gets no page
    if trusted and request.app.template_engine is not None and not api:
        context = {"viewer": viewer, "t": t, "language": language, "title": title, "detail": detail}
        return Template("access/refused.html", context=context, status_code=error.status_code)
    headers = {"WWW-Authenticate": "Bearer"} if error.status_code == 401 else {}
    answer = problem(error.status_code, title, detail, code=error.code)
    answer.headers.update(headers)
    return answer
