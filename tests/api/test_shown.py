"""What a cell shows: escaped, without scripts, bounded."""

import re
import xml.etree.ElementTree as ET

import pytest

from ninefold.api.shown import MOST_ROWS, Shown
from ninefold.surface.figure import Figure
from ninefold.surface.page import Page
from ninefold.surface.svg import drawing
from ninefold.surface.table import Table

NASTY = '<script>alert("x")</script>&\x00\u202e'
TABLE = Table(NASTY, ("a", NASTY), ((1, NASTY), (None, 2.5)), (NASTY,))


@pytest.mark.parametrize("table", [TABLE, Table(NASTY, ("a",), (), (), NASTY), Table("", ("a",), (("x",),))])
def test_every_word_of_a_table_is_escaped(table: Table) -> None:
    """The result is well-formed, and its only elements are those of tables."""
    html = Shown(table)._repr_html_()
    names = {e.tag for e in ET.fromstring(f"<div>{html}</div>").iter()}
    assert names <= {"div", "table", "caption", "thead", "tbody", "tr", "th", "td", "p"}
    assert "<script" not in html


def test_a_page_shows_tables_and_figures() -> None:
    """The drawing stands as it is, its words below it; nothing is fetched from outside."""
    figure = Figure(NASTY, NASTY, drawing("x", NASTY, NASTY, 10, 10, []), TABLE)
    html = Shown(Page(NASTY, (TABLE,), (figure,)))._repr_html_()
    assert ET.fromstring(html).tag == "section"
    assert not re.search(r"<script|\bon\w+=|(?:src|href)=", html)
    assert len(Shown(figure)) == 2
    assert repr(Shown(figure)).startswith(NASTY)


def test_text_has_one_line_a_row_whatever_the_cells_hold() -> None:
    """Line breaks and marks that turn the direction of reading do not get through."""
    shown = Shown(Table("t", ("a", "b"), (("x\ny", "\u202eevil"), ("z" * 500, 1.23456789))))
    lines = repr(shown).split("\n")
    assert lines[:2] == ["t", f"a{' ' * 59}  b"]
    assert lines[2].split() == ["x", "y", "evil"]
    assert lines[3].endswith("…  1.23457")
    assert len(lines) == 4


def test_a_long_table_is_cut_for_the_eye_only() -> None:
    """Rows and frame have everything."""
    shown = Shown(Table("", ("n", "w"), tuple((n, f"w{n}") for n in range(1000))))
    assert repr(shown).count("\n") == MOST_ROWS + 1
    assert f"{1000 - MOST_ROWS} more rows" in repr(shown)
    assert f"{1000 - MOST_ROWS} more rows" in shown._repr_html_()
    assert len(shown) == len(shown.rows) == len(list(shown)) == 1000
    assert shown.frame("pandas")["n"].sum() == sum(range(1000))


def test_an_empty_table_says_so() -> None:
    """As text and as HTML; a page without a table has no rows."""
    empty = Shown(Table("t", ("a",), (), (), "Nothing yet."))
    assert (repr(empty), empty._repr_html_()) == ("Nothing yet.", "<p>Nothing yet.</p>")
    assert (len(empty), Shown(Page("p", ())).rows) == (0, [])
