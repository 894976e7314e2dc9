"""How the columns of a table are spread: a small histogram, quantiles and what is missing; one column in full."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from ninefold.surface.blocks import Block, Facts, Field, Find, Panel
from ninefold.surface.cells import Drawing, Measure, Noted
from ninefold.surface.charts.bars import Row, bars
from ninefold.surface.charts.histogram import histogram
from ninefold.surface.marks import sheet
from ninefold.surface.table import Cell, Table
from ninefold.surface.words import Language, Say, Text, say
from ninefold.vocabulary.profile import ColumnProfile, Histogram, Profile

ROWS = 100  # of a page
_TALL = 18


def profile_panel(page: str, found: Profile, units: Mapping[str, str], start: int, words: str) -> Panel:
    """Return a page of the columns whose name holds `words`; a name leads to the column in full."""
    chosen = [c for c in found.columns if words.casefold() in c.name.casefold()]
    chosen.sort(key=lambda c: c.kind == "text")  # numbers first, else as in the table
    shown = chosen[start : start + ROWS]
    columns = tuple(
        Say(f"recipes.{c}")
        for c in ("column", "spread", "missing", "low", "median", "high", "mean", "distinct", "unit")
    )
    rows = tuple(_row(place, c, found.rows, units.get(c.name, "")) for place, c in enumerate(shown))
    more = f"/{page}?q={quote(words, safe='')}&from={start + ROWS}#profile" if len(chosen) > start + ROWS else ""
    notes: tuple[Text, ...] = ()
    if start or more:
        notes = (Say("recipes.rows-shown", {"first": start + 1, "last": start + len(shown), "all": len(chosen)}),)
    find = Find(page, (Field("q", Say("recipes.find"), "text", words),), Say("recipes.find-now"))
    table = Table("", columns, rows, notes, Say("recipes.no-column"), more)
    end = Say("recipes.profile-end", {"n": len(found.columns), "rows": found.rows})
    return Panel(Say("recipes.profile"), (find, table, *look(page, [c.name for c in shown])), end, name="profile")


def _row(place: int, c: ColumnProfile, rows: int, unit: str) -> tuple[Cell, ...]:
    missing = Measure(100 * c.nulls / max(rows, 1), "%")
    name: Cell = Noted(c.name, Say("recipes.is-text")) if c.kind == "text" else c.name
    if c.kind == "text":
        top = ", ".join(f"{value} {n:,}" for value, n in c.top[:3])
        return (name, top, missing, None, None, None, None, c.distinct, unit)
    q = c.quantiles
    drawn: Cell = None if c.histogram is None else Drawing(_small(place, c.name, c.histogram), "")
    return (
        name, drawn, missing, _short(q.get("0.05")), _short(q.get("0.50")), _short(q.get("0.95")), _short(c.mean),
        c.distinct, unit,
    )  # fmt: skip


def _short(value: float | None) -> Cell:
    return Measure(value) if value is None or abs(value) < 1e7 else f"{value:.3g}"


def _small(place: int, name: str, found: Histogram) -> str:
    """Return the bins as one outline."""
    most, wide = max([1, *found.counts]), 100 / len(found.counts)
    way = "".join(f"V{_TALL - n / most * (_TALL - 2):.1f}h{wide:.2f}" for n in found.counts)
    path = f'<path class="n-bar" d="M0 {_TALL}{way}V{_TALL}z"/>'
    size = f'width="100%" height="{_TALL}" viewBox="0 0 100 {_TALL}" preserveAspectRatio="none"'
    box = f'<svg x="0" y="0" {size}>{path}</svg>'
    return sheet(f"spread-{place}", name, f"{found.low:.4g} – {found.high:.4g}", [box], height=_TALL)


def column_panel(c: ColumnProfile, rows: int, unit: str, language: Language) -> Panel:
    """Return one column in full."""
    blocks: list[Block] = []
    if c.histogram is not None:
        h = c.histogram
        marks = [(f"p{round(100 * float(q))}", v) for q, v in c.quantiles.items() if q in {"0.05", "0.50", "0.95"}]
        title, words = c.name, say("recipes.histogram-words", language, n=len(h.counts), under=h.under, over=h.over)
        blocks.append(histogram("column", title, words, h.edges, h.counts, marks=marks, unit=unit))
    elif c.top:
        top = [Row(value, float(n), said=f"{n:,}") for value, n in c.top]
        blocks.append(bars("column", c.name, say("recipes.top-words", language, n=len(top)), top))
    facts: list[tuple[Text, Cell, Text]] = [
        (Say("recipes.missing"), c.nulls, Say("recipes.of-rows", {"n": rows})),
        (Say("recipes.distinct"), c.distinct, ""),
    ]  # fmt: skip
    numbers = (("least", c.min), ("greatest", c.max), ("mean", c.mean), ("std", c.std))
    facts += [(Say(f"recipes.{name}"), Measure(v, unit), "") for name, v in numbers if v is not None]
    facts += [(f"p{round(100 * float(q))}", Measure(v, unit), "") for q, v in c.quantiles.items()]
    blocks.append(Facts("", tuple(facts), strip=True))
    return Panel(c.name, tuple(blocks), unit, name="column")


def look(page: str, names: Sequence[str]) -> tuple[Find, ...]:
    """Return the form that shows one of some columns in full; nothing without a column."""
    if not names:
        return ()
    field = Field("column", Say("recipes.look-at"), "select", options=tuple((n, n) for n in names))
    return (Find(page, (field,), Say("recipes.look")),)
