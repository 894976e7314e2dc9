"""A controller that plays the rows of a table: a stand-in for the machine that the table was written from.

It serves the addresses that a connection over OPC UA lists, with the table's values of the same asset and signal, one
row after the other. SourceTimestamp is the moment of sending, so a row's own time is not told. It is a simulator: what
a model decides on rows that it was trained on is no evidence.
"""

import asyncio
import logging
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ninefold.connectors.contract import PlannedTag
from ninefold.connectors.plugin import ConnectorPlugin
from ninefold.connectors.snapshot import ROW, quoted
from ninefold.kernel.documents import decode, read_yaml
from ninefold.kernel.errors import InvalidInput, Refused
from ninefold.simulation.servers.secured import secured_server

NAMESPACE = "urn:ninefold:replay"
MOST_ROWS = 1_000_000

Row = tuple[str, dict[str, float | str | None]]  # asset, signal -> value


class ReplayServer:
    """Serves rows at the addresses of tags, `every` seconds one, from `start` until `play` has sent the last."""

    def __init__(self, tags: Sequence[PlannedTag], texts: set[str], endpoint: str, pki: Path) -> None:
        """Prepare a server on loopback; `texts` are the signals that hold text."""
        self.tags, self.texts, self.endpoint, self.pki = tags, texts, endpoint, pki
        self._nodes: dict[tuple[str, str], Any] = {}

    async def start(self) -> None:
        """Open the port; all values are bad until their first row.

        Raises:
            MissingDependency: asyncua is not installed.
            InvalidInput: an address is none of OPC UA, or something else listens at the endpoint.
        """
        server, self._ua = await secured_server(self.endpoint, self.pki, "Replay of a table (simulated)")
        self._server, ua = server, self._ua
        await server.register_namespace(NAMESPACE)
        waiting = ua.DataValue(StatusCode=ua.StatusCode(ua.StatusCodes.BadWaitingForInitialData))
        for tag in self.tags:
            try:
                node_id = ua.NodeId.from_string(tag.address)
            except ua.UaError:
                raise InvalidInput(f"{tag.name}: {tag.address!r} is no address of OPC UA.") from None
            text = tag.signal in self.texts
            value, kind = ("", ua.VariantType.String) if text else (0.0, ua.VariantType.Double)
            name = ua.QualifiedName(tag.name, node_id.NamespaceIndex)
            node = await server.nodes.objects.add_variable(node_id, name, value, kind)
            await server.write_attribute_value(node.nodeid, waiting)
            self._nodes[tag.asset, tag.signal] = node
        try:
            await server.start()
        except OSError as error:
            message = f"Nothing can be served at {self.endpoint}: {error.strerror or error}."
            raise InvalidInput(message, hint="Stop what listens there, or change the endpoint.") from None

    async def play(self, rows: Iterator[Row], every: float) -> int:
        """Send the rows of the tags' assets and return how many they were; a value that is absent is sent as bad."""
        sent, assets = 0, {tag.asset for tag in self.tags}
        for asset, values in rows:
            if asset not in assets:
                continue
            moment = datetime.now(UTC)
            for name, value in values.items():
                if (node := self._nodes.get((asset, name))) is not None:
                    await self._server.write_attribute_value(node.nodeid, self._value(name, value, moment))
            sent += 1
            await asyncio.sleep(every)
        return sent

    def _value(self, name: str, value: float | str | None, moment: datetime) -> Any:
        ua = self._ua
        if value is None:
            bad = ua.StatusCode(ua.StatusCodes.BadNoData)
            return ua.DataValue(StatusCode=bad, SourceTimestamp=moment, ServerTimestamp=moment)
        kind = ua.VariantType.String if name in self.texts else ua.VariantType.Double
        return ua.DataValue(ua.Variant(value, kind), SourceTimestamp=moment, ServerTimestamp=moment)

    async def stop(self) -> None:
        """Close every session and the port."""
        await self._server.stop()


@contextmanager
def rows_of(
    table: str, root: Path, plugins: Mapping[str, ConnectorPlugin], last: int = MOST_ROWS
) -> Iterator[tuple[set[str], set[str], Iterator[Row]]]:
    """Yield the signals of a connection's table, those of them that hold text, and its `last` rows by time.

    Raises:
        Refused: the connection is no table of samples. InvalidFile, InvalidInput, NotFound: it cannot be read.
    """
    plugin, settings = _connection(table, root, plugins)
    if plugin.table is None or settings.holds_events:
        raise Refused(f"The connection {table} is no table of samples.", hint="Name one such as a CSV export.")
    signals = [t.signal for t in settings.tags]
    texts = {t.signal for t in settings.tags if t.unit is None}
    with plugin.table(table, settings, root).loaded(signals) as (connection, name):
        names = ", ".join(map(quoted, signals))
        latest = f"SELECT * FROM {name} ORDER BY ts DESC, asset DESC, {ROW} DESC LIMIT {int(last)}"  # noqa: S608 - quoted
        query = f"SELECT asset, {names} FROM ({latest}) ORDER BY ts, asset, {ROW}"  # noqa: S608 - quoted
        cursor = connection.execute(query)
        found = iter(cursor.fetchone, None)
        yield set(signals), texts, ((asset, dict(zip(signals, values, strict=True))) for asset, *values in found)


def _connection(name: str, root: Path, plugins: Mapping[str, ConnectorPlugin]) -> tuple[ConnectorPlugin, Any]:
    file = f"connections/{name}.yaml"
    document = read_yaml(root / file, file)
    connector = document.tree.get("connector") if isinstance(document.tree, dict) else None
    if (plugin := plugins.get(str(connector))) is None:
        raise Refused(f"{file} names no connector that is installed.", hint="Correct connector: there.")
    return plugin, decode(document, plugin.settings)


def replay(
    table: str, live: str, root: Path, pki: Path, plugins: Mapping[str, ConnectorPlugin], *,
    every: float, say: Callable[[str], None], last: int = MOST_ROWS, repeat: bool = False,
) -> None:  # fmt: skip
    """Serve the `last` rows of a table at the place that the connection `live` names, until the last one or a signal;
    with `repeat` from the first one again.

    Raises:
        Refused: `live` is not over OPC UA, or not on loopback; or as in `rows_of`.
    """
    plugin, settings = _connection(live, root, plugins)
    if plugin.name != "opcua" or urlsplit(settings.endpoint).hostname != "127.0.0.1":
        raise Refused(
            f"The connection {live} is not over OPC UA at 127.0.0.1; a replay serves nothing else.",
            hint="Write its endpoint as opc.tcp://127.0.0.1:4840.",
        )
    logging.getLogger("asyncua").setLevel(logging.CRITICAL)  # it logs every refused client with a traceback
    with rows_of(table, root, plugins, last) as (signals, texts, rows):
        server = ReplayServer(settings.tags, texts, settings.endpoint, pki)
        absent = sorted({t.signal for t in settings.tags} - signals)
        if len(absent) == len({t.signal for t in settings.tags}):
            raise Refused(f"The table {table} has no signal of {live}.", hint="Give both the same names of signals.")
        if absent:
            say(f"Not in the table, so without a value: {', '.join(absent)}.")
        asyncio.run(_play(server, cycle(rows) if repeat else rows, every, say))


async def _play(server: ReplayServer, rows: Iterator[Row], every: float, say: Callable[[str], None]) -> None:
    loop, playing = asyncio.get_running_loop(), asyncio.current_task()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, playing.cancel if playing else lambda: None)
    await server.start()
    say(f"The replay serves {server.endpoint} (Basic256Sha256, SignAndEncrypt). It is a simulator.")
    try:
        say(f"The table ends after {await server.play(rows, every):,} rows.")
    except asyncio.CancelledError:
        say("Stopped.")
    finally:
        await server.stop()
