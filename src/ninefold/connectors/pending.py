"""What waits between a connection and a slow consumer: bounded, the oldest is dropped first, and a Gap says so."""

import asyncio
from collections import deque

import msgspec

from ninefold.kernel.clock import Clock
from ninefold.vocabulary.batch import ColumnBatch, Gap

TOO_SLOW = "consumer too slow"


class Pending:
    """A queue of batches and gaps, of one producer and one consumer in the same loop.

    It holds at most `limit` samples (a gap weighs as one), but always the newest batch.
    """

    def __init__(self, limit: int, clock: Clock) -> None:
        self._limit = limit
        self._clock = clock
        self._items: deque[ColumnBatch | Gap] = deque()
        self._weight = 0
        self._dropped: Gap | None = None
        self._changed = asyncio.Event()
        self._error: BaseException | None = None

    def put(self, item: ColumnBatch | Gap) -> None:
        """Add an item; never waits."""
        self._items.append(item)
        self._weight += _weight(item)
        while self._weight > self._limit and len(self._items) > 1:
            self._drop(self._items.popleft())
        self._changed.set()

    def fail(self, error: BaseException) -> None:
        """End the stream: `get` raises the error once everything before it was taken."""
        self._error = error
        self._changed.set()

    async def get(self) -> ColumnBatch | Gap:
        """Return the oldest item; waits for one."""
        while True:
            if self._dropped is not None:
                gap, self._dropped = self._dropped, None
                return gap
            if self._items:
                item = self._items.popleft()
                self._weight -= _weight(item)
                return item
            if self._error is not None:
                raise self._error
            self._changed.clear()
            await self._changed.wait()

    def _drop(self, item: ColumnBatch | Gap) -> None:
        self._weight -= _weight(item)
        now = self._clock.now()
        if isinstance(item, Gap):
            gap = msgspec.structs.replace(item, reason=TOO_SLOW, tag=None)
        else:
            start, end = int(item.source_time.min()), int(item.source_time.max())
            gap = Gap(start, end, TOO_SLOW, now, samples=len(item))
        self._dropped = gap if self._dropped is None else _merged(self._dropped, gap, now)


def _weight(item: ColumnBatch | Gap) -> int:
    return 1 if isinstance(item, Gap) else len(item)


def _merged(first: Gap, second: Gap, now: int) -> Gap:
    starts = [g.start for g in (first, second) if g.start is not None]
    ends = [g.end for g in (first, second) if g.end is not None]
    samples = (first.samples or 0) + (second.samples or 0)
    return Gap(min(starts, default=None), max(ends, default=None), TOO_SLOW, now, samples=samples)
