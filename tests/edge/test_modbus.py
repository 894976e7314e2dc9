"""The agent of `agent.toml` against the simulated gateway over Modbus TCP, with the fleet's real service.

The cell is a simulator; pymodbus' server, the sockets and the agent's process are real.
"""

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.edge.test_opcua import FROM, START, alarmed, release

from ninefold.fleet.segments import open_segment
from ninefold.kernel.columnar import unpack
from ninefold.kernel.signing import SigningKey
from ninefold.simulation.live import Live
from ninefold.simulation.plant import Plant
from ninefold.simulation.servers.modbus import ModbusCell
from ninefold.testing.cable import free_port
from ninefold.testing.edge import bundle
from ninefold.testing.fleet import FleetProcess
from ninefold.vocabulary.segment import SEGMENT, Segment

TAGS = """\
  - {{signal: part, asset: m{m}, address: "{m}/input:10", type: text, length: 8}}
  - {{signal: torque, asset: m{m}, address: "{m}/input:4", type: float32, unit: N.m, range: [0, 200]}}
  - {{signal: speed, asset: m{m}, address: "{m}/input:6", type: float32, unit: "{{rev}}/min"}}
  - {{signal: alarm, asset: m{m}, address: "{m}/coil:0"}}
"""


class Cell:
    """The simulated gateway in a thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        self.server = ModbusCell(Live(Plant(9, START), FROM, factor=150), port=free_port())
        self.do(self.server.start())

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    def stop(self) -> None:
        self.do(self.server.stop())
        self.do(asyncio.sleep(0.1))
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(30)
        self.loop.close()


@pytest.fixture
def cell() -> Iterator[Cell]:
    found = Cell()
    yield found
    found.stop()


def test_decisions_are_made_from_registers_and_the_lamp_is_a_coil(
    tmp_path: Path, cell: Cell, fleet: FleetProcess
) -> None:
    """Polled, timed by the device's clock, decided by a signed bundle, and shown where the connection lists it."""
    site, key = tmp_path / "site", SigningKey.new()
    (site / "trusted").mkdir(parents=True)
    key.public.write(site / "trusted" / "release.pub")
    (site / "cell.yaml").write_text(
        f'connector: modbus\nendpoint: {cell.server.endpoint}\npoll: 20 ms\nwrite: ["1/coil:0"]\n'
        "time: {address: input:0, type: int64, counts: us}\ntags:\n" + TAGS.format(m=1) + TAGS.format(m=2)
    )
    (site / "agent.toml").write_text(
        f'device = "gateway-1"\ncentre = "{fleet.url}"\nconnection = "cell.yaml"\ntrusted = "trusted"\n'
        'uplink = "200 ms"\n'
    )
    path, digest = bundle(tmp_path / "bundles", key, intercept=-4.0)  # alarms above 20 N.m: on every part
    release(fleet, path, digest)
    with fleet.service() as service:
        token = service.registry.invite("gateway-1")
    fleet.start()
    command = [sys.executable, "-m", "ninefold.edge", str(site / "agent.toml")]
    subprocess.run([*command, "--enrol"], input=token.encode() + b"\n", check=True, timeout=60)
    process = subprocess.Popen(command)
    try:
        deadline = time.monotonic() + 90
        while not cell.do(cell.server.alarms())["m1"] or alarmed(fleet) != {"m1", "m2"}:
            assert process.poll() is None, "the agent ended"
            assert time.monotonic() < deadline, "no alarm was written"
            time.sleep(0.2)  # another process decides; there is no event to wait for
        assert cell.do(cell.server.alarms())["m2"] == 0.0  # its coil is not listed under write
    finally:
        process.terminate()
        process.wait(20)
    fleet.stop()
    with fleet.service() as service:
        service.seal(all_of_it=True)
        segments = [r.body(Segment) for r in service.store.of_kind(SEGMENT)]
        rows = [
            unpack(e.payload or b"")
            for s in segments if s.lane == "prediction"
            for e in open_segment(service.blobs.read(s.blob), s.origin)
        ]  # fmt: skip
    assert {a for r in rows for a in r["asset"].tolist()} == {"m1", "m2"}
    assert all(20 < v < 80 for r in rows for v in r["feature.torque_mean"].tolist())
