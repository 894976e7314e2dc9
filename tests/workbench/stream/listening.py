"""A workbench on a real socket, and clients that read its stream: for tests and benchmarks."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from litestar import Request
from litestar.config.app import AppConfig
from litestar.plugins import InitPlugin
from tests.workbench.desk import APPROVER

from ninefold.kernel.records import Draft, encode
from ninefold.kernel.sqlite import SqliteStore
from ninefold.vocabulary.alarm import EPISODE, AlarmEpisode
from ninefold.workbench.access.viewer import Viewer
from ninefold.workbench.app import application
from ninefold.workbench.stream.serving import Server, server_of


class _LetIn(InitPlugin):
    def __init__(self, viewers: Sequence[Viewer]) -> None:
        self.viewers = viewers

    def on_app_init(self, app_config: AppConfig) -> AppConfig:
        """Let every request in, as the viewer that `?as=N` names."""

        async def let_in(request: Request[Any, Any, Any]) -> None:
            request.state.viewer = self.viewers[int(request.query_params.get("as", 0)) % len(self.viewers)]

        app_config.before_request = let_in
        return app_config


def served(root: Path, viewers: Sequence[Viewer] = (APPROVER,), port: int = 0) -> Server:
    """Return a server of a project that lets everybody in, as the viewer that `?as=N` names."""
    return server_of(application(root, _LetIn(viewers)), host="127.0.0.1", port=port, log_level="warning")


@contextmanager
def listening(root: Path, viewers: Sequence[Viewer] = (APPROVER,)) -> Iterator[tuple[Server, int, threading.Thread]]:
    """Yield a running server, its port and its thread; it is told to end with the block."""
    server = served(root, viewers)
    started = threading.Event()
    before = server.startup

    async def startup(sockets: Any = None) -> None:
        await before(sockets)
        started.set()

    server.startup = startup  # type: ignore[method-assign]  # to know when it listens
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert started.wait(20)
    try:
        yield server, server.servers[0].sockets[0].getsockname()[1], thread
    finally:
        server.should_exit = True
        thread.join(20)


@asynccontextmanager
async def client(port: int, path: str = "/stream", **headers: str) -> AsyncIterator[asyncio.StreamReader]:
    """Yield what a stream sends, after its head."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    told = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{told}\r\n".encode())
    try:
        async with asyncio.timeout(20):
            head = await reader.readuntil(b"\r\n\r\n")
        assert b" 200 " in head.splitlines()[0], head
        yield reader
    finally:
        writer.close()


async def event(reader: asyncio.StreamReader, name: str) -> bytes:
    """Return the first message of a name; what comes before it is dropped."""
    async with asyncio.timeout(20):
        while True:
            found = await reader.readuntil(b"\n\n")
            if f"event: {name}\n".encode() in found:
                return found


def put_alarm(root: Path, id: str) -> None:
    """Record an alarm as another process does."""
    with SqliteStore(root / ".ninefold" / "store.db") as store:
        body = AlarmEpisode(id, "m1", "drift:REQ-x/y", "raised", 1_000_000)
        store.put([Draft(EPISODE, encode(EPISODE, body), "agent@1", "device:gateway-1", 1_000_000)])
