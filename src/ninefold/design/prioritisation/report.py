"""The ranking for people: the order with its stability in sentences, what is kept out, which answer to seek first."""

from ninefold.surface.page import Page
from ninefold.surface.table import Table
from ninefold.vocabulary.ranking import Place, Ranking, Unknown


def ranking_page(ranking: Ranking) -> Page:
    """Return the tables of a ranking; the order is never there without its stability."""
    rows = tuple(_row(place) for place in ranking.places)
    columns = ("rank", "use case", "score", "from", "to", "first in", "mean rank", "value a year", "dominated by")
    order = Table("Ranking", columns, rows, sentences(ranking), "No use case is ranked.")
    out = tuple((e.use_case, reason) for e in ranking.excluded for reason in e.reasons)
    kept_out = Table("Kept out by a gate", ("use case", "why"), out, (), "No gate keeps a use case out.")
    asked = tuple(
        (u.use_case, u.criterion, _range(u), f"{u.changes_first:.1%}", f"{u.changes_order:.1%}")
        for u in ranking.unknowns
    )
    note = "Shares of weightings and answers; every other score at the middle of its range."
    unknown = Table(
        "Open scores, the most valuable first", ("use case", "criterion", "open", "changes the first", "the order"),
        asked, (note,), "No score is open.",
    )  # fmt: skip
    weights = tuple((name, c.weight, c.sense) for name, c in ranking.sheet.criteria.items())
    sheet = Table("Weights", ("criterion", "weight", "sense"), weights, (f"Scores are on {ranking.normalisation}.",))
    return Page("Use cases by priority", (order, kept_out, unknown, sheet))


def sentences(ranking: Ranking) -> tuple[str, ...]:
    """Return what a reader must know beside the order: stability, flip, and the most valuable unknown."""
    if not ranking.places or ranking.stays_first is None:
        return ()
    first, sheet = ranking.places[0].use_case, ranking.sheet
    how = f"held with strength {sheet.strength:g}" if sheet.strength else "all weightings alike"
    said = [
        f"{first} stays first in {ranking.stays_first:.1%} of {sheet.draws:,} weightings ({how}, seed {sheet.seed})."
    ]
    tied = [p.use_case for p in ranking.places[1:] if p.rank == 1]
    if tied:
        said.append(f"{first} shares the first rank with {', '.join(tied)}; the order of ids decides nothing.")
    flip = ranking.flip
    if flip is not None:
        verb = "Raising" if flip.needed >= flip.weight else "Lowering"
        said.append(f"{verb} the weight of {flip.criterion} from {flip.weight:.3f} beyond {flip.needed:.3f} puts "
                    f"{flip.new_first} first; no smaller change of one weight moves the winner.")  # fmt: skip
    elif len(ranking.places) > 1:
        said.append("No change of a single weight puts another use case first.")
    if ranking.unknowns and ranking.unknowns[0].changes_order > 0:
        top = ranking.unknowns[0]
        said.append(
            f"The most valuable unknown is {top.criterion} of {top.use_case} ({_range(top)}): its answer would put "
            f"another use case first in {top.changes_first:.1%} of cases, and change the order in "
            f"{top.changes_order:.1%}."
        )
    return tuple(said)


def _range(of: Unknown) -> str:
    return f"{of.low:g} to {of.high:g}" if of.known else "unknown"


def _row(of: Place) -> tuple[str | int | float, ...]:
    value = ""
    if of.value is not None:
        value = f"{of.value.per_year[0]:,.0f} to {of.value.per_year[1]:,.0f} {of.value.currency}"
    return (
        of.rank, of.use_case, f"{of.score:.2f}", f"{of.low:.2f}", f"{of.high:.2f}", f"{of.first:.1%}",
        f"{of.mean_rank:.1f}", value, ", ".join(of.dominated_by),
    )  # fmt: skip
