"""What was found about a model, as tables for any surface."""

from collections.abc import Mapping
from typing import Any

from ninefold.kernel.clock import iso
from ninefold.surface.table import Cell, Table
from ninefold.vocabulary.conformal import Conformal, ConformalLevel, Coverage
from ninefold.vocabulary.faults import Faults
from ninefold.vocabulary.importance import Importance
from ninefold.vocabulary.leakage import Leakage
from ninefold.vocabulary.reliability import Reliability
from ninefold.vocabulary.slices import Slice, Slices
from ninefold.vocabulary.verdict import Judgement, Verdict

MOST = 20  # rows of a table
MOST_CASES = 5  # sensor faults of one criterion, the worst first


def number(value: float | None, digits: int = 3) -> float | None:
    """Return a number in so many significant digits; None stays None."""
    return None if value is None else float(f"{value:.{digits}g}")


def span(low: float | None, high: float | None) -> str | None:
    """Return an interval in words; None when there is none."""
    return None if low is None or high is None else f"{low:.3g} to {high:.3g}"


def verdicts_table(verdicts: list[Verdict]) -> Table:
    """Return every criterion with its bound against its threshold, slices below the whole."""
    rows = [_judgement(v, j) for v in verdicts for j in (v.overall, *v.slices, *v.cases[:MOST_CASES])]
    columns = ("criterion", "slice or fault", "outcome", "value", "bound", "threshold", "samples", "why")
    notes = tuple(
        f"{v.requirement}/{v.criterion}: the worst {MOST_CASES} of {len(v.cases)} sensor faults; the others are in the "
        "record."
        for v in verdicts
        if len(v.cases) > MOST_CASES
    )
    return Table("Criteria", columns, tuple(rows), notes, "No requirement judges this model.")


def _judgement(verdict: Verdict, judged: Judgement) -> tuple[Cell, ...]:
    where = ", ".join(f"{k}={v}" for k, v in sorted(judged.where.items()))
    estimate = judged.estimate
    outcome = judged.outcome if judged.where else verdict.outcome
    return (
        f"{verdict.requirement}/{verdict.criterion}", where, outcome, number(estimate.value), number(estimate.bound),
        f"{verdict.threshold.op} {verdict.threshold.value:g}", estimate.samples, judged.reason,
    )  # fmt: skip


def leakage_table(found: Leakage) -> Table:
    """Return the findings, or that there are none, with what was looked at."""
    rows = tuple((f.severity, f.check, f.column, number(f.value), number(f.limit), f.message) for f in found.findings)
    notes = tuple(f"{c.name}: {c.about}; {c.looked_at} looked at, {c.found} found." for c in found.checks)
    note = "leak: do not trust the figures before it is explained; look: explain it. None found is no proof."
    empty = "Leakage: none of the checks found anything. " + " ".join(notes)
    return Table("Leakage", ("severity", "check", "column", "value", "limit", "what"), rows, (*notes, note), empty)


def reliability_table(found: Reliability) -> Table:
    """Return the bins of the curve."""
    rows = tuple((b.rows, number(b.foretold), number(b.seen), span(b.low, b.high)) for b in found.bins)
    what = {"binary": "share of positives", "multiclass": "share of right answers"}.get(
        found.kind, "mean of the target"
    )
    notes = [f"{found.rows} labelled test rows."]
    if found.calibration_error is not None:
        notes.append(f"Foretold and seen are {found.calibration_error:.3g} apart in the mean.")
    return Table("Reliability", ("rows", "foretold", f"seen: {what}", "95 % interval"), rows, tuple(notes),
                 "Reliability: no test row has a label.")  # fmt: skip


def confusion_table(found: Reliability) -> Table:
    """Return truth by answer."""
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (label, *cells) for label, cells in zip(found.labels, found.confusion, strict=True)
    )
    columns = ("truth", *(f"answer: {label}" for label in found.labels))
    return Table("Confusion", columns, rows, (), "Confusion: not for this kind of task.")


def errors_table(found: Reliability) -> Table:
    """Return the quantiles of prediction minus truth."""
    pairs = [] if found.errors is None else zip(found.errors.shares, found.errors.values, strict=True)
    rows = tuple((f"{share:.0%}", number(value)) for share, value in pairs)
    return Table("Errors", ("share of rows below", "prediction minus truth"), rows, (), "Errors: not for this task.")


def slices_table(found: Slices) -> Table:
    """Return the slices that surely err more than the rest, with how many were looked at."""
    rows = tuple(_slice(s) for s in found.found[:MOST])
    level = 1 - (1 - found.level) / max(found.looked_at, 1)
    notes = [f"{name}: {kind.about}; {kind.errors} of {kind.rows} rows." for name, kind in found.errors.items()]
    notes.append(
        f"{found.looked_at} slices of {len(found.columns)} columns were looked at ({found.small} were smaller than "
        f"{found.fewest} rows); each bound is at {level:.5%}, so that all hold together at {found.level:.0%}. Found "
        "slices are hypotheses: rows of one part are alike, and only later rows confirm."
    )
    if len(found.found) > MOST:
        notes.append(f"{len(found.found) - MOST} more are in the record.")
    columns = ("slice", "error", "rows", "errors", "share", "at least", "elsewhere")
    empty = f"Slices: none of {found.looked_at} errs surely more than the rest."
    return Table("Slices", columns, rows, tuple(notes), empty)


def _slice(s: Slice) -> tuple[Cell, ...]:
    where = " and ".join(f"{k}: {v}" for k, v in s.where.items())
    return where, s.error, s.rows, s.errors, number(s.share), number(s.lower), number(s.elsewhere)


def faults_table(found: Faults) -> Table:
    """Return the faults that do the most harm, and what each does."""
    rows = tuple(
        (e.feature, e.fault, number(e.value), number(e.bound), number(e.change), number(e.alarms))
        for e in found.effects[:MOST]
    )
    clean = "none" if found.clean is None else f"{found.clean:.3g}"
    notes = [f"Undisturbed the {found.metric} is {clean} on {found.rows} test rows, drawn evenly from classes."]
    if found.clean_alarms is not None:
        notes[0] += f" {found.clean_alarms:.3g} of these alarm."
    notes.append("; ".join(f"{name}: {about}" for name, about in found.sizes.items()) + ".")
    if len(found.effects) > MOST:
        notes.append(f"The worst {MOST} of {len(found.effects)}; the others are in the record.")
    side = "at least" if found.higher_is_better else "at most"
    columns = ("feature", "fault", found.metric, f"{side} ({found.level:.0%})", "change", "alarms")
    return Table("Sensor faults", columns, rows, tuple(notes), "Sensor faults: no feature varies.")


def importance_table(found: Importance) -> Table:
    """Return what the model loses without each feature."""
    rows = tuple((f.feature, number(f.loss), number(f.spread, 2), span(f.low, f.high)) for f in found.features[:MOST])
    note = f"Loss of the {found.metric} when the feature is shuffled among {found.rows} test rows, mean of "
    note += f"{found.repeats} shuffles. Features that say the same hide each other's importance."
    return Table("Importance", ("feature", "loss", "spread of shuffles", "95 % interval over rows"), rows, (note,),
                 "Importance: the rows give no figure.")  # fmt: skip


def reasons_table(found: Importance) -> Table:
    """Return the loudest features of the rows with the highest scores."""
    rows = tuple(
        (r.asset, r.frame, iso(r.t), number(r.score), r.truth,
         ", ".join(f"{p.feature} {p.direction} ({p.weight:+.2g})" for p in r.reasons))
        for r in found.reasons
    )  # fmt: skip
    notes = ("The weight is what the score loses with the feature at its training median.",)
    return Table("Reasons of the highest scores", ("asset", "frame", "end", "score", "truth", "loudest features"), rows,
                 notes, "Reasons: rows of several classes have no one score.")  # fmt: skip


def conformal_table(found: Conformal) -> Table:
    """Return the answers at each wanted share, and whether they held."""
    rows = tuple(_level(level, name, c) for level in found.levels for name, c in level.coverage.items())
    note = f"Calibrated on {found.calibrated_on} out-of-fold predictions, tried on {found.tested_on} test rows. It "
    notes = (f"{note}holds for rows like these; a drift alarm makes it void.", *found.notes)
    columns = ("wanted", "of", "covered", "95 % interval", "rows", "answer", "mean size")
    return Table(
        "Conformal", columns, rows, notes, "Conformal: " + ("; ".join(found.notes) or "no labelled rows") + "."
    )


def _level(level: ConformalLevel, name: str, found: Coverage) -> tuple[Cell, ...]:
    return (f"{level.wanted:.0%}", name, number(found.share), span(found.low, found.high), found.rows,
            answer(level) if name == "all" else "", number(level.mean_size) if name == "all" else None)  # fmt: skip


def answer(level: ConformalLevel) -> str:
    """Return what a device would say at this level, in words."""
    if level.width is not None:
        return f"prediction ± {level.width:.4g}"
    if level.most is None:
        return f"classes from {level.least:.3g}"
    return f"positive from {level.least:.3g}, negative up to {level.most:.3g}"


PARTS: Mapping[str, tuple[Any, tuple[Any, ...]]] = {
    "leakage": (Leakage, (leakage_table,)),
    "reliability": (Reliability, (reliability_table, confusion_table, errors_table)),
    "slices": (Slices, (slices_table,)),
    "faults": (Faults, (faults_table,)),
    "importance": (Importance, (importance_table, reasons_table)),
    "conformal": (Conformal, (conformal_table,)),
}


def tables_of(part: str, plain: Any) -> tuple[Table, ...]:
    """Return the tables of one part from its record's body; those that do not suit the kind of task are left out."""
    body, makers = plain, PARTS[part][1]
    tables = tuple(make(body) for make in makers)
    return tuple(t for t in tables if t.rows or t is tables[0])
