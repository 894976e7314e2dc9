"""An edit for people: lines of a difference with their numbers, and history in a table."""

from ninefold.lifecycle.edit_blocks import diff_lines, history_panel, impact_blocks
from ninefold.lifecycle.history import Change
from ninefold.lifecycle.impact import Consequence, Impact
from ninefold.lifecycle.sentences import plain
from ninefold.surface.blocks import Difference, Words
from ninefold.surface.table import Table

DIFF = """--- a (now)
+++ a (edited)
@@ -3,3 +3,4 @@
 same
-old
+new
+more
@@ -20 +21 @@
---
+--- a line of dashes"""


def test_lines_have_the_number_of_their_own_side() -> None:
    """A removed line that looks like a head is no head."""
    assert diff_lines(DIFF) == (
        (" ", 3, "same"), ("-", 4, "old"), ("+", 4, "new"), ("+", 5, "more"),
        ("-", 20, "--"), ("+", 21, "--- a line of dashes"),
    )  # fmt: skip


def test_the_newest_change_comes_with_its_difference() -> None:
    """Names stand for keys; what nobody recorded says so."""
    newest = Change(1, "workbench", "person-1", "why", (plain("edit.layout"), plain("edit.layout")), DIFF, "r")
    older = Change(0, "outside", "", "", (plain("edit.outside"),), "", "")
    panel = history_panel([newest, older], {"person-1": "Erika"})
    first, difference, rest = panel.blocks
    assert isinstance(first, Table)
    assert "Erika" in str(first.rows[0][1])
    assert isinstance(difference, Difference)
    assert isinstance(rest, Table)
    assert str(rest.rows[0][1]) == "outside the workbench"
    assert isinstance(history_panel([], {}).blocks[0], Words)


def test_every_task_that_an_edit_touches_is_named() -> None:
    """What is blocked comes first, each with its reason; beyond two hundred the rest is counted."""
    some = (Consequence("verdict:m/REQ-x/recall", "stale", "it changed", "", waits=False),
            Consequence("approval:m", "blocked", "not signed", "", waits=True))  # fmt: skip
    many = tuple(Consequence(f"lint:REQ-{n:03}", "stale", "", "", waits=False) for n in range(250))
    for tasks, shown, more in ((some, 2, 0), (many, 200, 1)):
        found = impact_blocks(Impact("f", "", (), (), (), tasks, (), (), ()))
        named = next(b for b in found if isinstance(b, Table) and len(b.columns) == 3)
        assert (len(named.rows), len(named.notes)) == (shown, more)
    named = next(
        b
        for b in impact_blocks(Impact("f", "", (), (), (), some, (), (), ()))
        if isinstance(b, Table) and len(b.columns) == 3
    )
    assert [row[0] for row in named.rows] == ["approval:m", "verdict:m/REQ-x/recall"]
