"""The ranking of use cases: gates first, then a weighted sum on fixed anchors, never shown without its stability."""

from collections.abc import Iterable, Sequence

import numpy as np

from ninefold.design.prioritisation.flip import smallest_flip
from ninefold.design.prioritisation.matrix import TIE, UNKNOWN, Floats, Matrix, dominators, matrix
from ninefold.design.prioritisation.sheet import DEFAULT
from ninefold.design.prioritisation.stability import Stability, stability
from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.ranking import Excluded, Place, Ranking, Sheet, Unknown
from ninefold.vocabulary.use_case import Scores, Value

MOST_USE_CASES = 300  # beyond, pairs of pairs cost minutes, and nobody reads the end of the list
MOST_UNKNOWNS = 20  # in a record; the rest matters less than these
MOST_PAIRS = 30  # places whose pairwise shares are kept
DIGITS = 6  # of what is drawn; more would be noise, and differ between linear algebra libraries


def rank(use_cases: Iterable[Scores], sheet: Sheet = DEFAULT) -> Ranking:
    """Return the ranking of use cases under a sheet. Those that a gate keeps out are listed, never averaged in.

    Raises:
        InvalidInput: more than 300 use cases pass the gates.
    """
    use_cases = sorted(use_cases, key=lambda s: s.use_case)
    excluded = tuple(Excluded(s.use_case, reasons) for s in use_cases if (reasons := closed_gates(s, sheet)))
    out = {e.use_case for e in excluded}
    ranked = [s for s in use_cases if s.use_case not in out]
    if not ranked:
        return Ranking((), excluded, None, None, (), (), sheet)
    if len(ranked) > MOST_USE_CASES:
        message = f"{len(ranked)} use cases pass the gates; at most {MOST_USE_CASES} are ranked."
        raise InvalidInput(message, hint="Retire what will not be done, or close a gate for it.")
    of = matrix(ranked, sheet)
    shares = stability(of, sheet.strength, sheet.draws, sheet.seed)
    order, ranks = in_order(of)
    beaten = dominators(of)
    places = tuple(_place(of, shares, i, r, beaten[i], ranked[i].value) for i, r in zip(order, ranks, strict=True))
    pairwise = tuple(
        tuple(_rounded(x) for x in row) for row in shares.pairwise[np.ix_(order[:MOST_PAIRS], order[:MOST_PAIRS])]
    )
    stays = _rounded(shares.stays_first[order[0]])
    flip = smallest_flip(of, order[0])
    return Ranking(places, excluded, stays, flip, _unknowns(of, shares, ranked), pairwise, sheet)


def closed_gates(of: Scores, sheet: Sheet) -> tuple[str, ...]:
    """Return why a use case is kept out: a gate answered wrongly, or not at all. Only a clear answer opens a gate."""
    reasons = []
    for gate, must in sorted(sheet.gates.items()):
        answer = of.gates.get(gate, "unknown")
        if answer == "unknown":
            reasons.append(f"{gate} is not answered, must be {_word(must)}")
        elif answer != must:
            reasons.append(f"{gate} is {_word(bool(answer))}, must be {_word(must)}")
    return tuple(reasons)


def _word(answer: object) -> str:
    return "yes" if answer else "no"


def in_order(of: Matrix) -> tuple[list[int], list[int]]:
    """Return the indexes from first to last, and their ranks; equal values share a rank, what is dominated follows."""
    values = of.middle @ of.weights
    dominated = [bool(d) for d in dominators(of)]
    steps = np.round(values / TIE)
    order = sorted(range(len(values)), key=lambda i: (-steps[i], dominated[i], of.use_cases[i]))
    ranks: list[int] = []
    for place, i in enumerate(order):
        before = order[place - 1]
        equal = place > 0 and steps[i] == steps[before] and dominated[i] == dominated[before]
        ranks.append(ranks[-1] if equal else place + 1)
    return order, ranks


def _place(of: Matrix, shares: Stability, i: int, rank_: int, beaten: tuple[str, ...], value: Value | None) -> Place:
    def weighted(utilities: Floats) -> float:
        return _rounded(utilities[i] @ of.weights)

    return Place(
        rank_, of.use_cases[i], weighted(of.middle), weighted(of.low), weighted(of.high), _rounded(shares.first[i]),
        _rounded(shares.mean_rank[i]), beaten, value,
    )  # fmt: skip


def _unknowns(of: Matrix, shares: Stability, ranked: Sequence[Scores]) -> tuple[Unknown, ...]:
    found = []
    for i, k in zip(*np.nonzero(of.high - of.low), strict=True):
        score = ranked[i].scores.get(of.criteria[k], UNKNOWN)
        first, order = _rounded(shares.changes_first[i, k]), _rounded(shares.changes_order[i, k])
        found.append(Unknown(of.use_cases[i], of.criteria[k], score.low, score.high, score.known, first, order))
    found.sort(key=lambda u: (-u.changes_first, -u.changes_order, u.use_case, u.criterion))
    return tuple(found[:MOST_UNKNOWNS])


def _rounded(value: float) -> float:
    return round(float(value), DIGITS)
