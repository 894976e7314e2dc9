"""Some of the cell's signals over Modbus TCP: one unit for each machine, as a gateway with its controllers behind it.

Input registers of unit 1 (machine m1) to 8, big-endian: 0 time of the sample (int64, us UTC), 4 torque, 6 speed, 8 wear
(float32), 10 part (text of 8 registers), 18 variant (text of 2). Coil 0 is the alarm lamp, the only thing that can be
written. A register holds the newest sample: one that is not polled before the next is gone, as on a real device.
"""

import asyncio
import struct
from typing import Any

from ninefold.kernel.errors import Conflict, InvalidInput, MissingDependency
from ninefold.simulation.live import Live
from ninefold.simulation.plant import ASSETS
from ninefold.vocabulary.columns import Array

HIGHEST_FACTOR = 200.0  # a sample then stands for 50 ms
PERIOD_S = 0.02  # between two looks for new samples
SIZE = 20  # registers of a unit
NUMBERS = ("spindle_torque", "spindle_speed", "tool_wear")
_READ_INPUT, _READ_COIL = 4, 1  # functions of the protocol


class ModbusCell:
    """The server on 127.0.0.1, from `start` to `stop`."""

    def __init__(self, live: Live, *, port: int) -> None:
        """Prepare it.

        Raises:
            InvalidInput: simulated time runs too fast for registers that are polled.
        """
        if live.factor > HIGHEST_FACTOR:
            message = f"A time factor of {live.factor:g} is too fast for Modbus."
            raise InvalidInput(message, hint=f"Use at most {HIGHEST_FACTOR:g}, or OPC UA.")
        self.live, self.port = live, port
        self._server: Any = None
        self._task: asyncio.Task[None] | None = None

    @property
    def endpoint(self) -> str:
        """Where clients find it."""
        return f"tcp://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Open the port and begin to put samples into the registers.

        Raises:
            MissingDependency: pymodbus is not installed. Conflict: the port is taken.
        """
        try:
            from pymodbus.server import ModbusTcpServer
        except ImportError:
            raise MissingDependency("pymodbus", "modbus", "The simulated gateway") from None
        units = [_unit(number) for number in range(1, len(ASSETS) + 1)]
        server = ModbusTcpServer(units, address=("127.0.0.1", self.port))
        try:
            await server.serve_forever(background=True)
        except RuntimeError:
            raise Conflict(f"The port {self.port} is taken.", hint="Choose another one with --port.") from None
        self._server = server
        self._task = asyncio.create_task(self._feed())

    async def wait(self) -> None:
        """Return when the feed has ended, which it does only by `stop` or by an error; raises that error."""
        if self._task is not None:
            await self._task

    async def stop(self) -> None:
        """Close every link and the port."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._server is not None:
            await self._server.shutdown()

    async def alarms(self) -> dict[str, float]:
        """Return what clients have written to the lamp of each machine."""
        read = self._server.async_getValues
        return {asset: float((await read(unit, _READ_COIL, 0, 1))[0]) for unit, asset in enumerate(ASSETS, 1)}

    async def _feed(self) -> None:
        while True:
            for unit, registers in newest(self.live.take()).items():
                await self._server.async_setValues(unit, _READ_INPUT, 0, registers)
            await asyncio.sleep(PERIOD_S)


def newest(samples: dict[str, Array]) -> dict[int, list[int]]:
    """Return the registers of each unit that has a new sample."""
    found: dict[int, list[int]] = {}
    for row, asset in enumerate(samples["asset"].tolist()):
        numbers = [float(samples[name][row]) for name in NUMBERS]
        texts = [str(samples[name][row]).encode("ascii") for name in ("part", "variant")]
        data = struct.pack(">q3f16s4s", int(samples["ts"][row]), *numbers, *texts).ljust(2 * SIZE, b"\0")
        found[ASSETS.index(asset) + 1] = list(struct.unpack(f">{SIZE}H", data))
    return found


def _unit(number: int) -> Any:
    from pymodbus.simulator import DataType, SimData, SimDevice

    bits = [SimData(0, values=[False] * 16, datatype=DataType.BITS)]
    spare = [SimData(0, count=1, values=0, datatype=DataType.REGISTERS)]
    inputs = [SimData(0, count=SIZE, values=0, datatype=DataType.REGISTERS)]
    return SimDevice(id=number, simdata=(bits, list(bits), spare, inputs))
