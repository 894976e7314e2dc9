"""A plant behind a workbench: the cell's controller, the fleet's service and two gateways, as processes of their own.

The machines are simulated; OPC UA with its certificates, the service, the agents and all that they send are real.
"""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from tests import small_cell
from tests.workbench.browser.rig import free_port, listens

from ninefold.edge.start import enrol
from ninefold.fleet.service import DeviceState, FleetService
from ninefold.kernel.people import People
from ninefold.kernel.project import STATE
from ninefold.operations.deployment.publishing import accept, publish
from ninefold.simulation.control import Command, State, ask
from ninefold.simulation.servers.pki import SERVER_URI, introduce, make_pair

DEPLOYMENT = "cell-gateways"
GATEWAYS = {"gateway-1": ("m1", "m2", "m3", "m4"), "gateway-2": ("m5", "m6", "m7", "m8")}
FASTEST, FAST, EASY, SLOW = 1200.0, 600.0, 120.0, 30.0  # how many times as fast as the clock the plant's time runs
PATIENCE_S = 120.0  # so that what never comes ends the test; nothing is said of speed
DAY_US = 86_400_000_000
# What a person would change in the project for a busy test machine: (file, old, new). A stage of many parts is there to
# be seen, it has time, and a decision may take long. Drift is looked for after fewer parts.
CHANGED = (
    ("deployments/cell-gateways.yaml", "{parts: 100, at_most: 60 s}", "{parts: 50, at_most: 600 s}"),
    ("deployments/cell-gateways.yaml", "{parts: 60, at_most: 60 s}", "{parts: 40, at_most: 600 s}"),
    ("models/tool-failure.yaml", "latency_p99_ms: 50,", "latency_p99_ms: 5000,"),
    (small_cell.REQUIREMENT, 'op: "<=", value: 50}', 'op: "<=", value: 5000}'),
    (small_cell.REQUIREMENT, "block: 50, practical_shift: 1.6", "block: 20, practical_shift: 1.6"),
)


@dataclass
class Plant:
    """What runs beside the workbench of one project."""

    root: Path
    processes: dict[str, "subprocess.Popen[str]"] = field(default_factory=dict)

    def start(self, name: str, *words: str) -> None:
        """Start one command of ninefold that goes on; what it prints is kept in a file."""
        command = [sys.executable, "-m", "ninefold", "--quiet", "-C", str(self.root), *words]
        with (self.root.parent / f"{name}.log").open("w") as log:
            self.processes[name] = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, text=True)

    def until(self, what: str, seen: Callable[[], bool]) -> None:
        """Wait until other processes have done something; fail when one of them has ended."""
        for _ in range(int(PATIENCE_S / 0.2)):
            if seen():
                return
            ended = {n: p.returncode for n, p in self.processes.items() if p.poll() is not None}
            assert not ended, f"{ended} ended before {what}: {self.printed()}"
            threading.Event().wait(0.2)  # nothing tells this process what others have sent to a third
        told = {n: (d.reported.stage, d.reported.reason) for n, d in self.devices().items() if d.reported}
        raise AssertionError(f"{what} did not come: {told} {self.printed()}")

    def printed(self) -> dict[str, str]:
        """Return the end of what each process printed."""
        return {n: (self.root.parent / f"{n}.log").read_text()[-800:] for n in self.processes}

    def devices(self) -> dict[str, DeviceState]:
        """Return what the centre knows of each device."""
        with FleetService(self.root / STATE) as service:
            return {d.name: d for d in service.devices()}

    def stages(self) -> set[str]:
        """Return the stages that the gateways report now."""
        return {d.reported.stage if d.reported else "" for d in self.devices().values()}

    def active(self) -> dict[str, str]:
        """Return the bundle that each gateway reports to run."""
        return {n: d.reported.active if d.reported else "" for n, d in self.devices().items()}

    def tell(self, **what: object) -> State:
        """Tell the cell's controller something, as `ninefold simulate` does."""
        return ask(self.root / "data", msgspec.convert(what, Command))

    def stop(self) -> None:
        """End what was started, in the order in which it was started last."""
        for process in reversed(self.processes.values()):
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise


@contextmanager
def running(root: Path) -> Iterator[Plant]:
    """Let both gateways run the signed model of a derived cell; everything ends with the block.

    They trust the keys of those who are entered before.
    """
    plant = Plant(root)
    for file, old, new in CHANGED:
        small_cell.edit(root, file, old, new)
    try:
        wire(plant)
        with small_cell.opened(root) as composer:
            assert not small_cell.run(composer).failed
            key = small_cell.sign(composer.session)
            (root / "keys").mkdir()
            for id, public in People(composer.session.store).public_keys().items():  # the agents trust who may sign
                public.write(root / "keys" / f"{id[:12]}.pub")
            assert not small_cell.run(composer, "rollout:*").failed
            session = composer.session
            publish(session.status(), session.store, session.blobs, DEPLOYMENT, key)
            start_gateways(plant)
            plant.until("evidence of both gateways", lambda: plant.stages() == {"waits"})
            for name, device in plant.devices().items():
                assert device.reported is not None
                short = [c.criterion for c in device.reported.criteria if c.outcome == "insufficient"]
                now = composer.clock.now()
                accept(session.store, f"edge:{name}", short, key, "Labels come.", now + 30 * DAY_US, composer.clock)
            plant.until("both gateways active", lambda: plant.stages() == {"active"})
            plant.tell(do="factor", factor=SLOW)  # a day makes some of what was measured stale
            assert not small_cell.run(composer).failed
        yield plant
    finally:
        plant.stop()


def wire(plant: Plant) -> None:
    """Start the controller on a free port; it and the clients of the project trust each other's certificates."""
    root, port = plant.root, free_port()
    small_cell.edit(root, "connections/cell.yaml", "127.0.0.1:4840", f"127.0.0.1:{port}")
    pki = root / "pki" / "cell"
    make_pair(pki, "server", SERVER_URI)
    for folder, known_as in ((root / STATE / "pki", ""), *((root / "gateways" / n / "pki", n) for n in GATEWAYS)):
        make_pair(folder, "agent", "urn:ninefold:agent")
        introduce(pki, folder, connection="cell", name="agent", known_as=known_as)
    plant.start("cell", "simulate", "serve", "--port", str(port), "--factor", str(FAST))
    plant.until("the cell's controller", lambda: listens(port))


def start_gateways(plant: Plant) -> None:
    """Start the fleet's service, enrol both gateways as a person at the device does, and start them."""
    port = free_port()
    plant.start("fleet", "fleet", "serve", "--port", str(port))
    plant.until("the fleet's service", lambda: listens(port))
    for name, assets in GATEWAYS.items():
        file = plant.root / "gateways" / name / "agent.toml"
        file.write_text(
            f'device = "{name}"\ncentre = "http://127.0.0.1:{port}"\nconnection = "../../connections/cell.yaml"\n'
            f'trusted = "../../keys"\nassets = {list(assets)}\nclock = "../../data/clock.json"\nuplink = "0.5 s"\n'
        )
        with FleetService(plant.root / STATE) as service:
            token = service.registry.invite(name)
        enrol(file, token)
        plant.start(name, "edge", "run", str(file))
