"""What a cell of a notebook shows: tables, figures and pages of the house as escaped HTML and as plain text."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, overload

import numpy as np

from ninefold.api.frames import to_frame
from ninefold.kernel.clock import iso
from ninefold.kernel.records import Record
from ninefold.surface.figure import Figure
from ninefold.surface.page import Page
from ninefold.surface.svg import clean
from ninefold.surface.table import Cell, Table

MOST_ROWS = 200  # that a cell shows; `rows` and `frame()` have all
WIDEST = 60  # characters of a cell as text
_CELL = 'style="text-align:left;vertical-align:top"'


class Shown:
    """A table, figure or page of a surface; `rows` and `frame()` give a table's values."""

    def __init__(self, model: Table | Figure | Page) -> None:
        self.model = model

    @property
    def table(self) -> Table:
        """The table, or the one that says what a figure draws; of a page the first."""
        if isinstance(self.model, Table):
            return self.model
        found = next(iter(tables_of(self.model)), None) if isinstance(self.model, Page) else None
        if isinstance(self.model, Figure):
            found = self.model.table
        return found or Table(self.model.title, (), ())

    @property
    def rows(self) -> list[dict[str, Cell]]:
        """The rows by column."""
        return [dict(zip(map(str, self.table.columns), row, strict=True)) for row in self.table.rows]

    def frame(self, library: str | None = None) -> Any:
        """Return the rows as a DataFrame of the user's library."""
        columns = {
            str(name): _array([row[place] for row in self.table.rows]) for place, name in enumerate(self.table.columns)
        }
        return to_frame(columns, (), library)

    def __len__(self) -> int:
        return len(self.table.rows)

    def __iter__(self) -> Iterator[dict[str, Cell]]:
        return iter(self.rows)

    def __repr__(self) -> str:
        if isinstance(self.model, Figure):
            return f"{self.model.title}\n{self.model.description}"
        tables = tables_of(self.model) if isinstance(self.model, Page) else [self.model]
        title = f"{self.model.title}\n\n" if isinstance(self.model, Page) else ""
        return title + "\n\n".join(map(text_of, tables))

    def _repr_html_(self) -> str:
        return html_of(self.model)


class Records(Sequence[Record]):
    """Records as a list that shows itself as a table; `.plain` of one is its body."""

    def __init__(self, found: Sequence[Record], table: Table) -> None:
        self._found = tuple(found)
        self._shown = Shown(table)

    @overload
    def __getitem__(self, place: int) -> Record: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Record]: ...
    def __getitem__(self, place: int | slice) -> Record | Sequence[Record]:
        return self._found[place]

    def __len__(self) -> int:
        return len(self._found)

    def frame(self, library: str | None = None) -> Any:
        """Return the table of the records as a DataFrame."""
        return self._shown.frame(library)

    def __repr__(self) -> str:
        return repr(self._shown)

    def _repr_html_(self) -> str:
        return self._shown._repr_html_()


def records_table(records: Sequence[Record], names: Sequence[Sequence[str]]) -> Table:
    """Return when, what, by which step and by whom."""
    rows = tuple(
        (iso(r.time), r.id[:12], r.kind, ", ".join(n), r.step, r.actor) for r, n in zip(records, names, strict=True)
    )
    return Table("", ("time", "record", "kind", "name", "step", "actor"), rows, (), "No such record.")


def tables_of(page: Page) -> list[Table]:
    """Return the tables of a page; what only a browser can show is left out."""
    return [s for s in page.sections if isinstance(s, Table)]


def html_of(model: Table | Figure | Page) -> str:
    """Return a model as HTML without scripts and outside references; every word is escaped."""
    if isinstance(model, Figure):
        return f"<figure>{model.svg}<figcaption>{clean(model.description)}</figcaption></figure>"
    if isinstance(model, Page):
        inside = "".join([*map(html_of, tables_of(model)), *map(html_of, model.figures)])
        return f"<section><h3>{clean(model.title)}</h3>{inside}</section>"
    title = f"<caption>{clean(model.title)}</caption>" if model.title else ""
    if not model.rows:
        return f"<p>{clean(model.empty or f'{model.title}: nothing yet.')}</p>"
    head = "".join(f"<th {_CELL}>{clean(c)}</th>" for c in model.columns)
    body = "".join(
        f"<tr>{''.join(f'<td {_CELL}>{clean(_word(c))}</td>' for c in row)}</tr>" for row in model.rows[:MOST_ROWS]
    )
    notes = "".join(f"<p>{clean(n)}</p>" for n in (*_rest(model), *model.notes))
    return f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{notes}"


def text_of(table: Table) -> str:
    """Return a table as lines of plain text, control characters left out."""
    if not table.rows:
        return _line(table.empty or f"{table.title}: nothing yet.")
    rows = [table.columns, *([_word(c) for c in row] for row in table.rows[:MOST_ROWS])]
    cells = [[_short(_line(c)) for c in row] for row in rows]
    widths = [max(len(row[place]) for row in cells) for place in range(len(table.columns))]
    lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in cells]
    title = [_line(table.title)] if table.title else []
    return "\n".join([*title, *lines, *map(_line, (*_rest(table), *table.notes))])


def _rest(table: Table) -> list[str]:
    more = len(table.rows) - MOST_ROWS
    return [f"{more} more rows; see .rows or .frame()."] if more > 0 else []


def _word(cell: Cell) -> str:
    if isinstance(cell, float):
        return f"{cell:.6g}"
    return "" if cell is None else str(cell)


def _line(text: object) -> str:
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+", " ", str(text))


def _short(text: str) -> str:
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"


def _array(values: list[Cell]) -> Any:
    """Return cells as numbers when all are, else as text."""
    if all(v is None or (isinstance(v, (int, float)) and not isinstance(v, bool)) for v in values):
        return np.array([np.nan if v is None else v for v in values], np.float64)
    return np.array([None, *(None if v is None else _word(v) for v in values)], object)[1:]
