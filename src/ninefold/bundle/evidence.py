"""The excerpt of the chain that travels in a bundle file: every record from its roots up to the requirement's text.

It can be checked without a store: an id is the digest of the record's head, a content the digest of its body, and
every input that a head names must be there. Lines of JSON: the first names the roots and the ends of the centre's
chains at that moment, each other line is [head, body] of one record, inputs first. A body is null once erased.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from ninefold.bundle.payload import decoded
from ninefold.kernel.canonical import sha256
from ninefold.kernel.errors import NotFound, VerificationError
from ninefold.kernel.records import Record, from_head
from ninefold.kernel.sqlite import SqliteStore

T = TypeVar("T")

MAX_BYTES = 64 * 2**20
MAX_RECORDS = 20_000


class MissingRecord(VerificationError):
    """A record that another one was made from was removed from the excerpt."""


class _First(msgspec.Struct, frozen=True):
    """The first line."""

    format: int
    roots: dict[str, str]  # role -> record id: bundle, approval, lint of each requirement
    tails: dict[str, tuple[int, str]] = {}  # origin -> (sequence, hash): the head that the holder keeps


@dataclass(frozen=True)
class Evidence:
    """An excerpt that was checked: nothing altered, nothing missing, nothing that no root needs."""

    roots: Mapping[str, Record]
    records: Mapping[str, Record]  # by id, inputs first
    tails: Mapping[str, tuple[int, str]]

    def of_kind(self, kind: str) -> list[Record]:
        """Return the records of a kind (without its schema), inputs first."""
        return [r for r in self.records.values() if r.kind.partition("@")[0] == kind]

    def above(self, id: str) -> Iterator[Record]:
        """Yield what a record was made from, directly or not, each once; the record itself is not included."""
        seen: set[str] = set()
        todo = [i.id for i in self.records[id].inputs]
        while todo:
            one = todo.pop()
            if one not in seen:
                seen.add(one)
                yield self.records[one]
                todo += [i.id for i in self.records[one].inputs]


def excerpt(store: SqliteStore, roots: Mapping[str, str]) -> bytes:
    """Return the excerpt of a store that holds the roots (role -> record id) and all that they were made from.

    Raises:
        NotFound: a root, or a record above one, is not in this store.
    """
    ordered: dict[str, Record] = {}
    for id in sorted(set(roots.values())):
        _collect(store, id, ordered)
    heads = _heads(store, list(ordered))
    first = _First(1, dict(sorted(roots.items())), dict(sorted(store.tails().items())))
    lines = [msgspec.json.encode(first)]
    for record in ordered.values():
        body = None if record.data is None else record.data.decode()
        lines.append(msgspec.json.encode((heads[record.id].decode(), body)))
    return b"\n".join(lines) + b"\n"


def _collect(store: SqliteStore, root: str, ordered: dict[str, Record]) -> None:
    """Add a record after everything it was made from; iterative, because chains may be deep."""
    todo = [(store.get(root), False)]
    while todo:
        record, done = todo.pop()
        if record.id in ordered:
            continue
        if done:
            ordered[record.id] = record
            continue
        todo.append((record, True))
        todo += [(store.get(i.id), False) for i in sorted(record.inputs) if i.id not in ordered]


def _heads(store: SqliteStore, ids: Sequence[str]) -> dict[str, bytes]:
    query = "SELECT head FROM record WHERE id = ?"
    found = {}
    for id in ids:
        row = store.connection.execute(query, (id,)).fetchone()
        if row is None:
            raise NotFound(f"The record {id[:12]} is not in this store.", hint="Pull it from its origin.")
        found[id] = bytes(row[0])
    return found


def read_evidence(data: bytes) -> Evidence:
    """Return the excerpt that these bytes hold.

    Raises:
        MissingRecord: a record that a root or another record names is not there.
        VerificationError: too large, unreadable, a body without its digest, or a record that nothing needs.
    """
    if len(data) > MAX_BYTES or data.count(b"\n") > MAX_RECORDS + 1:
        raise VerificationError(f"The evidence has {len(data)} bytes; at most {MAX_BYTES} and {MAX_RECORDS} records.")
    lines = data.split(b"\n")
    first = _line(lines[0], _First)
    if first.format != 1:
        raise VerificationError(
            f"The evidence has format {first.format}; this version reads 1.", hint="Update ninefold."
        )
    records: dict[str, Record] = {}
    for line in lines[1:-1]:
        record = _record(*_line(line, tuple[str, str | None]))
        records[record.id] = record
    if lines[-1] != b"" or not first.roots:
        raise VerificationError("The evidence is cut off or names no roots.", hint="Get the original again.")
    _complete(first.roots, records)
    return Evidence({role: records[id] for role, id in first.roots.items()}, records, first.tails)


def _line(line: bytes, type_: type[T]) -> T:
    return decoded(line, type_, "A line of the evidence")


def _record(head: str, body: str | None) -> Record:
    """Return a record from its line: the id is the digest of the head, the body has the digest that the head names."""
    raw = _bytes(head)
    data = None if body is None else _bytes(body)
    try:
        record = from_head(sha256(raw), raw, data)
        named = () if data is None else record.blobs
    except (msgspec.MsgspecError, RecursionError, UnicodeError, LookupError, TypeError, ValueError) as error:
        message = f"A record in the evidence cannot be read: {str(error)[:120]}."
        raise VerificationError(message, hint="Get the original again.") from None
    if data is not None and (sha256(data) != record.content or not all(isinstance(b, str) for b in named)):
        message = f"The record {record.id[:12]} ({record.kind}) was altered: its body has not the digest in its head."
        raise VerificationError(message, hint="Get the original again; do not use this copy.")
    return record


def _bytes(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise VerificationError("A record in the evidence is not Unicode.", hint="Get the original again.") from None


def _complete(roots: Mapping[str, str], records: Mapping[str, Record]) -> None:
    """Return when every record that is named is there, and every record that is there is named."""
    needed: set[str] = set()
    todo = [(id, f"the root {role!r}") for role, id in sorted(roots.items())]
    while todo:
        id, needer = todo.pop()
        if id in needed:
            continue
        if id not in records:
            message = f"The record {id[:12]} was removed from the evidence; {needer} needs it."
            raise MissingRecord(message, hint="Get the original again; do not use this copy.")
        needed.add(id)
        record = records[id]
        for item in record.inputs:
            if item.id in records and records[item.id].content != item.content:
                raise VerificationError(f"The record {id[:12]} names another content of its input {item.role!r}.")
            todo.append((item.id, f"{record.kind} {id[:12]}, as its input {item.role!r},"))
    if strays := records.keys() - needed:
        one = min(strays)
        raise VerificationError(
            f"The record {one[:12]} ({records[one].kind}) was added to the evidence; nothing needs it."
        )
