"""Pages of the chain as a whole: what was recorded."""

from ninefold.kernel.errors import NotFound
from ninefold.kernel.sqlite import SqliteStore
from ninefold.surface.blocks import Facts, Panel
from ninefold.surface.cells import Moment, Ref
from ninefold.surface.page import Page
from ninefold.surface.table import Cell, Table
from ninefold.surface.words import Say

_ROWS = 100  # of a page


def audit_page(store: SqliteStore, before: str = "") -> Page:
    """Return the latest records, or those before one.

    Raises:
        NotFound: no record has the id.
    """
    found = store.log(_ROWS) if not before else []
    if before and not store.has(before):
        raise NotFound(f"No record is called {before[:64]!r}.", hint="Open the audit page without it.")
    rows: list[tuple[Cell, ...]] = [
        (Moment(r.time), Ref("record", r.id, r.id[:12]), r.kind, ", ".join(store.names(r.id)), r.step, r.actor)
        for r in found
    ]
    columns = tuple(Say(f"audit.{c}") for c in ("time", "record", "kind", "task", "step", "actor"))
    tails = store.tails()
    chains: tuple[tuple[str, Cell, str], ...] = tuple((name, n, digest[:12]) for name, (n, digest) in tails.items())
    return Page(
        Say("audit.title"), (
            Panel(Say("audit.records"), (Table("", columns, tuple(rows), (), Say("audit.empty")),), span=8),
            Panel(Say("audit.chains"), (Facts("", chains),), span=4),
        ), place="audit",
    )  # fmt: skip
