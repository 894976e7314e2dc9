"""Connections for people: what each brings, whether the last check could read it, and what a test has just found."""

from collections.abc import Mapping, Sequence

from ninefold.kernel.errors import NotFound
from ninefold.kernel.view import View
from ninefold.surface.blocks import Act, Block, Empty, Field, Form, Go, Panel
from ninefold.surface.cells import Cell, Noted, Ref, State
from ninefold.surface.page import Page
from ninefold.surface.table import Table
from ninefold.surface.words import Say, Text
from ninefold.vocabulary.availability import Availability, Finding

_HOME = Ref("page", "data", Say("layout.place-data"))


def connections_panel(view: View, found: Mapping[str, Availability | None], *, edits: bool) -> Panel:
    """Return every connection: where it leads, what it lists, what may be written, how the last check went."""
    seen = _seen(found)
    rows: list[tuple[Cell, ...]] = []
    for facet in view.of_kind("source"):
        name = facet.name.removeprefix("connection:").removesuffix("#source")
        access = view.facets.get(f"connection:{name}#access")
        where = getattr(facet.body, "endpoint", None) or getattr(facet.body, "path", "")
        missing = getattr(facet.body, "missing", "")
        state: Cell = State("missing", missing) if missing else seen.get(name, State("idle", Say("data.not-checked")))
        zone = access.body.zone if access is not None else None
        writes = ", ".join(access.body.write) if access is not None and access.body.write else Say("data.read-only")
        head = Noted(Ref("page", f"data/connections/{name}", name), facet.body.connector)
        rows.append((head, str(where), zone, len(getattr(facet.body, "tags", ())), writes, state))
    columns = tuple(Say(f"data.{c}") for c in ("connection", "place", "zone", "signals", "writes", "last"))
    new = Go(Say("data.write-connection"), Ref("page", "data/connections/new")) if edits else None
    blocks: tuple[Block, ...] = (
        (Table("", columns, tuple(rows)), *((new,) if new else ()))
        if rows
        else (Empty(Say("data.no-connections"), new),)
    )
    return Panel(Say("data.connections"), blocks)


def _seen(found: Mapping[str, Availability | None]) -> dict[str, Cell]:
    """Return connection -> whether the last check could read it, and why not."""
    seen: dict[str, Cell] = {}
    for availability in found.values():
        for need in availability.needs if availability else ():
            for source in need.sources:
                bad = next(
                    (f for f in source.findings if f.check in {"readable", "reachable"} and f.result == "fail"), None
                )
                if bad is not None:
                    seen[source.connection] = Noted(State("failed"), bad.why)
                else:
                    seen.setdefault(source.connection, State("available", Say("data.read")))
    return seen


def connection_page(view: View, name: str, tried: Sequence[Finding] | None = None, *, edits: bool = False) -> Page:
    """Return one connection, with what a test of it has just found.

    Raises:
        NotFound: there is no such connection.
    """
    facet = view.facets.get(f"connection:{name}#source")
    if facet is None:
        hint = "Look at the list of connections on the page of data."
        raise NotFound(f"There is no connection {name[:80]!r}, or its file has problems.", hint=hint)
    tags = tuple(
        (t.signal, getattr(t, "asset", "") or None, t.unit or None) for t in getattr(facet.body, "tags", ())[:500]
    )
    columns = (Say("data.signal"), Say("data.asset"), Say("data.unit"))
    blocks: list[Block] = []
    if tried is not None:
        blocks.append(Panel(Say("data.test"), (_tried(tried),), name="test"))
    blocks.append(Panel(Say("data.listed"), (Table("", columns, tags, (), Say("data.no-tags")),)))
    failed = sum(f.result == "fail" for f in tried or ())
    title = Say("data.title-connection", {"name": name, "connector": facet.body.connector})
    if tried is not None:
        title = Say("data.title-tested-bad" if failed else "data.title-tested", {"name": name, "n": failed})
    test = (Act(Say("data.test-now"), f"data/connections/{name}/test", (), "main"),) if edits else ()
    return Page(
        title, tuple(blocks), subtitle=facet.file, actions=(Go(Say("data.open-file"), Ref("file", facet.file)), *test),
        crumbs=(_HOME,), place="data",
    )  # fmt: skip


def _tried(found: Sequence[Finding]) -> Table:
    states = {"pass": State("pass"), "fail": State("failed"), "unknown": State("insufficient", Say("data.cannot-tell"))}
    rows = tuple((f.check, states[f.result], f.why) for f in found)
    return Table(Say("data.test"), (Say("data.check-name"), Say("data.result"), Say("data.seen")), rows)


def new_connection_page(values: Mapping[str, str], problems: Mapping[str, Text]) -> Page:
    """Return the form for a new connection; the file begins as a template for a CSV file."""
    fields = tuple(
        Field(
            n, Say(f"data.new-{n}"), "text", values.get(n, ""), required=n == "name", hint=Say(f"data.new-{n}-hint"),
            problem=problems.get(n, ""),
        )
        for n in ("name", "title")
    )  # fmt: skip
    form = Form(
        Say("data.write-connection"), "data/connections/new", fields, Say("data.create-connection"),
        note=Say("data.new-note"), problem=problems.get("", ""),
    )  # fmt: skip
    panel = Panel(Say("data.write-connection"), (form,), span=8)
    return Page(Say("data.write-connection"), (panel,), crumbs=(_HOME,), place="data")
