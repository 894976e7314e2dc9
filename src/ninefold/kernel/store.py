"""The contract of the evidence store: records by key, lineage, leases, chained events.

What is current never depends on an open query over it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from ninefold.kernel.records import Draft, Edge, Record


class Lease(NamedTuple):
    """A claim on a key that saves double work; correctness never rests on it."""

    key: str
    owner: str
    until: int


class Event(NamedTuple):
    """One link of an origin's chain."""

    origin: str
    sequence: int
    previous: str
    payload: str
    hash: str


class Store(Protocol):
    """Where records are kept."""

    def put(
        self, drafts: Sequence[Draft], expect: Mapping[str, str | None] | None = None,
        move: Mapping[str, str] | None = None,
    ) -> Sequence[str]:  # fmt: skip
        """Append records in one transaction and return their ids.

        `expect` maps the name of a reference to the value it must still have (None: absent), `move` to the value that
        it has afterwards; both in the same transaction.

        Raises:
            Conflict: an expected reference has moved.
            Refused: a content was erased and its tombstone refuses it.
        """

    def by_key(self, keys: Sequence[str]) -> Mapping[str, Sequence[Record]]:
        """Return the records of each key, the first committed first; keys without a record are absent."""

    def get(self, id: str) -> Record:
        """Return a record by its id.

        Raises:
            NotFound: the id is not in this store.
        """

    def lineage(self, id: str, up: bool) -> Iterator[Edge]:
        """Yield the edges above a record (what it was made from) or below it (what was made from it), nearest first."""

    def lease(self, key: str, ttl_s: float) -> Lease | None:
        """Claim a key; None when another owner holds it."""
