"""Surface models are values that refuse what no surface could render."""

import msgspec
import pytest

from ninefold.surface.figure import Figure
from ninefold.surface.page import Page
from ninefold.surface.table import Table


def test_a_row_of_the_wrong_length_is_refused():
    """A surface may zip rows with columns without losing a cell."""
    with pytest.raises(ValueError, match="row 1 of the table 'ranking' has 1 cells for 2 columns"):
        Table("ranking", ("a", "b"), ((1, 2), (3,)))


def test_models_survive_json():
    """A page goes to a browser as JSON and comes back equal."""
    table = Table("t", ("name", "share"), (("UC-a", 0.5), ("UC-b", None)), ("note",), "none")
    page = Page("p", (table,), (Figure("f", "two boxes", "<svg/>", table),))
    assert msgspec.json.decode(msgspec.json.encode(page), type=Page) == page
