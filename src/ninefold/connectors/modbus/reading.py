"""A set of tags that is read together: its requests, made once, and the samples that the answers to them mean."""

from collections.abc import Awaitable, Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ninefold.connectors.modbus.address import REGISTERS
from ninefold.connectors.modbus.codec import Layout
from ninefold.connectors.modbus.errors import NO_ANSWER, SILENT, reason_of, word_of
from ninefold.connectors.modbus.planner import ILLEGAL_ADDRESS, Answer, Block, Holes, Span, fetch, plan_blocks
from ninefold.connectors.modbus.settings import ModbusSettings, ModbusTag
from ninefold.kernel.errors import DeadlineExceeded, Unreachable
from ninefold.vocabulary.batch import ColumnBatch, Quality, Reason, make_batch

_COUNTS_US = {"s": 1_000_000, "ms": 1_000, "us": 1}
_LATEST = 2.0**62  # of a time in us that a device may tell


class Reading:
    """The tags, in their order, and the clock of each of their units behind them."""

    def __init__(self, name: str, tags: Sequence[ModbusTag], settings: ModbusSettings) -> None:
        self.tags, self._name, self._settings = tuple(tags), name, settings
        units = [span_of(t, settings).unit for t in tags]
        known = sorted(set(units))
        clocks = [_clock(u, settings) for u in known] if settings.time is not None else []
        self._all = (*self.tags, *clocks)
        self._clock = np.array([len(tags) + known.index(u) for u in units], np.int64)
        self.spans = tuple(span_of(t, settings) for t in self._all)
        limits = [t.range or (-np.inf, np.inf) for t in tags]
        self._low, self._high = np.array([lo for lo, _ in limits]), np.array([hi for _, hi in limits])
        self._blocks: tuple[Block, ...] = ()
        self._planned: tuple[Holes, int] | None = None  # for which holes
        self._layout: tuple[tuple[Block, ...], Layout] | None = None

    async def answers(self, ask: Callable[[Block], Awaitable[Answer]], holes: Holes) -> list[Answer]:
        """Return what the device says to the requests for all tags.

        Raises:
            DeadlineExceeded, Unreachable: no unit answers at all.
        """
        silent: set[int] = set()

        async def asked(block: Block) -> Answer:
            if block.unit in silent:  # one silent unit of a gateway costs one timeout, not one for each request
                return Answer(block, code=SILENT)
            answer = await ask(block)
            if answer.code == SILENT:
                silent.add(block.unit)
            return answer

        if self._planned != (holes, holes.changes):
            bridge, most = self._settings.bridge, self._settings.most
            self._blocks = plan_blocks(self.spans, bridge=bridge, most=most, holes=holes)
            self._planned = (holes, holes.changes)
        answers = await fetch(self._blocks, self.spans, asked, holes)
        if all(a.code in NO_ANSWER for a in answers):
            units = ", ".join(str(u) for u in sorted({a.block.unit for a in answers}))
            message = f"{self._name}: unit {units} at {self._settings.endpoint}: {word_of(answers[0].code)}."
            class_ = DeadlineExceeded if answers[0].code == SILENT else Unreachable
            raise class_(message, hint="Check unit, and the line behind the gateway.")
        return answers

    def batch(
        self, answers: Sequence[Answer], places: Sequence[int], before: int, after: int
    ) -> tuple[ColumnBatch, list[str]]:
        """Return one sample of each tag under its place in the plan, and the addresses that do not exist.

        `before`, `after`: µs UTC of our clock around the requests; a sample without a device's time has their middle.
        """
        n = len(self.tags)
        codes = np.zeros(len(self._all), np.int64)
        words, bits = [np.empty(0, np.uint16)], [np.empty(0, np.uint8)]
        for block, data, code in answers:
            shelf: list[NDArray[np.generic]] = words if block.table in REGISTERS else bits  # type: ignore[assignment] # both are
            shelf.append(np.zeros(block.size, shelf[0].dtype) if data is None else data)
            codes[list(block.spans)] = code
        values, text, empty = self._laid(answers).decode(np.concatenate(words), np.concatenate(bits))
        failed = codes > 0
        quality = np.where(failed, Quality.BAD, Quality.GOOD).astype(np.uint8)
        reason = np.array([reason_of(c) for c in codes.tolist()], np.uint16)
        empty &= ~failed
        values[failed | empty] = np.nan
        quality[empty], reason[empty] = Quality.BAD, Reason.NO_VALUE
        outside = np.flatnonzero(np.isfinite(values[:n]) & ((values[:n] < self._low) | (values[:n] > self._high)))
        quality[outside], reason[outside] = Quality.BAD, Reason.OUT_OF_RANGE
        if text is not None:
            text[failed] = None
            text = text[:n]
        times = self._times(values, before, after)
        absent = [t.address for t, c in zip(self.tags, codes.tolist(), strict=False) if c == ILLEGAL_ADDRESS]
        return make_batch(places, times, after, values[:n], quality[:n], reason[:n], text), absent

    def registers(self, answers: Sequence[Answer]) -> list[NDArray[np.uint16] | None]:
        """Return the registers of each tag; None where there are none."""
        found: list[NDArray[np.uint16] | None] = [None] * len(self.tags)
        for block, data, _ in answers:
            if data is None or block.table not in REGISTERS:
                continue
            for index in block.spans:
                if index < len(found):
                    found[index] = data[self.spans[index].start - block.start : self.spans[index].end - block.start]
        return found

    def _laid(self, answers: Sequence[Answer]) -> Layout:
        blocks = tuple(a.block for a in answers)
        if self._layout is None or self._layout[0] != blocks:
            self._layout = (blocks, Layout(self._all, blocks))
        return self._layout[1]

    def _times(self, values: NDArray[np.float64], before: int, after: int) -> NDArray[np.int64]:
        """Return the source times, µs UTC; 0 where the device's clock could not be read."""
        n = len(self.tags)
        if self._settings.time is None:
            return np.full(n, before + (after - before) // 2, np.int64)
        read = values[self._clock] * _COUNTS_US[self._settings.time.counts]
        with np.errstate(invalid="ignore"):
            return np.where((read > 0) & (read < _LATEST), read, 0.0).astype(np.int64)


def span_of(tag: ModbusTag, settings: ModbusSettings) -> Span:
    """Return the registers or bits that a tag takes."""
    place = tag.place
    unit = settings.unit if place.unit is None else place.unit
    return Span(unit, place.table, place.offset, place.offset + tag.words)


def _clock(unit: int, settings: ModbusSettings) -> ModbusTag:
    time = settings.time
    assert time is not None  # noqa: S101 - asked by the caller; for the type checker
    return ModbusTag(
        "clock", f"unit{unit}", f"{unit}/{time.address}", type=time.type, word_order=time.word_order,
        byte_order=time.byte_order,
    )  # fmt: skip
