"""The page of a record: who made what from which inputs, when and by which step, and its place in a chain."""

import json
from collections.abc import Mapping

from ninefold.kernel.blobs import Blobs
from ninefold.kernel.errors import NinefoldError
from ninefold.kernel.records import Record
from ninefold.kernel.sqlite import SqliteStore
from ninefold.lifecycle.known import who
from ninefold.lifecycle.monitors import monitors_of
from ninefold.lifecycle.tables import said
from ninefold.surface.blocks import Block, Facts, Go, Panel, Words
from ninefold.surface.cells import Cell, Measure, Moment, Ref, State
from ninefold.surface.page import Page
from ninefold.surface.session import Session
from ninefold.surface.table import Table
from ninefold.surface.words import Say, Text, quote, term

_LONGEST = 20_000  # characters of a body that are shown
_LISTED = 100


def record_page(session: Session, id: str, names: Mapping[str, str]) -> Page:
    """Return all that a record says; the beginning of an id is enough where it is unique.

    Raises:
        NotFound: no record, or more than one, begins so.
    """
    store = session.store
    record = store.get(id)
    seen = store.names(record.id)
    sections: list[Block] = [
        Panel(Say("record.about"), (Facts("", _facts(record, seen, names)),), span=6, name="about"),
        Panel(Say("record.chain"), (Facts("", _chain(store, record)),), span=6, name="chain"),
        Panel(Say("record.inputs"), (_inputs(store, record),), span=6, name="inputs"),
        Panel(Say("record.used"), (_used(store, record),), span=6, name="used"),
        Panel(Say("record.body"), _body(record), record.kind, name="body"),
    ]
    if record.blobs:
        sections.append(Panel(Say("record.blobs"), (_blobs(session.blobs, record),), name="blobs"))
    states = (State("revoked"),) if store.revoked(record.id) else ()
    return Page(
        seen[0] if seen else record.kind, tuple(sections), subtitle=quote(said(record.plain)), states=states,
        actions=(
            Go(Say("record.rests-on"), Ref("page", f"trace/{record.id}")),
            Go(Say("record.rests"), Ref("page", f"trace/{record.id}", part="down")),
            *monitors_of(record),
        ),
        crumbs=(Ref("page", "audit", Say("layout.place-audit")),), place="audit",
    )  # fmt: skip


def _facts(record: Record, seen: list[str], names: Mapping[str, str]) -> tuple[tuple[Text, Cell, Text], ...]:
    facts: list[tuple[Text, Cell, Text]] = [
        (Say("record.id"), record.id, ""), (Say("record.content"), record.content, ""),
        (Say("record.kind"), record.kind, ""), (Say("record.made"), Moment(record.time), ""),
        (Say("record.by"), who(record.actor, names), ""), (Say("record.step"), record.step, ""),
    ]  # fmt: skip
    facts += [(Say("record.name"), n if "#" in n else Ref("task", n), "") for n in seen[:5]]
    if record.environment:
        facts.append((Say("record.environment"), record.environment, ""))
    if record.as_of:
        facts.append((Say("record.as-of"), Moment(record.as_of), ""))
    if record.until:
        facts.append((Say("record.until"), Moment(record.until), ""))
    return tuple(facts)


def _chain(store: SqliteStore, record: Record) -> tuple[tuple[Text, Cell, Text], ...]:
    event = store.event_of(record.id)
    if event is None:
        return ((Say("record.origin"), record.origin, Say("record.in-no-chain")),)
    tail = store.tails().get(event.origin, (event.sequence, ""))[0]
    return (
        (Say("record.origin"), event.origin, ""),
        (Say("record.event"), event.sequence, Say("record.of-events", {"n": tail})),
        (Say("record.previous"), event.previous, ""), (Say("record.link"), event.hash, ""),
    )  # fmt: skip


def _inputs(store: SqliteStore, record: Record) -> Table:
    named = store.names_of([i.id for i in record.inputs])
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (term("kinds.of-", i.role), Ref("record", i.id, (named[i.id] or [i.id[:12]])[0]), i.content[:12])
        for i in record.inputs
    )
    columns = tuple(Say(f"record.{c}") for c in ("role", "input", "content"))
    return Table("", columns, rows, (), Say("record.no-inputs"))


def _used(store: SqliteStore, record: Record) -> Table:
    found = store.using(record.id, _LISTED)
    named = store.names_of([id for _, id, _ in found])
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (Ref("record", id, (named[id] or [id[:12]])[0]), term("kinds.of-", role), kind) for role, id, kind in found
    )
    columns = tuple(Say(f"record.{c}") for c in ("made", "role", "kind"))
    notes = (Say("record.latest", {"n": _LISTED}),) if len(found) == _LISTED else ()
    return Table("", (Say("record.name"), *columns[1:]), rows, notes, Say("record.unused"))


def _body(record: Record) -> tuple[Block, ...]:
    if record.data is None:
        return (Words(Say("record.erased"), "note"),)
    text = json.dumps(record.plain, indent=1, ensure_ascii=False)
    if len(text) <= _LONGEST:
        return (Words(text, "mono"),)
    note = Say("record.cut", {"shown": _LONGEST, "n": len(text)})
    return (Words(text[:_LONGEST], "mono"), Words(note, "note"))


def _blobs(blobs: Blobs, record: Record) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for digest in record.blobs[:_LISTED]:
        try:
            size: Cell = Measure(blobs.path(digest).stat().st_size / 1000, "kB")
        except (NinefoldError, FileNotFoundError):
            size = State("missing")
        rows.append((digest, size))
    return Table("", (Say("record.digest"), Say("record.size")), tuple(rows))
