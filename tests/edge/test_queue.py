"""The queue keeps order, lanes and bounds, and says what it dropped."""

import sqlite3
from pathlib import Path

import pytest

from ninefold.edge.queue import Batch, Limits, Lost, Queue
from ninefold.edge.uplink import exchange
from ninefold.kernel.canonical import sha256
from ninefold.kernel.errors import InvalidInput, StoreError, StoreTooOld
from ninefold.kernel.parcel import GENESIS, Parcel, Receipt, Waiting, check, read_record
from ninefold.kernel.records import Draft, encode
from ninefold.testing.clock import FakeClock


def batch(lane: str, number: int, size: int = 100) -> Batch:
    return Batch(lane, number.to_bytes(4, "big") * (size // 4), 10, number * 100, number * 100 + 99)


def draft(n: int) -> Draft:
    return Draft("note@1", encode("note@1", {"n": n}), "test@1", "device:gateway-1", n)


def test_entries_leave_by_lane_and_in_order(tmp_path: Path) -> None:
    """Alarms overtake predictions, predictions overtake raw samples; inside a lane nothing overtakes."""
    with Queue(tmp_path / "agent.db", "gateway-1") as queue:
        queue.commit([batch("raw", 1), batch("prediction", 1)])
        queue.commit([batch("raw", 2)], [draft(1)])
        assert [(e.lane, e.sequence) for e in queue.pending()] == [
            ("alarm", 1), ("prediction", 1), ("raw", 1), ("raw", 2),
        ]  # fmt: skip


def test_each_lane_is_a_chain_that_the_receiver_can_check(tmp_path: Path) -> None:
    """Also over a restart."""
    for part in range(3):
        with Queue(tmp_path / "agent.db", "gateway-1") as queue:
            queue.commit([batch("raw", part), batch("raw", part + 10)], [draft(part)])
    with Queue(tmp_path / "agent.db", "gateway-1") as queue:
        for lane in ("alarm", "raw"):
            previous = GENESIS
            for entry in [e for e in queue.pending() if e.lane == lane]:
                check(entry, queue.origin, previous)
                previous = entry.hash
            assert queue.heads()[lane].hash == previous


def test_a_record_in_the_alarm_lane_has_the_id_that_the_store_will_give_it(tmp_path: Path) -> None:
    """Its digest is the sha256 of its head, which names this origin and number."""
    with Queue(tmp_path / "agent.db", "gateway-1") as queue:
        queue.commit(records=[draft(7)])
        [entry] = queue.pending()
        assert sha256(read_record(entry.payload or b"").head) == entry.digest


def test_an_entry_is_deleted_only_when_it_is_acknowledged(tmp_path: Path) -> None:
    """And the number stays known after a restart."""
    with Queue(tmp_path / "agent.db", "gateway-1") as queue:
        queue.commit([batch("raw", i) for i in range(5)])
        assert queue.acknowledge({"raw": 3, "a newer lane": 9}) == 3
    with Queue(tmp_path / "agent.db", "gateway-1") as queue:
        assert [e.sequence for e in queue.pending()] == [4, 5]
        assert queue.acknowledged()["raw"] == 3
        assert queue.acknowledge({"raw": 3}) == 0


def test_an_acknowledgement_of_what_was_never_sent_is_refused(tmp_path: Path) -> None:
    """Two queues under one name would otherwise delete each other's samples."""
    with Queue(tmp_path / "agent.db", "gateway-1") as queue:
        queue.commit([batch("raw", 1)])
        with pytest.raises(InvalidInput, match="acknowledges raw 2"):
            queue.acknowledge({"raw": 2})
        assert len(queue.pending()) == 1


def test_full_by_bytes_the_oldest_raw_samples_become_one_gap(tmp_path: Path) -> None:
    """Every sample is either there or counted in the gap; alarms and predictions stay."""
    with Queue(tmp_path / "agent.db", "gateway-1", limits=Limits(bytes=1000)) as queue:
        queue.commit([batch("prediction", 0)], [draft(1)])
        for i in range(20):
            queue.commit([batch("raw", i)])
        raw = [e for e in queue.pending() if e.lane == "raw"]
        assert queue.depth_bytes() <= 1000
        assert sum(e.samples for e in raw) == 200
        assert [e.reason for e in raw if e.payload is None] == ["bytes"]
        assert (raw[0].sequence, raw[0].first) == (1, 0)
        assert raw[1].sequence == raw[0].until + 1
        check(raw[1], queue.origin, raw[0].hash)
        assert {e.lane for e in queue.pending()} == {"alarm", "prediction", "raw"}


def test_full_of_predictions_raw_goes_first_then_predictions(tmp_path: Path) -> None:
    """The drop order is the reverse of the sending order."""
    with Queue(tmp_path / "agent.db", "gateway-1", limits=Limits(bytes=800)) as queue:
        queue.commit([batch("raw", 0)], [draft(1)])
        for i in range(20):
            queue.commit([batch("prediction", i)])
        kept = {e.lane: e for e in queue.pending() if e.payload is not None}
        assert set(kept) == {"alarm", "prediction"}
        assert sum(e.samples for e in queue.pending() if e.lane == "prediction") == 200


def test_what_is_too_old_becomes_a_gap(tmp_path: Path) -> None:
    """Age counts from when it was queued, not from the samples' own time."""
    clock = FakeClock()
    with Queue(tmp_path / "agent.db", "gateway-1", limits=Limits(age_s=60), clock=clock) as queue:
        queue.commit([batch("raw", 1)])
        clock.advance(50)
        queue.commit([batch("raw", 2)])
        clock.advance(20)
        queue.commit([batch("raw", 3)])
        assert [(e.sequence, e.reason) for e in queue.pending()] == [(1, "age"), (2, ""), (3, "")]


def test_a_loss_at_the_source_is_an_entry_of_its_own(tmp_path: Path) -> None:
    """A gap of samples that never had a number still has one in the chain."""
    with Queue(tmp_path / "agent.db", "gateway-1") as queue:
        queue.commit([batch("raw", 1)], lost=[Lost("raw", "source", 7, 100, 200)])
        gap, entry = queue.pending()
        assert (gap.payload, gap.reason, gap.samples) == (None, "source", 7)
        check(gap, queue.origin, GENESIS)
        check(entry, queue.origin, gap.hash)


def test_the_state_is_of_the_same_commit_as_the_samples(tmp_path: Path) -> None:
    """A failure between the two leaves both as they were."""
    with Queue(tmp_path / "agent.db", "gateway-1") as queue:
        queue.commit([batch("raw", 1)], checkpoint={"runner": b"one"})
        with pytest.raises(ValueError, match="canonical"):
            queue.commit([batch("raw", 2)], [Draft("x@1", b"", "s@1", "a", 1, as_of=object())])
    with Queue(tmp_path / "agent.db", "gateway-1") as queue:
        assert queue.checkpoint("runner") == b"one"
        assert queue.checkpoint("other") is None


def test_the_size_of_a_parcel_is_bounded_but_one_entry_always_goes(tmp_path: Path) -> None:
    """An entry larger than the bound must not stop the lane for ever."""
    with Queue(tmp_path / "agent.db", "gateway-1") as queue:
        queue.commit([batch("raw", i, 4000) for i in range(10)])
        assert len(queue.pending(max_bytes=10_000)) == 2
        assert len(queue.pending(max_bytes=10)) == 1


def test_another_devices_or_another_programs_file_is_refused(tmp_path: Path) -> None:
    """Each with its own message."""
    Queue(tmp_path / "agent.db", "gateway-1").close()
    with pytest.raises(StoreError, match="belongs to the device 'gateway-1'"):
        Queue(tmp_path / "agent.db", "gateway-2")
    other = sqlite3.connect(tmp_path / "other.db")
    other.execute("CREATE TABLE x (y)")
    other.close()
    with pytest.raises(StoreError, match="no agent's database"):
        Queue(tmp_path / "other.db", "gateway-1")
    (tmp_path / "noise.db").write_bytes(b"no database at all, but long enough to be read as one" * 30)
    with pytest.raises(StoreError, match="damaged or no SQLite file"):
        Queue(tmp_path / "noise.db", "gateway-1")
    later = sqlite3.connect(tmp_path / "agent.db")
    later.execute("PRAGMA user_version=99")
    later.close()
    with pytest.raises(StoreTooOld, match="schema 99"):
        Queue(tmp_path / "agent.db", "gateway-1")


def test_how_much_waits_and_for_how_long(tmp_path: Path) -> None:
    """Over all lanes, the oldest by the device's clock; nothing waits after it was acknowledged."""
    clock = FakeClock()
    with Queue(tmp_path / "agent.db", "gateway-1", clock=clock) as queue:
        assert queue.waiting() == Waiting(0, 0, 0.0)
        queue.commit([batch("raw", 1)])
        clock.advance(90)
        queue.commit([batch("prediction", 1), batch("raw", 2)])
        assert queue.waiting() == Waiting(3, 300, 90.0)
        queue.acknowledge({"raw": 1})
        assert queue.waiting() == Waiting(2, 200, 0.0)


def test_an_exchange_tells_the_centre_how_much_waits(tmp_path: Path) -> None:
    """With what is under way; an empty parcel says that nothing does."""
    sent: list[Parcel] = []

    class Centre:
        """Takes everything."""

        def send(self, parcel: Parcel) -> Receipt:
            sent.append(parcel)
            return Receipt({e.lane: e.until for e in parcel.entries})

    with Queue(tmp_path / "agent.db", "gateway-1") as queue:
        queue.commit([batch("raw", 1), batch("raw", 2)])
        exchange(queue, Centre())  # type: ignore[arg-type]  # all that an exchange asks of a centre
        exchange(queue, Centre())  # type: ignore[arg-type]  # as above
    assert [(p.waiting.entries, p.waiting.bytes) for p in sent if p.waiting is not None] == [(2, 200), (0, 0)]
