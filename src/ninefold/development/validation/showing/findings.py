"""What was examined about a model beyond its criteria: reliability, faults, slices, importance, leakage, conformal."""

from collections.abc import Callable, Sequence
from typing import Any

from ninefold.development.validation.report.gathered import Gathered
from ninefold.development.validation.report.tables import answer
from ninefold.surface.blocks import Block, Facts, Panel
from ninefold.surface.cells import Measure, Noted, State
from ninefold.surface.charts.bars import Row, bars
from ninefold.surface.charts.confusion import MOST as MOST_CLASSES
from ninefold.surface.charts.confusion import confusion
from ninefold.surface.charts.reliability import Bin, reliability
from ninefold.surface.table import Cell, Table
from ninefold.surface.words import Language, Say, Text, quote, say, term, worded
from ninefold.vocabulary.conformal import Conformal
from ninefold.vocabulary.faults import Faults
from ninefold.vocabulary.importance import Importance
from ninefold.vocabulary.leakage import Leakage
from ninefold.vocabulary.reliability import Reliability
from ninefold.vocabulary.slices import Slices

MOST = 8  # rows of a table; the report and the record hold all


def wide_panels(found: Gathered, language: Language) -> tuple[Panel, ...]:
    """Return what needs the width of the page's larger column."""
    makers: dict[str, Callable[[Any], Panel]] = {
        "faults": faults, "slices": slices, "leakage": leakage, "conformal": conformal,
    }  # fmt: skip
    panels = [make(found.parts[part]) for part, make in makers.items() if part in found.parts]
    if "importance" in found.parts:
        panels.insert(1, importance(found.parts["importance"], language))
    return tuple(panels)


def narrow_panels(found: Gathered, language: Language) -> tuple[Panel, ...]:
    """Return what fits the smaller column."""
    panels = []
    if "reliability" in found.parts:
        body = found.parts["reliability"]
        panels += [p for p in (calibration(body, language), answers(body, language)) if p]
    return tuple(panels)


def calibration(found: Reliability, language: Language) -> Panel | None:
    """Return what was foretold against what was seen."""
    if not found.bins:
        return None
    bins = [Bin(b.foretold, b.seen, b.low, b.high, b.rows) for b in found.bins]
    error = found.calibration_error or 0.0
    title, words = Say("validation.reliability"), say("validation.reliability-words", language, n=len(bins))
    across, up = say("validation.foretold", language), say("validation.seen", language)
    drawn = reliability("reliability", say(title.code, language), words, bins, across=across, up=up)
    end = Say("validation.apart", {"error": error, "n": found.rows})
    return Panel(title, (drawn,), end)


def answers(found: Reliability, language: Language) -> Panel | None:
    """Return the confusion, or the errors of a number."""
    if found.errors is not None:
        pairs = zip(found.errors.shares, found.errors.values, strict=True)
        quantiles: tuple[tuple[Cell, ...], ...] = tuple((f"{share:.0%}", Measure(value)) for share, value in pairs)
        columns = (Say("validation.share-below"), Say("validation.error"))
        return Panel(Say("validation.errors"), (Table("", columns, quantiles),))
    if not found.confusion:
        return None
    title = Say("validation.confusion")
    if len(found.labels) <= MOST_CLASSES:
        words, truth = say("validation.confusion-words", language), say("validation.truth", language)
        drawn = confusion(
            "confusion", say(title.code, language), words, _classes(found.labels), found.confusion, truth=truth,
            answer=say("validation.answer", language),
        )  # fmt: skip
        return Panel(title, (drawn,))
    pairs_ = zip(found.labels, found.confusion, strict=True)
    rows: tuple[tuple[Cell, ...], ...] = tuple((label, *cells) for label, cells in pairs_)
    return Panel(title, (Table("", (Say("validation.truth"), *found.labels), rows),))


def _classes(labels: Sequence[str]) -> list[str]:
    """Return the classes of a yes-or-no task in words; those of a table are its own."""
    return [worded(term("terms.class-", label)) for label in labels]


def faults(found: Faults) -> Panel:
    """Return the sensor faults that do the most harm."""
    columns = tuple(
        Say(f"validation.{c}") for c in ("sensor", "fault", "under-fault", "fault-bound", "change", "alarms")
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (e.feature, Noted(term("terms.fault-", e.fault), _size(found, e.fault)), Measure(e.value), Measure(e.bound),
         Measure(e.change), Measure(None if e.alarms is None else 100 * e.alarms, "%"))
        for e in found.effects[:MOST]
    )  # fmt: skip
    notes = (Say("validation.faults-note", {"shown": len(rows), "n": len(found.effects), "level": 100 * found.level}),)
    clean = "-" if found.clean is None else round(found.clean, 3)
    end = Say("validation.undisturbed", {"metric": found.metric, "value": clean, "n": found.rows})
    return Panel(Say("validation.faults"), (Table("", columns, rows, notes, Say("validation.no-faults")),), end)


def _size(found: Faults, fault: str) -> Text:
    """Return how large a fault is; the words are those of the record, also when a message would say something else."""
    recorded, message = found.sizes.get(fault, ""), term("terms.size-", fault)
    return message if str(message) == recorded else quote(recorded)


def slices(found: Slices) -> Panel:
    """Return the slices that surely err more than the rest."""
    columns = tuple(
        Say(f"validation.{c}") for c in ("slice", "kind-of-error", "errors-of-rows", "share", "at-least", "elsewhere")
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (" · ".join(f"{k} {v}" for k, v in s.where.items()), term("terms.error-", s.error),
         Say("validation.of", {"n": s.errors, "all": s.rows}), Measure(100 * s.share, "%"), Measure(100 * s.lower, "%"),
         Measure(100 * s.elsewhere, "%"))
        for s in found.found[:MOST]
    )  # fmt: skip
    notes = (Say("validation.slices-note"),)
    end = Say("validation.slices-end", {"n": found.looked_at, "level": 100 * found.level})
    return Panel(Say("validation.slices"), (Table("", columns, rows, notes, Say("validation.no-slices")),), end)


def leakage(found: Leakage) -> Panel:
    """Return the findings, and what was looked at."""
    columns = tuple(Say(f"validation.{c}") for c in ("severity", "check", "column", "what"))
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (State("failed" if f.severity == "leak" else "insufficient", Say(f"validation.leak-{f.severity}")),
         term("terms.leak-", f.check), f.column, quote(f.message))
        for f in found.findings[:MOST]
    )  # fmt: skip
    looked: Block = Facts(
        "",
        tuple(
            (
                term("terms.leak-", c.name),
                quote(c.about),
                Say("validation.looked", {"n": c.looked_at, "found": c.found}),
            )
            for c in found.checks
        ),
    )
    blocks: tuple[Block, ...] = (looked,)
    if rows:
        blocks = (Table("", columns, rows, (Say("validation.leak-note"),)), looked)
    title = Say("validation.leakage") if rows else Say("validation.no-leak")
    return Panel(title, blocks, Say("validation.checks", {"n": len(found.checks)}))


def importance(found: Importance, language: Language) -> Panel:
    """Return what the model loses without each feature."""
    title = Say("validation.importance")
    words = say("validation.importance-words", language, metric=found.metric)
    rows = [Row(f.feature, f.loss, f.low, f.high) for f in found.features[:MOST] if f.loss is not None]
    end = Say("validation.importance-end", {"n": found.rows})
    return Panel(title, (bars("importance", say(title.code, language), words, rows),), end)


def conformal(found: Conformal) -> Panel:
    """Return the answers at each wanted share, and whether they held on the test rows."""
    columns = tuple(Say(f"validation.{c}") for c in ("wanted", "of-what", "covered", "interval", "rows", "answer"))
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (f"{level.wanted:.0%}", term("terms.class-", name), Measure(100 * c.share, "%"),
         "" if c.low is None or c.high is None else f"{100 * c.low:.1f} – {100 * c.high:.1f} %", c.rows,
         answer(level) if name == "all" else "")
        for level in found.levels for name, c in level.coverage.items()
    )  # fmt: skip
    note = Say("validation.conformal-note", {"calibrated": found.calibrated_on, "tested": found.tested_on})
    table = Table("", columns, rows, (note, *(quote(n) for n in found.notes)), Say("validation.no-conformal"))
    return Panel(Say("validation.conformal"), (table,))
