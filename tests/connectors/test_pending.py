"""What waits for a slow consumer is bounded, and what is dropped is told."""

import asyncio

from ninefold.connectors.pending import Pending
from ninefold.testing.clock import FakeClock
from ninefold.vocabulary.batch import Gap, make_batch


def batch(first, n=3):
    return make_batch(range(n), [first + i for i in range(n)], 0, 1.0)


def drained(pending):
    """Return everything that waits."""

    async def body():
        found = []
        try:
            while True:
                async with asyncio.timeout(0.01):
                    found.append(await pending.get())
        except TimeoutError:
            return found

    return asyncio.run(body())


def test_items_come_in_their_order():
    """Nothing is dropped while there is room."""
    pending = Pending(10, FakeClock(5))
    items = [batch(0), Gap(1, 2, "link lost", 3), batch(10)]
    for item in items:
        pending.put(item)
    assert drained(pending) == items


def test_oldest_are_dropped_and_one_gap_says_how_many():
    """The gap comes first, spans what is lost, and counts it."""
    pending = Pending(6, FakeClock(5))
    for first in (0, 10, 20, 30):
        pending.put(batch(first))
    gap, *rest = drained(pending)
    assert gap == Gap(0, 12, "consumer too slow", 5, samples=6)
    assert [int(b.source_time[0]) for b in rest] == [20, 30]


def test_gaps_count_too_so_that_flapping_links_do_not_fill_the_memory():
    """A thousand gaps nobody takes become one."""
    pending = Pending(4, FakeClock(5))
    for i in range(1000):
        pending.put(Gap(i, i + 1, "link lost", i))
    found = drained(pending)
    assert len(found) == 5
    assert (found[0].start, found[0].end) == (0, 996)


def test_newest_batch_is_kept_even_when_it_is_larger_than_the_limit():
    """Otherwise nothing would ever arrive."""
    pending = Pending(1, FakeClock(5))
    pending.put(batch(0))
    assert len(drained(pending)) == 1


def test_error_comes_after_what_waits():
    """The stream ends with the feeder's error."""
    pending = Pending(10, FakeClock(5))
    pending.put(batch(0))
    pending.fail(ValueError("end"))

    async def body():
        await pending.get()
        try:
            await pending.get()
        except ValueError as error:
            return str(error)

    assert asyncio.run(body()) == "end"
