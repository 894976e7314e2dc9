"""pymodbus' own server with one machine, a gateway with two units, and a hand-made server that misbehaves."""

import asyncio
import contextlib
import struct
from typing import NamedTuple

import msgspec
from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from ninefold.connectors.modbus.connector import ModbusConnection
from ninefold.connectors.modbus.settings import ModbusSettings, ModbusTag
from ninefold.kernel.documents import decode, parse_yaml
from ninefold.testing.cable import free_port

INPUT, HOLDING = 4, 3  # function codes that read


class Device:
    """pymodbus' server; the addresses are those of a unit's four tables. `refuse`: address -> exception code."""

    def __init__(self, port=None, units=(1,)):
        self.port = port or free_port()
        self.units = units
        self.requests = []
        self.refuse = {}
        self.server = None

    async def __aenter__(self):
        devices = [SimDevice(id=u, simdata=self.tables(), action=self.noticed) for u in self.units]
        self.server = ModbusTcpServer(devices, address=("127.0.0.1", self.port))
        await self.server.serve_forever(background=True)
        return self

    async def __aexit__(self, *error):
        await self.stop()

    async def stop(self):
        if self.server is not None:
            server, self.server = self.server, None
            await server.shutdown()

    def tables(self):
        """Coils 0-31; discrete 0-31; holding 0-399 but for 50-59; input 0-99."""
        bits = [SimData(0, values=[False] * 32, datatype=DataType.BITS)]
        holding = [
            SimData(0, count=50, datatype=DataType.REGISTERS, values=0),
            SimData(60, count=340, datatype=DataType.REGISTERS, values=0),
        ]
        return (bits, list(bits), holding, [SimData(0, count=100, datatype=DataType.REGISTERS, values=0)])

    async def noticed(self, function, start, address, count, registers, values):
        self.requests.append((function, address, count))
        for refused, code in self.refuse.items():
            if address <= refused < address + count:
                return ExcCodes(code)
        return None

    async def put(self, address, registers, function=HOLDING, unit=1):
        await self.server.async_setValues(unit, {HOLDING: 16, INPUT: 4}[function], address, registers)

    async def get(self, address, count, function=HOLDING, unit=1):
        return await self.server.async_getValues(unit, function, address, count)


class Misbehaving:
    """A TCP server that answers each request with the bytes that `answer(request)` returns; for None it hangs up."""

    def __init__(self, answer):
        self.answer = answer
        self.port = free_port()
        self.requests = []

    async def __aenter__(self):
        self.writers = set()
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", self.port)
        return self

    async def __aexit__(self, *error):
        self.server.close()
        for writer in self.writers:
            writer.transport.abort()
        await self.server.wait_closed()

    async def serve(self, reader, writer):
        self.writers.add(writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                tid, _, length, unit = struct.unpack(">HHHB", await reader.readexactly(7))
                function, address, count = struct.unpack(">BHH", (await reader.readexactly(length - 1))[:5])
                self.requests.append(Request(tid, unit, function, address, count))
                data = self.answer(self.requests[-1])
                if data is None:
                    writer.transport.abort()
                    return
                writer.write(data)


class Request(NamedTuple):
    tid: int
    unit: int
    function: int
    address: int
    count: int


def frame(request, pdu):
    """Return a frame that answers a request."""
    return struct.pack(">HHHB", request.tid, 0, len(pdu) + 1, request.unit) + pdu


def registers(request, values, count=None):
    """Return an answer that holds registers, and says that it holds `count` of them."""
    data = struct.pack(f">{len(values)}H", *values)
    size = 2 * (len(values) if count is None else count)
    return frame(request, struct.pack(">BB", request.function, size) + data)


def tag(signal, address, **fields):
    return ModbusTag(signal, "m1", address, **fields)


def settings(port, *tags, **fields):
    """Return settings as a file would give them, with the given tags."""
    lines = {
        "connector": "modbus", "endpoint": f"tcp://127.0.0.1:{port}", "timeout": "5 s", "poll": "50 ms",
        "tags": "[{signal: x, asset: m1, address: holding:0}]", **fields,
    }  # fmt: skip
    text = "".join(f"{k}: {v}\n" for k, v in lines.items())
    found = decode(parse_yaml(text, "connections/press.yaml"), ModbusSettings)
    return msgspec.structs.replace(found, tags=tags or found.tags)


def connection(port, *tags, **fields):
    return ModbusConnection("press", settings(port, *tags, **fields))
