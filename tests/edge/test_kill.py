"""The durable queue under SIGKILL: the receiver has every number that the queue took exactly once."""

import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ninefold.fleet.segments import open_segment
from ninefold.kernel.columnar import unpack
from ninefold.kernel.verify import verify_store
from ninefold.testing.fleet import FleetProcess
from ninefold.vocabulary.segment import SEGMENT, Segment

FEED = Path(__file__).with_name("feed.py")


def received(fleet: FleetProcess) -> tuple[list[int], list[Segment]]:
    """Return all numbers of the sealed segments, in order, and the segments."""
    numbers: list[int] = []
    with fleet.service() as service:
        service.seal(all_of_it=True)
        assert verify_store(service.store) == []
        records = [r.body(Segment) for r in reversed(service.store.of_kind(SEGMENT))]
        for segment in records:
            for entry in open_segment(service.blobs.read(segment.blob), segment.origin):
                if entry.payload is not None:
                    numbers += unpack(entry.payload)["n"].tolist()
    return numbers, records


@pytest.mark.job("deployment/no-loss", against="real", what="processes, loopback")
def test_after_20_kills_the_receiver_has_every_acknowledged_number_once(tmp_path: Path, fleet: FleetProcess) -> None:
    """The feed is killed 20 times at random moments, the receiver three times in between."""
    rng = random.Random(20)
    credential = fleet.enrol("gateway-1")
    fleet.start()
    command = [sys.executable, str(FEED), str(tmp_path / "agent"), fleet.url, credential]
    last = 0
    for kill in range(20):
        process = subprocess.Popen([*command, "feed"], stdout=subprocess.PIPE)
        assert process.stdout is not None
        for _ in range(rng.randint(1, 60)):  # the moment of the kill is counted in commits, so it is random work
            last = max(last, int(process.stdout.readline()))
        process.kill()
        rest, _ = process.communicate()
        last = max([last, *(int(line) for line in rest.split(b"\n")[:-1])])
        if kill in {5, 11, 17}:
            fleet.kill()
            fleet.start()
    assert subprocess.run([*command, "drain"], timeout=60, check=False).returncode == 0
    fleet.stop()
    numbers, segments = received(fleet)
    assert np.array_equal(np.sort(numbers), np.arange(1, len(numbers) + 1)), "a number is missing or is there twice"
    assert len(numbers) >= last > 1000
    assert all(s.complete for s in segments)
    assert len({s.origin for s in segments}) == 1


def test_a_receiver_that_is_absent_first_gets_everything_later(tmp_path: Path, fleet: FleetProcess) -> None:
    """The agent starts and ends while nobody answers; what it took waits in its file."""
    credential = fleet.enrol("gateway-1")
    command = [sys.executable, str(FEED), str(tmp_path / "agent"), fleet.url, credential]
    process = subprocess.Popen([*command, "feed"], stdout=subprocess.PIPE)
    assert process.stdout is not None
    taken = [int(process.stdout.readline()) for _ in range(30)]
    process.kill()
    process.communicate()
    fleet.start()
    assert subprocess.run([*command, "drain"], timeout=60, check=False).returncode == 0
    fleet.stop()
    numbers, _ = received(fleet)
    assert set(range(1, taken[-1] + 1)) <= set(numbers)
    assert len(numbers) == len(set(numbers))
