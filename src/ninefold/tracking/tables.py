"""Runs side by side as a table, and one metric of them as a drawing."""

from collections.abc import Sequence
from typing import Any

from ninefold.kernel.clock import iso
from ninefold.kernel.records import Record
from ninefold.surface.figure import Figure
from ninefold.surface.svg import clean, drawing, fitted
from ninefold.surface.table import Cell, Table
from ninefold.vocabulary.run import Run

MOST_COLUMNS = 30  # of parameters and of metrics; a wide run is read by its record
_LEFT, _WIDTH, _ROW = 200, 640, 26


def runs_table(records: Sequence[Record]) -> Table:
    """Return a row for each run, the latest first: outcome, parameters, metrics. Parameters that never differ last."""
    runs = [(r, r.body(Run)) for r in records if r.data is not None]
    params = _names([run.params for _, run in runs])
    metrics = _names([dict(run.metrics) for _, run in runs])
    rows: list[tuple[Cell, ...]] = [
        (
            run.name, record.id[:12], iso(run.started), run.outcome,
            *(_cell(run.metrics.get(m)) for m in metrics[:MOST_COLUMNS]),
            *(_cell(run.params.get(p)) for p in params[:MOST_COLUMNS]),
        )
        for record, run in runs
    ]  # fmt: skip
    left_out = max(len(params) - MOST_COLUMNS, 0) + max(len(metrics) - MOST_COLUMNS, 0)
    notes = (f"{left_out} more parameters and metrics stand in the records.",) if left_out else ()
    columns = ("run", "record", "started", "outcome", *metrics[:MOST_COLUMNS], *params[:MOST_COLUMNS])
    return Table("Runs", columns, tuple(rows), notes, "No run is logged yet.")


def runs_figure(records: Sequence[Record], metric: str) -> Figure:
    """Return one metric of each run as bars from zero, the oldest above."""
    runs = [r.body(Run) for r in reversed(records) if r.data is not None]
    shown = [(run.name, value) for run in runs if (value := run.metrics.get(metric)) is not None]
    title = f"{metric} of {len(shown)} runs"
    low, high = min([0.0, *(v for _, v in shown)]), max([0.0, *(v for _, v in shown)])
    scale = (_WIDTH - _LEFT - 90) / ((high - low) or 1.0)
    zero = _LEFT - low * scale
    parts = []
    for place, (name, value) in enumerate(shown):
        y = 40 + place * _ROW
        x, width = min(zero, zero + value * scale), abs(value) * scale
        parts.append(f'<text x="12" y="{y + 14}">{clean(fitted(name, _LEFT - 24))}</text>')
        parts.append(f'<rect class="box accent" x="{x:.1f}" y="{y}" width="{max(width, 1):.1f}" height="18"/>')
        parts.append(f'<text class="soft" x="{max(x + width, zero) + 6:.1f}" y="{y + 14}">{value:.4g}</text>')
    parts.append(f'<text class="strong" x="12" y="22">{clean(title)}</text>')
    words = "; ".join(f"{name}: {value:.4g}" for name, value in shown) or "No run has it."
    svg = drawing("nf-runs", title, words, _WIDTH, 52 + _ROW * len(shown), parts)
    return Figure(title, words, svg, Table(title, ("run", metric), tuple(shown), (), "No run has this metric."))


def _names(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return the names in the order of their first use, those with differing values before the others."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    return sorted(names, key=lambda n: len({repr(row.get(n)) for row in rows}) < 2)


def _cell(value: Any) -> Cell:
    return value if value is None or isinstance(value, (str, int, float)) else repr(value)
