"""How a person talks to the running cell: JSON lines over a loopback port, with a token that only this account reads.

The server writes `control.json` (port and token, mode 0600) beside the history; `ask` reads it and sends one command.
"""

import asyncio
import contextlib
import hmac
import math
import os
import secrets
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal

import msgspec

from ninefold.kernel.errors import InvalidInput, NinefoldError, NotFound, Refused, Unreachable
from ninefold.simulation.faults import Fault, Kind

FILE = "control.json"
LONGEST_LINE = 4096
DEFAULT_FACTOR = 600.0  # simulated seconds in a second
HIGHEST_FACTOR = 1600.0  # the highest at which a subscriber was seen to lose nothing: docs/benchmarks.md
SECONDS = 120.0  # a jump over months writes its history first


def checked_factor(factor: float) -> float:
    """Return a factor of simulated time.

    Raises:
        InvalidInput: it is not above 0 and at most 1,600.
    """
    if not (math.isfinite(factor) and 0 < factor <= HIGHEST_FACTOR):
        hint = f"Use a factor above 0 and at most {HIGHEST_FACTOR:g}; beyond it a subscriber may lose samples."
        raise InvalidInput(f"A time factor of {factor:g} is out of range.", hint=hint)
    return float(factor)


class Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One command. `to_us` or `by_s` belong to jump, `factor` to factor, the rest to inject and repair."""

    do: Literal["status", "inject", "repair", "factor", "jump", "cut", "mend", "stop"]
    kind: Kind | None = None
    asset: str | None = None
    signal: str | None = None
    share: float = 0.4
    factor: float | None = None
    to_us: int | None = None
    by_s: float | None = None


class State(msgspec.Struct, frozen=True):
    """How the cell stands after a command."""

    now_us: int
    factor: float
    endpoint: str
    cut: bool
    sent: int  # samples since the start
    faults: tuple[Fault, ...]  # those that last
    alarms: dict[str, float]  # as clients wrote them
    note: str = ""


class _Request(msgspec.Struct, forbid_unknown_fields=True):
    token: str
    command: Command


class _Reply(msgspec.Struct, omit_defaults=True):
    state: State | None = None
    error: str = ""
    hint: str = ""


class _Address(msgspec.Struct):
    port: int
    token: str


class Control:
    """The listening side; `handle` does what a command says and returns the state."""

    def __init__(self, folder: Path, handle: Callable[[Command], Awaitable[State]]) -> None:
        """Prepare to listen for the history in `folder`."""
        self._path, self._handle, self._token = folder / FILE, handle, secrets.token_urlsafe(24)
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen on a free port of 127.0.0.1 and say where."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=LONGEST_LINE)
        port = int(self._server.sockets[0].getsockname()[1])
        self._path.unlink(missing_ok=True)
        with os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(msgspec.json.encode(_Address(port, self._token)))

    async def stop(self) -> None:
        """Stop listening."""
        self._path.unlink(missing_ok=True)
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):  # whoever asked has gone; what was done is done
            try:
                reply = await self._answer(await reader.readline())
            except ValueError:  # a line beyond the limit
                reply = _Reply(error="The command is too long.")
            writer.write(msgspec.json.encode(reply) + b"\n")
            await writer.drain()
            writer.close()
            await writer.wait_closed()

    async def _answer(self, line: bytes) -> _Reply:
        try:
            request = msgspec.json.decode(line, type=_Request)
        except msgspec.DecodeError as error:
            return _Reply(error=f"This is no command: {error}.")
        if not hmac.compare_digest(request.token.encode(), self._token.encode()):
            return _Reply(error="The token is wrong.", hint="Read it from control.json.")
        try:
            return _Reply(await self._handle(request.command))
        except NinefoldError as error:
            return _Reply(error=error.message, hint=error.hint)


def ask(folder: Path, command: Command) -> State:
    """Send one command to the cell whose history lies in a folder; return how it stands then.

    Raises:
        NotFound: no cell is running there.
        Unreachable: it does not answer.
        InvalidInput: it refuses the command; the reason is its own.
    """
    path = folder / FILE
    if not path.is_file():
        raise NotFound(f"No simulated cell is running in {folder}.", hint="Start it: ninefold simulate serve.")
    try:
        address = msgspec.json.decode(path.read_bytes(), type=_Address)
    except msgspec.DecodeError:
        raise Refused(
            f"{path} is not what a running cell writes.", hint="Remove it and start the cell again."
        ) from None
    line = msgspec.json.encode(_Request(address.token, command)) + b"\n"
    try:
        with socket.create_connection(("127.0.0.1", address.port), SECONDS) as connection:
            connection.sendall(line)
            with connection.makefile("rb") as stream:
                reply = msgspec.json.decode(stream.readline(1 << 20), type=_Reply)
    except (OSError, msgspec.DecodeError) as error:
        raise Unreachable(f"The simulated cell of {folder} does not answer: {error}.", hint="Start it again.") from None
    if reply.state is None:
        raise InvalidInput(reply.error, hint=reply.hint)
    return reply.state
