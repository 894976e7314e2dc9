"""One requirement: its sentence and what a reading finds, each criterion with what was found where, who is bound."""

from collections.abc import Iterator, Sequence

from ninefold.criteria.metrics import find
from ninefold.design.requirements.files import RequirementFile, first_paragraph
from ninefold.design.requirements.lint import lint_now
from ninefold.design.requirements.standing import COUNTED, OUTCOMES, Standing
from ninefold.kernel.errors import InvalidInput
from ninefold.kernel.view import View
from ninefold.surface.blocks import Panel, Words
from ninefold.surface.cells import Drawing, Measure, Noted, Ref, State
from ninefold.surface.charts.bound import bound, reach
from ninefold.surface.table import Cell, Table
from ninefold.surface.words import Say, Text
from ninefold.vocabulary.criterion import Criterion, SensorFaults
from ninefold.vocabulary.measurement import Estimate


def statement_panel(view: View, read: RequirementFile, body: str) -> Panel:
    """Return the sentence, why it is asked, and what a reading of it finds."""
    reading = lint_now(view.facets, read.requirement.id)
    end = Say("requirements.reading", {"pattern": reading.pattern or "-", "n": len(reading.findings)})
    blocks: list[Words | Table] = [Words(read.statement, "lead")]
    rest = " ".join(body.split()).replace(first_paragraph(body), "", 1).strip()
    if rest:
        blocks.append(Words(rest, "note"))
    if reading.findings:
        rows = tuple(
            (State("insufficient", f.rule), Noted(f.message, f.hint), f.criterion or None) for f in reading.findings
        )
        columns = tuple(Say(f"requirements.{c}") for c in ("rule", "finding", "criterion"))
        blocks.append(Table(Say("requirements.lint"), columns, rows))
    return Panel(Say("requirements.statement"), tuple(blocks), end=end)


def criteria_panel(read: RequirementFile, stand: Sequence[Standing], edits: bool) -> Panel:
    """Return each criterion with what was found at each place: value, bound drawn, n, threshold, verdict."""
    id = read.requirement.id
    heads = {c.id: _head(id, c, edits) for c in read.requirement.criteria}
    rows = [
        (heads[c.id] if first else c.id, *row)
        for c in read.requirement.criteria
        for first, row in _marked(_rows(id, c, [s for s in stand if s.criterion == c.id]))
    ]
    names = ("criterion", "where", "verdict", "drawn", "value", "bound", "from")
    columns = tuple(Say(f"requirements.{c}") for c in names)
    notes = (Say("requirements.change-how"),) if edits and rows else ()
    table = Table(Say("requirements.criteria-of"), columns, tuple(rows), notes, Say("requirements.bare"))
    blocks = (table, *_by_slice(stand))
    return Panel(Say("requirements.criteria-of"), blocks, end=Say("requirements.bound-must"), name="criteria")


def _head(id: str, of: Criterion, edits: bool) -> Cell:
    name = f"{of.id} {limit_of(of)}"
    return Noted(Ref("requirement", f"{id}/criteria/{of.id}", name) if edits else name, _how(of))


def _marked(rows: Iterator[tuple[Cell, ...]]) -> Iterator[tuple[bool, tuple[Cell, ...]]]:
    return ((n == 0, row) for n, row in enumerate(rows))


def _rows(id: str, of: Criterion, stand: Sequence[Standing]) -> Iterator[tuple[Cell, ...]]:
    """Yield a row for each place at which a criterion is demanded; one that nothing was found at says so."""
    scale = _scale(of, stand)
    extra = [s.where for s in stand if s.where not in of.where]
    for where in (*of.where, *dict.fromkeys(extra)):
        here = [s for s in stand if s.where == where]
        if not here:
            yield (Say(f"requirements.where-{where}"), State("idle", _nothing(where)), None, None, None, None)
        for standing in here:
            place = Noted(Say(f"requirements.where-{standing.where}"), standing.of)
            figures = _figures(f"{id}-{of.id}-{where}-{standing.of}", of, standing, scale)
            yield (place, _verdict(standing), *figures)


def _figures(name: str, of: Criterion, at: Standing, scale: tuple[float, float]) -> tuple[Cell, ...]:
    unit = unit_of(of)
    estimate = at.verdict.overall.estimate if at.verdict else Estimate(at.value, None, at.samples)
    if estimate.value is None and estimate.bound is None:
        return Noted(None, at.reason), None, None, _from(of, estimate)
    low, high = _interval(of, estimate)
    title = f"{of.id}: {_told(estimate.value)}, {of.threshold.op} {of.threshold.value:g} {unit}".rstrip()
    allowed = "above" if of.threshold.op == ">=" else "below"
    drawn = bound(
        name, title, scale, of.threshold.value, "above" if allowed == "above" else "below", at.state,
        value=estimate.value, low=low, high=high, limit=True,
    )  # fmt: skip
    words = Say("requirements.drawn-words", {"value": _told(estimate.value), "limit": limit_of(of)})
    return (
        Drawing(drawn.svg, words), Measure(estimate.value, unit),
        Measure(estimate.bound, unit) if estimate.bound is not None else None, _from(of, estimate),
    )  # fmt: skip


def _interval(of: Criterion, found: Estimate) -> tuple[float | None, float | None]:
    """Return both ends of what is known; the far end is the value where only one side was asked for."""
    other = found.opposite if found.opposite is not None else found.value
    return (found.bound, other) if of.threshold.op == ">=" else (other, found.bound)


def _scale(of: Criterion, stand: Sequence[Standing]) -> tuple[float, float]:
    """Return one scale for all rows of a criterion."""
    numbers: list[float | None] = [of.threshold.value, *(s.value for s in stand)]
    for s in stand:
        if s.verdict is not None:
            numbers += [s.verdict.overall.estimate.bound, s.verdict.overall.estimate.opposite]
    return reach(*numbers, floor=0.0, ceiling=1.0 if unit_of(of) == "" and of.threshold.value <= 1 else None)


def _from(of: Criterion, found: Estimate) -> Cell:
    try:
        counted = find(of.metric, of.params).counts
    except InvalidInput:
        counted = "samples"
    if found.exposure is not None and counted == "machine-weeks":
        return Noted(Measure(found.exposure), counted)
    if of.min_samples > found.samples:
        return Noted(Say("requirements.of-needed", {"n": found.samples, "needed": of.min_samples}), counted)
    return Noted(found.samples, counted) if found.samples else None


def _verdict(at: Standing) -> Cell:
    told = State(COUNTED.get(at.state, at.state) if at.where == "data" else at.state)
    last = at.verdict.outcome if at.verdict is not None and at.state in {"stale", "missing", "blocked"} else ""
    return Noted(told, Say("requirements.was", {"outcome": last})) if last else told


def _by_slice(stand: Sequence[Standing]) -> Iterator[Table]:
    """Yield the verdicts on slices and sensor faults, where a criterion has some."""
    rows = tuple(
        (
            ", ".join(part.where.values()), at.criterion, State(OUTCOMES[part.outcome]),
            Measure(part.estimate.value), Measure(part.estimate.bound), part.estimate.samples, part.needed,
        )
        for at in stand
        for part in ((*at.verdict.slices, *at.verdict.cases) if at.verdict else ())
    )  # fmt: skip
    if rows:
        names = ("slice", "criterion", "verdict", "value", "bound", "from", "still-needed")
        yield Table(Say("requirements.slices"), tuple(Say(f"requirements.{n}") for n in names), rows[:100])


def limit_of(of: Criterion) -> str:
    """Return the threshold as a person writes it: ≥ 0.75."""
    sign = "≥" if of.threshold.op == ">=" else "≤"
    return f"{sign} {of.threshold.value:g} {unit_of(of)}".rstrip()


def unit_of(of: Criterion) -> str:
    """Return the unit of a criterion's metric; "" for shares and unknown metrics."""
    try:
        unit = find(of.metric, of.params).unit
    except InvalidInput:
        return ""
    return "" if unit == "1" else unit


def _how(of: Criterion) -> Text:
    values: dict[str, str | int | float] = {"metric": of.metric}
    if of.bound is not None:
        values |= {"method": of.bound.method, "level": f"{100 * of.bound.level:g}"}
    side = of.bound.side if of.bound is not None else "bare"
    if of.faults is None:
        return Say(f"requirements.how-{side}", values)
    return Say(f"requirements.worst-{side}", {**values, "faults": faults_of(of.faults)})


def faults_of(faults: SensorFaults) -> str:
    """Return sensor faults as a person writes them: dropout, stuck (torque, wear) × 1."""
    signals = f" ({', '.join(faults.sensors)})" if faults.sensors else ""
    return f"{', '.join(faults.worst_of)}{signals} × {faults.size:g}"


def _nothing(where: str) -> Text:
    return Say("requirements.waits-device" if where in {"deployment", "shadow", "runtime"} else "requirements.waits")


def _told(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"
