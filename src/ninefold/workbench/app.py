"""The composition root of the workbench: the project, the gatekeeper, and every route."""

import socket
import sqlite3
from importlib import import_module
from pathlib import Path
from typing import Any

from litestar import Litestar
from litestar.exceptions import HTTPException
from litestar.plugins import InitPlugin, PluginProtocol
from litestar.plugins.core import MsgspecDIPlugin
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template import TemplateConfig

from ninefold.kernel.errors import NinefoldError
from ninefold.kernel.loopback import is_loopback
from ninefold.workbench import errors
from ninefold.workbench.access.access import Access
from ninefold.workbench.access.gatekeeper import Gate, Gatekeeper, check_routes
from ninefold.workbench.access.listening import Listening, check_listening
from ninefold.workbench.access.paths import allowed_hosts
from ninefold.workbench.access.worker import Worker
from ninefold.workbench.project import Project
from ninefold.workbench.render import environment
from ninefold.workbench.stream.hub import Hub

ROUTE_MODULES = (
    "ninefold.workbench.assets",
    "ninefold.workbench.health",
    "ninefold.workbench.access.entering",
    "ninefold.workbench.access.account_page",
    "ninefold.workbench.access.people_page",
    "ninefold.workbench.stream.routes",
    "ninefold.workbench.pages.beginning",
    "ninefold.workbench.pages.gateway",
    "ninefold.workbench.pages.audit",
    "ninefold.workbench.pages.requirements",
    "ninefold.workbench.pages.use_cases",
    "ninefold.workbench.pages.data",
    "ninefold.workbench.pages.files",
    "ninefold.workbench.pages.recipes",
    "ninefold.workbench.pages.models",
    "ninefold.workbench.pages.validation",
    "ninefold.workbench.pages.alarms",
    "ninefold.workbench.pages.monitoring",
    "ninefold.workbench.pages.fleet",
    "ninefold.workbench.pages.live",
    "ninefold.workbench.pages.asset",
    "ninefold.workbench.pages.pipelines",
    "ninefold.workbench.api.document",
    "ninefold.workbench.pages.find",
    "ninefold.workbench.pages.jobs",
    "ninefold.workbench.pages.overview",
    "ninefold.workbench.pages.trace",
)
ANSWERS: dict[int | type[Exception], Any] = {
    NinefoldError: errors.refused,
    HTTPException: errors.http,
    sqlite3.Error: errors.store,
    Exception: errors.failed,
}
STOP_S = 3  # after which open streams are cut


class _Workbench(Litestar):
    """Litestar without its plugins for other libraries' models.

    Where pydantic is installed, for whatever else, it would be imported: a fifth of the time of the start, for nothing.
    """

    @staticmethod
    def _get_default_plugins(plugins: list[PluginProtocol]) -> list[PluginProtocol]:
        return [*plugins, MsgspecDIPlugin()]


def routes() -> list[Any]:
    """Return the handlers of every room of the workbench."""
    return [handler for module in ROUTE_MODULES for handler in import_module(module).ROUTES]


def application(root: Path, door: InitPlugin) -> Litestar:
    """Return the workbench of a project; the door says who comes in (the gatekeeper, but for tests of pages).

    Raises:
        NotFound: there is no project.
        InvalidFile: its settings have problems.
    """
    app = _Workbench(
        routes(),
        plugins=[door],
        exception_handlers={**ANSWERS},
        template_config=TemplateConfig(instance=JinjaTemplateEngine.from_environment(environment())),
        openapi_config=None,
        logging_config=None,
        request_max_body_size=2_000_000,
    )
    return bound(app, root)


def bound(app: Litestar, root: Path) -> Litestar:
    """Return the application with what it shows set to a project, whose threads end with it.

    Raises:
        NotFound: there is no project.
        InvalidFile: its settings have problems.
    """
    project = Project(root)
    _ = project.settings
    hub = Hub(project)
    app.state.project, app.state.stream = project, hub
    app.on_shutdown[:] = [hub.close, project.jobs.close]
    return app


def guarded(root: Path, listening: Listening, names: tuple[str, ...] = ()) -> Litestar:
    """Return the workbench behind its gatekeeper; `names` are further host names under which it may be asked."""
    project = Project(root)
    worker = Worker(project.state)
    gate = Gate(allowed_hosts(listening.host, listening.port, names), listening.tls, listening.port)
    app = application(root, Gatekeeper(gate, worker))
    app.state.project.local = is_loopback(listening.host) and not names
    app.on_startup.append(worker.open)
    app.on_shutdown.append(worker.close)
    check_routes(app)
    return app


def first_link(root: Path) -> tuple[str | None, bool]:
    """Return the path of the link for the first person while nobody can log in, and whether anybody has a password."""
    access = Access(Project(root).state)
    try:
        return access.first_link(), any(a.has_password for a in access.accounts.all())
    finally:
        access.close()


def serve(
    root: Path, listening: Listening, names: tuple[str, ...], tell: Any, listener: socket.socket | None = None
) -> None:
    """Serve until SIGINT or SIGTERM; `tell` gets the lines for the person who started it. A `listener` listens already.

    Raises:
        Refused: others could reach it without TLS, or before anybody has a password.
        StoreError: the project's store cannot be used.
    """
    from ninefold.workbench.stream.serving import server_of

    link, password = first_link(root)
    check_listening(listening, password=password)
    app = guarded(root, listening, names)
    scheme = "https" if listening.tls else "http"
    host = f"[{listening.host}]" if ":" in listening.host else listening.host
    base = f"{scheme}://{host}:{listening.port}"
    tell(f"The workbench is at {base}/")
    if link:
        tell(f"Nobody can log in yet. Open this once, within an hour: {base}{link}")
    server_of(
        app,
        host=listening.host,
        port=listening.port,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        ssl_certfile=str(listening.certificate) if listening.certificate else None,
        ssl_keyfile=str(listening.key) if listening.key else None,
    ).run(sockets=[listener] if listener else None)


def begin_and_serve(folder: Path, listening: Listening, names: tuple[str, ...], tell: Any) -> None:
    """Show the page that begins a project in a folder, and then, in the same place, the project's workbench.

    Raises:
        Refused: others could reach it, and nobody has a password yet.
        InvalidInput: something else listens there.
    """
    from ninefold.workbench.doorstep.serving import listen, welcome

    with listen(listening) as listener:
        if welcome(folder, listening, names, listener, tell):
            serve(folder, listening, names, lambda _line: None, listener)
