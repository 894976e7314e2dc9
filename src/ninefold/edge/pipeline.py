"""The agent without its sockets: samples, ticks and documents go in; decisions, records and wishes come out.

Everything that it learns is in one commit with the samples behind it: a restart in mid-window gives the same rows.
"""

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec

from ninefold.bundle.payload import Payload
from ninefold.connectors.contract import ReadPlan
from ninefold.edge import report
from ninefold.edge.alarms import Alarms, Open
from ninefold.edge.drift import PREFIX
from ninefold.edge.judge import Judge, Judged
from ninefold.edge.prepare import Prepare, pack_batch
from ninefold.edge.queue import Batch, Lost, Queue
from ninefold.edge.raising import raised
from ninefold.edge.rollout import Rollout, advance, failed, kept_bundles, ordered, refused, staged, started, take, wants
from ninefold.edge.unit import Unit
from ninefold.edge.update import Staged
from ninefold.edge.watching import Watching
from ninefold.edge.windows import Windows
from ninefold.kernel.clock import Clock
from ninefold.kernel.errors import NinefoldError
from ninefold.kernel.parcel import from_bytes, to_bytes
from ninefold.kernel.records import Draft
from ninefold.vocabulary.alarm import AlarmEpisode
from ninefold.vocabulary.batch import ColumnBatch, Gap, Quality, join
from ninefold.vocabulary.columns import Array
from ninefold.vocabulary.desired import DesiredDocument, Fallback
from ninefold.vocabulary.policy import Policy


class Mark(msgspec.Struct, frozen=True):
    """Where the samples stood at the last commit."""

    source_time: int = 0  # µs UTC of the newest sample
    versions: dict[str, int] = {}  # model -> highest bundle version that was taken
    measured: dict[str, float] = {}


class Outcome(NamedTuple):
    """What one call led to."""

    episodes: list[AlarmEpisode]
    judged: list[Judged]


class _Alarms(msgspec.Struct):
    open: tuple[Open, ...]


class Pipeline:
    """The state of an agent. One object belongs to one thread."""

    def __init__(
        self, device: str, plan: ReadPlan, queue: Queue, clock: Clock, payload_of: Callable[[str], Payload],
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:  # fmt: skip
        """Go on where the queue's last commit stood. `payload_of` opens a kept bundle by its digest."""
        self.device, self.plan, self.queue = device, plan, queue
        self._clock, self._payload_of, self._timer = clock, payload_of, timer
        self.prepare = Prepare(plan)
        self.judge = Judge(self.prepare.assets, timer)
        self.rollout, self.mark, self.alarms = Rollout(), Mark(), Alarms()
        self.problem = ""  # why a kept bundle could not be loaded
        self._windows: Windows | None = None
        self._watching = Watching(self.prepare.assets, lambda: queue.checkpoint("drift"))
        self._samples: list[ColumnBatch] = []
        self._batches: list[Batch] = []
        self._drafts: list[Draft] = []
        self._lost: list[Lost] = []
        self._ended: list[AlarmEpisode] = []  # with what raised them; the next outcome tells them
        self._urgent = False
        self._reported = -1
        self._restarted = False
        self._newest, self._arrived = 0, 0.0  # source time of the newest sample (µs UTC), and when it came
        self._cut: float | None = None  # since when the link to the source is lost
        self._restore()

    # Restart

    def _restore(self) -> None:
        names = ("rollout", "mark", "alarms", "prepare", "reported", "policy")
        kept = {name: self.queue.checkpoint(name) for name in names}
        if kept["rollout"]:
            self.rollout = started(from_bytes(kept["rollout"], Rollout))
            self._reported = int(kept["reported"] or b"-1")
        if kept["mark"]:
            self.mark = from_bytes(kept["mark"], Mark)
            self._restarted = self.mark.source_time > 0
        if kept["alarms"]:
            self.alarms = Alarms(from_bytes(kept["alarms"], _Alarms).open)
        if kept["policy"]:
            self._watching.policy = from_bytes(kept["policy"], Policy)
        self._load_units()
        if kept["prepare"]:
            self._trying(lambda: self.prepare.restore(kept["prepare"] or b""))
        self._urgent = True

    def _trying(self, work: Callable[[], None]) -> None:
        """Do what a restart would like to; when its state cannot be used, begin without it and say so."""
        try:
            work()
        except NinefoldError as error:
            self.problem = str(error)

    def _load_units(self) -> None:
        """Load what the rollout names; a bundle that cannot be loaded is replaced by the one before."""
        self.judge.active = self._unit(self.rollout.active, "active")
        if self.rollout.active and self.judge.active is None:
            self.rollout = ordered(self.rollout, "rollback", f"the active bundle cannot be loaded: {self.problem}")
            self.judge.active = self._unit(self.rollout.active, "active")
        if self.rollout.candidate:
            self.judge.candidate = self._unit(self.rollout.candidate, "candidate")
            if self.judge.candidate is None:
                self.rollout = ordered(self.rollout, "rollback", f"the candidate cannot be loaded: {self.problem}")
        self._follow()

    def _unit(self, digest: str, name: str) -> Unit | None:
        if not digest:
            return None
        state = self.queue.checkpoint(f"unit-{name}")
        try:
            payload = self._payload_of(digest)
            try:
                return Unit(payload, self._fallback(), state=state, timer=self._timer)
            except NinefoldError as error:  # the state, not the bundle
                self.problem = str(error)
                return Unit(payload, self._fallback(), timer=self._timer)
        except NinefoldError as error:
            self.problem = str(error)
            return None

    def _fallback(self) -> Fallback:
        return self.rollout.desired.fallback if self.rollout.desired is not None else Fallback()

    def _follow(self) -> None:
        """Let everything follow the state of the rollout: share, texts, windows."""
        judge = self.judge
        judge.share = self.rollout.canary_share if judge.candidate else 0.0
        judge.stopped = self.rollout.state == "stopped"
        units = [u for u in (judge.active, judge.candidate) if u is not None]
        self.prepare.read_as_text(frozenset(t for u in units for t in u.texts))
        active = judge.active
        self._watch(active)
        if active is None:
            self._windows = None
        elif self._windows is None or self._windows.bundle != active.digest:
            self._windows = windows = Windows(active.digest, active.payload.profile, probable=active.probable)
            kept = self.queue.checkpoint("windows") or b""
            if kept.startswith(active.digest.encode()):
                windows.restore(kept[len(active.digest) :])

    def _watch(self, active: Unit | None) -> None:
        """Watch what the active bundle names; what was found by other references ends, and its outcome comes next."""
        if why := self._watching.turn_to(active):
            now = self._clock.now()
            ended = self.alarms.end(self.prepare.assets, PREFIX, now, why)
            self._note(ended, now)
            self._ended += ended
        if active is not None:
            self._trying(lambda: self._watching.begin(active))

    @property
    def policy(self) -> Policy | None:
        """What the centre told last; None until it has."""
        return self._watching.policy

    # Samples

    def take(self, batch: ColumnBatch) -> Outcome:
        """Take samples and return what they led to."""
        if not len(batch):
            return Outcome([], [])
        begun = self._timer()
        if self._restarted:
            self._restarted = False
            newest = int(batch.source_time.min())
            if newest > self.mark.source_time:
                self._lost.append(Lost("raw", "restart", 0, self.mark.source_time, newest))
        self._samples.append(batch)
        self._cut = None
        if len(good := batch.source_time[batch.quality != Quality.BAD]):  # a value that is none yet has another clock's
            self._newest, self._arrived = max(self._newest, int(good.max())), begun
        self.mark = msgspec.structs.replace(self.mark, source_time=max(self.mark.source_time, self._newest))
        return self._judge(self.prepare.push(batch), begun)

    def settle(self) -> Outcome:
        """Take the rows that were held back as complete: nothing more came within the settling time."""
        return self._judge(self.prepare.release(), self._timer())

    def gap(self, gap: Gap) -> None:
        """Take the news that samples are lost; one that lasts is counted when it ends."""
        if gap.end is None:
            self._cut = self._timer()
            return
        start = gap.start if gap.start is not None else gap.end
        self._lost.append(Lost("raw", "source", gap.samples or 0, start, gap.end))

    def _source_now(self) -> int:
        """Return the present by the source's clock: a wrong or a simulated clock makes no input look old."""
        return self._newest + round((self._timer() - self._arrived) * 1e6)

    def _judge(self, rows: Mapping[str, Array], begun: float) -> Outcome:
        now = self._clock.now()
        before_ms = (self._timer() - begun) * 1e3
        judged, seen = self.judge.push(rows, self._source_now(), self.rollout.seen, before_ms)
        self.rollout = msgspec.structs.replace(self.rollout, seen=seen)
        episodes = [e for j in judged for e in raised(self.alarms, j, now)]
        for j in judged:
            self._batches.append(report.decisions_batch(j))
            if j.role == "active" and self._windows is not None:
                episodes += self._drifted(j, now)
                inputs = report.bundle_input(self.rollout, j.unit.digest)
                for window in self._windows.add(
                    j.scored.decisions, j.scored.features, j.latency_ms, self._watching.standing
                ):
                    self._drafts.append(report.window_draft(window, self.device, now, inputs))
        self._note(episodes, now)
        self._give_up_failed()
        return Outcome([*self._told(), *episodes], judged)

    def _told(self) -> list[AlarmEpisode]:
        ended, self._ended = self._ended, []
        return ended

    def _give_up_failed(self) -> None:
        """Leave a bundle that cannot take the rows of this device: the candidate first, else back to the one before."""
        failures, self.judge.failures = self.judge.failures, {}
        if (reason := failures.get(self.rollout.candidate)) is not None:
            self._become(failed(self.rollout, f"the candidate cannot run: {reason}"))
        elif (reason := failures.get(self.rollout.active)) is not None:
            self._become(ordered(self.rollout, "rollback", f"the active bundle cannot run: {reason}"))

    def _drifted(self, judged: Judged, now: int) -> list[AlarmEpisode]:
        """Return the episodes of drift that the parts of the active bundle raise."""
        changed = []
        for breach in self._watching.add(judged.scored.features, raising=not self.judge.stopped):
            changed += self.alarms.drift(
                breach.asset, f"{PREFIX}{breach.monitor}", now=now, bundle=judged.unit.digest, signals=breach.signals,
                reason=breach.reason,
            )  # fmt: skip
        return changed

    def follow(self, policy: Policy) -> Outcome:
        """Take the centre's policy: the budgets hold from now on; a repaired asset begins anew, its episodes end."""
        if policy == self.policy:
            return Outcome([], [])
        assets = self._watching.follow(policy)
        now = self._clock.now()
        episodes = self.alarms.end(assets, PREFIX, now, "the baseline is resumed")
        self._note(episodes, now)
        self._urgent = True
        return Outcome(episodes, [])

    def _note(self, episodes: list[AlarmEpisode], now: int) -> None:
        for episode in episodes:
            inputs = report.bundle_input(self.rollout, episode.bundle)
            self._drafts.append(report.episode_draft(episode, self.device, now, inputs))
        self._urgent = self._urgent or bool(episodes)

    def record(self, draft: Draft) -> None:
        """Queue a record with the next commit."""
        self._drafts.append(draft)

    # Time and documents

    def tick(self, dt_s: float) -> Outcome:
        """Let `dt_s` seconds pass: the rollout advances, and a link that stays lost raises an alarm for each asset.

        Silence alone raises none: a source reports by exception, and a machine at rest has nothing to report.
        """
        now = self._clock.now()
        self._become(advance(self.rollout, self.rollout.seen, dt_s, now))
        active = self.judge.active
        if active is None or self.judge.stopped or "stale_input" not in active.scorer.failsafe.when:
            return Outcome(self._told(), [])
        cut_s = 0.0 if self._cut is None else self._timer() - self._cut
        silent = [(a, cut_s) for a in self.prepare.assets] if cut_s > active.scorer.failsafe.stale_after_s else []
        episodes = self.alarms.stale(silent, now)
        self._note(episodes, now)
        return Outcome([*self._told(), *episodes], [])

    def wants(self, document: DesiredDocument) -> bool:
        """Return whether a document asks for something new."""
        return wants(self.rollout, document)

    def desired(self, document: DesiredDocument) -> bool:
        """Take a document; returns whether its bundle must be staged now."""
        if not self.wants(document):
            return self.rollout.state == "staging"
        self._become(take(self.rollout, document))
        return self.rollout.state == "staging"

    def staged(self, found: Staged) -> None:
        """Take a bundle that passed: it becomes the candidate, warmed by the active one when the recipes are equal."""
        if self.rollout.state != "staging":
            return  # an order came in between
        active, desired = self.judge.active, self.rollout.desired
        try:
            unit = Unit(found.payload, self._fallback(), timer=self._timer)
            if active is not None and unit.same_recipe(active):
                warm = active.stream_state()
                unit = Unit(found.payload, self._fallback(), warm=warm, timer=self._timer)
        except NinefoldError as error:
            self._become(refused(self.rollout, str(error)))
            return
        model = desired.model if desired is not None else unit.model
        versions = {**self.mark.versions, model: max(found.version, self.mark.versions.get(model, 0))}
        self.mark = msgspec.structs.replace(self.mark, versions=versions, measured=found.measured)
        seen = msgspec.structs.replace(self.rollout.seen, latencies_ms=found.latencies_ms)
        self.judge.candidate = unit
        self._become(staged(msgspec.structs.replace(self.rollout, seen=seen), unit.digest))

    def refuse(self, reason: str) -> None:
        """Take the news that the desired bundle cannot be taken."""
        if self.rollout.state == "staging":
            self._become(refused(self.rollout, reason))

    def order(self, command: str) -> None:
        """Follow a person at the device: rollback or stop, at once, whatever goes on."""
        self._become(ordered(self.rollout, command, f"a person at the device ordered {command}"))

    def _become(self, after: Rollout) -> None:
        """Follow the rollout into its next state; the bundle that decides is always loaded before it is named."""
        before, self.rollout = self.rollout, after
        if after.changed == before.changed:
            return
        judge = self.judge
        if after.active != before.active:
            if judge.candidate is not None and judge.candidate.digest == after.active:
                judge.active = judge.candidate
            else:
                judge.active = self._unit(after.active, "previous")
        if not after.candidate or (judge.candidate is not None and judge.candidate.digest != after.candidate):
            judge.candidate = None
        self._follow()
        self._urgent = True

    @property
    def kept(self) -> set[str]:
        """The digests of the bundles that must stay on this device."""
        return kept_bundles(self.rollout)

    # Commit

    @property
    def urgent(self) -> bool:
        """Whether a commit should not wait: an alarm changed, or the rollout did."""
        return self._urgent

    def commit(self) -> bool:
        """Put all since the last commit into the queue with the state behind it; False when the disk is full."""
        now = self._clock.now()
        batches = self._batches
        if self._samples:
            samples = join(self._samples)
            times = int(samples.source_time.min()), int(samples.source_time.max())
            batches = [Batch("raw", pack_batch(samples), len(samples), *times), *batches]
        drafts = self._drafts
        if self.rollout.state is not None and self.rollout.changed != self._reported:
            measured = {**self.mark.measured, **report.latency(self.rollout.seen.latencies_ms)}
            drafts = [*drafts, report.reported_draft(self.rollout, self.device, now, measured)]
            self._reported = self.rollout.changed
        done = self.queue.commit(batches, drafts, self._checkpoint(), self._lost)
        self._samples, self._batches, self._drafts, self._lost = [], [], [], []
        self._urgent = False
        return done

    def _checkpoint(self) -> dict[str, bytes]:
        kept = {
            "rollout": to_bytes(self.rollout), "mark": to_bytes(self.mark), "prepare": self.prepare.state(),
            "alarms": to_bytes(_Alarms(self.alarms.saved())), "reported": str(self._reported).encode(),
        }  # fmt: skip
        if self.judge.active is not None:
            kept["unit-active"] = self.judge.active.state()
        if self.judge.candidate is not None:
            kept["unit-candidate"] = self.judge.candidate.state()
        if self._windows is not None:
            kept["windows"] = self._windows.bundle.encode() + self._windows.state()
        if self.policy is not None:
            kept["policy"] = to_bytes(self.policy)
        if (drift := self._watching.state()) is not None:
            kept["drift"] = drift
        return kept

    @property
    def parts(self) -> int:
        """The parts that the candidate has judged in this stage."""
        return self.rollout.seen.parts
