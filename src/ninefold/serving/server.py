"""The server as a process: it loads, listens, looks for changed files, and ends without losing a request."""

import asyncio
import contextlib
import functools
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate

from ninefold.kernel.errors import NinefoldError, Refused, Unreachable
from ninefold.serving.answers import Answer
from ninefold.serving.application import Application, Work
from ninefold.serving.catalogue import Catalogue, Shelf, stamp_of
from ninefold.serving.connection import Connection
from ninefold.serving.settings import Settings, check
from ninefold.serving.tokens import read_tokens

_SWEEP_S = 0.25  # how often connections are held against their deadlines
_BEYOND = 64  # connections over the limit that are told so; further ones are closed without a word
_log = logging.getLogger("ninefold.serving")


class Server:
    """One server in the running event loop; its connections call back here."""

    def __init__(self, settings: Settings) -> None:
        """Check the settings and read the tokens.

        Raises:
            Refused: it would be open to others, or the tokens can be written by others.
            NotFound: a file or folder does not exist.
            InvalidFile: the file of tokens is wrong.
        """
        check(settings)
        self.settings, self.limits = settings, settings.limits
        tokens = None if settings.tokens is None else read_tokens(settings.tokens)
        self.application = Application(settings.limits, tokens)
        self._tokens_stamp = None if settings.tokens is None else stamp_of(settings.tokens)
        self._shelf = Shelf(settings.places, settings.trusted, settings.revoked)
        self.draining = False
        self.port = 0
        self.date = b""
        self._loop = asyncio.get_running_loop()
        self._connections: set[Connection] = set()
        self._workers = ThreadPoolExecutor(settings.threads, thread_name_prefix="infer")
        self._loader = ThreadPoolExecutor(1, thread_name_prefix="load")
        self._stopped, self._hung_up = asyncio.Event(), asyncio.Event()

    async def run(self, announce: Callable[[str], None]) -> None:
        """Serve until `stop`; `announce` gets the URL once it listens.

        Raises:
            Refused: no bundle can be served.
            Unreachable: the port cannot be taken.
        """
        try:
            await self._load()
            listener = await self._listen()
            self.application.ready = True
            announce(f"http://{self.settings.host}:{self.port}")
            tasks = [asyncio.create_task(self._sweep()), asyncio.create_task(self._watch())]
            await self._stopped.wait()
            tasks[1].cancel()
            await self._drain(listener)
            tasks[0].cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            self._workers.shutdown(wait=False, cancel_futures=True)
            self._loader.shutdown(wait=False, cancel_futures=True)

    def stop(self) -> None:
        """Begin to end: SIGTERM."""
        self._stopped.set()

    def look_again(self) -> None:
        """Verify every file anew: SIGHUP."""
        self._hung_up.set()

    # what connections need

    def join(self, connection: Connection) -> bool:
        """Take a connection in and return whether there was room for it."""
        self._connections.add(connection)
        metrics = self.application.metrics
        metrics.connections = count = len(self._connections)
        if count <= self.limits.connections:
            return True
        metrics.refused_connections += 1
        if count > self.limits.connections + _BEYOND:
            connection.abort()
        return False

    def leave(self, connection: Connection) -> None:
        """Forget a connection."""
        self._connections.discard(connection)
        self.application.metrics.connections = len(self._connections)

    def hold(self, size: int) -> bool:
        """Return whether there is room for so many more bytes of a body, and take it."""
        metrics = self.application.metrics
        if metrics.buffered + size > self.limits.buffered_bytes:
            return False
        metrics.buffered += size
        return True

    def release(self, size: int) -> None:
        """Give room back."""
        self.application.metrics.buffered -= size

    def start(self, work: Work) -> "asyncio.Future[Answer]":
        """Let work begin in a thread."""
        return self._loop.run_in_executor(self._workers, work)

    # its own tasks

    async def _load(self) -> None:
        catalogue = await self._loop.run_in_executor(self._loader, self._shelf.look)
        if not catalogue.models:
            reasons = " ".join(f"{file}: {why}" for file, why in list(catalogue.refused.items())[:5])
            message = f"No bundle can be served. {reasons}".strip()
            raise Refused(message, hint="Name bundle files (*.9fb) that a key in the trusted folder signed.")
        self._take(catalogue)

    async def _listen(self) -> asyncio.Server:
        host, port = self.settings.host, self.settings.port
        try:
            listener = await self._loop.create_server(lambda: Connection(self), host, port, backlog=1024)
        except OSError as error:
            message = f"The port {port} of {host} cannot be taken: {error.strerror}."
            raise Unreachable(message, hint="Name another with --port.") from None
        self.port = int(listener.sockets[0].getsockname()[1])
        return listener

    def _take(self, catalogue: Catalogue) -> None:
        reloads = self.application.metrics.reloads
        before = {(n, v): d for n, v, d in self.application.catalogue.bundles}
        reloads["done"] += sum(before.get((n, v)) != d for n, v, d in catalogue.bundles)
        reloads["refused"] += len(catalogue.refused.keys() - self.application.catalogue.refused.keys())
        self.application.catalogue = catalogue  # one reference: a request sees the one or the other

    async def _watch(self) -> None:
        """Take changed files in; what goes wrong is written down, and what was served goes on."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._hung_up.wait(), self.settings.poll_s)
            again = self._hung_up.is_set()
            self._hung_up.clear()
            try:
                self._reread_tokens(again=again)
                if again or await self._loop.run_in_executor(self._loader, self._shelf.changed):
                    look = functools.partial(self._shelf.look, again=again)
                    self._take(await self._loop.run_in_executor(self._loader, look))
            except NinefoldError as error:
                _log.error("what changed is not taken in: %s", error)

    def _reread_tokens(self, *, again: bool) -> None:
        path = self.settings.tokens
        if path is None:
            return
        stamp = stamp_of(path)
        if again or stamp != self._tokens_stamp:
            self._tokens_stamp = stamp
            self.application.tokens = read_tokens(path)

    async def _sweep(self) -> None:
        """End connections whose time is over."""
        while True:
            now = time.monotonic()
            self.date = formatdate(usegmt=True).encode()
            for connection in [c for c in self._connections if c.deadline <= now]:
                connection.overdue()
            await asyncio.sleep(_SWEEP_S)

    async def _drain(self, listener: asyncio.Server) -> None:
        """Say that it ends, answer what still comes for a while, then what is in progress, then end."""
        self.application.ready = False
        self.draining = True
        await asyncio.sleep(self.limits.grace)
        listener.close()
        end = time.monotonic() + self.limits.drain
        while self._connections and time.monotonic() < end:
            for connection in list(self._connections):
                connection.close_if_idle()
            await asyncio.sleep(0.02)
        for connection in list(self._connections):
            connection.abort()
        await asyncio.sleep(0)
