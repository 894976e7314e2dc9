"""The chain of evidence: records, lineage both ways, events and the heads of their chains."""

from itertools import islice
from typing import Annotated, Literal

from litestar.params import QueryParameter

from ninefold.client.answers import Chain, Event, LineageLink, Page, RecordDetail, RecordInput, RecordLine
from ninefold.kernel.errors import InvalidInput, NotFound
from ninefold.kernel.record_list import place_of, records_before
from ninefold.kernel.records import Record
from ninefold.lifecycle import trace
from ninefold.workbench.api.operation import operation
from ninefold.workbench.api.paging import Cursor, Limit, decode, encode, part
from ninefold.workbench.desk import Desk

TAG = "Evidence"
_MOST_LINKS = 5_000


@operation("GET", "/records", tag=TAG)
def records(desk: Desk, kind: str = "", cursor: Cursor = "", limit: Limit = 100) -> Page[RecordLine]:
    """List the records, the newest first; of one kind (verdict@1) when it is named."""
    store = desk.session.store
    before = place_of(store, decode(cursor)) if cursor else None
    found = records_before(store, before, limit + 1, kind)
    items = tuple(RecordLine(
        r.id, r.kind, r.content, r.step, r.actor, r.time, r.origin, r.sequence, tuple(store.names(r.id))
    ) for r in found[:limit])  # fmt: skip
    return Page(items, encode(items[-1].id) if len(found) > limit else "")


@operation("GET", "/records/{id:str}", tag=TAG)
def record(desk: Desk, id: str) -> RecordDetail:
    """Show a record by its id, or by a beginning of it that no other has."""
    store = desk.session.store
    return _detail(store.get(id), tuple(store.names(store.get(id).id)), revoked=store.revoked(store.get(id).id))


def _detail(r: Record, names: tuple[str, ...], *, revoked: bool) -> RecordDetail:
    inputs = tuple(RecordInput(i.role, i.id, i.content) for i in r.inputs)
    return RecordDetail(
        r.id, r.kind, r.content, r.step, r.actor, r.time, r.origin, r.sequence, names, r.environment, r.key, r.as_of,
        r.until, inputs, r.blobs, r.data is None, revoked, r.plain,
    )  # fmt: skip


@operation("GET", "/lineage/{start:path}", tag=TAG)
def lineage(desk: Desk, start: str, direction: Literal["up", "down"] = "up") -> Page[LineageLink]:
    """Walk from a task, facet, requirement or record to all that it rests on, or down to all that rests on it."""
    store = desk.session.store
    found: list[LineageLink] = []
    for link in trace.trace(store, trace.beginnings(store, start), up=direction == "up"):
        if len(found) == _MOST_LINKS:
            raise InvalidInput(f"More than {_MOST_LINKS} records are on the way.", hint="Start nearer to the end.")
        found.append(LineageLink(link.depth, link.role, link.record.id, link.record.kind, link.names))
    return Page(tuple(found))


@operation("GET", "/chains", tag=TAG)
def chains(desk: Desk, cursor: Cursor = "", limit: Limit = 100) -> Page[Chain]:
    """List the origins by name: the head of each chain, and who else keeps one."""
    store = desk.session.store
    kept: dict[str, dict[str, int]] = {}
    for origin, witness, sequence, _ in store.witnessed():
        kept.setdefault(origin, {})[witness] = sequence
    found = [Chain(name, n, digest, kept.get(name, {})) for name, (n, digest) in store.tails().items()]
    return part(found, lambda c: c.origin, cursor, limit, lambda c: c)


@operation("GET", "/chains/{origin:str}/events", tag=TAG)
def events(
    desk: Desk, origin: str, after: Annotated[int, QueryParameter(ge=0, le=1 << 53)] = 0, cursor: Cursor = "",
    limit: Limit = 100,
) -> Page[Event]:  # fmt: skip
    """List the links of an origin's chain in order, after a sequence that is known already."""
    store = desk.session.store
    if origin not in store.tails():
        raise NotFound(f"No chain is called {origin[:200]}.", hint="List them at /api/v1/chains.")
    place = decode(cursor) if cursor else str(after)
    if not place.isdecimal() or len(place) > 16:
        raise InvalidInput("This is no cursor of a chain.", hint="Send `next` of the page before as it came.")
    found = [Event(*e[1:]) for e in islice(store.events(origin, int(place)), limit + 1)]
    return Page(tuple(found[:limit]), encode(str(found[limit - 1].sequence)) if len(found) > limit else "")


ROUTES = (records, record, lineage, chains, events)
