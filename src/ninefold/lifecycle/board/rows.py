"""The board: each use case at each of the nine steps, as a state, a few words and a place to look.

What a step has found decides its words (rows, scores, verdicts); how its tasks stand comes first.
"""

from collections.abc import Callable

from ninefold.kernel.view import View
from ninefold.lifecycle.board import design, development, operations
from ninefold.lifecycle.board.standing import Standing
from ninefold.surface.blocks import BoardCell, BoardRow
from ninefold.surface.cells import Ref
from ninefold.surface.words import Say
from ninefold.vocabulary.use_case import UseCaseIndex

CELLS: tuple[Callable[[Standing, str], BoardCell], ...] = (
    design.requirements, design.priorities, design.data, development.rows, development.model, development.validation,
    operations.deployment, operations.gate, operations.monitoring,
)  # fmt: skip


def use_cases(view: View) -> list[UseCaseIndex]:
    """Return the use cases of a project, by id."""
    return [f.body for f in view.of_kind("index") if isinstance(f.body, UseCaseIndex)]


def in_order(cases: list[UseCaseIndex], standing: Standing) -> list[UseCaseIndex]:
    """Return use cases by their rank; those without one come last."""
    ranking = design.ranking_of(standing)
    ranks = {p.use_case: p.rank for p in ranking.places} if ranking is not None else {}
    return sorted(cases, key=lambda u: (ranks.get(u.id, len(cases) + 1), u.id))


def board_row(standing: Standing, use_case: UseCaseIndex) -> BoardRow:
    """Return one use case with its nine cells."""
    caption = Say(f"overview.stage-{use_case.stage}")
    if (ranking := design.ranking_of(standing)) is not None:
        rank = next((p.rank for p in ranking.places if p.use_case == use_case.id), None)
        if rank is not None:
            caption = Say(f"overview.ranked-{use_case.stage}", {"rank": rank})
    cells = tuple(make(standing, use_case.id) for make in CELLS)
    return BoardRow(Ref("use-case", use_case.id, use_case.title or use_case.id), caption, cells)
