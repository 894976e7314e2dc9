"""Runs the server in this process until a signal."""

import asyncio
import logging
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING

from ninefold.kernel.errors import MissingDependency
from ninefold.serving.settings import Settings

if TYPE_CHECKING:
    from ninefold.serving.server import Server


def serve(settings: Settings, announce: Callable[[str], None] = lambda _: None) -> None:
    """Serve until SIGINT or SIGTERM; SIGHUP verifies every file anew.

    Raises:
        Refused: nothing can be served, or others could reach it unasked.
        NotFound: a file or folder does not exist.
        InvalidFile: the file of tokens or the list of what is revoked is wrong.
        MissingDependency: the extra `serving` is not installed.
        Unreachable: the port cannot be taken.
    """
    try:
        from ninefold.serving.server import Server
    except ModuleNotFoundError as error:
        raise MissingDependency(error.name or "httptools", "serving", "The inference server") from None
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(Server, settings, announce))


async def _serve(made: "type[Server]", settings: Settings, announce: Callable[[str], None]) -> None:
    server = made(settings)
    loop = asyncio.get_running_loop()
    for number, told in (
        (signal.SIGINT, server.stop),
        (signal.SIGTERM, server.stop),
        (signal.SIGHUP, server.look_again),
    ):
        loop.add_signal_handler(number, told)
    await server.run(announce)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's loops where it is installed: half the CPU of asyncio's."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
