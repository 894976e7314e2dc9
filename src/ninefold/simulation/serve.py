"""The running cell: its live cursor, its controller's server, its maintenance log and historian, and its control."""

import asyncio
import logging
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from ninefold.kernel.clock import write_plant_clock
from ninefold.kernel.errors import InvalidInput
from ninefold.simulation.control import DEFAULT_FACTOR, Command, Control, State
from ninefold.simulation.faults import FOREVER
from ninefold.simulation.history import (
    ARCHIVE,
    CLOCK,
    LOG,
    World,
    append_events,
    append_samples,
    read_world,
    write_world,
)
from ninefold.simulation.live import Live
from ninefold.simulation.logbook import EXPORT_US
from ninefold.simulation.servers.modbus import ModbusCell
from ninefold.simulation.servers.opcua import CellServer

PORT = 4840

T = TypeVar("T")


class RunningCell:
    """One cell between `start` and `stop`. Its folder holds the history it goes on from."""

    def __init__(
        self,
        folder: Path,
        pki: Path,
        *,
        port: int = PORT,
        factor: float = DEFAULT_FACTOR,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Go on from the history in a folder.

        Raises:
            NotFound: there is no history in it.
            InvalidInput: the factor is out of range.
        """
        self.folder, self._world = folder, read_world(folder)
        self._archived = self._logged = self._world.until_us
        self.stopped = asyncio.Event()
        self.live = Live(
            self._world.plant(), self._world.until_us, factor=factor, say=say,
            on_pace=lambda now, pace: write_plant_clock(folder / CLOCK, now, pace),
        )  # fmt: skip
        self.server = CellServer(self.live, pki, port=port, on_batch=self._log_until)
        self._control = Control(folder, self.handle)

    async def start(self) -> None:
        """Serve the samples, and listen for commands."""
        await self.server.start()
        await self._control.start()

    async def stop(self) -> None:
        """Stop serving; write what happened since the history to the historian and the log; the clock stands still."""
        await self._control.stop()
        await self.server.stop()
        self._archive()
        write_plant_clock(self.folder / CLOCK, self.live.cursor_us, 0.0)

    async def run(self) -> None:
        """Serve until `stopped` is set; raises what ended the feed otherwise."""
        waits = [asyncio.ensure_future(self.server.wait()), asyncio.ensure_future(self.stopped.wait())]
        done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        waits[1].cancel()
        if waits[0] in done:
            waits[0].result()

    def _log_until(self, now_us: int) -> None:
        """Export the log at every quarter of an hour that has passed."""
        until = now_us // EXPORT_US * EXPORT_US + 1
        if until > self._logged:
            append_events(self.folder / LOG, self.live.plant, self._logged, until)
            self._logged = until

    def _archive(self) -> None:
        """Write samples and log until the cursor, and the world from which one can go on."""
        now = self.live.cursor_us
        self._log_until(now)
        if now > self._archived:
            append_samples(self.folder / ARCHIVE, self.live.plant, self._archived, now)
            self._archived = now
        world = self._world
        write_world(self.folder, World(world.seed, world.from_us, now, self.live.plant.faults))

    async def handle(self, command: Command) -> State:
        """Do what a command says and return how the cell stands.

        Raises:
            InvalidInput: a field is missing or out of range.
        """
        note = ""
        match command.do:
            case "inject":
                fault = self.live.inject(
                    _given(command.kind, "kind"), command.asset, signal=command.signal, share=command.share
                )
                note = f"{fault.kind} begins."
            case "repair":
                note = f"{self.live.repair(_given(command.kind, 'kind'), command.asset)} repaired."
            case "factor":
                self.live.set_factor(_given(command.factor, "factor"))
            case "jump":
                self._jump(command)
            case "cut":
                await self.server.cut_cable()
            case "mend":
                await self.server.mend_cable()
            case "stop":
                self.stopped.set()
        return await self._state(note)

    def _jump(self, command: Command) -> None:
        if (command.to_us is None) == (command.by_s is None):
            raise InvalidInput("A jump needs either to_us or by_s.")
        by_us = 0 if command.by_s is None else round(command.by_s * 1e6)
        self.live.jump(self.live.now() + by_us if command.to_us is None else command.to_us)
        self._archive()

    async def _state(self, note: str) -> State:
        lasting = tuple(f for f in self.live.plant.faults if f.end_us == FOREVER)
        return State(
            self.live.cursor_us, self.live.factor, self.server.endpoint, self.server.cut, self.server.sent, lasting,
            await self.server.alarms(), note,
        )  # fmt: skip


def _given(value: T | None, name: str) -> T:
    if value is None:
        raise InvalidInput(f"The command needs the field {name}.")
    return value


def serve_modbus(folder: Path, *, port: int, factor: float, say: Callable[[str], None]) -> None:
    """Serve some signals over Modbus TCP from the end of a history until an interrupt; nothing of it is recorded.

    Raises:
        NotFound: there is no history. InvalidInput: the factor is out of range.
    """

    async def main() -> None:
        world, stopped = read_world(folder), asyncio.Event()
        live = Live(
            world.plant(), world.until_us, factor=factor, say=say,
            on_pace=lambda now, pace: write_plant_clock(folder / CLOCK, now, pace),
        )  # fmt: skip
        cell = ModbusCell(live, port=port)
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        await cell.start()
        say(f"The simulated cell serves {cell.endpoint} (Modbus TCP: no encryption, no identity), units 1 to 8.")
        waits = [asyncio.ensure_future(cell.wait()), asyncio.ensure_future(stopped.wait())]
        try:
            done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            waits[1].cancel()
            await cell.stop()
            write_plant_clock(folder / CLOCK, live.cursor_us, 0.0)

    logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)  # it logs what it raises, too
    asyncio.run(main())


def serve(folder: Path, pki: Path, *, port: int, factor: float, say: Callable[[str], None]) -> None:
    """Run the cell until a command, an interrupt or a termination signal ends it."""

    async def main() -> None:
        cell = RunningCell(folder, pki, port=port, factor=factor, say=say)
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, cell.stopped.set)
        await cell.start()
        say(f"The simulated cell serves {cell.server.endpoint} (Basic256Sha256, SignAndEncrypt).")
        try:
            await cell.run()
        finally:
            await cell.stop()

    logging.getLogger("asyncua").setLevel(logging.CRITICAL)  # it logs every refused client with a traceback
    asyncio.run(main())
