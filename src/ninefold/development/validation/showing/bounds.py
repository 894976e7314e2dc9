"""Every criterion with its bound against its threshold, slices or sensor faults below it, and what is still needed."""

from collections.abc import Sequence

from ninefold.surface.blocks import Block, Empty, Panel
from ninefold.surface.cells import Drawing, Measure, Noted, State, StateName
from ninefold.surface.charts.bound import bound, reach
from ninefold.surface.table import Cell, Table
from ninefold.surface.words import Say, Text
from ninefold.vocabulary.measurement import Estimate
from ninefold.vocabulary.verdict import Judgement, Verdict

_CASES = 8  # sensor faults of one criterion, the worst first; the record holds all
STATES: dict[str, StateName] = {"pass": "pass", "fail": "failed", "insufficient": "insufficient"}


def bounds_panel(verdicts: Sequence[Verdict], gating: Sequence[str]) -> Panel:
    """Return a table a criterion; those that are not `gating` (REQ-x/recall) say that they gate nothing."""
    blocks: tuple[Block, ...] = tuple(_table(v, f"{v.requirement}/{v.criterion}" in gating) for v in verdicts)
    return Panel(Say("validation.bounds"), blocks or (Empty(Say("validation.no-criteria")),), Say("validation.legend"))


def _table(verdict: Verdict, gates: bool) -> Table:
    lower = verdict.threshold.op == ">="
    judged = (verdict.overall, *verdict.slices, *verdict.cases[:_CASES])
    scale = _scale(verdict, judged)
    rows = tuple(_row(verdict, j, scale, place, place == len(judged) - 1) for place, j in enumerate(judged))
    columns = (
        f"{verdict.criterion} ({verdict.requirement})", Say("validation.interval"), Say("validation.value"),
        Say("validation.lower" if lower else "validation.upper"), Say("validation.samples"), Say("validation.verdict"),
    )  # fmt: skip
    notes: tuple[Text, ...] = (verdict.overall.reason,)
    if len(verdict.cases) > _CASES:
        notes += (Say("validation.cases-note", {"shown": _CASES, "n": len(verdict.cases)}),)
    return Table("", columns, rows, notes if gates else (*notes, Say("validation.no-gate")))


def _scale(verdict: Verdict, judged: Sequence[Judgement]) -> tuple[float, float]:
    numbers = [n for j in judged for n in (j.estimate.value, j.estimate.bound, j.estimate.opposite) if n is not None]
    numbers.append(verdict.threshold.value)
    floor = 0.0 if min(numbers) >= 0 else None
    return reach(*numbers, floor=floor, ceiling=1.0 if floor == 0.0 and max(numbers) <= 1 else None)


def _row(verdict: Verdict, judged: Judgement, scale: tuple[float, float], place: int, last: bool) -> tuple[Cell, ...]:
    name: Cell = ", ".join(f"{k} {v}" for k, v in sorted(judged.where.items())) or _whole(verdict)
    outcome = judged.outcome if judged.where else verdict.outcome
    e = judged.estimate
    return (
        name, _drawing(verdict, judged, scale, place, outcome, last), Measure(e.value), Measure(e.bound), _samples(e),
        _verdict(judged, outcome),
    )  # fmt: skip


def _whole(verdict: Verdict) -> Text:
    return Say("validation.worst-of", {"n": len(verdict.cases)}) if verdict.cases else Say("validation.all")


def _drawing(
    verdict: Verdict, judged: Judgement, scale: tuple[float, float], place: int, outcome: str, last: bool
) -> Cell:
    e, lower = judged.estimate, verdict.threshold.op == ">="
    if e.value is None:
        return None
    low, high = (e.bound, e.opposite) if lower else (e.opposite, e.bound)
    words = f"{e.value:.3g}, {verdict.threshold.op} {verdict.threshold.value:g}: {outcome}"
    figure = bound(
        f"bound-{verdict.requirement}-{verdict.criterion}-{place}", words, scale, verdict.threshold.value,
        "above" if lower else "below", outcome, value=e.value, low=low, high=high, limit=last,
    )  # fmt: skip
    return Drawing(figure.svg, "")


def _samples(e: Estimate) -> Cell:
    if e.successes is None or e.exposure is None:
        return e.samples
    if e.exposure == e.samples:
        return Say("validation.of", {"n": round(e.successes), "all": e.samples})
    return Say("validation.in", {"n": round(e.successes), "exposure": round(e.exposure, 1)})


def _verdict(judged: Judgement, outcome: str) -> Cell:
    state = State(STATES[outcome])
    if outcome != "insufficient":
        return state
    note = needs(judged)
    return Noted(state, note) if note else state


def needs(judged: Judgement) -> Text:
    """Return how many samples more would decide, and when they are there."""
    if judged.needed is None:
        return judged.estimate.note
    more = max(judged.needed - judged.estimate.samples, 0)
    if judged.days is None:
        return Say("validation.more", {"n": more})
    return Say("validation.more-in", {"n": more, "days": round(judged.days, 0 if judged.days >= 2 else 1)})
