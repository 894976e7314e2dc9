"""The simulated cell: what state, samples and files cost, and at which pace one subscriber loses nothing."""

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from asyncua import Client, ua
from asyncua.crypto.security_policies import SecurityPolicyBasic256Sha256
from bench import report

from ninefold.simulation.control import Command, ask
from ninefold.simulation.history import DAY_US, SEED, UNTIL_US, append_samples, read_world, write_history
from ninefold.simulation.plant import ASSETS, Plant
from ninefold.simulation.servers.opcua import SIGNALS
from ninefold.simulation.servers.pki import SERVER_URI, introduce, make_pair

SECONDS = 12.0


def cpu(pid: int) -> float:
    """Return the CPU seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def making() -> dict[str, object]:
    """Measure 180 days of the demo's cell."""
    from_us = UNTIL_US - 180 * DAY_US
    plant, marks = Plant(SEED, from_us), [time.process_time()]
    parts = sum(len(placed.start_us) for placed in plant.lives(from_us, UNTIL_US))
    marks.append(time.process_time())
    samples = len(plant.coded_samples(from_us, UNTIL_US)["ts"])
    marks.append(time.process_time())
    with tempfile.TemporaryDirectory() as folder:
        path, _ = append_samples(Path(folder), plant, from_us, UNTIL_US)
        size = path.stat().st_size / 1e6
    state, sampled, written = (round(b - a, 2) for a, b in zip(marks, [*marks[1:], time.process_time()], strict=True))
    return {
        "parts": parts, "state, CPU s": state, "samples": samples, "samples, CPU s": sampled,
        "samples with Parquet, CPU s": written, "Parquet, MB": size,
    }  # fmt: skip


class Times:
    """Keeps the source times of the torque of each machine."""

    def __init__(self) -> None:
        self.values = 0
        self.got: dict[str, list[int]] = {}

    def datachange_notification(self, node: Any, _value: Any, data: Any) -> None:
        """Take one value."""
        self.values += 1
        value = data.monitored_item.Value
        if node.nodeid.Identifier.endswith("Torque") and value.StatusCode.is_good():
            moment = round(value.SourceTimestamp.timestamp() * 1e6)
            self.got.setdefault(f"m{node.nodeid.Identifier[1]}", []).append(moment)


async def listen(endpoint: str, pki: Path) -> tuple[Times, float]:
    """Subscribe to the 48 signals for some seconds; return what came and the client's CPU seconds."""
    client, keep = Client(endpoint), Times()
    client.application_uri = "urn:ninefold:agent"
    await client.set_security(
        SecurityPolicyBasic256Sha256, str(pki / "agent.der"), str(pki / "agent.pem"),
        server_certificate=str(pki / "trusted" / "cell.der"), mode=ua.MessageSecurityMode.SignAndEncrypt,
    )  # fmt: skip
    async with client:
        subscription = await client.create_subscription(100, keep)
        names = [f"ns=2;s=M{k}.{name}" for k in range(1, len(ASSETS) + 1) for name, _ in SIGNALS.values()]
        await subscription.subscribe_data_change(
            [client.get_node(n) for n in names], queuesize=100, sampling_interval=0
        )
        keep.values, before = 0, time.process_time()
        await asyncio.sleep(SECONDS)
        return keep, time.process_time() - before


def live(factor: float) -> dict[str, object]:
    """Measure the running cell with one subscriber at a factor."""
    with tempfile.TemporaryDirectory() as name, socket.socket() as probe:
        root = Path(name)
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        write_history(root / "data", days=1)
        make_pair(root / "pki", "server", SERVER_URI)
        make_pair(root / "client", "agent", "urn:ninefold:agent")
        introduce(root / "pki", root / "client")
        options = ["--data", str(root / "data"), "--pki", str(root / "pki"), "--port", str(port)]
        command = [sys.executable, "-m", "ninefold", "simulate", "serve", *options, "--factor", str(factor)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None  # noqa: S101 - for the type checker
            next(line for line in process.stdout if "SignAndEncrypt" in line)
            before = cpu(process.pid)
            keep, client_s = asyncio.run(listen(f"opc.tcp://127.0.0.1:{port}", root / "client"))
            server_s = cpu(process.pid) - before
            ask(root / "data", Command("stop"))
        finally:
            process.communicate(timeout=60)
        plant, want, got = read_world(root / "data").plant(), 0, 0
        for asset, times in keep.got.items():
            samples = plant.samples(times[0], times[-1] + 1)
            torque = samples["spindle_torque"][samples["asset"] == asset]
            want += 1 + int(np.count_nonzero(np.diff(torque)))
            got += len(times)
    return {
        f"x {factor:g}: values a second": round(keep.values / SECONDS),
        f"x {factor:g}: server / client CPU share": f"{server_s / SECONDS:.0%} / {client_s / SECONDS:.0%}",
        f"x {factor:g}: torque samples lost": f"{want - got} of {want}",
    }


def main() -> None:
    """Measure and report."""
    figures = making()
    for factor in (600, 1200, 1600):
        figures |= live(factor)
    what = (
        "180 days of eight machines; then live over OPC UA (SignAndEncrypt), one subscriber to 48 signals, queue 100."
    )
    report("simulation", what, figures, ["asyncua", "duckdb", "numpy"])


if __name__ == "__main__":
    main()
