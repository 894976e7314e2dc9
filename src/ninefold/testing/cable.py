"""A cable for tests over real sockets: what is sent through it is counted, and it can be cut, muted and joined."""

import asyncio
import contextlib
import socket


def free_port() -> int:
    """Return a port of the loopback interface that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Cable:
    """A TCP relay: `cut` ends what flows, `mute` lets nothing through without a word, `join` repairs it."""

    def __init__(self, target: int, port: int | None = None) -> None:
        self.target = target
        self.port = port or free_port()
        self.muted = False
        self.sent = 0  # pieces of data from the client: requests, where it waits for each answer
        self._links: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Cable":
        await self.join()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def join(self) -> None:
        """Let everything through, on the same port as before."""
        self.muted = False
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", self.port)

    async def cut(self) -> None:
        """End every link and accept none."""
        self._server.close()
        for writer in list(self._links):
            writer.transport.abort()
        self._links.clear()
        await asyncio.sleep(0)

    def mute(self) -> None:
        """Hold back everything from now on, in both directions."""
        self.muted = True

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
            self._links |= {writer, far_writer}
            await asyncio.gather(self._pump(reader, far_writer, 1), self._pump(far_reader, writer, 0))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, counts: int) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                if not self.muted:
                    self.sent += counts
                    writer.write(data)
        writer.close()
