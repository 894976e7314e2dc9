"""What a live source says in a short look: whether it is reached, whether the tags are there, how far the clock is."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

import numpy as np

from ninefold.connectors.contract import Connector, Deadline, Doubt, PlannedTag, ReadPlan
from ninefold.kernel.errors import NinefoldError
from ninefold.vocabulary.batch import ColumnBatch, Gap, Quality, join

OPEN_S = 10.0
LOOK_S = 2.0
MAX_PENDING = 1_000_000


@dataclass(frozen=True)
class TagLook:
    """One tag during the look."""

    samples: int
    bad: int
    offset_s: float | None  # median of receive time - source time; network and publishing interval included
    rate_hz: float | None  # None for fewer than 3 samples


@dataclass(frozen=True)
class Look:
    """What was seen: nothing but `error` when the source could not be reached."""

    tags: dict[str, TagLook] = field(default_factory=dict)  # by the tag's name
    doubts: dict[str, Doubt] = field(default_factory=dict)  # by the tag's name: its value cannot be meant
    gaps: int = 0
    seconds: float = 0.0
    error: str = ""


def look(connector: Connector, tags: Sequence[PlannedTag], seconds: float = LOOK_S) -> Look:
    """Subscribe to the tags for some seconds and return what came. What the source refuses is in `error`."""
    return asyncio.run(_look(connector, ReadPlan(tuple(tags)), seconds))


async def _look(connector: Connector, plan: ReadPlan, seconds: float) -> Look:
    batches: list[ColumnBatch] = []
    gaps: list[Gap] = []
    try:
        await connector.open(Deadline(OPEN_S))
        doubts = {plan.tags[d.tag].name: d for d in await connector.doubts(plan, Deadline(OPEN_S))}
        async with aclosing(connector.subscribe(plan, MAX_PENDING)) as stream:
            await _collect(stream, batches, gaps, seconds)
    except NinefoldError as error:
        return Look(error=str(error))
    finally:
        await connector.close()
    batch = join(batches)
    found = {tag.name: _tag(batch.take(batch.tag == i)) for i, tag in enumerate(plan.tags)}
    return Look(found, doubts, len(gaps), seconds)


async def _collect(stream: object, batches: list[ColumnBatch], gaps: list[Gap], seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            async for item in stream:  # type: ignore[attr-defined] # an async generator, wrapped by aclosing
                if isinstance(item, Gap):
                    gaps.append(item)
                else:
                    batches.append(item)
    except TimeoutError:
        return  # the look is over


def _tag(batch: ColumnBatch) -> TagLook:
    rows = len(batch)
    if rows == 0:
        return TagLook(0, 0, None, None)
    bad = int((batch.quality == Quality.BAD).sum())
    # the first sample of a subscription is as old as the last change, so it says nothing about the clock
    offsets = (batch.receive_time - batch.source_time)[1:] / 1e6
    span = int(np.ptp(batch.source_time)) / 1e6
    rate = (rows - 1) / span if rows >= 3 and span > 0 else None
    return TagLook(rows, bad, float(np.median(offsets)) if len(offsets) else None, rate)
