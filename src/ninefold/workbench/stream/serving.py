"""The server of a workbench: told to end, it ends the open streams first, so that it need not wait for them."""

import asyncio
from types import FrameType

import uvicorn
from litestar import Litestar

GRACE_S = 2  # for requests that are going on


class Server(uvicorn.Server):
    """Uvicorn waits for its connections before it tells the application that it ends; a stream would never end."""

    def __init__(self, config: uvicorn.Config, app: Litestar) -> None:
        super().__init__(config)
        self.app = app
        self._here: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: "list[object] | None" = None) -> None:  # type: ignore[override]  # uvicorn says list[socket]
        """Remember the event loop, and start."""
        self._here = asyncio.get_running_loop()
        await super().startup(sockets)  # type: ignore[arg-type]  # uvicorn says list[socket]

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End the streams, then the server."""
        if self._here is not None:
            self._here.call_soon_threadsafe(self.app.state.stream.end)
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: "list[object] | None" = None) -> None:  # type: ignore[override]  # uvicorn says list[socket]
        """End the streams also where no signal came, then shut down."""
        self.app.state.stream.end()
        await super().shutdown(sockets)  # type: ignore[arg-type]  # uvicorn says list[socket]


def server_of(app: Litestar, **options: object) -> Server:
    """Return a server of a workbench; `options` are those of `uvicorn.Config`."""
    config = uvicorn.Config(app, timeout_graceful_shutdown=GRACE_S, access_log=False, **options)  # type: ignore[arg-type]  # as its caller gives them
    return Server(config, app)
