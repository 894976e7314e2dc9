"""The centre's policy on its way to a device: over HTTP, kept for when the centre is away, and never in a bundle."""

import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import uvicorn

from ninefold.bundle.monitors import monitor_of
from ninefold.edge.centre import Centre
from ninefold.edge.pipeline import Pipeline
from ninefold.edge.queue import Queue
from ninefold.edge.update import stage
from ninefold.edge.uplink import exchange
from ninefold.fleet.server import application
from ninefold.fleet.service import FleetService
from ninefold.kernel.errors import Unreachable
from ninefold.kernel.records import Draft, encode
from ninefold.kernel.signing import SigningKey
from ninefold.kernel.sqlite import SqliteStore
from ninefold.kernel.view import Facet, View
from ninefold.operations.monitoring.episodes import episodes
from ninefold.operations.monitoring.policy import policy_of
from ninefold.operations.monitoring.triage import process_fault, repaired
from ninefold.testing.clock import FakeClock
from ninefold.testing.edge import SIGNALS, bundle, document, open_payload, plan, samples
from ninefold.vocabulary.alarm import EPISODE, AlarmEpisode
from ninefold.vocabulary.criterion import CriterionSpec, MetricSpec, Threshold
from ninefold.vocabulary.monitor import Monitor
from ninefold.vocabulary.policy import Policy
from ninefold.vocabulary.window import WINDOW, Window

EXAMPLE = Path(__file__).parents[2] / "examples" / "milling-cell"
NAME, CAUSE = "REQ-x/input-drift", "drift:REQ-x/input-drift"


def view(budget: float) -> View:
    """Return what the files say: a drift criterion with its budget, and one that is no drift."""
    drift = MetricSpec("REQ-x", "input-drift", "drift", ("runtime",))
    recall = MetricSpec("REQ-x", "recall", "recall", ("runtime",))
    facets = [Facet(f"REQ-x#metric/{s.criterion}", "metric", s) for s in (drift, recall)]
    for spec, value in ((drift, budget), (recall, 0.7)):
        body = CriterionSpec("REQ-x", spec.criterion, Threshold(">=", value))
        facets.append(Facet(f"REQ-x#criterion/{spec.criterion}", "criterion", body))
    return View(facets, {}, 0)


@contextmanager
def served(folder: Path, budgets: list[float]) -> Iterator[str]:
    """Serve a fleet on a free port; the files say the first budget until it is replaced."""
    app = application(folder, policy=policy_of(lambda: view(budgets[0]), timer=lambda: next(_ticks)))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="on"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)  # uvicorn tells nobody when it has started
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)


_ticks = iter(range(0, 1_000_000, 10))


class Device:
    """A pipeline whose bundle watches torque: 40 sd 2 in training, blocks of ten parts."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock, self.part = folder, FakeClock(), 0
        self.rng = np.random.default_rng(11)
        self.key, self.paths = SigningKey.new(), dict[str, Path]()
        self.start()
        self.deploy(1, 40.0)

    def deploy(self, version: int, trained: float, intercept: float = -10.0) -> list[str]:
        """Let a bundle run that saw a level of torque in training; return the alarms of drift that changed with it."""
        path, digest = bundle(
            self.folder / "bundles", self.key, version, intercept, drift={NAME: _monitor(trained)}
        )  # fmt: skip
        self.paths[digest] = path
        wanted = document(path, digest)
        assert self.pipeline.desired(wanted)
        self.pipeline.staged(stage(path, wanted.desired, [self.key.public], None, SIGNALS))
        changed = []
        for _ in range(20):
            changed += [f"{e.asset} {e.state}" for e in self.pipeline.tick(1).episodes if e.cause == CAUSE]
        assert self.pipeline.rollout.state == "active"
        return changed

    def start(self) -> None:
        self.queue = Queue(self.folder / "agent.db", "gateway-1")
        self.pipeline = Pipeline("gateway-1", plan(), self.queue, self.clock, open_payload(self.paths))

    def make(self, parts: int, torque: float) -> list[str]:
        """Make parts and return the alarms of drift that they raised."""
        raised = []
        for _ in range(parts):
            found = self.pipeline.take(samples(self.part, torque + float(self.rng.normal(0, 2))))
            raised += [f"{e.asset} {e.state}" for e in found.episodes if e.cause == CAUSE]
            self.part += 1
        assert self.pipeline.commit()
        return raised

    def talk(self, centre: Centre) -> list[str]:
        """Exchange a parcel and return the alarms of drift that the policy ended."""
        policy = exchange(self.queue, centre).receipt.policy
        assert policy is not None
        done = [f"{e.asset} {e.state}" for e in self.pipeline.follow(policy).episodes]
        assert self.pipeline.commit()
        return done


def _monitor(trained_at: float) -> Monitor:
    rng, rows = np.random.default_rng(2), 1200
    asset = np.array(["m1", "m2"] * (rows // 2), object)
    trained = {"asset": asset, "t": np.arange(rows) * 300_000_000, "torque_mean": rng.normal(trained_at, 2, rows)}
    params = {"features": ["torque_mean"], "block": 10, "practical_shift": 1.0}
    return monitor_of(MetricSpec("REQ-x", "input-drift", "drift", ("runtime",), params), trained, ())


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Device]:
    (tmp_path / "device").mkdir()
    found = Device(tmp_path / "device")
    yield found
    found.queue.close()


def test_a_budget_reaches_the_device_and_holds_without_the_centre(device: Device, tmp_path: Path) -> None:
    """Nothing is raised before the first policy; then the alarm comes offline, after a restart too; a repair ends it."""
    project = tmp_path / ".ninefold"
    with FleetService(project) as service:
        credential = service.registry.enrol("gateway-1", service.registry.invite("gateway-1"))
    device.make(60, 40)
    assert device.make(100, 52) == []  # without a policy
    budgets = [1.0]
    with served(project, budgets) as url, Centre(url, credential=credential) as centre:
        assert device.talk(centre) == []
        assert device.pipeline.policy == Policy({NAME: 1.0})
    device.queue.close()
    device.start()  # the centre is away, the agent begins again
    assert sorted(device.make(60, 52)) == ["m1 raised", "m2 raised"]
    assert device.make(60, 52) == []  # one episode, however long it lasts
    with served(project, budgets) as url, Centre(url, credential=credential) as centre:
        device.talk(centre)
        with SqliteStore(project / "store.db") as store:
            held = {h.episode.asset: h.episode for h in episodes(store, device.clock.now()) if h.episode.cause == CAUSE}
            assert sorted(held) == ["m1", "m2"]
            assert held["m1"].signals[0].feature == "torque_mean"
            assert held["m1"].signals[0].direction == "high"
            windows = [r.body(Window) for r in store.of_kind(WINDOW)]
            assert windows[0].drift[NAME].budget == 1.0
            assert windows[-1].drift[NAME].budget is None  # before the first policy
            process_fault(store, tmp_path, held["m1"].id, "person-1", "", device.clock.now())
            repaired(store, "m1", "person-1", device.clock.now())
        assert device.talk(centre) == ["m1 cleared"]
        assert device.make(60, 40) == []
        budgets[0] = 1e-6
        device.talk(centre)
        assert device.pipeline.policy == Policy({NAME: 1e-6}, {"m1": 1})


def test_a_centre_without_policy_leaves_the_last_one(device: Device, tmp_path: Path) -> None:
    """`python -m ninefold.fleet` alone reads no project: it tells none."""
    with FleetService(tmp_path / ".ninefold") as service:
        assert service.policy("gateway-1") is None


def test_a_changed_policy_is_followed_once(device: Device) -> None:
    """The same one again changes nothing; a bundle of the same references goes on with its evidence."""
    policy = Policy({NAME: 1.0})
    device.pipeline.follow(policy)
    device.make(60, 40)
    before = device.pipeline._watching.standing("m1")
    assert before[NAME].blocks >= 5
    device.pipeline.follow(policy)
    assert device.pipeline._watching.standing("m1") == before


def test_a_bundle_of_other_references_ends_what_the_former_found(device: Device) -> None:
    """What is normal for the retrained model alarms no more; what is not, alarms anew; a restart takes nothing back."""
    device.pipeline.follow(Policy({NAME: 1.0}))
    device.make(60, 40)
    assert sorted(device.make(60, 52)) == ["m1 raised", "m2 raised"]
    assert device.deploy(2, 40.0, intercept=-10.5) == []  # another model with the same reference
    device.queue.close()
    device.start()
    assert device.pipeline.alarms.is_open("m1", CAUSE)
    assert sorted(device.deploy(3, 52.0)) == ["m1 cleared", "m2 cleared"]
    assert device.make(60, 52) == []
    assert sorted(device.make(60, 40)) == ["m1 raised", "m2 raised"]
    device.pipeline.order("rollback")
    assert sorted(f"{e.asset} {e.state}" for e in device.pipeline.tick(1).episodes) == ["m1 cleared", "m2 cleared"]


def test_the_command_serves_the_budgets_of_the_project_and_follows_breaches(tmp_path: Path) -> None:
    """`ninefold fleet serve` as a process: a budget edited in the file reaches the next poll, a breach is followed."""
    project = tmp_path / "cell"
    shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns("data", ".ninefold", "demo.py"))
    (project / "ninefold.toml").write_text('name = "cell"\n')
    requirement = project / "requirements" / "REQ-tool-failure-warning.md"
    text = requirement.read_text().replace("breach: {then: alert}", "breach: {then: stop}")
    requirement.write_text(text)
    with FleetService(project / ".ninefold") as service:
        credential = service.registry.enrol("gateway-1", service.registry.invite("gateway-1"))
        name = "REQ-tool-failure-warning/input-drift"
        episode = AlarmEpisode("a" * 64, "m3", f"drift:{name}", "raised", 1)
        service.store.put([Draft(EPISODE, encode(EPISODE, episode), "agent@1", "device:gateway-1", 1)])
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "ninefold", "-C", str(project), "fleet", "serve", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        with Queue(tmp_path / "agent.db", "gateway-1") as queue:
            assert _told(queue, port, credential, lambda p: p.limits[name] == 1)
            requirement.write_text(text.replace('op: ">=", value: 1}        #', 'op: ">=", value: 3}  #'))
            assert _told(queue, port, credential, lambda p: p.limits[name] == 3)
    finally:
        process.terminate()
        said = process.communicate(timeout=30)[0]
    # the device was never told to run anything, so there is nothing to stop: the service says so and goes on
    assert "aaaaaaaaaaaa: stop was not done" in said


def _told(queue: Queue, port: int, credential: str, wanted: Callable[[Policy], bool]) -> bool:
    """Exchange until the policy is as wanted; another process reads its files, so there is no event to wait for."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with Centre(f"http://127.0.0.1:{port}", credential=credential) as centre:
            try:
                policy = exchange(queue, centre).receipt.policy
            except Unreachable:
                policy = None
        if policy is not None and wanted(policy):
            return True
        time.sleep(0.1)
    return False
