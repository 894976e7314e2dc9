"""The workbench over a project for tests of pages: everybody who asks is one viewer, without the gatekeeper."""

from pathlib import Path
from typing import Any

from litestar import Litestar, Request
from litestar.testing import TestClient

from ninefold.workbench.access.viewer import Viewer
from ninefold.workbench.app import application

APPROVER = Viewer("person-0123456789abcdef", "Erika Beispiel", "approver", zone="Europe/Berlin")


def opened(root: Path, viewer: Viewer = APPROVER) -> TestClient[Litestar]:
    """Return a client of the workbench of a project; use it as a context manager."""

    async def let_in(request: Request[Any, Any, Any]) -> None:
        request.state.viewer = viewer

    return TestClient(application(root, [let_in]), raise_server_exceptions=True)
