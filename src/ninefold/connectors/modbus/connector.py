"""The contract over Modbus TCP. The only file that imports pymodbus, and not before a connection is opened.

The driver does frames and transactions. Its own retries and its reconnection are off: a lost link must be told at once,
and the outer connection brings it back.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ninefold.connectors.connection import Connection
from ninefold.connectors.contract import Capability, Doubt, PlannedTag, ReadPlan, TagDescription, WriteResult
from ninefold.connectors.modbus.address import REGISTERS
from ninefold.connectors.modbus.codec import encode
from ninefold.connectors.modbus.doubts import doubts
from ninefold.connectors.modbus.errors import SHORT, SILENT, mapped, word_of
from ninefold.connectors.modbus.planner import Answer, Block, Holes
from ninefold.connectors.modbus.reading import Reading, span_of
from ninefold.connectors.modbus.schedule import Schedule
from ninefold.connectors.modbus.settings import Guard, ModbusSettings, ModbusTag
from ninefold.kernel.errors import DeadlineExceeded, MissingDependency, Refused, TagNotFound, Unreachable
from ninefold.vocabulary.batch import ColumnBatch, Gap

MOST_READINGS = 64  # kept: one for each combination of tags that are due together
_READS = {
    "coil": "read_coils", "discrete": "read_discrete_inputs", "holding": "read_holding_registers",
    "input": "read_input_registers",
}  # fmt: skip

logging.getLogger("pymodbus").addHandler(logging.NullHandler())
logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)  # it logs what it raises or answers, too


class ModbusConnection(Connection):
    """One TCP connection to a device, or to a gateway with several units behind it."""

    capabilities: ClassVar[frozenset[Capability]] = frozenset({Capability.READ, Capability.SUBSCRIBE, Capability.WRITE})

    def __init__(self, name: str, settings: ModbusSettings, **outside: Any) -> None:
        super().__init__(name, **outside)
        self.settings = settings
        self._client: Any = None
        self._lost: asyncio.Event = asyncio.Event()
        self._holes = Holes()
        self._guard = Guard(settings.tags, settings.unit)
        self._listed = {t.address: t for t in settings.tags}
        self._readings: dict[tuple[int, ...], Reading] = {}

    # --- link --------------------------------------------------------------------------------------------------------

    async def _open(self) -> None:
        if self._client is not None and self._client.connected:
            return
        await self._close()
        host, port = self.settings.host
        lost = self._lost = asyncio.Event()
        client = _driver()(
            host, port=port, name=self.name, timeout=float(self.settings.timeout), retries=0, reconnect_delay=0,
            trace_connect=lambda up: None if up else lost.set(),
        )  # fmt: skip
        if not await client.connect():
            client.close()
            raise Unreachable(f"{self.name} cannot be reached.", hint="Check address, port and cable.")
        self._client, self._holes = client, Holes()

    async def _close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    async def _exchange(self, work: Awaitable[Any]) -> Any:
        """Return the answer to a request; raises at once when the link is lost meanwhile."""
        request = asyncio.ensure_future(work)
        lost = asyncio.ensure_future(self._lost.wait())
        try:
            await asyncio.wait({request, lost}, return_when=asyncio.FIRST_COMPLETED)
            if not request.done():
                raise Unreachable(f"{self.name} has closed the link.", hint="Check the link, and the device's log.")
            return request.result()
        finally:
            for task in (request, lost):
                task.cancel()
            await asyncio.gather(request, lost, return_exceptions=True)

    # --- read --------------------------------------------------------------------------------------------------------

    async def _ask(self, block: Block) -> Answer:
        ask: Callable[..., Awaitable[Any]] = getattr(self._client, _READS[block.table])
        try:
            answer = await self._exchange(ask(block.start, count=block.size, device_id=block.unit))
        except Exception as error:
            if isinstance(mapped(self.name, error), DeadlineExceeded):
                return Answer(block, code=SILENT)
            raise
        if answer.isError():
            return Answer(block, code=answer.exception_code)
        if block.table in REGISTERS:
            whole = len(answer.registers) == block.size
            data: NDArray[Any] = np.array(answer.registers, np.uint16)
        else:
            whole = len(answer.bits) == (block.size + 7) // 8 * 8
            data = np.array(answer.bits[: block.size], np.uint8)
        return Answer(block, data) if whole else Answer(block, code=SHORT)

    def _reading(self, tags: Sequence[ModbusTag]) -> Reading:
        """Return the reading of these very tags; it is made once."""
        key = tuple(map(id, tags))  # a reading holds its tags, so no id is given to another one meanwhile
        found = self._readings.get(key)
        if found is None:
            if len(self._readings) >= MOST_READINGS:
                self._readings.clear()
            found = self._readings[key] = Reading(self.name, tags, self.settings)
        return found

    async def _sampled(self, tags: Sequence[ModbusTag], places: Sequence[int]) -> tuple[ColumnBatch, list[str]]:
        """Return one sample of each tag under its place in the plan, and the addresses that do not exist."""
        reading = self._reading(tags)
        before = self.clock.now()
        answers = await reading.answers(self._ask, self._holes)
        return reading.batch(answers, places, before, self.clock.now())

    async def _read(self, plan: ReadPlan) -> ColumnBatch:
        await self._open()
        batch, absent = await self._sampled(self._tags(plan), range(len(plan.tags)))
        if absent:
            raise self._not_found(absent)
        return batch

    def _tags(self, plan: ReadPlan) -> list[ModbusTag]:
        """Return the plan's tags with what Modbus needs to know of them."""
        found, unreadable = [], []
        for tag in plan.tags:
            try:
                found.append(self._tag(tag))
            except ValueError:
                unreadable.append(tag.address)
        if unreadable:
            raise self._not_found(unreadable)
        return found

    def _tag(self, tag: PlannedTag) -> ModbusTag:
        if isinstance(tag, ModbusTag):
            return tag
        listed = self._listed.get(tag.address)
        return listed if listed is not None else ModbusTag(tag.signal, tag.asset, tag.address, tag.unit, tag.deadband)

    def _not_found(self, addresses: Sequence[str]) -> TagNotFound:
        shown = ", ".join(addresses[:5]) + (f" and {len(addresses) - 5} more" if len(addresses) > 5 else "")
        message = f"{self.name} has nothing at {shown}."
        return TagNotFound(message, hint="Compare with the device's register map; offsets begin at 0.")

    # --- subscribe ---------------------------------------------------------------------------------------------------

    async def _subscribe(self, plan: ReadPlan) -> AsyncGenerator[ColumnBatch | Gap, None]:
        tags = self._tags(plan)
        every = [float(self.settings.poll if t.every is None else t.every) for t in tags]
        schedule = Schedule(every, time.monotonic())
        seen = _Seen(tags)
        first = True
        while True:
            await asyncio.sleep(schedule.wait(time.monotonic()))
            due, missed = schedule.due(time.monotonic())
            if not due:
                continue
            if missed:
                now = self.clock.now()
                yield Gap(seen.newest or None, now, "polls missed", now, samples=missed, detail="the device is slow")
            batch, absent = await self._sampled([tags[i] for i in due], due)
            if first and absent:
                raise self._not_found(absent)
            first = False
            news = seen.news(batch)
            if len(news):
                yield news

    # --- the rest ----------------------------------------------------------------------------------------------------

    async def _doubts(self, plan: ReadPlan) -> Sequence[Doubt]:
        await self._open()
        tags = self._tags(plan)
        reading = self._reading(tags)
        registers = reading.registers(await reading.answers(self._ask, self._holes))
        return tuple(doubts(tags, registers))

    async def _browse(self, under: str | None) -> AsyncGenerator[TagDescription, None]:
        del under
        message = f"{self.name} cannot be browsed: Modbus does not say what a device holds."
        raise Refused(message, hint="Take the addresses from the device's register map.")
        yield TagDescription("", "")  # what makes this function a generator

    async def _write(self, plan: ReadPlan, values: ColumnBatch) -> Sequence[WriteResult]:
        await self._open()
        texts = [None] * len(values) if values.text is None else values.text.tolist()
        rows = zip(values.tag.tolist(), values.value.tolist(), texts, strict=True)
        return [await self._written(plan.tags[i], value, text) for i, value, text in rows]

    async def _written(self, planned: PlannedTag, value: float, text: str | None) -> WriteResult:
        """Write one value: a coil, registers, or one bit of a register without touching the others (function 22)."""
        try:
            tag = self._tag(planned)
            span, place, client = span_of(tag, self.settings), tag.place, self._client
            if place.table not in ("coil", "holding"):
                raise ValueError(f"{place.table} is read-only")
            if safe := self._guard.touched(planned.address):
                raise ValueError(f"it lies in what {safe} takes, which is marked safety")
            if place.single_bit:
                if text is not None or value not in (0.0, 1.0):
                    raise ValueError(f"{value if text is None else text!r} is no bit")
                if place.bit is None:
                    request = client.write_coil(span.start, bool(value), device_id=span.unit)
                else:
                    mask = 0xFFFF ^ (1 << place.bit)
                    request = client.mask_write_register(
                        address=span.start, and_mask=mask, or_mask=int(value) << place.bit, device_id=span.unit
                    )
            elif len(words := encode(tag, value, text)) == 1:
                request = client.write_register(span.start, words[0], device_id=span.unit)
            else:
                request = client.write_registers(span.start, words, device_id=span.unit)
        except ValueError as error:
            return WriteResult(planned.address, _plain(value), accepted=False, detail=str(error))
        answer = await self._exchange(request)
        detail = word_of(answer.exception_code) if answer.isError() else ""
        return WriteResult(planned.address, _plain(value), accepted=not detail, detail=detail)

    def _mapped(self, error: Exception) -> Any:
        return mapped(self.name, error)


class _Seen:
    """What a subscription told last of each tag: what is no news by deadband or clock is not told again."""

    def __init__(self, tags: Sequence[ModbusTag]) -> None:
        n = len(tags)
        self._deadband = np.array([t.deadband for t in tags])
        self._value, self._time = np.full(n, np.nan), np.full(n, -1, np.int64)
        self._quality, self._text = np.full(n, 255, np.uint8), np.full(n, None, object)
        self.newest = 0

    def news(self, batch: ColumnBatch) -> ColumnBatch:
        """Return the samples that are new."""
        tag, band = batch.tag, self._deadband[batch.tag]
        text = np.full(len(tag), None, object) if batch.text is None else batch.text
        near = np.abs(batch.value - self._value[tag]) < band  # false where one of them is NaN
        same = (batch.quality == self._quality[tag]) & (text == self._text[tag])
        repeated = (batch.source_time > 0) & (batch.source_time == self._time[tag])  # the device's clock stood still
        news = np.flatnonzero(~(same & (near | repeated)))
        at = tag[news]
        self._value[at], self._quality[at], self._text[at] = batch.value[news], batch.quality[news], text[news]
        self._time[at] = batch.source_time[news]
        self.newest = max(self.newest, int(batch.source_time.max(initial=0)))
        return batch.take(news)


def _plain(value: float) -> float:
    return value if np.isfinite(value) else 0.0


def _driver() -> Any:
    """Return pymodbus' client."""
    try:
        from pymodbus.client import AsyncModbusTcpClient
    except ModuleNotFoundError as error:
        raise MissingDependency(error.name or "pymodbus", "modbus", "A connection over Modbus TCP") from None
    return AsyncModbusTcpClient
