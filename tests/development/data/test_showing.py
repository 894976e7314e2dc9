"""Recipes and profiles as blocks of a page: labels in words, wide tables turned over."""

import pytest

from ninefold.development.data.showing.columns import ROWS, column_panel, profile_panel
from ninefold.development.data.showing.recipe import duration, in_words, label_panel
from ninefold.recipes import Label
from ninefold.surface.table import Table
from ninefold.vocabulary.profile import ColumnProfile, Histogram, Profile
from ninefold.vocabulary.quantity import Duration


def wide(n: int) -> Profile:
    """Return the profile of a table with a text column and n numbers."""
    number = Histogram(0.0, 1.0, (1, 2, 3, 4), 0, 0)
    columns = [ColumnProfile("kind", "text", 0, 2, top=(("<b>a</b>", 6), ("b", 4)))]
    columns += [
        ColumnProfile(f"x{i:04d}", "number", i % 3, 10, 0.0, 1.0, 0.5, 0.1, {"0.05": 0.1, "0.50": 0.5, "0.95": 1e12}, number)
        for i in range(n)
    ]  # fmt: skip
    return Profile(10, tuple(columns))


def test_five_thousand_columns_are_turned_over() -> None:
    """A hundred a page, numbers before texts, and only those whose name holds the words."""
    panel = profile_panel("data/recipes/r", wide(5000), {"x0100": "K"}, 100, "x")
    [table] = [b for b in panel.blocks if isinstance(b, Table)]
    assert len(table.rows) == ROWS
    assert table.more == "/data/recipes/r?q=x&from=200#profile"
    assert (table.rows[0][0], table.rows[0][-1], table.rows[0][5]) == ("x0100", "K", "1e+12")
    [table] = [b for b in profile_panel("p", wide(3), {}, 0, "KIND").blocks if isinstance(b, Table)]
    assert [r[1] for r in table.rows] == ["<b>a</b> 6, b 4"]
    [table] = [b for b in profile_panel("p", wide(3), {}, 0, "none").blocks if isinstance(b, Table)]
    assert table.rows == ()


def test_a_text_column_shows_its_values() -> None:
    """Escaped in the drawing; a column without any value shows its counts."""
    drawn = column_panel(wide(1).columns[0], 10, "", "en").blocks[0]
    assert "<b>" not in drawn.svg  # type: ignore[union-attr]  # a figure
    nothing = ColumnProfile("empty", "number", 10, 0)
    assert len(column_panel(nothing, 10, "K", "de").blocks) == 1


LABELS = {
    "1 when stop follows within 0 s to 3 d of calendar time after the end of the frame, else 0.": Label(
        "log", "stop", (Duration(0.0), Duration(259200.0))
    ),
    "What the column bad of rows says (binary).": Label("rows", column="bad"),
    "The class whose column of rows is 1: a (is_a), b (is_b).": Label(
        "rows", kind="multiclass", columns={"a": "is_a", "b": "is_b"}
    ),
    "How many frames remain until the end of its tool.": Label(
        "rows", kind="remaining", until="end_of_group", group="tool"
    ),
    "How many h remain until the next stop.": Label("log", "stop", kind="remaining", unit="h"),
}


@pytest.mark.parametrize(("said", "label"), LABELS.items())
def test_every_kind_of_label_is_one_sentence(said: str, label: Label) -> None:
    """As the plant would say it."""
    assert str(in_words(label)) == said
    assert label_panel(label, None).blocks


def test_without_a_label_that_is_said() -> None:
    """A recipe may make features only."""
    assert len(label_panel(None, None).blocks) == 1


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.0, "0 s"), (90.0, "90 s"), (300.0, "5 min"), (7200.0, "2 h"), (259200.0, "3 d")]
)
def test_a_length_of_time_is_written_in_its_largest_fitting_unit(seconds: float, said: str) -> None:
    """Whole numbers only."""
    assert duration(seconds) == said
