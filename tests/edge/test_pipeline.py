"""The agent without its sockets: rows, decisions, alarms, windows and the rollout, over restarts."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from ninefold.edge.pipeline import Pipeline
from ninefold.edge.queue import Queue
from ninefold.edge.update import Staged, stage
from ninefold.kernel.columnar import unpack
from ninefold.kernel.errors import InvalidInput, NinefoldError, Refused, VerificationError
from ninefold.kernel.parcel import read_record
from ninefold.kernel.records import from_head
from ninefold.kernel.signing import SigningKey
from ninefold.testing.clock import FakeClock
from ninefold.testing.edge import SIGNALS, bundle, document, open_payload, plan, samples
from ninefold.vocabulary.batch import ColumnBatch, Gap, Quality, join
from ninefold.vocabulary.criterion import CriterionSpec, MetricSpec, Threshold
from ninefold.vocabulary.desired import DesiredDocument, DeviceLimits, Fallback, Require, Stage, StageCriterion, Until

KEY = SigningKey.new()
ALARMS = StageCriterion(
    MetricSpec("REQ-x", "false-alarms", "false_alarms_per_machine_week", ("shadow",)),
    CriterionSpec("REQ-x", "false-alarms", Threshold("<=", 2)),
)
STAGES = (
    Stage("self-test"),
    Stage("shadow", Until(8)),
    Stage("canary", Until(400), Require(not_fail=("REQ-x/false-alarms",))),
    Stage("active", pending="named_person"),
)


class Device:
    """A pipeline over a queue, started again at will."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.paths: dict[str, Path] = {}
        self.clock = FakeClock()
        self.time_s = 0.0
        self.start()

    def start(self) -> None:
        self.queue = Queue(self.folder / "agent.db", "gateway-1")
        self.pipeline = Pipeline(
            "gateway-1", plan(), self.queue, self.clock, open_payload(self.paths), lambda: self.time_s
        )

    def restart(self) -> None:
        self.queue.close()
        self.start()

    def bundle(self, version: int = 1, intercept: float = -10.0, **changes: Any) -> DesiredDocument:
        path, digest = bundle(self.folder / "bundles", KEY, version, intercept)
        self.paths[digest] = path
        return document(path, digest, **changes)

    def stage(self, wanted: DesiredDocument) -> Staged:
        path = self.paths[wanted.desired.bundle.digest]
        return stage(path, wanted.desired, [KEY.public], None, SIGNALS)

    def deploy(self, wanted: DesiredDocument) -> None:
        """Take a bundle through to active, without stages."""
        assert self.pipeline.desired(wanted)
        self.pipeline.staged(self.stage(wanted))
        for _ in range(20):
            self.pipeline.tick(1)
        assert self.pipeline.rollout.state == "active", self.pipeline.rollout.reason

    def lane(self, lane: str) -> list[dict[str, Any]]:
        return [unpack(e.payload or b"") for e in self.queue.pending(1 << 30, 9999) if e.lane == lane]

    def records(self, kind: str) -> list[Any]:
        found = []
        for entry in self.queue.pending(1 << 30, 9999):
            if entry.lane == "alarm":
                name, body, _ = msgspec.json.decode(read_record(entry.payload or b"").data)
                if name == kind:
                    found.append(body)
        return found


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Device]:
    found = Device(tmp_path)
    yield found
    found.queue.close()


def decisions(device: Device) -> list[tuple[Any, ...]]:
    """Return (id, asset, frame, score, alarm) of all decisions in the queue, in order."""
    rows = []
    for batch in device.lane("prediction"):
        columns = [batch[n].tolist() for n in ("id", "asset", "frame", "score", "alarm")]
        rows += list(zip(*columns, strict=True))
    return rows


def test_a_value_that_is_none_yet_makes_no_other_look_old(device: Device) -> None:
    """A tag without a first value has the time of the server's clock, hours from that of a simulated plant."""
    device.deploy(device.bundle())
    first = samples(0, 45)
    later = dataclasses.replace(
        first, source_time=first.source_time + 11_000_000_000, quality=np.full(len(first), Quality.BAD, np.uint8)
    )
    device.pipeline.take(later)
    for part in (0, 1, 2):
        device.pipeline.take(samples(part, 45))
    assert device.pipeline._source_now() == int(samples(2, 45).source_time.max())


def test_parts_become_decisions_with_the_features_they_rest_on(device: Device) -> None:
    """One decision for each part and machine, when the next part begins; torque 45 is below 50, 55 above."""
    device.deploy(device.bundle())
    for part, torque in enumerate((45, 55, 45, 45)):
        device.pipeline.take(samples(part, torque))
    device.pipeline.settle()
    device.pipeline.commit()
    found = decisions(device)
    assert [(a, f, alarm) for _, a, f, _, alarm in found] == [
        ("m1", "1", True), ("m2", "1", True), ("m1", "2", False), ("m2", "2", False),
    ]  # fmt: skip  # part 0 began before the stream did
    first = device.lane("prediction")[0]
    assert first["feature.torque_mean"].tolist() == [55.0, 55.0]
    assert first["acted"].all()
    assert len({id for id, *_ in found}) == 4


@pytest.mark.parametrize("cut", range(11))
def test_a_restart_in_the_middle_of_a_part_gives_the_same_rows(tmp_path: Path, cut: int) -> None:
    """Killed after any commit, and fed on from there: decisions, ids and alarms are those of an agent never killed."""
    whole, broken = Device(tmp_path / "a"), Device(tmp_path / "b")
    batches = [samples(p, 45 + 10 * (p % 3 == 1)) for p in range(6)]
    pieces = [b.take(slice(i, i + 12)) for b in batches for i in range(0, len(b), 12)]
    for device in (whole, broken):
        device.deploy(device.bundle())
        for number, piece in enumerate(pieces):
            device.pipeline.take(piece)
            device.pipeline.commit()
            if device is broken and number == cut:
                device.pipeline.take(pieces[number + 1])  # taken, not committed: it is sent again
                device.restart()
    assert decisions(whole) == decisions(broken)
    assert len(decisions(whole)) == 8
    episodes = [
        [(e["asset"], e["state"], e["decision"]) for e in d.records("alarm-episode@1")] for d in (whole, broken)
    ]
    assert episodes[0] == episodes[1]
    assert episodes[0]
    for device in (whole, broken):
        device.queue.close()


def test_rows_do_not_depend_on_how_samples_are_cut_into_batches(tmp_path: Path) -> None:
    """Each sample alone, or all at once."""
    together, apart = Device(tmp_path / "a"), Device(tmp_path / "b")
    batch = join([samples(p, 45 + 10 * (p % 2)) for p in range(4)])
    for device in (together, apart):
        device.deploy(device.bundle())
    together.pipeline.take(batch)
    for i in range(len(batch)):
        apart.pipeline.take(batch.take(slice(i, i + 1)))
    for device in (together, apart):
        device.pipeline.settle()
        device.pipeline.commit()
    assert sorted(decisions(together)) == sorted(decisions(apart))
    assert decisions(together)
    for device in (together, apart):
        device.queue.close()


@pytest.mark.job("monitoring/episode", against="fake", what="fed samples")
def test_an_alarm_is_one_episode_with_its_three_strongest_signals(device: Device) -> None:
    """Raised once, however many parts say so; cleared after five quiet parts; each a record of the alarm lane."""
    device.deploy(device.bundle())
    for part, torque in enumerate([45] + [60] * 4 + [40] * 8):
        device.pipeline.take(samples(part, torque))
    device.pipeline.commit()
    episodes = [e for e in device.records("alarm-episode@1") if e["asset"] == "m1"]
    assert [(e["state"], e["parts"]) for e in episodes] == [("raised", 1), ("cleared", 4)]
    assert [s["feature"] for s in episodes[0]["signals"]] == ["torque_mean", "speed_mean"]
    assert episodes[0]["signals"][0]["direction"] == "high"
    assert episodes[0]["decision"] in {id for id, *_ in decisions(device)}
    assert episodes[0]["id"] == episodes[1]["id"]


def test_an_episode_rests_on_its_bundle_while_and_after_another_one_is_rolled_out(device: Device) -> None:
    """Raised by the old one before the new one is staged, and cleared when the new one decides; also after a restart."""

    def named(wanted: DesiredDocument, record: str) -> DesiredDocument:
        ref = msgspec.structs.replace(wanted.desired.bundle, record=record, content=record)
        return msgspec.structs.replace(wanted, desired=msgspec.structs.replace(wanted.desired, bundle=ref))

    old, new = named(device.bundle(), "0" * 64), named(device.bundle(2, intercept=-10.2), "1" * 64)
    device.deploy(old)
    assert device.pipeline.desired(new)
    device.pipeline.commit()
    device.restart()
    for part, torque in enumerate((45, 60, 60)):
        device.pipeline.take(samples(part, torque))
    device.pipeline.staged(device.stage(new))
    assert device.pipeline.rollout.active == new.desired.bundle.digest
    for part, torque in enumerate([40] * 7 + [60] * 2, 3):
        device.pipeline.take(samples(part, torque))
    device.pipeline.commit()
    payloads = [e.payload or b"" for e in device.queue.pending(1 << 30, 9999) if e.lane == "alarm"]
    records = [from_head("", r.head, r.data) for r in map(read_record, payloads)]
    found = [(r.plain["state"], r.plain["bundle"], r.inputs) for r in records if r.kind == "alarm-episode@1"]
    rests = {old.desired.bundle.digest: "0" * 64, new.desired.bundle.digest: "1" * 64}
    assert [(state, rests[bundle]) for state, bundle, _ in found[::2]] == [
        ("raised", "0" * 64), ("cleared", "0" * 64), ("raised", "1" * 64),
    ]  # fmt: skip  # of both machines
    assert all([i.id for i in inputs] == [rests[bundle]] for _, bundle, inputs in found)


def test_a_link_that_stays_lost_raises_an_alarm_and_silence_does_not(device: Device) -> None:
    """A machine at rest reports nothing; a cut cable is told by the source."""
    device.deploy(device.bundle(fallback=Fallback(("stale_input",), "rule", "torque_mean > 50")))
    device.pipeline.take(samples(0, 45))
    device.time_s = 1000
    assert device.pipeline.tick(1).episodes == []
    device.pipeline.gap(Gap(1, None, "link lost", 1))
    device.time_s = 1029
    assert device.pipeline.tick(1).episodes == []
    device.time_s = 1031
    assert [(e.asset, e.cause, e.state) for e in device.pipeline.tick(1).episodes] == [
        ("m1", "input-stale", "raised"), ("m2", "input-stale", "raised"),
    ]  # fmt: skip
    device.pipeline.take(samples(1, 45))
    assert {e.state for e in device.pipeline.tick(1).episodes} == {"cleared"}


def spoilt(part: int, torque: float, quality: int) -> list[ColumnBatch]:
    """Return the samples of one part, a batch for each time, with torque and speed of another quality."""
    whole = samples(part, torque)
    qualities = np.where(whole.tag % 3 == 0, 0, quality).astype(np.uint8)
    batch = ColumnBatch(
        whole.tag, whole.source_time, whole.receive_time, whole.value, qualities, whole.reason, whole.text
    )
    return [batch.take(slice(i, i + 6)) for i in range(0, len(batch), 6)]


@pytest.mark.parametrize(
    ("quality", "by", "cause", "alarm"), [(1, "rule", "bad_quality", True), (2, "abstain", "bad_quality", False)]
)
def test_bad_quality_is_decided_by_the_rule(device: Device, quality: int, by: str, cause: str, alarm: bool) -> None:
    """Uncertain values still feed the rule; of bad ones nothing is left, and nobody decides."""
    device.deploy(device.bundle(fallback=Fallback(("bad_quality",), "rule", "torque_mean > 50")))
    for part in range(5):
        for batch in spoilt(part, 55, quality):
            device.pipeline.take(batch)
    device.pipeline.commit()
    last = device.lane("prediction")[-1]
    assert (set(last["by"].tolist()), set(last["cause"].tolist())) == ({by}, {cause})
    assert set(last["alarm"].tolist()) == {alarm}


def test_what_the_source_lost_is_a_gap_in_the_raw_lane(device: Device) -> None:
    """With the interval, and the count where it is known; also what a restart missed."""
    device.pipeline.take(samples(0, 45))
    device.pipeline.gap(Gap(100, 200, "overflow at the device", 1, samples=7))
    device.pipeline.commit()
    device.restart()
    device.pipeline.take(samples(9, 45))
    device.pipeline.commit()
    gaps = [e for e in device.queue.pending() if e.payload is None]
    assert [(g.reason, g.samples) for g in gaps] == [("source", 7), ("restart", 0)]
    assert gaps[1].first < gaps[1].last


@pytest.mark.job("monitoring/windows", against="fake", what="fed samples")
def test_windows_count_in_the_bins_of_the_reference(device: Device) -> None:
    """50 parts of a machine make a window; what lies outside the bins is kept apart."""
    profile = {"features": {"torque_mean": {"edges": [40.0, 50.0, 60.0]}, "absent": {"edges": [0.0, 1.0]}}}
    path, digest = bundle(device.folder / "bundles", KEY, profile=profile)
    device.paths[digest] = path
    device.deploy(document(path, digest))
    torques = [45] + [30, 45, 55, 70] * 13
    for part, torque in enumerate(torques):
        device.pipeline.take(samples(part, torque))
        if part == 20:
            device.pipeline.commit()
            device.restart()
    device.pipeline.commit()
    windows = device.records("window@1")
    assert [(w["asset"], w["number"], w["parts"]) for w in windows] == [("m1", 1, 50), ("m2", 1, 50)]
    counts = windows[0]["features"]["torque_mean"]
    assert counts["counts"] == [13, 13, 12, 12]
    assert windows[0]["features"]["absent"]["missing"] == 50
    assert sum(windows[0]["scores"]) == 50
    assert windows[0]["alarms"] == 24


def drive(device: Device, torque: Callable[[int], float], first: int, parts: int) -> None:
    for part in range(first, first + parts):
        device.pipeline.take(samples(part, torque(part)))
        device.pipeline.tick(0.1)
        if device.pipeline.rollout.state == "rolled-back":
            return


def test_a_bundle_that_doubles_the_alarms_is_rolled_back_in_the_canary(device: Device) -> None:
    """Decided here, with nobody to ask; what runs goes on without a break; the report waits in the queue."""
    old = device.bundle()
    device.deploy(old)
    new = device.bundle(2, intercept=-8.4, rollout=STAGES, criteria=(ALARMS,))  # alarms from 42 on, not from 50
    assert device.pipeline.desired(new)
    device.pipeline.staged(device.stage(new))

    def torque(part: int) -> float:
        return {0: 55.0, 5: 45.0}.get(part % 10, 35.0)

    drive(device, lambda _: 35.0, 0, 10)
    assert device.pipeline.rollout.state == "canary"
    drive(device, torque, 10, 200)
    state = device.pipeline.rollout
    assert state.state == "rolled-back"
    assert "false-alarms fails" in state.reason
    assert (state.active, state.candidate) == (old.desired.bundle.digest, "")
    before = len(decisions(device))
    device.pipeline.take(samples(300, 35))
    device.pipeline.take(samples(301, 35))
    device.pipeline.commit()
    assert len(decisions(device)) > before
    reports = device.records("reported@1")
    assert [r["stage"] for r in reports][-1] == "rolled-back"
    assert reports[-1]["active"] == old.desired.bundle.digest
    assert not device.pipeline.wants(new)


def test_a_good_bundle_waits_for_a_person_and_then_decides(device: Device) -> None:
    """In the canary it decides for a part of the machines only; the bundle before is kept."""
    old = device.bundle()
    device.deploy(old)
    stages = (STAGES[0], Stage("shadow", Until(8)), Stage("canary", Until(8), Require(), share=0.5), STAGES[3])
    new = device.bundle(2, intercept=-10.2, rollout=stages, criteria=(ALARMS,))
    device.pipeline.desired(new)
    device.pipeline.staged(device.stage(new))
    drive(device, lambda _: 35.0, 0, 12)
    assert device.pipeline.rollout.state == "active"
    assert (device.pipeline.rollout.previous, device.pipeline.kept) == (
        old.desired.bundle.digest, {old.desired.bundle.digest, new.desired.bundle.digest},
    )  # fmt: skip
    device.pipeline.commit()
    canary = [b for b in device.lane("prediction") if b["role"][0] == "canary"]
    assert {a for b in canary for a in b["asset"][b["acted"]].tolist()} < {"m1", "m2"}
    device.restart()
    assert device.pipeline.judge.active is not None
    assert device.pipeline.judge.active.digest == new.desired.bundle.digest


def test_orders_at_the_device_go_back_and_stop_at_once(device: Device) -> None:
    """To the bundle before; stopped, nothing is acted on, and what is measured goes on being kept."""
    old, new = device.bundle(), device.bundle(2, intercept=-11)
    device.deploy(old)
    device.deploy(new)
    device.pipeline.order("rollback")
    assert device.pipeline.rollout.active == old.desired.bundle.digest
    drive(device, lambda _: 60.0, 0, 3)
    device.pipeline.order("stop")
    device.pipeline.commit()
    device.queue.acknowledge({lane: head.sequence for lane, head in device.queue.heads().items()})
    for part in range(10, 13):
        device.pipeline.take(samples(part, 60))
    device.pipeline.commit()
    assert not any(b["acted"].any() for b in device.lane("prediction"))
    assert device.records("alarm-episode@1") == []
    assert device.lane("raw")


def test_a_bundle_that_is_gone_from_the_disk_is_replaced_by_the_one_before(device: Device) -> None:
    """A damaged disk must not leave the machine without a decision."""
    old, new = device.bundle(), device.bundle(2, intercept=-11)
    device.deploy(old)
    device.deploy(new)
    device.pipeline.commit()
    device.paths[new.desired.bundle.digest].unlink()
    device.restart()
    assert device.pipeline.rollout.state == "rolled-back"
    assert device.pipeline.judge.active is not None
    assert device.pipeline.judge.active.digest == old.desired.bundle.digest


def test_staging_refuses_what_must_not_run(device: Device) -> None:
    """Each with its own message."""
    wanted = device.bundle(2)
    path = device.paths[wanted.desired.bundle.digest]

    def refused(error: type[NinefoldError], says: str, data: bytes | None = None, **more: Any) -> None:
        target = device.folder / "attacked.9fb"
        target.write_bytes(path.read_bytes() if data is None else data)
        fields = {
            "trusted": [KEY.public],
            "minimum_version": None,
            "signals": SIGNALS,
            "desired": wanted.desired,
            **more,
        }
        with pytest.raises(error, match=says):
            stage(target, **fields)

    data = path.read_bytes()
    flipped = bytearray(data)
    flipped[len(data) // 2] ^= 1
    refused(VerificationError, "damaged", bytes(flipped))
    refused(VerificationError, "older than version 3", minimum_version=3)
    refused(VerificationError, "Nobody who is trusted", trusted=[SigningKey.new().public])
    refused(VerificationError, "desired is", desired=device.bundle(3, intercept=-12).desired)
    refused(Refused, "needs the signal part", signals={"torque", "speed"})
    small = msgspec.structs.replace(wanted.desired, limits=DeviceLimits(size_kb=0.01))
    refused(Refused, "this device takes 0.01", desired=small)
    slow = msgspec.structs.replace(wanted.desired, limits=DeviceLimits(latency_p99_ms=1e-6))
    refused(Refused, "the limit is 1e-06 ms", desired=slow)
    rule = msgspec.structs.replace(wanted.desired, fallback=Fallback(("bad_quality",), "rule", "no_feature > 1"))
    refused(InvalidInput, "no_feature", desired=rule)


def test_the_self_test_finds_a_model_that_scores_otherwise_here(device: Device) -> None:
    """A golden row that gives another score is a refusal."""
    from ninefold.bundle.golden import make_golden
    from ninefold.bundle.session import Session
    from ninefold.testing.bundles import CONTRACT, FEATURES, small_graph

    golden = make_golden(Session(small_graph(), FEATURES), CONTRACT)
    wrong = msgspec.structs.replace(golden, scores=tuple(s + 0.01 for s in golden.scores))
    path, digest = bundle(device.folder / "bundles", KEY, golden=wrong)
    with pytest.raises(Refused, match="fails its self-test here"):
        stage(path, document(path, digest).desired, [KEY.public], None, SIGNALS)


def test_a_digest_that_is_no_digest_never_becomes_a_path(device: Device) -> None:
    """Whatever a document says."""
    from ninefold.edge.centre import Centre
    from ninefold.edge.unit import Cellar
    from ninefold.edge.update import fetch
    from ninefold.vocabulary.desired import BundleRef

    wanted = msgspec.structs.replace(device.bundle().desired, bundle=BundleRef("../../x", "f" * 64))
    with Centre("http://127.0.0.1:1") as centre, pytest.raises(InvalidInput, match="A digest is written in 64"):
        fetch(centre, wanted, Cellar(device.folder / "cellar"))


def test_a_bundle_that_cannot_take_the_rows_is_left_and_the_agent_lives(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The candidate first, then the active one goes back to the bundle before, then nothing decides; samples are kept."""
    first, second = device.bundle(), device.bundle(2, intercept=-11)
    device.deploy(first)
    device.deploy(second)
    third = device.bundle(3, intercept=-12, rollout=STAGES, criteria=(ALARMS,))
    device.pipeline.desired(third)
    device.pipeline.staged(device.stage(third))
    broken: set[str] = set()

    def push(self: Any, rows: Any, now: int) -> Any:
        if self.digest in broken:
            raise InvalidInput("the column part was number before, and now is not")
        return real(self, rows, now)

    from ninefold.edge.unit import Unit

    real = Unit.push
    monkeypatch.setattr(Unit, "push", push)
    reasons = []
    for number, document_ in enumerate((third, second, first)):
        broken.add(document_.desired.bundle.digest)
        device.pipeline.take(samples(2 * number, 45))
        device.pipeline.take(samples(2 * number + 1, 45))
        reasons.append((device.pipeline.rollout.state, device.pipeline.rollout.active))
    assert reasons == [
        ("rolled-back", second.desired.bundle.digest), ("rolled-back", first.desired.bundle.digest), ("rolled-back", ""),
    ]  # fmt: skip
    assert "cannot run" in device.pipeline.rollout.reason
    device.pipeline.commit()
    assert device.lane("raw")
