"""The whole agent as a process against the fleet's service as a process: rollout, rollback without uplink, restart."""

import itertools
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ninefold.fleet.decisions import latest
from ninefold.kernel.records import Draft, encode
from ninefold.kernel.signing import SigningKey
from ninefold.kernel.sqlite import SqliteStore
from ninefold.kernel.verify import verify_store
from ninefold.testing.edge import bundle
from ninefold.testing.fleet import FleetProcess
from ninefold.vocabulary.criterion import CriterionSpec, MetricSpec, Threshold
from ninefold.vocabulary.desired import (
    BundleRef,
    Desired,
    Published,
    Reported,
    Require,
    Stage,
    StageCriterion,
    Until,
    reference_of,
)
from ninefold.vocabulary.quantity import Duration, Share

TARGET = "edge:gateway-1"
ALARMS = StageCriterion(
    MetricSpec("REQ-x", "false-alarms", "false_alarms_per_machine_week", ("shadow",)),
    CriterionSpec("REQ-x", "false-alarms", Threshold("<=", 2)),
)
STAGES = (
    Stage("self-test"),
    Stage("shadow", Until(20, Duration(60))),
    Stage("canary", Until(100_000, Duration(600)), Require(not_fail=("REQ-x/false-alarms",)), Share(0.5)),
    Stage("active", pending="named_person"),
)
QUIET, SOME_ALARMS = [35, 36, 37, 36], [55, 35, 35, 35, 35, 45, 35, 35, 35, 35]  # 55 alarms both, 45 the candidate only


class Site:
    """A centre, an agent and the files of both."""

    def __init__(self, folder: Path, fleet: FleetProcess) -> None:
        self.folder, self.fleet, self.key = folder, fleet, SigningKey.new()
        self.process: subprocess.Popen[bytes] | None = None
        (folder / "trusted").mkdir(parents=True)
        self.key.public.write(folder / "trusted" / "release.pub")
        self.torque(QUIET)
        text = f'device = "gateway-1"\ncentre = "{fleet.url}"\nconnection = "none.yaml"\ntrusted = "trusted"\n'
        (folder / "agent.toml").write_text(text + 'uplink = "200 ms"\ncommit = "100 ms"\n')
        (folder / "storage").mkdir(mode=0o700)
        (folder / "storage" / "credential").write_text(fleet.enrol("gateway-1"))

    def torque(self, values: list[int]) -> None:
        temporary = self.folder / "torque.new"
        temporary.write_text(json.dumps(values))
        temporary.replace(self.folder / "torque")

    def start(self) -> None:
        command = [sys.executable, "-m", "ninefold.testing.agent", str(self.folder / "agent.toml")]
        self.process = subprocess.Popen(command)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def release(self, version: int, intercept: float, stages: tuple[Stage, ...] = ()) -> str:
        """Sign a bundle, put it at the centre and make it desired; return its digest."""
        path, digest = bundle(self.folder / "bundles", self.key, version, intercept)
        with self.fleet.service() as service:
            file = service.blobs.put_file(path)
            ref = BundleRef(digest, file, path.stat().st_size)
            criteria = (ALARMS,) if stages else ()
            body = Desired(TARGET, "cell", "tool-failure", ref, stages, criteria)
            [id] = service.store.put([Draft("desired@1", encode("desired@1", body), "s@1", "person:test", version)])
            name, published = reference_of(TARGET), Published(id, f"key-{version}", file, ref.size)
            value = msgspec.json.encode(published).decode()
            service.store.set_reference(name, value, service.store.reference(name))
        return digest

    def reported(self) -> Reported | None:
        with SqliteStore(self.fleet.project / ".ninefold" / "store.db") as store:
            record = store.reported(TARGET)
            return record.body(Reported) if record else None

    def until(self, holds: Callable[[Reported], bool], timeout_s: float = 40) -> Reported:
        """Wait until the centre has a report that holds."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            found = self.reported()
            if found is not None and holds(found):
                return found
            time.sleep(0.1)  # another process reports; there is no event to wait for
        raise AssertionError(f"the centre's last report: {self.reported()}")


@pytest.fixture
def site(tmp_path: Path, fleet: FleetProcess) -> Iterator[Site]:
    found = Site(tmp_path / "site", fleet)
    yield found
    found.kill()


def local_state(site: Site) -> Any:
    """Return the rollout as the agent's own database holds it."""
    from ninefold.edge.queue import Queue
    from ninefold.edge.rollout import Rollout
    from ninefold.kernel.parcel import from_bytes

    with Queue(site.folder / "storage" / "agent.db", "gateway-1") as queue:
        return from_bytes(queue.checkpoint("rollout") or b"", Rollout)


def served(fleet: FleetProcess, bundle: str) -> set[int]:
    """Return the times of the parts that a bundle decided on, as the centre has them, sealed or not."""
    with fleet.service() as service:
        return {int(d.fields["t"]) for d in latest(service, 100_000) if d.fields["bundle"] == bundle}


@pytest.mark.job("deployment/rollback", against="real", what="processes, loopback")
def test_with_the_uplink_closed_doubled_alarms_are_rolled_back_and_the_centre_learns_later(
    site: Site, fleet: FleetProcess
) -> None:
    """A correctly signed bundle reaches the canary; back on the old digest in less than 5 s; it serves meanwhile."""
    fleet.start()
    old = site.release(1, -10.0)
    site.start()
    site.until(lambda r: r.stage == "active" and r.active == old)
    new = site.release(2, -8.4, STAGES)
    site.until(lambda r: r.stage == "canary" and r.candidate == new)
    fleet.kill()
    site.torque(SOME_ALARMS)
    begun = time.monotonic()
    while local_state(site).state != "rolled-back":
        assert time.monotonic() - begun < 5, local_state(site)
        time.sleep(0.1)  # another process decides; there is no event to wait for
    assert (local_state(site).active, local_state(site).candidate) == (old, "")
    fleet.start()
    found = site.until(lambda r: r.stage == "rolled-back")
    assert (found.active, found.candidate) == (old, "")
    assert "REQ-x/false-alarms fails" in found.reason
    assert found.measured["rss_mb"] > 0
    after = max(served(fleet, old))
    begun = time.monotonic()
    while max(served(fleet, old)) < after + 20 * 40_000_000:  # it goes on: twenty more parts of 40 s each
        assert time.monotonic() - begun < 30
        time.sleep(0.2)  # another process decides; there is no event to wait for
    site.kill()
    fleet.stop()
    with fleet.service() as service:
        service.seal(all_of_it=True)
        assert verify_store(service.store) == []
    steps = sorted(served(fleet, old))
    assert steps[-1] >= after + 20 * 40_000_000
    assert max(b - a for a, b in itertools.pairwise(steps)) < 200 * 40_000_000  # a part is 40 s of its time


def test_a_killed_agent_goes_on_where_it_stood(site: Site, fleet: FleetProcess) -> None:
    """Killed in the canary: it is in the canary again, and what it missed is a gap."""
    fleet.start()
    old = site.release(1, -10.0)
    site.start()
    site.until(lambda r: r.stage == "active" and r.active == old)
    new = site.release(2, -10.2, STAGES)
    site.until(lambda r: r.stage == "canary")
    site.kill()
    site.start()
    deadline = time.monotonic() + 30
    while local_state(site).starts < 2:
        assert time.monotonic() < deadline
        time.sleep(0.1)  # another process starts; there is no event to wait for
    state = local_state(site)
    assert (state.state, state.active, state.candidate) == ("canary", old, new)


def test_an_older_version_and_a_foreign_signature_are_refused_and_the_old_bundle_serves(
    site: Site, fleet: FleetProcess
) -> None:
    """The reason stands in the report."""
    fleet.start()
    old = site.release(5, -10.0)
    site.start()
    site.until(lambda r: r.stage == "active" and r.active == old)
    site.release(4, -9.0)
    found = site.until(lambda r: r.stage == "refused")
    assert "older than version 5" in found.reason
    site.key = SigningKey.new()
    site.release(6, -9.5)
    found = site.until(lambda r: r.stage == "refused" and "trusted" in r.reason)
    assert found.active == old
