"""How the client speaks with the API: JSON in and out, errors of the house, pages as iterators, safe repeats."""

import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from ninefold.client.answers import Page, Problem
from ninefold.kernel.errors import (
    AccessDenied,
    Conflict,
    ConnectorError,
    DeadlineExceeded,
    DiskFull,
    EditConflict,
    InvalidInput,
    NinefoldError,
    NotFound,
    Refused,
    Unreachable,
)
from ninefold.kernel.outgoing import Response, Server
from ninefold.kernel.records import revive

PREFIX = "/api/v1"
T = TypeVar("T")
_CLASSES: Mapping[int, type[NinefoldError]] = {
    400: InvalidInput, 401: AccessDenied, 403: Refused, 404: NotFound, 405: InvalidInput, 406: InvalidInput,
    409: Conflict, 412: Conflict, 413: InvalidInput, 415: InvalidInput, 421: Refused, 422: InvalidInput,
    428: InvalidInput, 429: Refused, 503: Unreachable, 507: DiskFull,
}  # fmt: skip
_PAUSES_S = (0.2, 1.0)


class Api:
    """One workbench, asked with one token."""

    def __init__(self, server: Server, pause: Callable[[float], None] = time.sleep) -> None:
        self.server, self._pause = server, pause

    def get(self, type_: type[T], path: str, **query: object) -> T:
        """Return what is at a path; repeated when the workbench cannot be reached or cannot answer now."""
        return self._decoded(type_, self._repeated("GET", _address(path, query), None, {}))

    def all(self, type_: type[T], path: str, **query: object) -> Iterator[T]:
        """Yield the items of a list, page after page."""
        cursor = ""
        while True:
            page = self.get(Page[type_], path, **query, cursor=cursor)  # type: ignore[valid-type]  # a type at run time
            yield from page.items
            if not (cursor := page.next):
                return

    def post(self, type_: type[T], path: str, body: object = None, *, etag: str = "", once: bool = True) -> T:
        """Return the answer to a request that does something; with a key of its own, so that a repeat does it once."""
        headers = {"If-Match": f'"{etag}"'} if etag else {}
        if not once:
            return self._decoded(type_, self._asked("POST", PREFIX + path, body, headers))
        headers["Idempotency-Key"] = secrets.token_urlsafe(24)
        return self._decoded(type_, self._repeated("POST", PREFIX + path, body, headers))

    def change(self, method: str, type_: type[T], path: str, body: object = None, *, etag: str | None = None) -> T:
        """Return the answer to a PUT or DELETE, which is never repeated; an ETag of "" stands for a new file."""
        headers = {} if etag is None else {"If-Match": f'"{etag}"'} if etag else {"If-None-Match": "*"}
        return self._decoded(type_, self._asked(method, PREFIX + path, body, headers))

    def _repeated(self, method: str, address: str, body: object, headers: Mapping[str, str]) -> Response:
        for pause in _PAUSES_S:
            try:
                return self._asked(method, address, body, headers)
            except (Unreachable, DeadlineExceeded):
                self._pause(pause)
        return self._asked(method, address, body, headers)

    def _asked(self, method: str, address: str, body: object, headers: Mapping[str, str]) -> Response:
        sent = {"Accept": "application/json", **headers}
        data = None
        if body is not None:
            data, sent["Content-Type"] = msgspec.json.encode(body), "application/json"
        answer = self.server.ask(method, address, data, sent)
        if not 200 <= answer.status < 300:
            raise error_of(answer)
        return answer

    def _decoded(self, type_: type[T], answer: Response) -> T:
        try:
            return msgspec.json.decode(answer.body, type=type_, strict=False, dec_hook=revive)
        except msgspec.MsgspecError as error:
            message = f"{self.server.host} answers with something that is not ninefold's: {error}."
            raise ConnectorError(message, hint="Check the address, and the versions of both sides.") from error


def error_of(answer: Response) -> NinefoldError:
    """Return the error of the house that a problem stands for."""
    try:
        problem = msgspec.json.decode(answer.body, type=Problem)
    except msgspec.MsgspecError:
        return ConnectorError(f"The answer has the status {answer.status} and no problem that can be read.")
    issues = "".join(f" {i.key + ': ' if i.key else ''}{i.message}." for i in problem.issues)
    if answer.status == 412 and problem.diff:
        file = problem.detail.partition(" ")[0]
        return EditConflict(file, problem.diff, problem.etag)
    kind = _CLASSES.get(answer.status, ConnectorError)
    return kind(f"{problem.detail}{issues}", hint=problem.hint)


def place(template: str, *values: str) -> str:
    """Return a path with values in the place of its `{}`; a slash in the last one stays when it ends the path."""
    ends = template.endswith("{}")
    last = len(values) - 1
    quoted = [quote(v, safe="/" if ends and i == last else "") for i, v in enumerate(values)]
    return template.format(*quoted)


def _address(path: str, query: Mapping[str, Any]) -> str:
    asked = {
        k: str(v).lower() if isinstance(v, bool) else str(v) for k, v in query.items() if v is not None and v != ""
    }
    return f"{PREFIX}{path}{'?' if asked else ''}{urlencode(asked)}"
