"""The agent of `agent.toml` against the simulated controller: real OPC UA with SignAndEncrypt, real fleet's service.

The cell is a simulator; server, sockets, certificates and the agent's process are real.
"""

import asyncio
import logging
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ninefold.fleet.segments import open_segment
from ninefold.kernel.clock import parse_iso
from ninefold.kernel.columnar import unpack
from ninefold.kernel.records import Draft, encode
from ninefold.kernel.signing import SigningKey
from ninefold.kernel.verify import verify_store
from ninefold.simulation.live import Live
from ninefold.simulation.plant import Plant
from ninefold.simulation.servers.opcua import CellServer
from ninefold.simulation.servers.pki import introduce, make_pair
from ninefold.testing.edge import bundle
from ninefold.testing.fleet import FleetProcess
from ninefold.vocabulary.alarm import EPISODE
from ninefold.vocabulary.desired import BundleRef, Desired, Published, reference_of
from ninefold.vocabulary.segment import SEGMENT, Segment

START, FROM = parse_iso("2026-06-01T04:00:00Z"), parse_iso("2026-06-03T06:00:00Z")
TARGET = "edge:gateway-1"
TAGS = (("torque", "Torque"), ("speed", "Speed"), ("part", "Part"), ("wear", "Wear"))


class Cell:
    """The simulated controller in a thread of its own."""

    def __init__(self, pki: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        self.server = CellServer(Live(Plant(9, START), FROM, factor=300), pki, port=port)
        self.do(self.server.start())

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    def stop(self) -> None:
        self.do(self.server.stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(30)
        self.loop.close()


@pytest.fixture
def cell(tmp_path: Path) -> Iterator[Cell]:
    logging.getLogger("asyncua").setLevel(logging.CRITICAL)
    make_pair(tmp_path / "cell-pki", "server", "urn:ninefold:simulation:milling-cell")
    make_pair(tmp_path / "site" / "pki", "agent", "urn:ninefold:agent")
    introduce(tmp_path / "cell-pki", tmp_path / "site" / "pki")
    found = Cell(tmp_path / "cell-pki")
    yield found
    found.stop()


def write_site(folder: Path, cell: Cell, fleet: FleetProcess, key: SigningKey) -> None:
    (folder / "trusted").mkdir()
    key.public.write(folder / "trusted" / "release.pub")
    tags = "\n".join(
        f'  - {{signal: {signal}, asset: m{m}, address: "ns=2;s=M{m}.{node}"}}'
        for m in (1, 2, 3)
        for signal, node in TAGS
    )
    (folder / "cell.yaml").write_text(
        f'connector: opcua\nendpoint: {cell.server.endpoint}\nwrite: ["ns=2;s=M1.Alarm", "ns=2;s=M3.Alarm"]\ntags:\n{tags}\n'
    )
    (folder / "agent.toml").write_text(
        f'device = "gateway-1"\ncentre = "{fleet.url}"\nconnection = "cell.yaml"\ntrusted = "trusted"\n'
        'assets = ["m1", "m2"]\nuplink = "200 ms"\n'
    )


def release(fleet: FleetProcess, path: Path, digest: str) -> str:
    """Publish a bundle; return the id of its record."""
    with fleet.service() as service:
        file = service.blobs.put_file(path)
        made = Draft("bundle@1", encode("bundle@1", {"name": "tool-failure"}), "bundle@1", "person:test", 1)
        [record] = service.store.put([made])
        ref = BundleRef(digest, record=record, content=service.store.get(record).content)
        body = Desired(TARGET, "cell", "tool-failure", ref, (), actions=("opcua_tag",))
        [id] = service.store.put([Draft("desired@1", encode("desired@1", body), "s@1", "person:test", 1)])
        published = Published(id, "key", file, path.stat().st_size)
        service.store.set_reference(reference_of(TARGET), msgspec.json.encode(published).decode(), None)
    return record


def alarmed(fleet: FleetProcess) -> set[str]:
    """Return the assets of which the centre has an episode."""
    with fleet.service() as service:
        return {str(r.plain["asset"]) for r in service.store.of_kind(EPISODE)}


@pytest.mark.job("deployment/round-trip", against="simulator", what="cell over OPC UA")
def test_from_the_controller_to_the_centre_and_back_to_the_lamp(
    tmp_path: Path, cell: Cell, fleet: FleetProcess
) -> None:
    """Enrolled by token, subscribed with encryption, decided by a signed bundle, alarm written where it is listed."""
    site, key = tmp_path / "site", SigningKey.new()
    write_site(site, cell, fleet, key)
    path, digest = bundle(tmp_path / "bundles", key, intercept=-4.0)  # alarms above 20 N.m: on every part
    record = release(fleet, path, digest)
    with fleet.service() as service:
        token = service.registry.invite("gateway-1")
    fleet.start()
    command = [sys.executable, "-m", "ninefold.edge", str(site / "agent.toml")]
    wrong = subprocess.run([*command, "--enrol"], input=b"wrong-token\n", capture_output=True, check=False, timeout=60)
    assert (wrong.returncode, b"does not enrol" in wrong.stderr) == (1, True)
    subprocess.run([*command, "--enrol"], input=token.encode() + b"\n", check=True, timeout=60)
    assert (site / "storage" / "credential").stat().st_mode & 0o077 == 0
    process = subprocess.Popen(command)
    try:
        deadline = time.monotonic() + 60
        while not cell.do(cell.server.alarms())["m1"] or alarmed(fleet) != {"m1", "m2"}:
            assert process.poll() is None, "the agent ended"
            assert time.monotonic() < deadline, "no alarm was written"
            time.sleep(0.2)  # another process decides; there is no event to wait for
        assert cell.do(cell.server.alarms())["m2"] == 0.0  # not listed under write
        assert listening(process.pid) == []
    finally:
        process.terminate()
        process.wait(20)
    fleet.stop()
    with fleet.service() as service:
        service.seal(all_of_it=True)
        assert verify_store(service.store) == []
        segments = [r.body(Segment) for r in service.store.of_kind(SEGMENT)]
        raw = [s for s in segments if s.lane == "raw"]
        assert sum(s.samples for s in raw) > 100
        assert all(s.lost == 0 for s in raw)
        rows = [
            unpack(e.payload or b"")
            for s in segments if s.lane == "prediction"
            for e in open_segment(service.blobs.read(s.blob), s.origin)
        ]  # fmt: skip
        assert {a for r in rows for a in r["asset"].tolist()} == {"m1", "m2"}
        assert all(20 < v < 80 for r in rows for v in r["feature.torque_mean"].tolist())
        written = [r.plain["results"] for r in service.store.of_kind("write@1")]
        assert {(w["address"], w["accepted"]) for results in written for w in results} == {("ns=2;s=M1.Alarm", True)}
        assert {r.plain["asset"] for r in service.store.of_kind(EPISODE)} == {"m1", "m2"}
        made = [r for kind in (EPISODE, "write@1") for r in service.store.of_kind(kind)]
        assert {(i.role, i.id) for r in made for i in r.inputs} == {("bundle", record)}
        assert all(r.inputs for r in made)


def listening(pid: int) -> list[str]:
    """Return the TCP and UDP ports at which a process listens."""
    inodes = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        target = str(link.readlink())
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    found = []
    for table, state in (("tcp", "0A"), ("tcp6", "0A"), ("udp", "07"), ("udp6", "07")):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[9] in inodes and fields[3] == state:
                found.append(f"{table} {fields[1]}")
    return found
