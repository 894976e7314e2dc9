"""What travels between an agent and the centre: entries of three lanes, each a chain; and the receipt that ends them.

A lane is a chain of its own: hash = sha256(previous + digest), the format of the store's events. The alarm lane holds
records (episodes, reports, windows), its digests are record ids; the others hold packed columns.
"""

from typing import Annotated, Literal, NamedTuple, TypeVar

import msgspec

from ninefold.kernel.canonical import canonical, sha256
from ninefold.kernel.errors import InvalidInput, VerificationError
from ninefold.kernel.records import revive
from ninefold.vocabulary.policy import Policy

T = TypeVar("T")

Lane = Literal["alarm", "prediction", "raw"]
LANES: tuple[Lane, ...] = ("alarm", "prediction", "raw")  # by priority
GENESIS = "0" * 64
MAX_PARCEL = 8 << 20  # bytes of one request
MAX_ENTRIES = 10_000


class Head(NamedTuple):
    """The end of a chain as somebody saw it."""

    origin: str
    sequence: int
    hash: str


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """One link of a lane. Without a payload it is a gap: links `sequence` to `until` are lost, for `reason`."""

    lane: Lane
    sequence: int
    until: int  # equals `sequence`, except for a gap of several links
    previous: str
    digest: str  # of the payload; of the gap's last link when it has none
    hash: str  # at `until`
    samples: int
    first: int  # µs UTC of the earliest sample
    last: int
    payload: bytes | None = None
    reason: str = ""  # of a gap: bytes | age | disk_full | source


class RecordBytes(msgspec.Struct, frozen=True, array_like=True):
    """The payload of the alarm lane: a record as the bytes that were hashed."""

    head: bytes
    data: bytes


_COUNT = msgspec.Meta(ge=0, le=1 << 53)  # it comes from outside: what no queue can hold is refused


class Waiting(msgspec.Struct, frozen=True):
    """How full a device's queue was when it packed a parcel, with what is in the parcel."""

    entries: Annotated[int, _COUNT]
    bytes: Annotated[int, _COUNT]
    oldest_s: Annotated[float, _COUNT]  # how long its oldest entry had been waiting, by the device's clock; 0 for none


class Parcel(msgspec.Struct, frozen=True):
    """One request of the uplink; `seen` is the centre's own head as the agent last saw it."""

    origin: str
    entries: tuple[Entry, ...]
    seen: Head | None = None
    waiting: Waiting | None = None  # None from a device that does not say


class Receipt(msgspec.Struct, frozen=True):
    """The answer, after commit: the highest number of each lane that the centre holds, and the centre's own head."""

    acknowledged: dict[str, int]
    head: Head | None = None
    desired: str = ""  # content of the desired document, "" for none: spares a request
    problems: dict[str, str] = {}  # lane -> why it stopped; the other lanes go on
    policy: Policy | None = None  # None when this centre tells none: the device keeps the last one


_encode = msgspec.msgpack.Encoder().encode
_encode_any = msgspec.msgpack.Encoder(enc_hook=float).encode
_decode_parcel = msgspec.msgpack.Decoder(Parcel).decode
_decode_record = msgspec.msgpack.Decoder(RecordBytes).decode


def to_bytes(value: msgspec.Struct) -> bytes:
    """Return a struct as MessagePack, quantities as their numbers."""
    return _encode_any(value)


def from_bytes(data: bytes, type_: type[T]) -> T:
    """Return the struct that bytes hold; fields that a newer version wrote are dropped.

    Raises:
        InvalidInput: they hold something else.
    """
    try:
        return msgspec.msgpack.decode(data, type=type_, strict=False, dec_hook=revive)
    except (msgspec.MsgspecError, ValueError) as error:
        raise InvalidInput(f"The bytes are no {type_.__name__}: {error}.") from None


def link(previous: str, digest: str) -> str:
    """Return the hash of the link that follows `previous`."""
    return sha256(f"{previous}{digest}".encode())


def gap_digest(reason: str, samples: int, first: int, last: int) -> str:
    """Return the digest of a gap that was never stored: of samples that got no number of their own."""
    return sha256(canonical(["gap@1", reason, samples, first, last]))


def write_parcel(parcel: Parcel) -> bytes:
    """Return a parcel's bytes."""
    return _encode(parcel)


def read_parcel(data: bytes) -> Parcel:
    """Return the parcel that bytes hold.

    Raises:
        InvalidInput: too large, or not a parcel.
    """
    if len(data) > MAX_PARCEL:
        raise InvalidInput(f"The parcel has {len(data)} bytes; at most {MAX_PARCEL} are allowed.")
    try:
        parcel = _decode_parcel(data)
    except msgspec.MsgspecError as error:
        raise InvalidInput(f"The bytes are no parcel: {error}.") from None
    if len(parcel.entries) > MAX_ENTRIES:
        raise InvalidInput(f"The parcel has {len(parcel.entries)} entries; at most {MAX_ENTRIES} are allowed.")
    return parcel


def write_record(head: bytes, data: bytes) -> bytes:
    """Return a record as the payload of the alarm lane."""
    return _encode(RecordBytes(head, data))


def read_record(payload: bytes) -> RecordBytes:
    """Return the record that a payload of the alarm lane holds.

    Raises:
        InvalidInput: it holds none.
    """
    try:
        return _decode_record(payload)
    except msgspec.MsgspecError as error:
        raise InvalidInput(f"The payload holds no record: {error}.") from None


def digest_of(entry: Entry) -> str:
    """Return the digest that an entry's payload has: a record's id, or the sha256 of packed columns."""
    payload = entry.payload or b""
    return sha256(read_record(payload).head) if entry.lane == "alarm" else sha256(payload)


def check(entry: Entry, origin: str, previous: str) -> None:
    """Check one entry against the link before it.

    Raises:
        VerificationError: its payload was altered, or it does not follow.
    """
    name = f"{entry.lane} {entry.sequence} of {origin}"
    if entry.previous != previous:
        raise VerificationError(f"Entry {name} does not follow from the one before it: the chain is another.")
    if entry.payload is not None and digest_of(entry) != entry.digest:
        raise VerificationError(f"The payload of entry {name} was altered.")
    single = entry.sequence == entry.until
    if entry.until < entry.sequence or (not single and entry.payload is not None):
        raise VerificationError(f"Entry {name} ends at {entry.until}, which is impossible.")
    if single and link(previous, entry.digest) != entry.hash:
        raise VerificationError(f"The link of entry {name} was altered.")
