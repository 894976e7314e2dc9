"""A record says: this output, from these inputs, by this step at this version.

Its content is what was found; its id also says how, by whom, when and at which place of its origin's chain.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

import msgspec

from ninefold.kernel.canonical import canonical, sha256

T = TypeVar("T")


class Input(NamedTuple):
    """An input of a record, under the role that it plays."""

    role: str
    id: str
    content: str


class Draft(msgspec.Struct, frozen=True):
    """A record that the store has not yet given its place: what, from what, by which step.

    `body` is the canonical encoding of [kind, body, blobs]: see `encode`. An input may name a draft of the same call
    by "draft:N"; the store puts its id there.
    """

    kind: str  # name@schema
    data: bytes
    step: str  # name@version
    actor: str
    time: int  # µs UTC
    inputs: tuple[Input, ...] = ()
    environment: str = ""
    key: str = ""  # "" for what is never found by key: reports, windows, revocations
    name: str = ""  # of the task, outside the id
    as_of: int = 0  # µs UTC of the observation; 0 when nothing outside was observed
    until: int = 0  # µs UTC; 0 for no end

    @property
    def content(self) -> str:
        """The digest of kind, body and blobs."""
        return sha256(self.data)


class Record(msgspec.Struct, frozen=True):
    """A record as it stands in the store."""

    id: str
    content: str
    kind: str
    key: str
    step: str
    actor: str
    origin: str
    sequence: int
    time: int
    as_of: int
    until: int
    environment: str
    inputs: tuple[Input, ...]
    data: bytes | None  # None once erased

    @property
    def blobs(self) -> tuple[str, ...]:
        """The digests of the blobs that belong to the content."""
        return () if self.data is None else tuple(msgspec.json.decode(self.data)[2])

    @property
    def plain(self) -> Any:
        """The body as plain values; None once erased."""
        return None if self.data is None else msgspec.json.decode(self.data)[1]

    def body(self, type_: type[T]) -> T:
        """Return the body as its noun, leniently: fields that a newer version wrote are kept in `data`, not here."""
        if self.data is None:
            raise ValueError(f"the body of record {self.id[:12]} was erased")
        found: tuple[str, T, Any] = _decoder_of(type_)(self.data)  # type: ignore[arg-type]  # a type is hashable
        return found[1]


@lru_cache(maxsize=256)
def _decoder_of(type_: type[T]) -> Callable[[bytes], tuple[str, T, Any]]:
    """Return what reads [kind, body, blobs] with a body of a type, in one pass: a race may have ten thousand rows."""
    body: Any = type_  # it is a value here
    return msgspec.json.Decoder(tuple[str, body, Any], strict=False, dec_hook=revive).decode


def revive(type_: type[T], value: Any) -> T:
    """Return a quantity from the number that stands for it in a body."""
    return type_(value)  # type: ignore[call-arg]  # quantities and verbatim text take one value


def encode(kind: str, body: Any, blobs: tuple[str, ...] = ()) -> bytes:
    """Return the bytes whose digest is the content: canonical [kind@schema, body, sorted blobs].

    Raises:
        ValueError: the kind lacks its schema, or the body has no canonical form.
    """
    name, _, schema = kind.partition("@")
    if not name or not schema.isdigit():
        raise ValueError(f"the kind {kind!r} lacks its schema; write it as verdict@1")
    return canonical([kind, body, sorted(blobs)])


def head_of(draft: Draft, inputs: tuple[Input, ...], origin: str, sequence: int) -> bytes:
    """Return the bytes whose digest is the record's id."""
    roles = {i.role: [i.id, i.content] for i in inputs}
    if len(roles) != len(inputs):
        raise ValueError(f"two inputs of {draft.name or draft.kind} play the same role")
    return canonical(
        {
            "content": draft.content, "kind": draft.kind, "inputs": roles, "step": draft.step,
            "environment": draft.environment, "key": draft.key, "actor": draft.actor, "origin": origin,
            "sequence": sequence, "as_of": draft.as_of, "until": draft.until, "time": draft.time,
        }
    )  # fmt: skip


class _Head(msgspec.Struct):
    """The hashed bytes of a record, decoded."""

    content: str
    kind: str
    inputs: dict[str, tuple[str, str]]
    step: str
    environment: str
    key: str
    actor: str
    origin: str
    sequence: int
    as_of: int
    until: int
    time: int


_decode_head = msgspec.json.Decoder(_Head).decode


def from_head(id: str, head: bytes, data: bytes | None) -> Record:
    """Return the record that a head and a body describe; the id is not checked here."""
    h = _decode_head(head)
    inputs = tuple(Input(role, *pair) for role, pair in h.inputs.items())
    return Record(
        id, h.content, h.kind, h.key, h.step, h.actor, h.origin, h.sequence, h.time, h.as_of, h.until,
        h.environment, inputs, data,
    )  # fmt: skip


class Edge(NamedTuple):
    """One step of a lineage: `child` was made from `parent` in a role."""

    child: str
    parent: str
    role: str
