"""Modbus TCP for the suite: pymodbus' own server."""

import struct

from pymodbus import exceptions
from tests.connectors.modbus.server import Device

from ninefold.testing.connectors import Rig

NUMBERS = {"holding:0": 40.0, "holding:2": 1503.0, "holding:4": 7.0, "holding:70": 2.0}


def words(number):
    """Return the registers of a float32."""
    return list(struct.unpack(">2H", struct.pack(">f", number)))


class ModbusRig(Rig):
    """Four numbers and a text, with a hole between them that cannot be read."""

    connector = "modbus"
    drivers = ("pymodbus",)
    unknown = ("holding:55", "holding:5000")
    writable = ("holding:70", 2.5)

    def tree(self, port):
        tags = [
            {"signal": f"s{i}", "asset": "m1", "address": a, "type": "float32", "unit": "N.m"}
            for i, a in enumerate(NUMBERS)
        ]
        text = {"signal": "variant", "asset": "m1", "address": "holding:6", "type": "text", "length": 2}
        return {
            "connector": "modbus",
            "endpoint": f"tcp://127.0.0.1:{port}",
            "poll": "50 ms",
            "tags": [*tags, text],
        }

    def values(self):
        return {**NUMBERS, "holding:6": "AB7"}

    async def start(self, port):
        self.device = await Device(port).__aenter__()
        for address, number in NUMBERS.items():
            await self.put(address, number)
        await self.device.put(6, list(struct.unpack(">2H", b"AB7\0")))

    async def stop(self):
        await self.device.stop()

    async def put(self, address, value):
        await self.device.put(int(address.partition(":")[2]), words(value))

    def driver_errors(self):
        return [getattr(exceptions, name)("x") for name in exceptions.__all__]
