"""What agents send is taken once, verified, witnessed and sealed; holes are said."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from ninefold.edge.queue import Batch, Limits, Queue
from ninefold.fleet.segments import open_segment
from ninefold.fleet.service import FleetService
from ninefold.kernel.errors import InvalidInput, Refused, StoreError, VerificationError
from ninefold.kernel.parcel import Head, Parcel, Waiting, read_parcel, write_parcel
from ninefold.kernel.records import Draft, Input, encode
from ninefold.kernel.verify import verify_store
from ninefold.testing.clock import FakeClock
from ninefold.vocabulary.desired import REPORTED, BundleRef, Desired, Published, Reported, reference_of
from ninefold.vocabulary.segment import SEGMENT, Segment

TARGET = "edge:gateway-1"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def service(tmp_path: Path, clock: FakeClock) -> Iterator[FleetService]:
    with FleetService(tmp_path / ".ninefold", clock) as service:
        yield service


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    with Queue(tmp_path / "agent.db", "gateway-1") as queue:
        yield queue


def raw(number: int, size: int = 40) -> Batch:
    return Batch("raw", number.to_bytes(4, "big") * (size // 4), 10, number * 100, number * 100 + 99)


def report(state: str, n: int, inputs: tuple[Input, ...] = (), desired: str = "d") -> Draft:
    body = Reported(TARGET, desired, state, f"report {n}")
    return Draft(REPORTED, encode(REPORTED, body), "agent@1", "device:gateway-1", n, inputs)


def parcel(queue: Queue, seen: Head | None = None) -> Parcel:
    return Parcel(queue.origin, tuple(queue.pending()), seen)


def test_a_parcel_that_is_sent_twice_is_taken_once(service: FleetService, queue: Queue) -> None:
    """The receipt is the same, and nothing is there twice."""
    queue.commit([raw(1), raw(2)], [report("active", 1)])
    sent = parcel(queue)
    first = service.receive("gateway-1", sent)
    again = service.receive("gateway-1", sent)
    assert first.acknowledged == again.acknowledged == {"alarm": 1, "raw": 2}
    assert len(service.store.of_kind(REPORTED)) == 1
    assert len(service.inbox.entries(queue.origin, "raw", 1 << 20)) == 2


def test_a_report_is_a_record_of_the_agents_own_chain(service: FleetService, queue: Queue) -> None:
    """The store verifies it link by link, and the head is witnessed."""
    queue.commit(records=[report("shadow", 1), report("active", 2)])
    service.receive("gateway-1", parcel(queue))
    record = service.reported("gateway-1")
    assert record is not None
    assert (record.origin, record.sequence, record.plain["stage"]) == (queue.origin, 2, "active")
    assert verify_store(service.store) == []
    heads = {(origin, witness): sequence for origin, witness, sequence, _ in service.store.witnessed()}
    assert heads == {(queue.origin, service.store.origin): 2}


def test_a_late_report_never_becomes_current_by_arriving(service: FleetService, queue: Queue) -> None:
    """The highest sequence counts, and of two parcels the older brings nothing."""
    queue.commit(records=[report("shadow", 1)])
    old = parcel(queue)
    queue.commit(records=[report("active", 2)])
    service.receive("gateway-1", parcel(queue))
    service.receive("gateway-1", old)
    record = service.reported("gateway-1")
    assert record is not None
    assert record.sequence == 2


def test_an_altered_payload_stops_its_lane_and_no_other(service: FleetService, queue: Queue) -> None:
    """What came before it in the lane is taken; a clean repetition goes on."""
    queue.commit([raw(1), raw(2), Batch("prediction", b"p", 1, 1, 1)], [report("active", 1)])
    entries = list(queue.pending())
    bad = [msgspec.structs.replace(e, payload=b"x") if (e.lane, e.sequence) == ("raw", 2) else e for e in entries]
    receipt = service.receive("gateway-1", Parcel(queue.origin, tuple(bad)))
    assert receipt.acknowledged == {"alarm": 1, "prediction": 1, "raw": 1}
    assert "raw 2" in receipt.problems["raw"]
    assert "altered" in receipt.problems["raw"]
    assert service.receive("gateway-1", Parcel(queue.origin, tuple(entries))).acknowledged["raw"] == 2


def test_an_altered_record_is_refused(service: FleetService, queue: Queue) -> None:
    """Neither body nor head can be exchanged, nor a record of another origin be smuggled in."""
    queue.commit(records=[report("active", 1)])
    [entry] = queue.pending()
    payload = entry.payload or b""
    for bad in (payload.replace(b"active", b"shadow"), payload[:-3], payload.replace(b"gateway", b"gatewax")):
        changed = msgspec.structs.replace(entry, payload=bad)
        receipt = service.receive("gateway-1", Parcel(queue.origin, (changed,)))
        assert receipt.problems["alarm"]
        assert receipt.acknowledged == {}
    assert service.reported("gateway-1") is None


def test_an_origin_of_another_device_is_refused(service: FleetService, queue: Queue) -> None:
    """A credential speaks for one device only."""
    queue.commit([raw(1)])
    with pytest.raises(Refused, match="does not belong"):
        service.receive("gateway-2", parcel(queue))
    with pytest.raises(Refused, match="does not belong"):
        service.receive("gateway-1", Parcel(service.store.origin, ()))


def test_a_dropped_stretch_is_a_declared_gap_in_the_segment(tmp_path: Path, service: FleetService) -> None:
    """Samples there and samples lost add up to all samples."""
    with Queue(tmp_path / "small.db", "gateway-1", limits=Limits(bytes=200)) as queue:
        for i in range(20):
            queue.commit([raw(i)])
        service.receive("gateway-1", parcel(queue))
        [id] = service.seal(all_of_it=True)
        segment = service.store.get(id).body(Segment)
        assert (segment.samples + segment.lost, segment.complete) == (200, False)
        assert [g.reason for g in segment.gaps] == ["bytes"]


def test_a_gap_that_grew_while_it_was_under_way_is_taken_from_where_the_centre_is(
    tmp_path: Path, service: FleetService
) -> None:
    """The queue may drop what the centre has just taken; the lane goes on all the same."""
    with Queue(tmp_path / "small.db", "gateway-1", limits=Limits(bytes=200)) as queue:
        queue.commit([raw(0), raw(1)])
        service.receive("gateway-1", parcel(queue))  # the receipt is lost
        for i in range(2, 12):
            queue.commit([raw(i)])
        receipt = service.receive("gateway-1", parcel(queue))
        assert (receipt.acknowledged["raw"], receipt.problems) == (12, {})
        numbers = [(e.sequence, e.until) for e in service.inbox.entries(queue.origin, "raw", 1 << 20)]
        assert numbers[0] == (1, 1)
        assert all(a[1] + 1 == b[0] for a, b in itertools.pairwise(numbers))


def test_what_the_centre_forgot_is_a_hole_that_is_reported_as_incomplete(service: FleetService, queue: Queue) -> None:
    """The agent has deleted it on a receipt of a centre that was later restored from an old copy."""
    queue.commit([raw(1), raw(2)], [report("shadow", 1), report("shadow", 2)])
    queue.acknowledge({"raw": 2, "alarm": 2})
    queue.commit([raw(3)], [report("active", 3)])
    assert service.receive("gateway-1", parcel(queue)).acknowledged == {"alarm": 3, "raw": 3}
    [id] = service.seal(all_of_it=True)
    segment = service.store.get(id).body(Segment)
    assert not segment.complete
    assert [(g.sequence, g.until, g.reason) for g in segment.gaps] == [(1, 2, "missing")]
    assert ["missing after number 0" in f.message for f in verify_store(service.store)] == [True]


def test_a_fork_of_a_chain_is_refused(tmp_path: Path, service: FleetService, queue: Queue) -> None:
    """A copied agent folder that goes its own way shows at its first number."""
    queue.commit([raw(1)])
    service.receive("gateway-1", parcel(queue))
    forged = msgspec.structs.replace(queue.pending()[0], hash="f" * 64)
    receipt = service.receive("gateway-1", Parcel(queue.origin, (forged,)))
    assert "forked" in receipt.problems["raw"]


def test_segments_are_sealed_by_age_and_can_be_checked_again(
    service: FleetService, queue: Queue, clock: FakeClock
) -> None:
    """An hour after the first entry; one record for all, and none per sample."""
    queue.commit([raw(i) for i in range(50)])
    service.receive("gateway-1", parcel(queue))
    assert service.seal() == []
    clock.advance(3601)
    [id] = service.seal()
    assert service.seal() == []
    segment = service.store.get(id).body(Segment)
    data = service.blobs.read(segment.blob)
    assert [e.sequence for e in open_segment(data, queue.origin)] == list(range(1, 51))
    altered = data.replace((7).to_bytes(4, "big") * 10, (8).to_bytes(4, "big") * 10, 1)
    assert altered != data
    with pytest.raises(VerificationError, match="altered"):
        open_segment(altered, queue.origin)


def test_sealing_that_was_killed_before_it_deleted_makes_no_second_record(
    service: FleetService, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record is found by its key."""
    queue.commit([raw(1)])
    service.receive("gateway-1", parcel(queue))
    with monkeypatch.context() as patch:
        patch.setattr(service.inbox, "forget", _killed)
        with pytest.raises(KeyboardInterrupt):
            service.seal(all_of_it=True)
    service.seal(all_of_it=True)
    assert len(service.store.of_kind(SEGMENT)) == 1


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_the_agent_keeps_the_centres_head_so_that_a_cut_tail_shows(service: FleetService, queue: Queue) -> None:
    """The store alone could not know that its last records are gone."""
    body = encode("note@1", {"n": 1})
    service.store.put([Draft("note@1", body, "s@1", "a", 1), Draft("note@1", encode("note@1", {}), "s@1", "a", 1)])
    receipt = service.receive("gateway-1", parcel(queue))
    assert receipt.head is not None
    assert receipt.head.sequence == 2
    service.receive("gateway-1", Parcel(queue.origin, (), receipt.head))
    assert verify_store(service.store) == []
    db = service.store.connection
    [id] = db.execute("SELECT payload FROM event WHERE sequence = 2").fetchone()
    [previous] = db.execute("SELECT hash FROM event WHERE sequence = 1").fetchone()
    db.execute("DELETE FROM event WHERE sequence = 2")
    db.execute("DELETE FROM record WHERE id = ?", (id,))
    db.execute("UPDATE origin SET sequence = 1, hash = ?", (previous,))
    assert ["gateway-1 saw event 2" in f.message for f in verify_store(service.store)] == [True]


def test_desired_and_reported_meet_in_the_list_of_devices(service: FleetService, queue: Queue) -> None:
    """Settled means: the report names the desired content, and the state is active."""
    service.registry.enrol("gateway-1", service.registry.invite("gateway-1"))
    wanted = Desired(TARGET, "cell", "tool-failure", BundleRef("b" * 64, "f" * 64, 10), ())
    [id] = service.store.put([Draft("desired@1", encode("desired@1", wanted), "s@1", "a", 1)])
    published = Published(id, "k" * 64, "f" * 64, 10)
    service.store.set_reference(reference_of(TARGET), msgspec.json.encode(published).decode(), None)
    record = service.store.get(id)
    queue.commit(records=[report("canary", 1, (Input("desired", id, record.content),), "k" * 64)])
    assert service.receive("gateway-1", parcel(queue)).desired == record.content
    assert [d.settled for d in service.devices()] == [False]
    queue.commit(records=[report("active", 2, (), "k" * 64)])
    service.receive("gateway-1", parcel(queue))
    [state] = service.devices()
    assert state.settled
    assert state.desired is not None
    assert state.desired.desired == wanted
    assert verify_store(service.store) == []


def test_what_waits_on_a_device_is_known_at_the_centre(service: FleetService, queue: Queue, clock: FakeClock) -> None:
    """As its last parcel said; not noted anew within five seconds, so that a thousand devices do not write at once."""
    queue.commit([raw(1), raw(2)])
    assert service.waiting("gateway-1") is None
    service.receive("gateway-1", msgspec.structs.replace(parcel(queue), waiting=Waiting(2, 80, 3.0)))
    noted = service.waiting("gateway-1")
    assert noted == (Waiting(2, 80, 3.0), clock.now())
    clock.advance(4)
    service.receive("gateway-1", Parcel(queue.origin, (), None, Waiting(0, 0, 0.0)))
    assert service.waiting("gateway-1") == noted
    clock.advance(1)
    service.receive("gateway-1", Parcel(queue.origin, (), None, Waiting(0, 0, 0.0)))
    assert service.waiting("gateway-1") == (Waiting(0, 0, 0.0), clock.now())
    service.receive("gateway-1", Parcel(queue.origin, ()))
    assert service.waiting("gateway-1") == (Waiting(0, 0, 0.0), clock.now())


@pytest.mark.parametrize(("entries", "oldest_s"), [(-1, 0.0), (1 << 60, 0.0), (1, -1.0), (1, float("nan"))])
def test_a_queue_that_cannot_be_is_refused(queue: Queue, entries: int, oldest_s: float) -> None:
    """What comes from a device is looked at before it reaches a file."""
    data = write_parcel(Parcel(queue.origin, (), None, Waiting(entries, 0, oldest_s)))
    with pytest.raises(InvalidInput, match="no parcel"):
        read_parcel(data)


def test_a_file_of_an_older_version_is_refused_and_left_as_it_is(tmp_path: Path, clock: FakeClock) -> None:
    """Entries of then do not say when their samples were taken."""
    with FleetService(tmp_path, clock) as service:
        service.database.connection.execute("PRAGMA user_version = 1")
    with pytest.raises(StoreError, match="version"), FleetService(tmp_path, clock):
        pass
