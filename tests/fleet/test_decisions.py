"""A decision is found by its id while it waits in the inbox and after it was sealed, and shown as a table."""

from pathlib import Path

import numpy as np

from ninefold.edge.queue import Batch, Queue
from ninefold.fleet.courses import courses
from ninefold.fleet.decisions import bundle_record, find, latest
from ninefold.fleet.pages import decisions_table, devices_table
from ninefold.fleet.service import FleetService
from ninefold.kernel.columnar import pack
from ninefold.kernel.parcel import Parcel
from ninefold.kernel.records import Draft, encode
from ninefold.testing.clock import FakeClock


def batch(number: int) -> Batch:
    text = {n: np.array([v, v], object) for n, v in (("frame", str(number)), ("by", "model"), ("role", "active"))}
    columns = {
        "id": np.array([f"{number}-a", f"{number}-b"], object), "asset": np.array(["m1", "m2"], object), **text,
        "t": np.array([number * 10, number * 10]), "score": np.array([0.25, np.nan]), "alarm": np.array([True, False]),
        "feature.torque": np.array([40.0, 41.0]),
    }  # fmt: skip
    return Batch("prediction", pack(columns), 2, number * 10, number * 10)


def test_decisions_are_found_before_and_after_sealing(tmp_path: Path) -> None:
    """The newest first, over inbox and segments."""
    with FleetService(tmp_path / ".ninefold", FakeClock()) as service, Queue(tmp_path / "a.db", "gateway-1") as queue:
        queue.commit([batch(1)])
        service.receive("gateway-1", Parcel(queue.origin, tuple(queue.pending())))
        [segment] = service.seal(all_of_it=True)
        queue.commit([batch(2)])
        service.receive("gateway-1", Parcel(queue.origin, tuple(queue.pending())))
        found = latest(service, 3)
        assert [(d.fields["id"], d.segment) for d in found] == [("2-b", ""), ("2-a", ""), ("1-b", segment)]
        assert [d.fields["id"] for d in latest(service, 9, "m1")] == ["2-a", "1-a"]
        one = find(service, "1-a")
        assert one is not None
        assert (one.features, one.origin, one.segment) == ({"torque": 40.0}, queue.origin, segment)
        assert find(service, "nothing") is None
        assert find(service, "") is None
        table = decisions_table(found)
        assert table.rows[0][5] is None
        assert table.rows[1][5:7] == (0.25, "alarm")


def test_what_is_recent_is_so_by_the_clock_of_the_machines(tmp_path: Path) -> None:
    """A simulated plant may be weeks ahead of the centre's own clock; sealed or not, its decisions are shown."""
    with FleetService(tmp_path / ".ninefold", FakeClock(5)) as service, Queue(tmp_path / "a.db", "gateway-1") as queue:
        for number in (1, 2):
            queue.commit([batch(number)])
        service.receive("gateway-1", Parcel(queue.origin, tuple(queue.pending())))
        inbox = courses(service, 15)
        assert {asset: c["id"].tolist() for asset, c in inbox.items()} == {"m1": ["2-a"], "m2": ["2-b"]}
        service.seal(all_of_it=True)
        sealed = courses(service, 15)
        assert {asset: c["id"].tolist() for asset, c in sealed.items()} == {"m1": ["2-a"], "m2": ["2-b"]}


def test_the_bundles_record_is_found_by_the_payloads_digest(tmp_path: Path) -> None:
    """From a decision back to the chain of evidence."""
    with FleetService(tmp_path / ".ninefold", FakeClock()) as service:
        payload = service.blobs.put(b"payload")
        [id] = service.store.put([Draft("bundle@1", encode("bundle@1", {}, (payload,)), "b@1", "a", 1)])
        record = bundle_record(service, payload)
        assert record is not None
        assert record.id == id
        assert bundle_record(service, "0" * 64) is None
        assert devices_table(service.devices()).rows == ()
