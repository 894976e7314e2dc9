"""Dataset versions: what one holds, how one of its columns is spread, and which recipes read it."""

import tempfile
import threading
from collections import OrderedDict
from pathlib import Path
from urllib.parse import quote

from ninefold.development.data.showing.columns import ROWS, column_panel, look
from ninefold.kernel.errors import NotFound
from ninefold.kernel.plan import Plan
from ninefold.kernel.view import View
from ninefold.surface.blocks import Block, Column, Empty, Facts, Field, Find, Go, Panel, Why
from ninefold.surface.cells import Measure, Moment, Noted, Ref, State
from ninefold.surface.page import Page
from ninefold.surface.session import Session
from ninefold.surface.table import Cell, Table
from ninefold.surface.words import Language, Say, Text
from ninefold.vocabulary.dataset import DataColumn, DatasetVersion
from ninefold.vocabulary.profile import ColumnProfile

_MOST = 64  # columns that were looked at and are kept
_looked: OrderedDict[tuple[str, str], ColumnProfile] = OrderedDict()
_lock = threading.Lock()


def sets_panel(plan: Plan) -> tuple[Panel, ...]:
    """Return the dataset versions of a plan; nothing when no recipe reads any."""
    names = [n for n in plan.statuses if n.startswith("dataset:")]
    if not names:
        return ()
    columns = tuple(Say(f"recipes.{c}") for c in ("dataset", "state", "rows", "columns", "first", "last"))
    rows: list[tuple[Cell, ...]] = []
    for name in names[:ROWS]:
        found, status = version_of(plan, name), plan[name]
        state: Cell = Noted(State(status.state), status.reason) if status.reason else State(status.state)
        key = Ref("dataset", name.partition(":")[2])
        if found is None:
            rows.append((key, state, None, None, None, None))
        else:
            ends = (Moment(found.first) if found.first else None, Moment(found.last) if found.last else None)
            rows.append((key, state, found.rows, len(found.columns), *ends))
    return (Panel(Say("recipes.sets"), (Table("", columns, tuple(rows)),)),)


def dataset_page(
    session: Session, name: str, language: Language = "en", *, start: int = 0, words: str = "", column: str = ""
) -> Page:
    """Return one dataset version; `column` names a column to be looked at in full.

    Raises:
        NotFound: there is no such dataset, or no such column.
    """
    view, plan = session.stand()
    task = f"dataset:{name}"
    if task not in plan:
        known = ", ".join(n.partition(":")[2] for n in plan.statuses if n.startswith("dataset:")) or "none"
        raise NotFound(f"No dataset is called {name[:80]!r}.", hint=f"Use one of: {known}.")
    found, status = version_of(plan, task), plan[task]
    crumbs = (Ref("page", "data/recipes", Say("recipes.recipes")),)
    why = (
        Say("recipes.fresh-set")
        if status.state == "fresh"
        else Say("recipes.waits-for", {"task": task, "why": status.reason or status.state})
    )
    blocks: list[Block] = [Why(State(status.state), why, action=Go(Say("recipes.open-task"), Ref("task", task)))]
    if found is None:
        blocks.append(Panel(Say("recipes.columns"), (Empty(Say("recipes.no-version")),)))
        return Page(Say("recipes.title-no-set", {"name": name}), tuple(blocks), place="recipes", crumbs=crumbs)
    if column:
        blocks.append(_looked_at(session, found, column, language))
    blocks += [
        _columns(found, name, start, words),
        Column((_set_facts(found),), 6),
        Column((_readers(view, name), _sources(found)), 6),
    ]
    title = Say(
        "recipes.title-set", {"name": name, "rows": found.rows, "n": len(found.columns), "assets": len(found.assets)}
    )
    return Page(title, tuple(blocks), place="recipes", crumbs=crumbs)


def _looked_at(session: Session, found: DatasetVersion, column: str, language: Language) -> Panel:
    described = next((c for c in found.columns if c.name == column), None)
    if described is None or described.type == "time":
        raise NotFound(
            f"The dataset {found.name} has no column {column[:80]!r} to look at.", hint="Choose one of its list."
        )
    return column_panel(_profiled(session, found.parquet, column), found.rows, described.unit, language)


def _profiled(session: Session, digest: str, column: str) -> ColumnProfile:
    """Return the profile of one column of a dataset, made when it is first asked for."""
    from ninefold.development.data.profile import profile

    with _lock:  # one reading at a time: it takes a core
        if (digest, column) not in _looked:
            with tempfile.TemporaryDirectory(prefix="ninefold-") as folder:
                path = Path(folder) / "dataset.parquet"  # DuckDB goes by the ending
                path.symlink_to(session.blobs.get(digest).resolve())
                _looked[(digest, column)] = profile(path, [column]).columns[0]
            while len(_looked) > _MOST:
                _looked.popitem(last=False)
        return _looked[(digest, column)]


def _columns(found: DatasetVersion, name: str, start: int, words: str) -> Panel:
    chosen = [c for c in found.columns if words.casefold() in c.name.casefold()]
    shown = chosen[start : start + ROWS]
    columns = tuple(Say(f"recipes.{c}") for c in ("column", "type", "unit", "missing", "share"))
    rows = tuple(_column(c, found.rows) for c in shown)
    more = f"/data/sets/{name}?q={quote(words, safe='')}&from={start + ROWS}" if len(chosen) > start + ROWS else ""
    notes = (
        (Say("recipes.rows-shown", {"first": start + 1, "last": start + len(shown), "all": len(chosen)}),)
        if start or more
        else ()
    )
    find = Find(f"data/sets/{name}", (Field("q", Say("recipes.find"), "text", words),), Say("recipes.find-now"))
    table = Table("", columns, rows, notes, Say("recipes.no-column"), more)
    names = [c.name for c in shown if c.type != "time"]
    return Panel(Say("recipes.columns"), (find, table, *look(f"data/sets/{name}", names)))


def _column(c: DataColumn, rows: int) -> tuple[Cell, ...]:
    return (c.name, Say(f"recipes.type-{c.type}"), c.unit, c.nulls, Measure(100 * c.nulls / max(rows, 1), "%"))


def _set_facts(found: DatasetVersion) -> Panel:
    invented = Say("recipes.time-order")
    facts: list[tuple[Text, Cell, Text]] = [
        (Say("recipes.kind"), Say(f"recipes.kind-{found.kind}"), ""), (Say("recipes.rows"), found.rows, ""),
        (Say("recipes.first"), Moment(found.first) if found.first else None, ""),
        (Say("recipes.last"), Moment(found.last) if found.last else None, ""),
        (Say("recipes.assets"), ", ".join(found.assets[:50]), ""),
        (Say("recipes.time-from"), invented if found.time_from == "row order" else Say("recipes.time-source"), ""),
        (Say("recipes.blob"), found.parquet[:16], "sha256"),
    ]  # fmt: skip
    return Panel(Say("recipes.version"), (Facts("", tuple(facts)),))


def _readers(view: View, name: str) -> Panel:
    readers = [
        f.name.removeprefix("recipe:").removesuffix("#inputs")
        for f in view.of_kind("inputs")
        if name in {str(r).partition(":")[2] for r in f.plain["inputs"].values()}
    ]
    rows = tuple((Ref("recipe", n),) for n in readers)
    return Panel(Say("recipes.read-by"), (Table("", (Say("recipes.recipe"),), rows, (), Say("recipes.read-by-none")),))


def _sources(found: DatasetVersion) -> Panel:
    columns = tuple(Say(f"recipes.{c}") for c in ("file", "size", "digest"))
    rows = tuple((s.name, Measure(s.size / 1000, "kB"), s.digest[:12]) for s in found.source[:50])
    return Panel(Say("recipes.sources"), (Table("", columns, rows, (), Say("recipes.no-files")),))


def version_of(plan: Plan, task: str) -> DatasetVersion | None:
    """Return what a dataset task found last; None when it has no result, or one that was erased."""
    record = plan[task].last if task in plan else None
    return None if record is None or record.data is None else record.body(DatasetVersion)
