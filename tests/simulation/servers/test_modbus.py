"""The cell's registers, as a client without our connector reads them."""

import asyncio
import struct

import pytest
from pymodbus.client import AsyncModbusTcpClient

from ninefold.kernel.clock import parse_iso
from ninefold.kernel.errors import Conflict, InvalidInput
from ninefold.simulation.live import Live
from ninefold.simulation.plant import ASSETS, Plant
from ninefold.simulation.servers.modbus import ModbusCell, newest
from ninefold.testing.cable import free_port

START, FROM = parse_iso("2026-06-01T04:00:00Z"), parse_iso("2026-06-03T06:00:00Z")


def test_each_machine_is_a_unit_with_its_newest_sample():
    """Time, numbers and texts lie where the module says, and agree with the plant's own samples."""
    plant = Plant(9, START)

    async def body():
        cell = ModbusCell(Live(plant, FROM, factor=200), port=free_port())
        await cell.start()
        client = AsyncModbusTcpClient("127.0.0.1", port=cell.port)
        await client.connect()
        found = {}
        async with asyncio.timeout(20):
            while len(found) < len(ASSETS):
                await asyncio.sleep(0.05)
                for unit, asset in enumerate(ASSETS, 1):
                    answer = await client.read_input_registers(0, count=20, device_id=unit)
                    data = struct.pack(">20H", *answer.registers)
                    if any(data):
                        found[asset] = struct.unpack(">q3f16s4s", data)
        await client.write_coil(0, value=True, device_id=3)
        alarms = await cell.alarms()
        client.close()
        await cell.stop()
        await asyncio.sleep(0.05)
        return found, alarms

    found, alarms = asyncio.run(body())
    latest = max(time for time, *_ in found.values())
    samples = plant.samples(FROM, latest + 1)
    for asset, (time, torque, speed, wear, part, variant) in found.items():
        row = next(i for i in range(len(samples["ts"])) if (samples["asset"][i], samples["ts"][i]) == (asset, time))
        expected = [samples[name][row] for name in ("spindle_torque", "spindle_speed", "tool_wear")]
        assert [torque, speed, wear] == pytest.approx(expected, rel=1e-6)
        assert part.rstrip(b"\0").decode() == str(samples["part"][row])
        assert variant.rstrip(b"\0").decode() == str(samples["variant"][row])
    assert [a for a, on in alarms.items() if on] == ["m3"]


def test_time_that_runs_too_fast_to_be_polled_is_refused():
    """Samples would be gone before anybody can read them."""
    with pytest.raises(InvalidInput, match="too fast for Modbus"):
        ModbusCell(Live(Plant(9, START), FROM, factor=300), port=1)


def test_no_new_sample_changes_no_register():
    """An empty look writes nothing."""
    live = Live(Plant(9, START), FROM, factor=1, monotonic=lambda: 0.0)
    assert newest(live.take()) == {}


def test_port_that_is_taken_is_said():
    """Not silence: nobody would get a sample."""

    async def body():
        first, second = (ModbusCell(Live(Plant(9, START), FROM, factor=1), port=port) for port in [free_port()] * 2)
        await first.start()
        try:
            with pytest.raises(Conflict, match="is taken"):
                await second.start()
        finally:
            await first.stop()
            await second.stop()
            await asyncio.sleep(0.05)

    asyncio.run(body())
