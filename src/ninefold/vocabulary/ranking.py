"""A ranking of use cases: the order, how stable it is, and the one answer that would change it most often."""

from typing import Literal

import msgspec

from ninefold.vocabulary.use_case import Value


class SheetCriterion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One criterion of the sheet: its weight, and whether more of it is good (benefit) or bad (cost)."""

    weight: float
    sense: Literal["benefit", "cost"] = "benefit"


class Sheet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What use cases are scored on, how much each criterion weighs, and the answers that open the gates.

    `strength` says how firmly the weights are held: the weightings are drawn from Dirichlet(strength x weight), where
    weights sum to one; 0 draws from all weightings alike, Dirichlet(1).
    """

    criteria: dict[str, SheetCriterion]
    gates: dict[str, bool] = {}
    strength: float = 0.0
    draws: int = 20_000
    seed: int = 1


class Excluded(msgspec.Struct, frozen=True):
    """A use case that a gate keeps out of the ranking, with every gate that does."""

    use_case: str
    reasons: tuple[str, ...]


class Place(msgspec.Struct, frozen=True):
    """A ranked use case. Scores are 0 to 5; `low` and `high` are what its ranges allow under the sheet's weights."""

    rank: int  # 1 is first; equal scores share a rank
    use_case: str
    score: float
    low: float
    high: float
    first: float  # share of the drawn weightings and scores in which it is first
    mean_rank: float
    dominated_by: tuple[str, ...] = ()  # at least as good everywhere and better somewhere, whatever the ranges hold
    value: Value | None = None


class Flip(msgspec.Struct, frozen=True):
    """The smallest change of one weight, the others keeping their proportions, that puts another use case first."""

    criterion: str
    weight: float  # of a total of 1
    needed: float
    new_first: str

    @property
    def distance(self) -> float:
        """The change of the weight."""
        return abs(self.needed - self.weight)


class Unknown(msgspec.Struct, frozen=True):
    """An open score, and how often learning its true value would change the ranking.

    Shares of (weighting, answer) pairs, answers uniform over the range, all other scores at the middle of theirs.
    """

    use_case: str
    criterion: str
    low: float
    high: float
    known: bool  # False when the file says unknown
    changes_first: float  # another use case is first than without the answer
    changes_order: float  # any two use cases change places


class Ranking(msgspec.Struct, frozen=True):
    """The order of the use cases under a sheet, never without its stability.

    `stays_first` is the share of drawn weightings, at the middle of every range, in which the winner is first.
    `pairwise[i][j]` is the share of draws in which place i beats place j, for the first 30; ties count half.
    """

    places: tuple[Place, ...]
    excluded: tuple[Excluded, ...]
    stays_first: float | None  # None when nothing is ranked
    flip: Flip | None  # None when no weight of one criterion can do it
    unknowns: tuple[Unknown, ...]  # the most valuable first: by changes_first, then changes_order
    pairwise: tuple[tuple[float, ...], ...]
    sheet: Sheet
    normalisation: Literal["fixed anchors 0 to 5"] = "fixed anchors 0 to 5"
