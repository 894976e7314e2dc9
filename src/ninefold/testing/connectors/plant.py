"""The rules of the tier plant: a connector may touch a line."""

import asyncio
import time
from contextlib import aclosing
from typing import Any, ClassVar

import msgspec
import numpy as np
import pytest

from ninefold.connectors.connection import LINK_LOST
from ninefold.connectors.contract import Capability, Consent, Deadline, ReadPlan
from ninefold.kernel.errors import ConnectorError, DeadlineExceeded, Refused, Unreachable
from ninefold.testing.cable import free_port
from ninefold.testing.connectors.bench import BenchSuite
from ninefold.testing.connectors.rig import NAME, Rig
from ninefold.testing.connectors.streams import IN_TIME_S, holds, until
from ninefold.vocabulary.batch import ColumnBatch, Gap, make_batch


class PlantSuite(BenchSuite):
    """The rules of the tier plant: it may touch a line."""

    tier: ClassVar[str] = "plant"

    def test_lost_link_is_told_once_and_the_stream_goes_on(self, rig: Rig) -> None:
        """An open gap at once; the same gap with its end before the first new sample; nothing in between."""
        plan, address = rig.plan(), rig.numbers()[0]

        async def body() -> list[ColumnBatch | Gap]:
            async with rig.running() as (link, cable), aclosing(link.subscribe(plan, 10_000)) as stream:
                await until(stream, lambda item: isinstance(item, ColumnBatch))
                await cable.cut()
                passed = await until(stream, _lost)
                await asyncio.sleep(0.8)  # at least one attempt to reconnect fails meanwhile
                await rig.put(address, 77.0)
                await cable.join()
                return passed[-1:] + await until(stream, holds(plan, address, 77.0))

        items = asyncio.run(body())
        gaps = [item for item in items if isinstance(item, Gap) and _lost(item)]
        assert [g.end is None for g in gaps] == [True, False]
        assert _lost(items[1]), "the gap's end comes before the first new sample"
        assert gaps[0].start == gaps[1].start

    def test_server_that_restarts_is_found_again(self, rig: Rig) -> None:
        """Nobody has to start the connection anew."""
        plan, address = rig.plan(), rig.numbers()[0]

        async def body() -> None:
            async with rig.running() as (link, cable), aclosing(link.subscribe(plan, 10_000)) as stream:
                await until(stream, lambda item: isinstance(item, ColumnBatch))
                await rig.stop()
                await until(stream, _lost)
                await rig.start(cable.target)
                await rig.put(address, 78.0)
                await until(stream, holds(plan, address, 78.0))

        asyncio.run(body())

    def test_silent_link_is_noticed(self, rig: Rig) -> None:
        """A link that is up and carries nothing is lost, too."""

        async def body() -> tuple[float, Gap]:
            async with rig.running() as (link, cable), aclosing(link.subscribe(rig.plan(), 10_000)) as stream:
                await until(stream, lambda item: isinstance(item, ColumnBatch))
                cable.mute()
                start = time.monotonic()
                items = await until(stream, _lost)
                assert isinstance(items[-1], Gap)
                return time.monotonic() - start, items[-1]

        waited, gap = asyncio.run(body())
        assert gap.end is None
        assert waited < rig.silence_s

    def test_deadline_holds_against_a_server_that_says_nothing(self, rig: Rig) -> None:
        """Open or not, a read costs its deadline and not the driver's own patience."""

        async def body() -> list[float]:
            spent = []
            async with rig.running() as (link, cable):
                await link.open(Deadline(IN_TIME_S))
                cable.mute()
                for _ in range(2):
                    start = time.monotonic()
                    with pytest.raises(ConnectorError) as error:
                        await link.read(rig.plan(), Deadline(0.4))
                    assert isinstance(error.value, (DeadlineExceeded, Unreachable))
                    spent.append(time.monotonic() - start)
                    await link.close()
            return spent

        assert max(asyncio.run(body())) < 2.0

    def test_tags_are_read_together(self, rig: Rig) -> None:
        """An open connection sends fewer requests than there are tags."""
        plan = rig.plan()
        assert len(plan.tags) >= 4, "a rig lists four tags or more"

        async def body() -> int:
            async with rig.running() as (link, cable):
                await link.read(plan, Deadline(IN_TIME_S))
                sent = cable.sent
                await link.read(plan, Deadline(IN_TIME_S))
                return cable.sent - sent

        assert 1 <= asyncio.run(body()) <= len(plan.tags) // 2

    def test_samples_of_a_tag_come_in_time_order(self, rig: Rig) -> None:
        """While the value moves; the newest value arrives."""
        plan, address = rig.plan(), rig.numbers()[0]

        async def body() -> list[ColumnBatch | Gap]:
            async with rig.running() as (link, _), aclosing(link.subscribe(plan, 10_000)) as stream:
                items = []
                for number in (11.0, 12.0, 13.0, 14.0):
                    await rig.put(address, number)
                    items += await until(stream, holds(plan, address, number))
                return items

        batches = [item for item in asyncio.run(body()) if isinstance(item, ColumnBatch)]
        tags, times = (np.concatenate([getattr(b, name) for b in batches]) for name in ("tag", "source_time"))
        for tag in range(len(plan.tags)):
            assert (np.diff(times[tags == tag]) >= 0).all(), plan.tags[tag].address

    def test_write_that_is_allowed_is_done_and_reported(self, rig: Rig) -> None:
        """The value stands there afterwards; the report says who, why and what became of it."""
        link = rig.connect(free_port())
        assert (rig.writable is not None) == (Capability.WRITE in link.capabilities)
        if rig.writable is None:
            tag = rig.plan().tags[0]
            consent = Consent("p", frozenset({tag.address}))
            with pytest.raises(Refused):
                asyncio.run(link.write(ReadPlan((tag,)), make_batch([0], 0, 0, [1.0]), consent))
            return
        address, value = rig.writable
        tag = next(t for t in rig.plan().tags if t.address == address)

        async def body() -> tuple[Any, float]:
            async with rig.running() as (link, _):
                consent = Consent("person-1", frozenset({address}), "decision-1")
                report = await link.write(ReadPlan((tag,)), make_batch([0], 0, 0, [value]), consent)
                batch = await link.read(ReadPlan((tag,)), Deadline(IN_TIME_S))
                return report, float(batch.value[0])

        report, stored = asyncio.run(body())
        assert stored == pytest.approx(value, rel=1e-6)
        assert (report.connection, report.actor, report.why) == (NAME, "person-1", "decision-1")
        assert [(r.address, r.accepted) for r in report.results] == [(address, True)]
        assert msgspec.json.encode(report)


def _lost(item: Any) -> bool:
    """Return whether an item says that the link is lost; a slow machine may miss polls besides."""
    return isinstance(item, Gap) and item.reason == LINK_LOST
