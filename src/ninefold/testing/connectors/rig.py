"""What the author of a connector gives to the suite, and what the suite makes of it."""

import json
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar

from ninefold.connectors.connection import Connection
from ninefold.connectors.contract import ReadPlan
from ninefold.connectors.plugin import GROUP, ConnectorPlugin
from ninefold.kernel.documents import decode, parse_yaml
from ninefold.kernel.plugins import load_plugins
from ninefold.testing.cable import Cable, free_port

NAME = "bench"  # of the connection


class Rig(ABC):
    """What the author of a connector gives to the suite. One rig serves one test."""

    connector: ClassVar[str]  # its name at the plugin door
    drivers: ClassVar[tuple[str, ...]] = ()  # top-level packages that only an open connection may import
    unknown: ClassVar[tuple[str, ...]]  # addresses that the server does not have
    writable: ClassVar[tuple[str, float] | None] = None  # an address that takes a value, and such a value
    silence_s: ClassVar[float] = 10.0  # after which a link that carries nothing must be noticed

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def pki(self) -> Path:
        """The folder of certificates."""
        return self.folder

    @abstractmethod
    def tree(self, port: int) -> dict[str, Any]:
        """Return connections/NAME.yaml as plain values, for a server at this port of 127.0.0.1; it lists >= 4 tags."""

    @abstractmethod
    def values(self) -> Mapping[str, float | str]:
        """Return what the server holds after its start, for the address of every tag."""

    @abstractmethod
    async def start(self, port: int) -> None:
        """Start the server; it may be started again after `stop`, at the same port."""

    @abstractmethod
    async def stop(self) -> None:
        """Stop the server and end its links."""

    @abstractmethod
    async def put(self, address: str, value: float) -> None:
        """Let the machine have another value."""

    def driver_errors(self) -> Sequence[Exception]:
        """Return errors as the driver raises them, one of each class."""
        return ()

    # What the suite makes of it

    @property
    def plugin(self) -> ConnectorPlugin:
        """The connector, through the plugin door."""
        found: ConnectorPlugin = load_plugins(GROUP).get(self.connector)
        return found

    def settings(self, port: int, **changes: Any) -> Any:
        """Return the settings as they come from a file.

        Raises:
            InvalidFile: with every problem.
        """
        text = json.dumps({**self.tree(port), **changes})
        return decode(parse_yaml(text, f"connections/{NAME}.yaml"), self.plugin.settings)

    def plan(self, port: int = 1) -> ReadPlan:
        """Return all tags."""
        return ReadPlan(tuple(self.settings(port).tags))

    def numbers(self) -> list[str]:
        """Return the addresses of numbers."""
        return [a for a, v in self.values().items() if not isinstance(v, str)]

    def connect(self, port: int) -> Connection:
        """Return a connection that is not open yet."""
        plugin = self.plugin
        assert plugin.live is not None, f"{self.connector} is no live connector; the suite is for live ones"
        link = plugin.live(NAME, self.settings(port), self.pki)
        assert isinstance(link, Connection), "derive from ninefold.connectors.connection.Connection"
        return link

    @asynccontextmanager
    async def running(self) -> AsyncIterator[tuple[Connection, Cable]]:
        """Start the server; yield a connection to it through a cable. Everything ends with the context."""
        port = free_port()
        await self.start(port)
        try:
            async with Cable(port) as cable:
                link = self.connect(cable.port)
                try:
                    yield link, cable
                finally:
                    await link.close()
        finally:
            await self.stop()
