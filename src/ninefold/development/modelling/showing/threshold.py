"""The threshold in use and any other: what is caught, false alarms, lead time, and what that is worth."""

import math
from typing import TYPE_CHECKING

from ninefold.surface.blocks import Block, Facts, Field, Find, Panel, Words
from ninefold.surface.cells import Cell, Measure, Noted, Ref, State
from ninefold.surface.charts.threshold import threshold_curve
from ninefold.surface.figure import Figure
from ninefold.surface.table import Table
from ninefold.surface.words import Language, Say, Text, say
from ninefold.vocabulary.model import OperatingPoint
from ninefold.vocabulary.use_case import Value

if TYPE_CHECKING:
    from ninefold.development.modelling.exploring import Exploration, Standing, Told


def threshold_panel(
    model: str, point: OperatingPoint, explored: "Exploration", at: float, value: Value | None, language: Language,
    problem: Text = "",
) -> Panel:  # fmt: skip
    """Return what a threshold does out of fold, beside the form that asks for another one."""
    told = explored.at(at)
    used = told if at == explored.chosen else explored.at(explored.chosen)
    ends = (float(explored.thresholds[0]), float(explored.thresholds[-1]))
    field = Field(
        "threshold", Say("models.threshold"), "number", f"{at:.6g}", hint=Say("models.threshold-hint"),
        problem=problem, ends=ends,
    )  # fmt: skip
    blocks: list[Block] = [
        Find(f"models/{model}", (field,), Say("models.try")), _strip(told, used, value), _criteria(told, point),
        _drawn(explored, told, language),
    ]  # fmt: skip
    if value is not None and told.caught is not None:
        blocks.append(Words(Say("models.money-note", {"basis": value.basis}), "note"))
    same = abs(at - explored.chosen) < 1e-9
    end = Say("models.in-use") if same else Say("models.tried", {"used": explored.chosen})
    return Panel(Say("models.operating"), tuple(blocks), end, name="operating")


def _strip(told: "Told", used: "Told", value: Value | None) -> Facts:
    facts: list[tuple[Text, Cell, Text]] = []
    if told.caught is not None and told.events is not None:
        facts.append((Say("models.caught"), f"{told.caught} / {told.events}", Say("models.known-events")))
    if told.false_alarms is not None and told.weeks:
        per_week = Say("models.per-week", {"n": told.false_alarms, "weeks": round(told.weeks, 1)})
        facts.append((Say("models.false-alarms"), Measure(told.false_alarms / told.weeks), per_week))
    if told.leads is not None:
        low, middle, high = (t / 60 for t in told.leads)
        spread = Say("models.lead-spread", {"low": round(low), "high": round(high)})
        facts.append((Say("models.lead"), Measure(middle, "min"), spread))
    facts.append((Say("models.alarming"), Measure(100 * told.alarming, "%"), Say("models.of-rows")))
    if told.probability is not None:
        facts.append((Say("models.passes"), Measure(100 * told.probability, "%"), Say("models.passes-note")))
    if value is not None and told.caught is not None and used.caught:
        share = told.caught / used.caught
        low, high = (round(share * v / 100) * 100 for v in value.per_year)
        worth = Say("models.range", {"low": low, "high": high})
        facts.append((Say("models.worth"), worth, Say("models.a-year", {"unit": value.currency})))
    return Facts("", tuple(facts), strip=True)


def _criteria(told: "Told", point: OperatingPoint) -> Table:
    columns = tuple(
        Say(f"models.{c}") for c in ("criterion", "out-of-fold", "asked", "holds", "test-passes", "the-rule", "note")
    )
    rule = {e.criterion: e.value for e in point.baseline.expectations} if point.baseline is not None else {}
    rows = tuple(_standing(s, rule.get(s.criterion)) for s in told.standings)
    notes: tuple[Text, ...] = ()
    if point.baseline is not None:
        notes = (Say("models.rule-note", {"rule": point.baseline.rule}),)
    return Table("", columns, rows, notes)


def _standing(s: "Standing", rule: float | None) -> tuple[Cell, ...]:
    requirement, _, criterion = s.criterion.partition("/")
    holds = State("pass", Say("models.met")) if s.holds else State("failed", Say("models.missed"))
    return (
        Noted(Ref("requirement", requirement, criterion, f"criterion-{criterion}"), requirement), Measure(s.value),
        f"{s.op} {s.limit:g}", holds, Measure(None if s.probability is None else 100 * s.probability, "%"),
        Measure(rule), s.note,
    )  # fmt: skip


def _drawn(explored: "Exploration", told: "Told", language: Language) -> Figure:
    """Return the curves where all of them have a value, with the value at the threshold itself."""
    values = {
        c.wanted.name: dict(zip(explored.thresholds.tolist(), c.values.tolist(), strict=True)) for c in explored.curves
    }
    for s in told.standings:
        values[s.criterion][told.threshold] = math.nan if s.value is None else s.value
    shown = sorted(t for t in next(iter(values.values())) if all(math.isfinite(v[t]) for v in values.values()))
    curves = [(name, [v[t] for t in shown]) for name, v in values.items()]
    title, words = say("models.operating", language), say("models.curve-words", language, n=len(shown))
    across = say("models.score", language)
    return threshold_curve(
        "operating", title, words, shown or [told.threshold], curves if shown else [], told.threshold, across=across
    )


def rule_panel(point: OperatingPoint) -> Panel:
    """Return what alarms where the task has no threshold, with what each criterion is expected to show."""
    columns = tuple(Say(f"models.{c}") for c in ("criterion", "out-of-fold", "test-passes", "note"))
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (e.criterion, Measure(e.value), Measure(None if e.probability is None else 100 * e.probability, "%"), e.note)
        for e in point.expectations
    )  # fmt: skip
    said = Say("models.alarms-when", {"rule": str(point.alarm)}) if point.alarm else Say("models.never-alarms")
    return Panel(Say("models.operating"), (Words(said), Table("", columns, rows)), name="operating")
