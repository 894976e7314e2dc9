"""What a reader is told when something cannot be done: what happened and what to do, as a page or problem+json."""

import logging
import sqlite3
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException

from ninefold.kernel.errors import (
    AccessDenied,
    Cancelled,
    Conflict,
    DiskFull,
    InvalidFile,
    InvalidInput,
    NinefoldError,
    NotFound,
    Refused,
    StoreError,
    StoreLocked,
    VerificationError,
)  # fmt: skip
from ninefold.surface.words import Say, Text, messages, say, words
from ninefold.workbench.access.reading import language_of
from ninefold.workbench.render import environment

PROBLEM = "application/problem+json"
STATUS: tuple[tuple[type[NinefoldError], int], ...] = (
    (AccessDenied, 401), (Refused, 403), (NotFound, 404), (Conflict, 409), (InvalidFile, 422), (InvalidInput, 422),
    (Cancelled, 409), (StoreLocked, 503), (DiskFull, 507), (StoreError, 503), (VerificationError, 409),
    (NinefoldError, 503),
)  # fmt: skip
_log = logging.getLogger("ninefold.workbench")
Asked = Request[Any, Any, Any]


def status_of(error: NinefoldError) -> int:
    """Return the HTTP status of an error."""
    return next(code for kind, code in STATUS if isinstance(error, kind))


def refused(request: Asked, error: NinefoldError) -> Response[Any]:
    """Answer what ninefold raised on purpose."""
    return told(request, status_of(error), error.message, error.hint)


def http(request: Asked, error: HTTPException) -> Response[Any]:
    """Answer what the framework raised: no such page, a method that is not there, a body that is too large."""
    if error.status_code == 404:
        hint: Text = "Look it up in /api/v1/openapi.json." if _api(request) else Say("errors.look")
        return told(request, 404, Say("errors.nowhere", {"path": request.url.path[:200]}), hint)
    hint, more = str(getattr(error, "hint", "")), dict(getattr(error, "more", {}))
    if isinstance(error.extra, list) and error.extra:  # what is wrong, field by field
        more["issues"] = [_issue(issue) for issue in error.extra if isinstance(issue, dict)]
    answer = told(request, error.status_code, error.detail, hint or _HINTS.get(error.status_code, ""), **more)
    answer.headers.update(error.headers or {})
    return answer


def _issue(issue: dict[str, Any]) -> dict[str, str]:
    key, message = str(issue.get("key", "")), str(issue.get("message", ""))
    source = str(issue.get("source", "")).rpartition(".")[2].lower()
    if (key, message) == ("data", "'data'"):  # how Litestar says that there is no body
        return {"message": "The body is missing", "key": "", "source": "body"}
    return {"message": message, "key": key, "source": source}


def _api(request: Asked) -> bool:
    return str(request.scope["path"]).startswith("/api/")  # not request.url, which fails on a Host that is no host


def store(request: Asked, error: sqlite3.Error) -> Response[Any]:
    """Answer what SQLite says while we read: a file of the project is damaged, locked or gone."""
    _log.error("%s %s met a file that cannot be used", request.method, request.scope["path"], exc_info=error)
    detail = f"A file of the project's folder .ninefold cannot be used: {error}."
    return told(request, 503, detail, "Look with: ninefold verify-store. Restore it from a copy when it is damaged.")


def failed(request: Asked, error: Exception) -> Response[Any]:
    """Answer what nobody expected: the log says more, the reader does not see a stack."""
    _log.error("%s %s failed", request.method, request.scope["path"], exc_info=error)
    return told(request, 500, Say("errors.failed"), Say("errors.report"))


def told(request: Asked, status: int, detail: Text, hint: Text, **more: Any) -> Response[Any]:
    """Return the one error body: problem+json in English below /api, else a page in the reader's language.

    What is told as plain text is English, as records and commands say it; the page marks it so.
    """
    if _api(request):
        return problem(status, str(detail), str(hint), **more)
    language = language_of(request)
    code = f"errors.title-{status}"
    html = environment().get_template("error.html").render(
        status=status, language=language, title=say(code if code in messages(language) else "errors.title", language),
        button=say("errors.overview", language),
        said=[(words(t, language), "" if isinstance(t, Say) else "en") for t in (detail, hint) if t],
    )  # fmt: skip
    return Response(html.encode(), status_code=status, media_type="text/html; charset=utf-8")


def problem(status: int, detail: str, hint: str, **more: Any) -> Response[Any]:
    """Return an error for a program (RFC 9457), with our `hint` and what else is known."""
    content = {"type": "about:blank", "title": _TITLES.get(status, "Error"), "status": status, "detail": detail}
    return Response({**content, "hint": hint, **more}, status_code=status, media_type=PROBLEM)


_TITLES = {
    400: "Bad request", 401: "Log in first", 403: "Refused", 404: "Not found", 405: "Not allowed here", 409: "Conflict",
    413: "Too large", 422: "Cannot be used", 428: "Precondition required", 412: "Changed meanwhile",
    429: "Too many requests", 500: "Failed", 503: "Not available now", 507: "The disk is full",
    406: "Not acceptable", 415: "Not read", 421: "Another host",
}  # fmt: skip
_HINTS = {
    400: "Correct what is named, and repeat.", 405: "Use one of the methods in the header Allow.",
    413: "Send less.",
}  # fmt: skip
