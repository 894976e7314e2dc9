"""The page of the finder: every group that has a match."""

from collections.abc import Sequence

from ninefold.lifecycle.finding import LONGEST, Group
from ninefold.surface.blocks import Block, Field, Form, Panel, Words
from ninefold.surface.cells import Cell, Ref
from ninefold.surface.page import Page
from ninefold.surface.table import Table
from ninefold.surface.words import Say


def find_page(query: str, groups: Sequence[Group]) -> Page:
    """Return what was found for a query."""
    field = Field("q", Say("find.what"), value=query[:LONGEST])
    form = Form("", "find", (field,), Say("find.search"), role="viewer", asks=True)
    sections: list[Block] = [Panel(Say("find.search"), (form,), name="search")]
    for group in groups:
        rows: tuple[tuple[Cell, ...], ...] = tuple(
            (Ref(f.to.kind, f.to.key, f.text, f.to.part), f.note if isinstance(f.note, Say) else str(f.note))
            for f in group.found
        )
        table = Table(Say(f"find.{group.name}"), (Say("find.object"), ""), rows)
        end = f"{len(rows)} / {group.total}" if group.total > len(rows) else ""
        sections.append(Panel(Say(f"find.{group.name}"), (table,), end, span=6))
    if not groups:
        sections.append(Panel(Say("find.search"), (Words(Say("find.none" if query.strip() else "find.ask"), "note"),)))
    total = sum(g.total for g in groups)
    shown = query.strip()[:60]
    if not shown:
        return Page(Say("find.title"), tuple(sections), subtitle=Say("find.sub"))
    title = Say("find.title-found" if total else "find.title-none", {"n": total, "query": shown})
    return Page(title, tuple(sections), subtitle=Say("find.sub"))
