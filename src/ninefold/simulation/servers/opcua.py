"""The cell's controller over OPC UA: Basic256Sha256 with SignAndEncrypt, and nothing else.

Nodes of namespace 2, for machine 1: M1.Torque, M1.Speed, M1.Wear, M1.Air, M1.Process, M1.Cutting (Double, with unit),
M1.Part, M1.Variant, M1.ToolLife (String, sent when they change), and M1.Alarm (Double, 1 or 0, the only writable one).
SourceTimestamp is the simulated time of the sample, so all values of one sample share it.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ninefold.simulation.live import Live
from ninefold.simulation.plant import ASSETS
from ninefold.simulation.servers.secured import secured_server, shared_value
from ninefold.vocabulary.columns import Array

NAMESPACE = "urn:ninefold:milling-cell"
SIGNALS = {
    "spindle_torque": ("Torque", "N.m"), "spindle_speed": ("Speed", "{rev}/min"), "tool_wear": ("Wear", "min"),
    "air_temperature": ("Air", "K"), "process_temperature": ("Process", "K"), "cutting": ("Cutting", "1"),
}  # fmt: skip
TEXTS = {"part": "Part", "variant": "Variant", "tool_life": "ToolLife"}
PERIOD_S = 0.05  # between two batches of samples


class CellServer:
    """The server, from `start` to `stop`; in between its cable may be cut and come back."""

    def __init__(
        self, live: Live, pki: Path, *, port: int = 4840, on_batch: Callable[[int], None] | None = None
    ) -> None:
        """Prepare a server on 127.0.0.1; `on_batch` is told the simulated time after every batch of samples."""
        self.live, self.pki, self.port = live, pki, port
        self._on_batch = on_batch
        self._nodes: dict[tuple[str, str], Any] = {}
        self._last: dict[tuple[str, str], str] = {}
        self._task: asyncio.Task[None] | None = None
        self.sent = 0
        self.cut = False

    @property
    def endpoint(self) -> str:
        """Where clients find it."""
        return f"opc.tcp://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Open the port and begin to send samples.

        Raises:
            MissingDependency: asyncua is not installed.
            OSError: the port is taken.
        """
        server, ua = await secured_server(self.endpoint, self.pki, "Milling cell (simulated)")
        await self._build(server, ua)
        self._server, self._ua, self._value = server, ua, shared_value(ua)
        await server.start()
        self._task = asyncio.create_task(self._feed())

    def listening(self) -> list[tuple[str, int]]:
        """Return the addresses at which it listens; none while the cable is cut."""
        bound = self._server.bserver._server  # asyncua has no public way to its sockets
        return [s.getsockname()[:2] for s in bound.sockets] if bound is not None else []

    async def wait(self) -> None:
        """Return when the feed has ended, which it does only by `stop` or by an error; raises that error."""
        if self._task is not None:
            await self._task

    async def stop(self) -> None:
        """Close every session and the port."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._server.stop()

    async def _build(self, server: Any, ua: Any) -> None:
        """Create the machines' nodes; their values are bad until the first sample."""
        index = await server.register_namespace(NAMESPACE)
        waiting = ua.DataValue(StatusCode=ua.StatusCode(ua.StatusCodes.BadWaitingForInitialData))
        for number, asset in enumerate(ASSETS, 1):
            machine = await server.nodes.objects.add_object(ua.NodeId(f"M{number}", index), f"{index}:M{number}")

            async def add(
                name: str, value: Any, kind: Any, unit: str, parent: Any = machine, number: int = number
            ) -> Any:
                node_id = ua.NodeId(f"M{number}.{name}", index)
                node = await parent.add_variable(node_id, f"{index}:{name}", value, kind)
                if unit:
                    text = ua.LocalizedText(unit)
                    units = ua.EUInformation(NamespaceUri="http://unitsofmeasure.org", DisplayName=text)
                    await node.add_property(index, "EngineeringUnits", units)
                return node

            for signal, (name, unit) in SIGNALS.items():
                self._nodes[asset, signal] = await add(name, 0.0, ua.VariantType.Double, unit)
            for column, name in TEXTS.items():
                self._nodes[asset, column] = await add(name, "", ua.VariantType.String, "")
            for column in (*SIGNALS, *TEXTS):
                await server.write_attribute_value(self._nodes[asset, column].nodeid, waiting)
            alarm = await add("Alarm", 0.0, ua.VariantType.Double, "1")
            await alarm.set_writable()
            self._nodes[asset, "alarm"] = alarm

    async def alarms(self) -> dict[str, float]:
        """Return what clients have written to the alarm node of each machine."""
        return {asset: float(await self._nodes[asset, "alarm"].read_value()) for asset in ASSETS}

    async def _feed(self) -> None:
        while True:
            samples = self.live.take()
            await self._send(samples)
            if self._on_batch is not None:
                self._on_batch(self.live.cursor_us)
            await asyncio.sleep(PERIOD_S)

    async def _send(self, samples: dict[str, Array]) -> None:
        columns = {name: samples[name].tolist() for name in ("asset", "ts", *SIGNALS, *TEXTS)}
        for row, (asset, ts) in enumerate(zip(columns["asset"], columns["ts"], strict=True)):
            moment = datetime.fromtimestamp(ts / 1e6, UTC)
            for column in TEXTS:
                text = columns[column][row]
                if self._last.get((asset, column)) != text:
                    self._last[asset, column] = text
                    await self._write(asset, column, text, self._ua.VariantType.String, moment)
            for column in SIGNALS:
                await self._write(asset, column, columns[column][row], self._ua.VariantType.Double, moment)
            self.sent += 1

    async def _write(self, asset: str, column: str, value: Any, kind: Any, moment: datetime) -> None:
        data = self._value(self._ua.Variant(value, kind), SourceTimestamp=moment, ServerTimestamp=moment)
        await self._server.write_attribute_value(self._nodes[asset, column].nodeid, data)

    async def cut_cable(self) -> None:
        """Drop every connection and accept none; the machines go on, unheard."""
        if not self.cut:
            self.cut = True
            await self._server.bserver.stop()

    async def mend_cable(self) -> None:
        """Accept connections again."""
        if self.cut:
            await self._server.bserver.start()
            self.cut = False
