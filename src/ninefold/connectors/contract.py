"""The contract of a connector: batch first, never one call per value. What crosses it is typed; no driver's error does.

Times are µs UTC, units UCUM. A plan lists the tags; a batch names them by their index in the plan.
"""

import time
from collections.abc import AsyncGenerator, Callable, Sequence
from enum import StrEnum
from typing import ClassVar, Protocol

import msgspec

from ninefold.kernel.errors import DeadlineExceeded
from ninefold.vocabulary.batch import ColumnBatch, Gap


class Capability(StrEnum):
    """What a connector can do. Ask for a capability, never for a class."""

    BROWSE = "browse"
    READ = "read"
    SUBSCRIBE = "subscribe"
    WRITE = "write"
    HISTORY = "history"


class PlannedTag(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is measured (signal of an asset), and where it is read (address in the protocol's own spelling)."""

    signal: str
    asset: str
    address: str
    unit: str = "1"  # UCUM
    deadband: float = 0.0  # absolute, in the unit; 0 for every change
    safety: bool = False  # never writable, whatever the write list says

    @property
    def name(self) -> str:
        """The name for people: m1.spindle_torque."""
        return f"{self.asset}.{self.signal}"


class ReadPlan(msgspec.Struct, frozen=True):
    """The tags that are read together."""

    tags: tuple[PlannedTag, ...]


class TagDescription(msgspec.Struct, frozen=True):
    """What the other side says about one tag."""

    address: str
    name: str
    type: str = ""  # in the protocol's own words: Double, holding register
    unit: str = ""
    writable: bool = False


class Deadline:
    """A moment after which an answer is of no use. Monotonic, so that a changed clock moves nothing."""

    def __init__(self, seconds: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._monotonic = monotonic
        self._end = monotonic() + seconds

    def remaining(self) -> float:
        """Return the seconds that are left, never below 0."""
        return max(0.0, self._end - self._monotonic())

    def check(self, what: str) -> None:
        """Raise when it has passed.

        Raises:
            DeadlineExceeded: it has.
        """
        if self.remaining() == 0:
            raise exceeded(what, self.seconds)


def exceeded(what: str, seconds: float) -> DeadlineExceeded:
    """Return the error of a deadline that has passed."""
    message = f"{what} gave no answer within {seconds:g} s."
    return DeadlineExceeded(message, hint="Check the link and the load of the device, or allow more time.")


class Consent(msgspec.Struct, frozen=True):
    """Who allows which tags to be written. Empty by default: nothing is writable unless it is listed."""

    actor: str  # opaque key
    addresses: frozenset[str] = frozenset()
    why: str = ""  # decision id, or a person's reason


class WriteResult(msgspec.Struct, frozen=True):
    """What became of one value."""

    address: str
    value: float
    accepted: bool
    detail: str = ""


class WriteReport(msgspec.Struct, frozen=True):
    """What was asked, by whom, and what became of it; handed to the audit before the caller sees it."""

    connection: str
    actor: str
    why: str
    time: int  # µs UTC
    results: tuple[WriteResult, ...]


class Doubt(msgspec.Struct, frozen=True):
    """A tag whose value, as it is read, cannot be meant: a swapped order of words, a wrong type, a wrong scale."""

    tag: int  # index into the plan's tags
    why: str  # one sentence
    certain: bool  # whether it breaks what the tag declares; otherwise it is only unlikely


class Connector(Protocol):
    """One connection to a machine or a source."""

    name: str  # of the connection
    capabilities: ClassVar[frozenset[Capability]]

    async def open(self, deadline: Deadline) -> None:
        """Connect.

        Raises:
            Unreachable: nobody answers. AccessDenied: certificate, user or policy is refused.
        """

    async def close(self) -> None:
        """Disconnect; closing twice is closing once."""

    def browse(self, under: str | None) -> AsyncGenerator[TagDescription, None]:
        """Return what the other side offers, below an address; names are unique."""

    async def read(self, plan: ReadPlan, deadline: Deadline) -> ColumnBatch:
        """Return one sample of every tag, in the plan's order.

        Raises:
            TagNotFound: with every address that does not exist.
            ConnectorError: the other side fails or is late.
        """

    def subscribe(self, plan: ReadPlan, max_pending: int) -> AsyncGenerator[ColumnBatch | Gap, None]:
        """Return the stream of samples, for ever: a lost link is a Gap, then it goes on.

        At most `max_pending` samples wait for a slow consumer; older ones are dropped and a Gap says so.

        Raises:
            TagNotFound: with every address that does not exist. AccessDenied: the other side refuses us.
        """

    async def doubts(self, plan: ReadPlan, deadline: Deadline) -> Sequence[Doubt]:
        """Return the tags whose values cannot be meant, as far as the protocol can tell.

        Raises:
            ConnectorError: as in `read`.
        """

    async def write(self, plan: ReadPlan, values: ColumnBatch, consent: Consent) -> WriteReport:
        """Write values.

        Raises:
            Refused: a tag is not in the consent, or belongs to safety; nothing is written then.
        """
