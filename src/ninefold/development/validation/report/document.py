"""The report of a model as sections of words, figures and tables: the one source of the HTML page and the PDF."""

from collections.abc import Callable
from typing import Any, NamedTuple

from ninefold.development.validation.report import figures
from ninefold.development.validation.report.drawing import Drawing
from ninefold.development.validation.report.gathered import Gathered
from ninefold.development.validation.report.tables import PARTS, tables_of, verdicts_table
from ninefold.kernel.clock import iso
from ninefold.surface.table import Cell, Table


class Section(NamedTuple):
    """A heading with what stands below it."""

    title: str
    lead: str
    figures: tuple[Drawing, ...] = ()
    tables: tuple[Table, ...] = ()


class Document(NamedTuple):
    """A whole report."""

    title: str
    subtitle: str
    sections: tuple[Section, ...]


_SECTIONS: dict[str, tuple[str, str, tuple[Callable[[Any], Drawing | None], ...]]] = {
    "reliability": ("Reliability", "Whether a score means what it says, and where answers and truth part.",
                    (figures.reliability, figures.confusion, figures.errors)),
    "slices": ("Slices", "Where the model errs surely more than elsewhere. What was found is a hypothesis.",
               (figures.slices,)),
    "faults": ("Sensor faults", "What becomes of the model when one of its inputs fails.", (figures.faults,)),
    "importance": ("Importance", "What the model follows.", (figures.importance,)),
    "conformal": ("Conformal answers", "Answers that hold the truth in a chosen share of cases, and whether they did.",
                  (figures.coverage,)),
    "leakage": ("Leakage", "Signs that the figures rest on what service will not know.", ()),
}  # fmt: skip


def document_of(found: Gathered) -> Document:
    """Return the report; what has no record yet is named with the command that makes it, and nothing is filled in."""
    model = found.model
    outcomes = [v.outcome for v in found.verdicts]
    counted = ", ".join(f"{outcomes.count(o)} {o}" for o in ("pass", "fail", "insufficient") if o in outcomes)
    lead = f"{len(outcomes)} criteria: {counted}." if outcomes else "No requirement judges this model yet."
    lead += " The bound decides, not the value; a slice that is only reported does not gate."
    drawn = figures.criteria(found.verdicts)
    sections = [_about(found), Section("Criteria", lead, (drawn,) if drawn else (), (verdicts_table(found.verdicts),))]
    for part, (title, words, makers) in _SECTIONS.items():
        if part not in PARTS or part not in found.parts:
            continue
        body = found.parts[part]
        shapes = tuple(d for d in (make(body) for make in makers) if d is not None)
        sections.append(Section(title, words, shapes, tables_of(part, body)))
    if found.missing:
        rows = tuple((task, command) for task, command in found.missing.items())
        table = Table("", ("has no result yet", "made by"), rows)
        sections.append(Section("Missing", "What this report does not hold.", (), (table,)))
    sections.append(_provenance(found))
    subtitle = f"{model.candidate}, {len(model.features)} features, as recorded at {iso(found.moment)}"
    return Document(f"Validation of {found.name}", subtitle, tuple(sections))


def _about(found: Gathered) -> Section:
    model = found.model
    rows: list[tuple[Cell, ...]] = [
        ("kind of task", model.task), ("candidate", model.candidate), ("features", ", ".join(model.features)),
        ("size", f"{model.size_kb:.1f} kB"), ("graph (ONNX)", model.onnx),
    ]  # fmt: skip
    threshold: float | None = model.threshold
    if threshold is not None:
        rows.append(("alarm from a score of", f"{threshold:.6g}"))
    if model.test_from is not None:
        rows.append(("test rows from", iso(model.test_from)))
    chosen = found.calibration
    rows.append(("calibration", "not asked for" if chosen is None else f"{chosen.method}: {chosen.reason}"))
    parity = model.parity
    difference = "none" if parity.largest_difference is None else f"{parity.largest_difference:.1e}"
    rows.append(
        ("parity gate", f"{parity.rows} rows, largest difference {difference}, {model.label_flips} label flips")
    )
    words = "All figures are measured on rows that no training has seen, through the session that the device uses."
    return Section("The model", words, (), (Table("", ("what", "value"), tuple(rows)),))


def _provenance(found: Gathered) -> Section:
    rows = tuple((s.task, s.state, s.kind, s.record, s.content) for s in found.sources)
    notes = ("A state other than fresh: the record was made from what is not current any more.",)
    words = "The record that each statement comes from. Look one up with: ninefold trace RECORD."
    return Section("Provenance", words, (), (Table("", ("task", "state", "kind", "record", "content"), rows, notes),))
