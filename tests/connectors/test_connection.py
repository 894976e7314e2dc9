"""The fixed outside of every connector: deadline, error mapping, quality, reconnection, audit."""

import asyncio
from contextlib import aclosing

import numpy as np
import pytest

from ninefold.connectors.connection import FIRST_DELAY_S, LAST_DELAY_S, Connection
from ninefold.connectors.contract import Capability, Consent, Deadline, PlannedTag, ReadPlan
from ninefold.connectors.quality import checked
from ninefold.kernel.errors import (
    AccessDenied,
    ConnectorError,
    DeadlineExceeded,
    InvalidInput,
    Refused,
    TagNotFound,
    Unreachable,
)
from ninefold.testing.clock import FakeClock
from ninefold.vocabulary.batch import Gap, Quality, Reason, join, make_batch

PLAN = ReadPlan((PlannedTag("torque", "m1", "40001"), PlannedTag("speed", "m1", "40002")))


class DriverError(Exception):
    """What a driver raises."""


class Toy(Connection):
    """A protocol that does what a script says: each round of `_subscribe` yields its items, then raises."""

    capabilities = frozenset({Capability.READ, Capability.SUBSCRIBE})

    def __init__(self, rounds=(), **outside):
        super().__init__("toy", clock=FakeClock(99), **outside)
        self.rounds = list(rounds)
        self.opened = self.closed = 0

    async def _open(self):
        self.opened += 1

    async def _close(self):
        self.closed += 1
        raise DriverError("already gone")

    async def _read(self, plan):
        item = self.rounds.pop(0)
        if isinstance(item, Exception):
            raise item
        if item is None:
            await asyncio.Event().wait()
        return item

    async def _subscribe(self, plan):
        for item in self.rounds.pop(0) if self.rounds else ():
            if isinstance(item, Exception):
                raise item
            yield item
        await asyncio.Event().wait()

    async def _browse(self, under):
        raise DriverError("no")
        yield

    def _mapped(self, error):
        return ConnectorError(f"toy: {error}") if isinstance(error, DriverError) else None


def sample(time, value=1.0):
    return make_batch([0], [time], 99, [value])


async def taken(toy, number, plan=PLAN):
    found = []
    async with asyncio.timeout(5), aclosing(toy.subscribe(plan, 100)) as stream:
        async for item in stream:
            found.append(item)
            if len(found) == number:
                return found
    raise AssertionError("the stream ended")


def delays():
    """Return a sleep that takes no time, and the list of what it was asked."""
    asked = []

    async def sleep(seconds):
        asked.append(seconds)

    return sleep, asked


def test_loss_is_told_once_however_often_reconnecting_fails():
    """One open gap, three failed attempts in silence, the gap with its end, the sample."""
    sleep, asked = delays()
    lost = Unreachable("the link is cut")
    toy = Toy([[sample(10), lost], [lost], [DriverError("x")], [sample(50)]], sleep=sleep)
    first, opened, closed, second = asyncio.run(taken(toy, 4))
    assert int(first.source_time[0]) == 10
    assert opened == Gap(10, None, "link lost", 99, detail="the link is cut")
    assert (closed.start, closed.end) == (10, 50)
    assert int(second.source_time[0]) == 50
    assert asked == [FIRST_DELAY_S, 2 * FIRST_DELAY_S, 4 * FIRST_DELAY_S]


def test_delays_stay_bounded_and_start_anew_after_samples():
    """A long outage is probed every few seconds; the next short one quickly again."""
    sleep, asked = delays()
    lost = Unreachable("x")
    toy = Toy([*[[lost]] * 8, [sample(1), lost], [sample(2)]], sleep=sleep)
    asyncio.run(taken(toy, 5))
    assert max(asked) == LAST_DELAY_S
    assert asked[-1] == FIRST_DELAY_S


def test_server_that_was_never_there_is_a_gap_without_beginning():
    """An agent may start before its controller."""
    sleep, _ = delays()
    toy = Toy([[Unreachable("nobody")], [sample(5)]], sleep=sleep)
    gap, closed, _ = asyncio.run(taken(toy, 3))
    assert (gap.start, gap.end, closed.end) == (None, None, 5)


@pytest.mark.parametrize("error", [AccessDenied("certificate"), TagNotFound("40001"), Refused("no")])
def test_what_repetition_does_not_heal_ends_the_stream(error):
    """A refused certificate is not a lost link."""
    with pytest.raises(type(error)):
        asyncio.run(taken(Toy([[error]]), 1))


def test_mistake_of_ours_is_not_taken_for_a_lost_link():
    """A KeyError must be seen, not retried for ever."""
    with pytest.raises(KeyError):
        asyncio.run(taken(Toy([[KeyError("x")]]), 1))


def test_errors_are_mapped_once_for_all():
    """A driver's error, an operating system's error and a late answer each have their class."""
    cases = {
        DriverError("odd"): ConnectorError,
        ConnectionRefusedError(111, "refused"): Unreachable,
        TimeoutError(): DeadlineExceeded,
        TagNotFound("x"): TagNotFound,
    }
    for raised, expected in cases.items():
        with pytest.raises(expected):
            asyncio.run(Toy([raised]).read(PLAN, Deadline(5)))
    with pytest.raises(DeadlineExceeded, match=r"toy gave no answer within 0\.01 s"):
        asyncio.run(Toy([None]).read(PLAN, Deadline(0.01)))
    with pytest.raises(ConnectorError, match="toy: no"):
        asyncio.run(anext(Toy().browse()))


def test_closing_never_raises():
    """A device that is gone cannot be told goodbye."""
    toy = Toy()
    asyncio.run(toy.close())
    asyncio.run(toy.close())
    assert toy.closed == 2


def test_plan_without_tags_or_with_one_twice_is_refused():
    """Before anything is connected."""
    for plan in (ReadPlan(()), ReadPlan((PLAN.tags[0], PLAN.tags[0]))):
        with pytest.raises(InvalidInput):
            asyncio.run(Toy().read(plan, Deadline(1)))
        with pytest.raises(InvalidInput):
            asyncio.run(taken(Toy(), 1, plan))
    with pytest.raises(InvalidInput, match="max_pending"):
        asyncio.run(anext(Toy().subscribe(PLAN, 0)))


def test_connector_that_only_reads_refuses_to_write():
    """With consent, too."""
    values = make_batch([0], 0, 0, [1.0])
    reports = []
    toy = Toy(audit=reports.append)
    with pytest.raises(Refused, match="must not write 40001"):
        asyncio.run(toy.write(PLAN, values, Consent("p")))
    with pytest.raises(Refused, match="only reads"):
        asyncio.run(toy.write(PLAN, values, Consent("p", frozenset({"40001"}))))
    assert [r.results[0].accepted for r in reports] == [False]


def test_what_is_no_number_is_bad_and_what_has_no_time_gets_ours():
    """The same for every protocol; text is no number and stays good."""
    batch = make_batch([0, 1, 0, 1], [5, 0, 7, 8], 99, [np.inf, 1.0, np.nan, np.nan], text=[None, None, "L", None])
    found = checked(batch)
    assert found.quality.tolist() == [Quality.BAD, Quality.UNCERTAIN, Quality.GOOD, Quality.BAD]
    assert found.reason.tolist() == [Reason.NOT_A_NUMBER, Reason.NO_TIME, Reason.NONE, Reason.NOT_A_NUMBER]
    assert found.source_time.tolist() == [5, 99, 7, 8]
    assert np.isnan(found.value[[0, 2, 3]]).all()


def test_batches_join_in_their_order():
    """Text stands beside numbers."""
    text = make_batch([1], [3], 4, [np.nan], text=["L"])
    joined = join([sample(1), text, sample(2)])
    assert joined.source_time.tolist() == [1, 3, 2]
    assert joined.text.tolist() == [None, "L", None]
    assert len(join([])) == 0
    with pytest.raises(ValueError, match="shape"):
        make_batch([0, 1], [1], 0, 0.0)


class Deaf(Toy):
    """A driver that swallows the first cancellation, as asyncio's wait_for does when it meets an answer."""

    swallowed = 0

    async def _subscribe(self, plan):
        yield sample(1)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.swallowed += 1
        await asyncio.Event().wait()


def test_closing_ends_a_subscription_whose_driver_swallows_a_cancellation(monkeypatch):
    """It is told again until it has heard; nobody waits for ever."""
    monkeypatch.setattr("ninefold.connectors.connection.CANCEL_S", 0.01)
    toy = Deaf()
    asyncio.run(asyncio.wait_for(taken(toy, 1), 5))
    assert toy.swallowed == 1
    assert toy.closed == 1
