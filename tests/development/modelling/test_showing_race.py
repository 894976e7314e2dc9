"""The leaderboard as blocks of a page: sorted, a hundred rows a page, and what failed with its reason."""

import pytest

from ninefold.development.modelling.showing.race import ROWS, SORTS, leaderboard_panel, race_panel, sorted_by
from ninefold.surface.blocks import Find
from ninefold.surface.cells import Noted, State
from ninefold.surface.figure import Figure
from ninefold.surface.table import Table
from ninefold.vocabulary.model import Candidate, Leaderboard, SplitSummary

SPLIT = SplitSummary("time", "", {"train": 80, "test": 20, "unused": 0, "censored": 0}, {"train": 8, "test": 2}, 3)


def board(n: int) -> Leaderboard:
    """Return a board of finished candidates, and one that failed."""
    rows = [
        Candidate(f"c{i:05d}", "linear", {"C": i}, "finished", score=1 - i / n, low=0.9 - i / n, high=1.0, cpu_s=n - i,
                  size_kb=(i * 7) % n + 1, row_us=1.0, behind=None if i == 0 else 0.5)
        for i in range(n)
    ]  # fmt: skip
    rows.append(Candidate("broken", "lightgbm", {}, "killed", "It used more than 2 GiB of memory."))
    return of(tuple(rows))


def of(rows: tuple[Candidate, ...]) -> Leaderboard:
    """Return a board of some candidates, of which the first won."""
    return Leaderboard(
        metric="auc", higher_is_better=True, features=("x",), candidates=rows, winner=rows[0].name,
        why="It has the best score.", split=SPLIT, budget_cpu_s=60, used_cpu_s=50, ended="done",
    )  # fmt: skip


def table_of(found: Leaderboard, sort: str = "rank", start: int = 0) -> Table:
    """Return the table of the panel."""
    [table] = [b for b in leaderboard_panel("m", found, "c00001", sort, start, "en").blocks if isinstance(b, Table)]
    return table


def test_ten_thousand_candidates_are_turned_over() -> None:
    """A hundred a page, with the address of the next; the drawing shows the best dozen."""
    found = board(10_000)
    table = table_of(found, "size", 200)
    assert len(table.rows) == ROWS
    assert table.more == "/models/m?sort=size&from=300#leaderboard"
    assert str(table.notes[0]) == "Rows 201 to 300 of 10,001."
    blocks = leaderboard_panel("m", found, "", "rank", 0, "en").blocks
    [drawn] = [b for b in blocks if isinstance(b, Figure)]
    assert drawn.table is not None
    assert len(drawn.table.rows) == 12
    assert any(isinstance(b, Find) for b in blocks)
    last = table_of(found, "rank", 10_000)
    assert (len(last.rows), last.more) == (1, "")


@pytest.mark.parametrize("sort", [*SORTS, "name", "outcome", "rank", "nonsense"])
def test_every_sort_keeps_every_candidate(sort: str) -> None:
    """What has no value comes last; an unknown word leaves the board as it is."""
    found = board(20).candidates
    ranked = sorted_by(found, sort)
    assert sorted(c.name for c in ranked) == sorted(c.name for c in found)
    if sort == "size":
        assert ranked[-1].name == "broken"
        assert [c.size_kb for c in ranked[:-1]] == sorted(c.size_kb or 0 for c in ranked[:-1])


def test_what_failed_says_why_and_who_was_chosen_is_marked() -> None:
    """Colour, shape and word."""
    rows = {str(r[0].main) if isinstance(r[0], Noted) else str(r[0]): r for r in table_of(board(3)).rows}
    assert rows["broken"][1] == State("failed", rows["broken"][1].text)  # type: ignore[union-attr]  # a state
    assert str(rows["broken"][-1]) == "It used more than 2 GiB of memory."
    assert str(rows["c00001"][0]) == "c00001 (chosen)"
    assert str(rows["c00000"][0]) == "c00000 (winner of the race)"


def test_hostile_names_stay_data() -> None:
    """A name of 200 characters with quotes and markup goes through as text."""
    name = ('<img src=x onerror="1">\u202e' * 10)[:200]
    found = of(tuple(Candidate(n, "linear", {}, "finished", score=0.5) for n in (name, "b")))
    panel = leaderboard_panel("m", found, "", "rank", 0, "en")
    [drawn] = [b for b in panel.blocks if isinstance(b, Figure)]
    assert "<img" not in drawn.svg


def test_the_facts_of_the_race_tell_budget_and_split() -> None:
    """In both phases of the rows."""
    [facts] = race_panel(board(3)).blocks
    said = " ".join(f"{label} {value} {note}" for label, value, note in facts.items)  # type: ignore[union-attr]  # facts
    assert "Budget 60 s CPU" in said
    assert "80 8 positive" in said
