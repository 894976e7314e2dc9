"""The gate before every route: the Host, who asks, what they may, and that they mean it; undeclared is refused.

It is a guard, because guards of all layers run; a `before_request` would be replaced by one that lies nearer.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import msgspec
from litestar import Litestar, Request
from litestar.config.app import AppConfig
from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler
from litestar.plugins import InitPlugin
from litestar.types import Message, Scope

from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.account import ROLES, allows
from ninefold.workbench.access.headers import secured
from ninefold.workbench.access.paths import is_ours
from ninefold.workbench.access.roles import PUBLIC
from ninefold.workbench.access.tokens import same
from ninefold.workbench.access.turning_away import Turned, turned_away
from ninefold.workbench.access.viewer import Viewer
from ninefold.workbench.access.worker import Worker

Connection = ASGIConnection[Any, Any, Any, Any]
_SAFE = {"GET", "HEAD", "OPTIONS"}
_API = "/api/"
MAX_FORM = 1 << 20  # bytes that are read to find the token of a form


class Gate(msgspec.Struct, frozen=True):
    """What the gate is told at start."""

    hosts: frozenset[str]  # see paths.allowed_hosts
    tls: bool = False
    port: int = 0  # in the cookie's name: cookies do not tell ports apart

    @property
    def cookie(self) -> str:
        """The name of the session's cookie."""
        return f"{'__Host-' if self.tls else ''}ninefold{f'-{self.port}' if self.port else ''}"


class Gatekeeper(InitPlugin):
    """Puts the gate before every route of an application, and the security headers on every answer."""

    def __init__(self, gate: Gate, worker: Worker) -> None:
        self.gate, self.worker = gate, worker

    def on_app_init(self, app_config: AppConfig) -> AppConfig:
        """Add the guard, the headers and the answer to who is turned away."""
        app_config.guards.append(self.admit)
        app_config.before_send.append(self._before_send)
        app_config.on_startup.insert(0, check_routes)
        app_config.exception_handlers = {**app_config.exception_handlers, Turned: turned_away}
        app_config.state.gate, app_config.state.access = self.gate, self.worker
        return app_config

    async def admit(self, connection: Connection, handler: BaseRouteHandler) -> None:
        """Return when a request may go on, with the viewer in `request.state.viewer` (None on a public route).

        Raises:
            Turned: it may not.
        """
        if not is_ours([v for k, v in connection.scope["headers"] if k.lower() == b"host"], self.gate.hosts):
            raise Turned(421, "host")
        need = handler.opt.get("role")
        if need != PUBLIC and need not in ROLES:
            raise Turned(403, "undeclared")
        method = connection.scope.get("method", "GET")
        connection.state.viewer = viewer = await self._viewer(connection)
        unsafe = method not in _SAFE or not isinstance(connection, Request)
        if unsafe and (viewer is None or viewer.via == "session") and not self._from_here(connection):
            raise Turned(403, "origin")
        if need == PUBLIC:
            return
        if viewer is None:
            raise Turned(401, "session")
        if not allows(viewer.role, need):
            raise Turned(403, "role", need)
        if unsafe and viewer.via == "session" and not same(await _form_token(connection), viewer.csrf):
            raise Turned(403, "csrf")

    async def _viewer(self, connection: Connection) -> Viewer | None:
        header = connection.headers.get("authorization")
        if header is not None and connection.scope["path"].startswith(_API):
            kind, _, secret = header.partition(" ")
            if kind.lower() != "bearer":
                return None
            return await self.worker(lambda a: a.by_token(secret.strip()))
        secret = connection.cookies.get(self.gate.cookie, "")
        return await self.worker(lambda a: a.by_session(secret)) if secret else None

    def _from_here(self, connection: Connection) -> bool:
        """Return whether a browser says that one of our pages asks; who sends neither header is no browser."""
        if connection.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            return False
        origin = connection.headers.get("origin")
        scheme = "https" if self.gate.tls else "http"
        return origin is None or origin == f"{scheme}://{connection.headers['host'].lower()}"

    async def _before_send(self, message: Message, _scope: Scope) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = secured([(bytes(k), bytes(v)) for k, v in message["headers"]], tls=self.gate.tls)


def check_routes(app: Litestar) -> None:
    """Return when every route declares who may call it: `opt={"role": ...}`, a role or "public".

    Raises:
        InvalidInput: naming the routes that do not.
    """
    wrong = [
        f"{path} ({handler.handler_name})" for path, _, handler in handlers_of(app)
        if handler.opt.get("role") not in {PUBLIC, *ROLES}
    ]  # fmt: skip
    if wrong:
        message = f"{len(wrong)} route(s) do not say who may call them: {', '.join(sorted(set(wrong)))}."
        raise InvalidInput(message, hint='Declare opt={"role": ...} with a role or "public".')


def handlers_of(app: Litestar) -> Iterator[tuple[str, str, BaseRouteHandler]]:
    """Yield path, method and handler of every route; the answers to OPTIONS that Litestar makes are left out."""
    for route in app.routes:
        mapped = getattr(route, "route_handler_map", None)
        if mapped is None:
            yield route.path, "GET", route.route_handler  # type: ignore[union-attr]  # ASGI and websocket routes have one
            continue
        for method, (handler, _) in mapped.items():
            if method != "OPTIONS" or handler.handler_name != "options_handler":
                yield route.path, str(method), handler


async def _form_token(connection: Connection) -> str:
    """Return what a request proves with: a header, or the field `csrf` of its form."""
    if (header := connection.headers.get("x-csrf-token")) is not None:
        return header
    if not isinstance(connection, Request):
        return ""
    kind = connection.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        body = await connection.body()  # bounded by the application's limit
        if len(body) > MAX_FORM:
            raise Turned(413, "form")
        try:
            found = parse_qs(body.decode("utf-8", "replace"), max_num_fields=10_000).get("csrf", [])
        except ValueError:  # more fields
            raise Turned(413, "form") from None
    elif kind == "multipart/form-data":
        found = [v for v in (await connection.form()).getall("csrf", []) if isinstance(v, str)]
    else:
        found = []
    return found[0] if len(found) == 1 else ""
