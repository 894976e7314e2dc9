"""One connection: deadline, error mapping, quality, reconnection and audit stand here once; a protocol adds the rest.

The author of a connector writes `_open`, `_close`, `_read`, `_subscribe`, `_browse`, `_write` and `_mapped`.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from typing import ClassVar, TypeVar

import msgspec
import numpy as np

from ninefold.connectors.contract import (
    Capability,
    Consent,
    Deadline,
    Doubt,
    ReadPlan,
    TagDescription,
    WriteReport,
    WriteResult,
    exceeded,
)
from ninefold.connectors.pending import Pending
from ninefold.connectors.quality import checked
from ninefold.kernel.clock import Clock, SystemClock
from ninefold.kernel.errors import (
    AccessDenied,
    ConnectorError,
    DeadlineExceeded,
    InvalidInput,
    NinefoldError,
    Refused,
    TagNotFound,
    Unreachable,
)
from ninefold.vocabulary.batch import ColumnBatch, Gap

T = TypeVar("T")

OPEN_S = 10.0  # to connect, in a subscription that reconnects by itself
CANCEL_S = 1.0  # after which a subscription that did not hear that it is over is told again
CLOSE_S = 3.0  # to say goodbye to a device that may be gone
FIRST_DELAY_S = 0.5  # before the first attempt to reconnect; doubled up to
LAST_DELAY_S = 5.0
FINAL = (AccessDenied, TagNotFound)  # what a repetition does not heal
LINK_LOST = "link lost"


class Connection(ABC):
    """The fixed outside of every connector. `name` is the connection's, for messages."""

    capabilities: ClassVar[frozenset[Capability]]

    def __init__(
        self,
        name: str,
        *,
        clock: Clock | None = None,
        audit: Callable[[WriteReport], None] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.name = name
        self.clock: Clock = clock or SystemClock()
        self._audit = audit
        self._sleep = sleep

    # --- outside -----------------------------------------------------------------------------------------------------

    async def open(self, deadline: Deadline) -> None:
        """Connect. See the contract."""
        await self._within(deadline, self._open())

    async def close(self) -> None:
        """Disconnect; a device that is gone already is not an error."""
        with suppress(Exception):  # nothing that fails here is of use to anybody: the link is given up
            async with asyncio.timeout(CLOSE_S):
                await self._close()

    async def browse(self, under: str | None = None) -> AsyncGenerator[TagDescription, None]:
        """Return what the other side offers. See the contract."""
        try:
            async with aclosing(self._browse(under)) as found:
                async for tag in found:
                    yield tag
        except NinefoldError:
            raise
        except Exception as error:
            raise self._translated(error) from error

    async def read(self, plan: ReadPlan, deadline: Deadline) -> ColumnBatch:
        """Return one sample of every tag. See the contract."""
        _check_plan(plan)
        return checked(await self._within(deadline, self._read(plan)))

    async def doubts(self, plan: ReadPlan, deadline: Deadline) -> Sequence[Doubt]:
        """Return the tags whose values cannot be meant. See the contract."""
        _check_plan(plan)
        return await self._within(deadline, self._doubts(plan))

    async def subscribe(self, plan: ReadPlan, max_pending: int) -> AsyncGenerator[ColumnBatch | Gap, None]:
        """Return the stream of samples and gaps. Close it with `contextlib.aclosing`. See the contract."""
        _check_plan(plan)
        if max_pending < 1:
            raise InvalidInput(f"max_pending is {max_pending}.", hint="Allow at least 1 sample.")
        pending = Pending(max_pending, self.clock)
        feeder = asyncio.create_task(self._feed(plan, pending))
        try:
            while True:
                yield await pending.get()
        finally:
            while not feeder.done():  # a driver's wait_for swallows a cancellation that meets an answer (Python 3.11)
                feeder.cancel()
                await asyncio.wait({feeder}, timeout=CANCEL_S)
            await asyncio.gather(feeder, return_exceptions=True)
            await self.close()

    async def write(self, plan: ReadPlan, values: ColumnBatch, consent: Consent) -> WriteReport:
        """Write values that the consent lists, and report each to the audit. See the contract."""
        tags = [plan.tags[i] for i in values.tag.tolist()]
        refused = sorted({t.address for t in tags if t.safety or t.address not in consent.addresses})
        if refused:
            self._report(consent, [WriteResult(a, 0.0, accepted=False, detail="refused") for a in refused])
            message = f"{self.name} must not write {', '.join(refused)}."
            raise Refused(message, hint="List the address under write: in the connection; safety tags stay read-only.")
        results = await self._within(Deadline(OPEN_S), self._write(plan, values))
        return self._report(consent, results)

    # --- inside ------------------------------------------------------------------------------------------------------

    @abstractmethod
    async def _open(self) -> None:
        """Connect; when connected already, keep the link."""

    @abstractmethod
    async def _close(self) -> None:
        """Disconnect; callable in every state."""

    @abstractmethod
    async def _read(self, plan: ReadPlan) -> ColumnBatch:
        """Return one sample of every tag in the plan's order, with the device's quality as it is."""

    @abstractmethod
    def _subscribe(self, plan: ReadPlan) -> AsyncGenerator[ColumnBatch | Gap, None]:
        """Return samples until the link is lost, then raise."""

    @abstractmethod
    def _browse(self, under: str | None) -> AsyncGenerator[TagDescription, None]:
        """Return what the other side offers."""

    async def _doubts(self, plan: ReadPlan) -> Sequence[Doubt]:
        """Return what the protocol makes doubtful; nothing where values come with their type."""
        del plan
        return ()

    async def _write(self, plan: ReadPlan, values: ColumnBatch) -> Sequence[WriteResult]:
        """Write values that are allowed."""
        del plan, values
        raise Refused(f"{self.name} cannot be written: its connector only reads.", hint="Use another connection.")

    @abstractmethod
    def _mapped(self, error: Exception) -> ConnectorError | None:
        """Return our error for one of the driver's; None for what is not the driver's."""

    # --- between -----------------------------------------------------------------------------------------------------

    def _translated(self, error: Exception) -> NinefoldError:
        if isinstance(error, NinefoldError):
            return error
        mapped = self._mapped(error)
        if mapped is not None:
            return mapped
        if isinstance(error, TimeoutError):
            return DeadlineExceeded(f"{self.name} gave no answer in time.", hint="Check the link to the device.")
        if isinstance(error, OSError):
            detail = error.strerror or str(error) or type(error).__name__
            hint = "Check address, port, cable and firewall, and that the device is on."
            return Unreachable(f"{self.name} cannot be reached: {detail}.", hint=hint)
        raise error  # a mistake of ours must be seen as one

    async def _within(self, deadline: Deadline, work: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(deadline.remaining()) as limit:
                return await work
        except Exception as error:
            if isinstance(error, TimeoutError) and limit.expired():
                raise exceeded(self.name, deadline.seconds) from None
            raise self._translated(error) from error

    async def _feed(self, plan: ReadPlan, pending: Pending) -> None:
        """Fill `pending` for ever; what cannot be healed by repetition ends the stream."""
        link = _Link(pending, self.clock)
        while True:
            try:
                await self.open(Deadline(OPEN_S))
                async with aclosing(self._subscribe(plan)) as stream:
                    async for item in stream:
                        link.pass_on(item)
                reason = f"{self.name} ended the subscription."
            except Exception as error:
                try:
                    known = self._translated(error)
                except Exception as mistake:
                    return pending.fail(mistake)
                if not isinstance(known, ConnectorError) or isinstance(known, FINAL):
                    return pending.fail(known)
                reason = known.message
            await self.close()
            await self._sleep(link.lose(reason))

    def _report(self, consent: Consent, results: Sequence[WriteResult]) -> WriteReport:
        report = WriteReport(self.name, consent.actor, consent.why, self.clock.now(), tuple(results))
        if self._audit is not None:
            self._audit(report)
        return report


class _Link:
    """What one subscription knows of its link: the newest sample, whether it is lost, and how long to wait next."""

    def __init__(self, pending: Pending, clock: Clock) -> None:
        self._pending = pending
        self._clock = clock
        self._seen: int | None = None
        self._lost: Gap | None = None
        self._delay = FIRST_DELAY_S

    def pass_on(self, item: ColumnBatch | Gap) -> None:
        """Hand an item to the consumer; the first samples after a loss end its gap."""
        if isinstance(item, ColumnBatch) and len(item):
            item = checked(item)
            newest = int(item.source_time.max())
            self._seen = newest if self._seen is None else max(newest, self._seen)
            if self._lost is not None:
                self._pending.put(msgspec.structs.replace(self._lost, end=self._seen))
                self._lost, self._delay = None, FIRST_DELAY_S
        self._pending.put(item)

    def lose(self, reason: str) -> float:
        """Say once that the link is lost; returns the seconds to wait before the next attempt."""
        if self._lost is None:
            self._lost = Gap(self._seen, None, LINK_LOST, self._clock.now(), detail=reason)
            self._pending.put(self._lost)
        delay, self._delay = self._delay, min(2 * self._delay, LAST_DELAY_S)
        return delay


def _check_plan(plan: ReadPlan) -> None:
    if not plan.tags:
        raise InvalidInput("The plan lists no tags.", hint="List tags in the connection's file.")
    addresses = [t.address for t in plan.tags]
    twice = sorted({a for a in addresses if addresses.count(a) > 1}) if len(set(addresses)) < len(addresses) else []
    if twice:
        raise InvalidInput(f"The plan lists {twice[0]} more than once.", hint="List every address once.")


def positions(plan: ReadPlan) -> np.ndarray[tuple[int], np.dtype[np.uint32]]:
    """Return the tag column of a batch that holds every tag once, in the plan's order."""
    return np.arange(len(plan.tags), dtype=np.uint32)
