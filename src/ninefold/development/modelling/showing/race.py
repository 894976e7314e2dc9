"""The leaderboard with intervals, cost and what failed, sorted and a hundred a page; and the facts of the race."""

from collections.abc import Callable, Sequence

from ninefold.surface.blocks import Block, Facts, Field, Find, Panel
from ninefold.surface.cells import Measure, Moment, Noted, State, StateName
from ninefold.surface.charts.bars import Row, leaderboard
from ninefold.surface.table import Cell, Table
from ninefold.surface.words import Language, Say, Text, quote, say, term
from ninefold.vocabulary.model import Candidate, Leaderboard

ROWS = 100  # of a page
DRAWN = 12
_STATES: dict[str, StateName] = {
    "finished": "pass", "dropped": "idle", "failed": "failed", "killed": "failed", "disqualified": "blocked",
    "not_run": "missing",
}  # fmt: skip
# What the table can be sorted by; without a value a candidate comes last.
SORTS: dict[str, Callable[[Candidate], float | None]] = {
    "size": lambda c: c.size_kb, "latency": lambda c: c.row_us, "cpu": lambda c: c.cpu_s, "memory": lambda c: c.peak_mb,
    "parity": lambda c: None if c.parity is None else c.parity.largest_difference,
}  # fmt: skip


def sorted_by(candidates: Sequence[Candidate], sort: str) -> list[Candidate]:
    """Return candidates by a key of `SORTS`, the cheapest first; by name; or as they stand on the board."""
    if sort == "name":
        return sorted(candidates, key=lambda c: c.name)
    if sort == "outcome":
        return sorted(candidates, key=lambda c: c.outcome)
    key = SORTS.get(sort)
    if key is None:
        return list(candidates)
    return sorted(candidates, key=lambda c: ((v := key(c)) is None, v or 0.0))


def leaderboard_panel(
    model: str, board: Leaderboard, chosen: str, sort: str, start: int, language: Language
) -> Panel:  # fmt: skip
    """Return the board as a drawing of its best and a page of its table."""
    ranked = sorted_by(board.candidates, sort)
    rows = tuple(_row(c, chosen, board.winner) for c in ranked[start : start + ROWS])
    columns = (
        Say("models.candidate"), Say("models.outcome"), f"{board.metric}", Say("models.behind"), Say("models.size"),
        Say("models.latency"), Say("models.cpu"), Say("models.difference"), Say("models.remark"),
    )  # fmt: skip
    more = f"/models/{model}?sort={sort}&from={start + ROWS}#leaderboard" if len(ranked) > start + ROWS else ""
    notes: tuple[Text, ...] = (quote(board.why),)
    if start or more:
        notes = (Say("models.rows", {"first": start + 1, "last": start + len(rows), "all": len(ranked)}), *notes)
    blocks: tuple[Block, ...] = (Table("", columns, rows, notes, Say("models.no-candidates"), more),)
    if len(ranked) > 3:
        options = tuple((s, Say(f"models.sort-{s}")) for s in ("rank", *SORTS, "name", "outcome"))
        field = Field("sort", Say("models.sort"), "select", sort, options)
        blocks = (Find(f"models/{model}", (field,), Say("models.sort-now")), *blocks)
    drawn = _drawn(board, language)
    end = Say("models.board-end", {"n": len(board.candidates), "better": "↑" if board.higher_is_better else "↓"})
    return Panel(Say("models.leaderboard"), (*drawn, *blocks), end, name="leaderboard")


def _drawn(board: Leaderboard, language: Language) -> tuple[Block, ...]:
    rows = [Row(c.name, c.score, c.low, c.high) for c in board.candidates[:DRAWN] if c.score is not None]
    if len(rows) < 2:
        return ()
    title = say("models.leaderboard", language)
    words = say("models.board-words", language, metric=board.metric, n=len(rows))
    return (leaderboard("leaderboard", title, words, rows),)


def _row(c: Candidate, chosen: str, winner: str) -> tuple[Cell, ...]:
    role = "models.is-chosen" if c.name == chosen else "models.is-winner" if c.name == winner else ""
    interval = "" if c.low is None or c.high is None else f"{c.low:.3f} – {c.high:.3f}"
    settings = ", ".join(f"{k} {v}" for k, v in sorted(c.params.items()))[:120]
    difference = None if c.parity is None else c.parity.largest_difference
    return (
        Noted(c.name, Say(role)) if role else Noted(c.name, settings) if settings else c.name,
        State(_STATES[c.outcome], Say(f"models.outcome-{c.outcome.replace('_', '-')}")),
        Noted(Measure(c.score), interval) if interval else Measure(c.score),
        Measure(None if c.behind is None else 100 * c.behind, "%"), Measure(c.size_kb, "kB"), Measure(c.row_us, "µs"),
        Measure(c.cpu_s, "s"), Measure(difference, digits=2), remark(c),
    )  # fmt: skip


def remark(c: Candidate) -> Text:
    """Return why a candidate did not finish, or what is to be known of one that did."""
    if c.reason:
        return quote(c.reason)
    if c.members:
        return ", ".join(f"{weight:.0%} {name}" for name, weight in c.members.items())
    return quote(c.parity.note) if c.parity else ""


def race_panel(board: Leaderboard) -> Panel:
    """Return budget, split and folds of a race."""
    split = board.split
    counts = {k: split.rows.get(k, 0) for k in ("train", "test", "unused", "censored")}
    facts: list[tuple[Text, Cell, Text]] = [
        (Say("models.budget"), Measure(board.budget_cpu_s, "s CPU"), ""),
        (Say("models.used"), Measure(board.used_cpu_s, "s CPU"), quote(board.ended)),
        (Say("models.split"), term("terms.split-", split.kind), Say("models.folds", {"n": split.folds})),
        (Say("models.train-rows"), counts["train"], _positives(split.positives.get("train"))),
        (Say("models.test-rows"), counts["test"], _positives(split.positives.get("test"))),
        (Say("models.gap-rows"), counts["unused"], ""), (Say("models.no-label"), counts["censored"], ""),
    ]  # fmt: skip
    if split.test_from is not None:
        facts.append((Say("models.test-from"), Moment(split.test_from), ""))
    if split.groups:
        whole = Say("models.groups", {k: split.groups.get(k, 0) for k in ("train", "test")})
        facts.append((Say("models.kept-whole"), whole, ""))
    facts.append((Say("models.features"), len(board.features), ""))
    return Panel(Say("models.race"), (Facts("", tuple(facts)),))


def _positives(n: int | None) -> Text:
    return "" if n is None else Say("models.positives", {"n": n})
