"""Waiting in a stream of samples and gaps for what must come."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import numpy as np

from ninefold.connectors.connection import Connection
from ninefold.connectors.contract import ReadPlan
from ninefold.vocabulary.batch import ColumnBatch, Gap

IN_TIME_S = 20.0  # for what must come


async def until(stream: Any, wanted: Callable[[Any], bool]) -> list[ColumnBatch | Gap]:
    """Return the items of a stream up to the first that is wanted."""
    passed: list[ColumnBatch | Gap] = []
    async with asyncio.timeout(IN_TIME_S):
        async for item in stream:
            passed.append(item)
            if wanted(item):
                return passed
    raise AssertionError("the stream ended")


async def first(link: Connection, plan: ReadPlan, wanted: Callable[[Any], bool]) -> None:
    """Subscribe until an item is wanted."""
    async with aclosing(link.subscribe(plan, 10_000)) as stream:
        await until(stream, wanted)


def note(found: dict[str, float | str], plan: ReadPlan, item: Any) -> int:
    """Note the newest value of each tag; returns of how many one is known."""
    if isinstance(item, ColumnBatch):
        texts = [None] * len(item) if item.text is None else item.text.tolist()
        for tag, value, text in zip(item.tag.tolist(), item.value.tolist(), texts, strict=True):
            found[plan.tags[tag].address] = value if text is None else text
    return len(found)


def holds(plan: ReadPlan, address: str, value: float) -> Callable[[Any], bool]:
    """Return whether an item holds a value of an address."""
    index = [t.address for t in plan.tags].index(address)
    return lambda item: isinstance(item, ColumnBatch) and bool(np.any((item.tag == index) & (item.value == value)))
