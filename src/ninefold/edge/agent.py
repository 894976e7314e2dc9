"""The agent: one loop takes samples and time, one thread talks to the centre. Sessions go outward; nothing listens."""

import asyncio
import logging
import time
from collections.abc import Iterable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from ninefold.bundle.payload import Payload
from ninefold.connectors.contract import Connector, ReadPlan
from ninefold.edge import act, report
from ninefold.edge.centre import Centre
from ninefold.edge.config import AgentConfig, Places
from ninefold.edge.pipeline import Outcome, Pipeline
from ninefold.edge.queue import Limits, Queue
from ninefold.edge.unit import Cellar
from ninefold.edge.update import fetch, open_kept, stage
from ninefold.edge.uplink import Uplink
from ninefold.edge.watchdog import Watchdog
from ninefold.kernel.clock import Clock, PlantClock, SystemClock
from ninefold.kernel.errors import ConnectorError, NinefoldError, Refused, StoreError, Unreachable
from ninefold.kernel.signing import PublicKey, trusted_in
from ninefold.vocabulary.alarm import AlarmEpisode
from ninefold.vocabulary.batch import ColumnBatch, Gap
from ninefold.vocabulary.desired import DesiredDocument
from ninefold.vocabulary.policy import Policy

_log = logging.getLogger("ninefold.edge")
_BEAT_S = 0.05
_TICK_S = 0.2
_LAST_WRITES_S = 2.0
_ANSWER_S = 30.0
_ORDERS = ("rollback", "stop")


@dataclass(frozen=True)
class Source:
    """Where samples come from: a connection, what is read of it, and what may be written."""

    connector: Connector
    plan: ReadPlan
    write: tuple[str, ...] = ()


class Agent:
    """One device. `run` ends when `stop` is called or when its source fails for good."""

    def __init__(self, config: AgentConfig, places: Places, source: Source) -> None:
        """Open the storage and go on where the last commit stood.

        Raises:
            StoreError: the storage cannot be used.
        """
        self.config, self.places, self.source = config, places, source
        self.clock: Clock = PlantClock(places.clock) if places.clock else SystemClock()
        self.cellar = Cellar(places.bundles)
        self.trusted: tuple[PublicKey, ...] = tuple(trusted_in(places.trusted).values())
        self.queue = self._open_queue()
        # what this device writes is not among what it reads: its echo would carry the time of the server's clock
        self._plan = ReadPlan(tuple(t for t in source.plan.tags if t.address not in source.write))
        self.pipeline = Pipeline(config.device, self._plan, self.queue, self.clock, self._kept_payload)
        self._tags = act.alarm_tags(source.plan, source.write)
        self._signals = frozenset(t.signal for t in self._plan.tags)
        self._stop = asyncio.Event()
        self._last_batch = self._last_commit = self._last_tick = time.monotonic()
        self._writes: set[asyncio.Task[None]] = set()
        self._told = ""
        self._loop: asyncio.AbstractEventLoop | None = None
        credential = _read_secret(places.credential)
        self.uplink = Uplink(
            self._open_queue,
            lambda: Centre(config.centre, credential=credential, ca=places.ca),
            self._in_uplink, float(config.uplink), lambda policy: self._in_loop(self._take_policy, policy),
        )  # fmt: skip
        self.watchdog = Watchdog(float(config.watchdog))

    def _open_queue(self) -> Queue:
        limits = Limits(int(self.config.queue_bytes), float(self.config.queue_age))
        return Queue(self.places.database, self.config.device, limits=limits)

    def _kept_payload(self, digest: str) -> Payload:
        return open_kept(self.cellar.path(digest), self.trusted, digest)

    # The loop

    async def run(self) -> None:
        """Serve until told to stop.

        Raises:
            AccessDenied, TagNotFound: the source refuses this agent for good.
        """
        self._loop = asyncio.get_running_loop()
        self.watchdog.start()
        self.uplink.start()
        feed = asyncio.create_task(self._feed())
        beat = asyncio.create_task(self._beat())
        stop = asyncio.create_task(self._stop.wait())
        try:
            done, _ = await asyncio.wait({feed, beat, stop}, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {stop}:
                task.result()
        finally:
            if self._writes:
                await asyncio.wait(self._writes, timeout=_LAST_WRITES_S)
            for task in (feed, beat, stop, *self._writes):
                task.cancel()
            await asyncio.gather(feed, beat, stop, *self._writes, return_exceptions=True)
            self.pipeline.commit()
            self.uplink.stop()
            self.watchdog.stop()
            self.queue.close()

    def stop(self) -> None:
        """End after what is under way; to be called in the loop."""
        self._stop.set()

    async def _feed(self) -> None:
        stream = self.source.connector.subscribe(self._plan, self.config.max_pending)
        async with aclosing(stream) as items:
            async for item in items:
                self.take(item)

    def take(self, item: ColumnBatch | Gap) -> None:
        """Take what the source gave."""
        if isinstance(item, Gap):
            _log.warning("%s: samples are lost: %s %s", self.source.connector.name, item.reason, item.detail)
            self.pipeline.gap(item)
            return
        self._last_batch = time.monotonic()
        self._follow(self.pipeline.take(item))

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(_BEAT_S)
            self.watchdog.alive()
            if not self.uplink.running:
                raise StoreError("The uplink has ended; its log says why.", hint="Start the agent again.")
            now = time.monotonic()
            if self.pipeline.prepare.waiting and now - self._last_batch >= self.config.settle:
                self._follow(self.pipeline.settle())
            if now - self._last_tick >= _TICK_S:
                dt_s, self._last_tick = now - self._last_tick, now
                self._take_order()
                self._follow(self.pipeline.tick(dt_s))
            if now - self._last_commit >= self.config.commit or self.pipeline.urgent:
                self._commit()

    def _commit(self) -> None:
        self._last_commit = time.monotonic()
        if not self.pipeline.commit():
            _log.error("the disk is full: samples are counted as lost until there is space")
        self.uplink.wake()

    def _follow(self, outcome: Outcome) -> None:
        """Make alarms durable, then act on them."""
        if not outcome.episodes:
            return
        self._commit()
        for episode in outcome.episodes:
            _log.warning("alarm %s on %s: %s %s", episode.cause, episode.asset, episode.state, episode.reason)
            self._act(episode)

    def _act(self, episode: AlarmEpisode) -> None:
        desired, tag = self.pipeline.rollout.desired, self._tags.get(episode.asset)
        if tag is None or desired is None or act.ACTION not in desired.actions or not episode.decision:
            return
        task = asyncio.ensure_future(self._show(episode))
        self._writes.add(task)
        task.add_done_callback(self._writes.discard)

    async def _show(self, episode: AlarmEpisode) -> None:
        tag = self._tags[episode.asset]
        written, problem = await act.show(
            self.source.connector, tag, episode, self.config.device, self.source.write, self.clock
        )
        if problem:
            _log.error("the alarm of %s was not written to %s: %s", episode.asset, tag.address, problem)
        inputs = report.bundle_input(self.pipeline.rollout, episode.bundle)
        self.pipeline.record(report.write_draft(written, self.config.device, self.clock.now(), inputs))

    def _take_order(self) -> None:
        """Follow an order that a person left at the device."""
        try:
            order = self.places.order.read_text(encoding="ascii").strip()
        except (FileNotFoundError, UnicodeDecodeError):
            return
        self.places.order.unlink()
        if order in _ORDERS:
            _log.warning("order at the device: %s", order)
            self.pipeline.order(order)

    # In the uplink's thread: fetching, verifying and timing a bundle must not hold up a decision

    def _in_uplink(self, centre: Centre, content: str) -> None:
        if not content or content == self._told:
            return
        document = centre.desired()
        if document is None:
            return
        if document.desired.target != f"edge:{self.config.device}":
            raise Refused(f"The centre sent a document for {document.desired.target} to {self.config.device}.")
        if not self._ask(document):
            self._told = content
            return
        self._stage(centre, document)
        self._told = content

    def _take_policy(self, policy: Policy) -> None:
        self._follow(self.pipeline.follow(policy))

    def _ask(self, document: DesiredDocument) -> bool:
        """Hand a document to the loop and return whether its bundle must be staged."""
        loop = self._loop
        if loop is None or loop.is_closed():
            return False
        try:
            return asyncio.run_coroutine_threadsafe(self._desired(document), loop).result(_ANSWER_S)
        except TimeoutError:
            raise Unreachable(f"The agent's loop gave no answer within {_ANSWER_S:g} s.") from None

    async def _desired(self, document: DesiredDocument) -> bool:
        return self.pipeline.desired(document)

    def _stage(self, centre: Centre, document: DesiredDocument) -> None:
        desired = document.desired
        minimum = self.pipeline.mark.versions.get(desired.model)
        try:
            path = fetch(centre, desired, self.cellar)
            found = stage(path, desired, self.trusted, minimum, self._signals)
        except ConnectorError:
            raise  # the centre is away: the uplink tries again
        except NinefoldError as error:
            _log.error("the bundle %s is refused: %s", desired.bundle.digest[:12], error)
            self._in_loop(self._refuse, str(error))
            return
        self._in_loop(self.pipeline.staged, found)
        self._in_loop(self._tidy)

    def _refuse(self, reason: str) -> None:
        self.pipeline.refuse(reason)
        self._tidy()

    def _tidy(self) -> None:
        self.cellar.keep(self.pipeline.kept)

    def _in_loop(self, work: object, *arguments: object) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(work, *arguments)  # type: ignore[arg-type]  # a callable of these arguments


def served(plan: ReadPlan, assets: Iterable[str]) -> ReadPlan:
    """Return the tags of the assets that an agent serves; all when none is named."""
    wanted = set(assets)
    return ReadPlan(tuple(t for t in plan.tags if not wanted or t.asset in wanted))


def _read_secret(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return ""
