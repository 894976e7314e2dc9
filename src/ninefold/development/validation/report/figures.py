"""The figures that a person wants to look at: criteria, reliability, slices, faults, importance, coverage."""

from collections.abc import Sequence

from ninefold.development.validation.report.charts import (
    Bar,
    Judged,
    Point,
    bars,
    matrix,
    plane,
    thresholds,
)
from ninefold.development.validation.report.drawing import Drawing, Tone
from ninefold.development.validation.report.tables import MOST_CASES
from ninefold.vocabulary.conformal import Conformal
from ninefold.vocabulary.faults import Faults
from ninefold.vocabulary.importance import Importance
from ninefold.vocabulary.reliability import Reliability
from ninefold.vocabulary.slices import Slices
from ninefold.vocabulary.verdict import Verdict

_TONES: dict[str, Tone] = {"pass": "good", "fail": "warn", "insufficient": "doubt"}
MOST = 14


def criteria(verdicts: Sequence[Verdict]) -> Drawing | None:
    """Return every criterion, its slices and the worst of its sensor faults against its threshold."""
    rows = []
    for verdict in verdicts:
        for judged in (verdict.overall, *verdict.slices, *verdict.cases[:MOST_CASES]):
            where = ", ".join(judged.where.values())
            outcome = judged.outcome if judged.where else verdict.outcome
            e = judged.estimate
            name = f"    {verdict.criterion} · {where}" if where else f"{verdict.requirement}/{verdict.criterion}"
            rows.append(Judged(name, e.value, e.bound, e.opposite, verdict.threshold.value,
                               verdict.threshold.op == ">=", _TONES[outcome], outcome))  # fmt: skip
    if not rows:
        return None
    said = "; ".join(f"{r.name.strip()} {r.said}" for r in rows)
    return thresholds("criteria", "Criteria against their thresholds", f"Value with its bounds, the good side shaded: "
                      f"{said}.", rows)  # fmt: skip


def reliability(found: Reliability) -> Drawing | None:
    """Return what was foretold against what was seen."""
    if not found.bins:
        return None
    points = [Point(b.foretold, b.seen, b.low, b.high) for b in found.bins]
    up = {"binary": "share of positives", "multiclass": "share of right answers"}.get(found.kind, "mean of the target")
    across = {"regression": "mean prediction"}.get(found.kind, "mean score")
    error = found.calibration_error or 0.0
    words = f"{len(points)} bins of test rows by rising score; foretold and seen are {error:.3g} apart in the mean."
    return plane("reliability", "Reliability", words, points, across, up, share=found.kind != "regression")  # fmt: skip


def confusion(found: Reliability) -> Drawing | None:
    """Return truth by answer, shaded by the share of the truth's rows."""
    if not found.confusion or len(found.labels) > MOST:
        return None
    cells = [[(str(n), n / max(sum(row), 1)) for n in row] for row in found.confusion]
    rows = [f"truth: {label}" for label in found.labels]
    names = found.labels if len(found.labels) > 3 else [f"answer: {label}" for label in found.labels]
    return matrix("confusion", "Confusion", "Truth in rows, answers in columns, counted on the test rows.", rows,
                  names, cells, tone="accent")  # fmt: skip


def errors(found: Reliability) -> Drawing | None:
    """Return the quantiles of prediction minus truth of a number."""
    if found.errors is None:
        return None
    pairs = zip(found.errors.shares, found.errors.values, strict=True)
    rows = [Bar(f"{share:.0%} of the rows err below", value, said=f"{value:.3g}") for share, value in pairs]
    return bars("errors", "Errors", "Quantiles of prediction minus truth, in the target's unit.", rows)


def slices(found: Slices) -> Drawing | None:
    """Return the slices that surely err more, each beside the rest of the rows."""
    rows = [
        Bar(
            f"{s.error}: {' and '.join(f'{k} {v}' for k, v in s.where.items())}",
            s.share,
            s.lower,
            s.share,
            s.elsewhere,
            said=f"{s.errors} of {s.rows}",
        )
        for s in found.found[:MOST]
    ]
    if not rows:
        return None
    return bars("slices", "Slices that surely err more than the rest", f"The {len(rows)} surest of {found.looked_at} "
                "slices looked at: share of errors, its lower bound for all slices together, and the share elsewhere.",
                rows, mark="elsewhere", ends="down to the bound for all together", left=430.0)  # fmt: skip


def faults(found: Faults) -> Drawing | None:
    """Return feature by fault: what the figure becomes, darker where it does more harm."""
    if found.clean is None or not found.effects:
        return None
    names = list(dict.fromkeys(e.feature for e in found.effects))[:MOST]
    kinds = [k for k in found.sizes if any(e.fault == k for e in found.effects)]
    at = {(e.feature, e.fault): e for e in found.effects}
    harm = [abs(e.change) for e in found.effects if e.change is not None and _bad(found, e.change)]
    most = max([*harm, 0.02 * abs(found.clean) or 1e-9])
    cells = []
    for name in names:
        row = []
        for kind in kinds:
            e = at.get((name, kind))
            if e is None:
                row.append(("", 0.0))
            elif e.value is None or e.change is None:
                row.append(("no score", 1.0))
            else:
                row.append((f"{e.value:.3g}", abs(e.change) / most if _bad(found, e.change) else 0.0))
        cells.append(row)
    return matrix("faults", "Sensor faults", f"The {found.metric} under each fault of each feature; {found.clean:.3g} "
                  "undisturbed. Darker does more harm.", names, kinds, cells)  # fmt: skip


def _bad(found: Faults, change: float) -> bool:
    return change < 0 if found.higher_is_better else change > 0


def importance(found: Importance) -> Drawing | None:
    """Return what the model loses without each feature."""
    rows = [
        Bar(f.feature, f.loss, f.low, f.high, said=f"{f.loss:.3g}")
        for f in found.features[:MOST] if f.loss is not None
    ]  # fmt: skip
    if not rows:
        return None
    words = f"Loss of the {found.metric} when a feature is shuffled, the largest first: "
    words += f"{', '.join(r.name for r in rows[:3])}."
    return bars("importance", "Importance", words, rows, ends="95 % interval over rows")  # fmt: skip


def coverage(found: Conformal) -> Drawing | None:
    """Return what conformal answers covered beside what was wanted."""
    rows = [
        Bar(f"{level.wanted:.0%} wanted{'' if name == 'all' else f', {name}'}", c.share, c.low, c.high, level.wanted,
            said=f"{c.share:.1%}")
        for level in found.levels for name, c in level.coverage.items()
    ]  # fmt: skip
    if not rows:
        return None
    return bars("coverage", "Coverage of conformal answers", "Share of test rows whose truth was inside, with its 95 % "
                "interval, beside the share that was wanted.", rows, mark="wanted", ends="95 % interval")  # fmt: skip
