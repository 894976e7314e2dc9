"""Horizontal bars from zero with their intervals: importance, counts, shares; and a leaderboard as points."""

from collections.abc import Callable, Sequence

import msgspec

from ninefold.surface.figure import Figure
from ninefold.surface.marks import icon, percent, sheet, tone, words
from ninefold.surface.scale import figure, share, span, ticks
from ninefold.surface.table import Table
from ninefold.surface.words import Say, Text

ROW, NAMES, SAID, TOP, FOOT = 24.0, 0.30, 0.14, 4.0, 20.0
TYPICAL = 640.0
Columns = tuple[Text, Text, Text, Text]
_HEADS: Columns = (Say("charts.name"), Say("charts.value"), Say("charts.lower"), Say("charts.upper"))
_BOARD: Columns = (Say("charts.candidate"), *_HEADS[1:])


class Row(msgspec.Struct, frozen=True):
    """A name with its value and interval; a state gives it colour and sign, `said` stands in the value's place."""

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    state: str = ""
    said: str = ""


def bars(
    name: str, title: str, description: str, rows: Sequence[Row], *, unit: str = "",
    columns: Columns = _HEADS,
) -> Figure:  # fmt: skip
    """Return a bar from zero for each row, with its interval as a whisker."""
    return _rows(name, title, description, rows, unit, columns, zero=True, limit=None)


def leaderboard(
    name: str, title: str, description: str, rows: Sequence[Row], *, unit: str = "", limit: float | None = None,
    columns: Columns = _BOARD,
) -> Figure:  # fmt: skip
    """Return each candidate as a point in its interval, on a scale that may lack zero; `limit` is a dashed line."""
    return _rows(name, title, description, rows, unit, columns, zero=False, limit=limit)


def _rows(
    name: str, title: str, description: str, rows: Sequence[Row], unit: str, columns: Columns, *,
    zero: bool, limit: float | None,
) -> Figure:  # fmt: skip
    numbers = [n for r in rows for n in (r.value, r.low, r.high)]
    low, high = span([*numbers, limit], zero=zero, room=0.0 if zero else 0.06)

    def at(value: float) -> float:
        return NAMES + (1 - NAMES - SAID) * share(value, low, high)

    bottom = TOP + ROW * len(rows)
    parts = []
    for tick in ticks(low, high):
        x = percent(at(tick))
        parts.append(f'<line class="n-grid" x1="{x}" x2="{x}" y1="{TOP:g}" y2="{bottom:g}"/>')
        parts.append(words(x, bottom + 14, figure(tick), anchor="middle"))
    for number, row in enumerate(rows):
        y = TOP + ROW * number + ROW / 2
        end = percent(NAMES - 0.015)
        parts.append(words(end, y + 4, row.name, anchor="end", style="n-m", width=(NAMES - 0.02) * TYPICAL))
        inside = (_bar if zero else _point)(row, row.value, y, at) if row.value is not None else ""
        kind = f' class="n-{tone(row.state)}"' if row.state else ""
        parts.append(f"<g{kind}>{inside}</g>")
        said = row.said or (f"{figure(row.value)} {unit}".rstrip() if row.value is not None else "")
        sign = icon(row.state, 0, y - 8) if row.state else ""
        end = words(21 if row.state else 0, y + 4, said, style="n-b", width=SAID * TYPICAL - 20)
        parts.append(f'<svg x="{percent(1 - SAID + 0.02)}" y="0" overflow="visible">{sign}{end}</svg>')
    if limit is not None:
        x = percent(at(limit))
        parts.append(f'<line class="n-thr" x1="{x}" x2="{x}" y1="{TOP:g}" y2="{bottom:g}"/>')
    told = Table(title, columns, tuple((r.name, r.value, r.low, r.high) for r in rows))
    return Figure(title, description, sheet(name, title, description, parts, height=bottom + FOOT), told)


def _bar(row: Row, value: float, y: float, at: Callable[[float], float]) -> str:
    start, end = sorted((at(0.0), at(value)))
    place = f'x="{percent(start)}" width="{percent(max(end - start, 0.002))}" y="{y - 6:g}" height="12"'
    bar = f'<rect class="n-bar" {place} rx="1"/>'
    if row.low is None or row.high is None:
        return bar
    a, b = percent(at(row.low)), percent(at(row.high))
    ends = "".join(f'<line class="n-whisker" x1="{x}" x2="{x}" y1="{y - 4:g}" y2="{y + 4:g}"/>' for x in (a, b))
    return f'{bar}<line class="n-whisker" x1="{a}" x2="{b}" y1="{y:g}" y2="{y:g}"/>{ends}'


def _point(row: Row, value: float, y: float, at: Callable[[float], float]) -> str:
    point = f'<circle class="n-pt" cx="{percent(at(value))}" cy="{y:g}" r="4"/>'
    if row.low is None or row.high is None:
        return point
    a, b = percent(at(row.low)), percent(at(row.high))
    return f'<line class="n-iv" x1="{a}" x2="{b}" y1="{y:g}" y2="{y:g}"/>{point}'
