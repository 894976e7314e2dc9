"""The workbench over a project for tests of pages: everybody who asks is one viewer, without the gatekeeper."""

from pathlib import Path
from typing import Any

from litestar import Litestar, Request
from litestar.config.app import AppConfig
from litestar.plugins import InitPlugin
from litestar.testing import TestClient

from ninefold.workbench.access.viewer import Viewer
from ninefold.workbench.app import application, bound

APPROVER = Viewer("person-0123456789abcdef", "Erika Beispiel", "approver", zone="Europe/Berlin")


class LetIn(InitPlugin):
    """A door that takes everybody for one viewer."""

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer

    def on_app_init(self, app_config: AppConfig) -> AppConfig:
        """Let every request in."""

        async def let_in(request: Request[Any, Any, Any]) -> None:
            request.state.viewer = self.viewer

        app_config.before_request = let_in
        return app_config


class Client(TestClient[Litestar]):
    """A client whose application serves another test once it is closed: it takes longer to build than most pages."""

    def __init__(self, app: Litestar, door: LetIn) -> None:
        super().__init__(app, raise_server_exceptions=True)
        self.door = door

    def __exit__(self, *error: Any) -> None:
        """End the application's threads."""
        super().__exit__(*error)
        _closed.append(self)


_closed: list[Client] = []


def opened(root: Path, viewer: Viewer = APPROVER) -> TestClient[Litestar]:
    """Return a client of the workbench of a project; use it as a context manager."""
    if not _closed:
        door = LetIn(viewer)
        return Client(application(root, door), door)
    before = _closed.pop()
    before.door.viewer = viewer
    return Client(bound(before.app, root), before.door)
