"""The composition root of the workbench: the project, the gatekeeper, and every route."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from litestar import Litestar
from litestar.exceptions import HTTPException

from ninefold.kernel.errors import NinefoldError
from ninefold.workbench import errors
from ninefold.workbench.project import Project
from ninefold.workbench.stream.hub import Hub

ROUTE_MODULES = (
    "ninefold.workbench.assets",
    "ninefold.workbench.stream.routes",
    "ninefold.workbench.pages.audit",
    "ninefold.workbench.pages.alarms",
    "ninefold.workbench.pages.monitoring",
)  # fmt: skip


def routes() -> list[Any]:
    """Return the handlers of every room of the workbench."""
    return [handler for module in ROUTE_MODULES for handler in import_module(module).ROUTES]


def application(root: Path, before: Sequence[Any] = ()) -> Litestar:
    """Return the workbench of a project; `before` lets a request in and says who looks (the gatekeeper)."""
    project = Project(root)
    hub = Hub(project)
    app = Litestar(
        routes(),
        before_request=before[0] if before else None,
        exception_handlers={NinefoldError: errors.refused, HTTPException: errors.http, Exception: errors.failed},
        openapi_config=None,
        logging_config=None,
        request_max_body_size=2_000_000,
        on_shutdown=[hub.close],
    )
    app.state.project, app.state.stream = project, hub
    return app
