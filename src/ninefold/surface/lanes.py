"""Signals over time in lanes with one axis: the calendar of the machine, its model versions, then each signal."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

import msgspec
import numpy as np

from ninefold.kernel.errors import InvalidInput
from ninefold.surface.calendar import BAND, TYPICAL, Calendar, band, closed, uprights
from ninefold.surface.figure import Figure
from ninefold.surface.marks import hatching, icon, percent, sheet, tone, words
from ninefold.surface.scale import figure, span
from ninefold.surface.svg import clean
from ninefold.surface.table import Cell, Table
from ninefold.surface.timeaxis import Axis
from ninefold.surface.trace import Floats, path, thinned, usual_gap

HEAD, PLOT, EDGE, GAP, FOOT = 22.0, 62.0, 4.0, 8.0, 22.0
MOST_ROWS = 200


class Happening(msgspec.Struct, frozen=True):
    """An event of a signal: its state (a word that `marks.sign` knows) and what is written beside its sign."""

    at: datetime
    state: str
    word: str


class Signal(msgspec.Struct, frozen=True):
    """A lane: samples (times in seconds since 1970, UTC), what is normal, a threshold, events, and what is said now."""

    name: str
    unit: str
    times: Floats
    values: Floats
    now: str = ""
    said: str = ""
    normal: tuple[float, float] | None = None
    threshold: float | None = None
    events: tuple[Happening, ...] = ()
    series: Literal[1, 2, 3, 4] = 1
    gap_s: float | None = None  # beyond it samples are missing; None takes five times the usual distance


class Labels(msgspec.Struct, frozen=True):
    """The words of the drawing and of its table in the reader's language."""

    calendar: str = "Calendar"
    what: str = "what"
    start: str = "from"
    end: str = "to"
    says: str = "says"
    samples: str = "{n} samples, {low} to {high}, last {last}"
    silent: str = "no sample"
    cut: str = "The first {most} of {n} rows."


def lanes(
    name: str, title: str, description: str, axis: Axis, signals: Sequence[Signal], *,
    calendar: Calendar | None = None, labels: Labels | None = None,
) -> Figure:  # fmt: skip
    """Return the drawing and a table of the calendar, events and signals, at most 200 rows.

    Raises:
        InvalidInput: the axis does not run forward, or a signal has not one value for each time.
    """
    _check(axis, signals)
    labels, near = labels or Labels(), (calendar or Calendar()).within(axis)
    parts = [hatching(name), *band(name, axis, near, labels.calendar)]
    y = BAND
    for signal in signals:
        parts += _lane(name, axis, signal, y, near)
        y += HEAD + PLOT + GAP
    y += 0 if signals else GAP
    parts += _axis(axis, y)
    svg = sheet(name, title, description, parts, height=y + FOOT)
    return Figure(title, description, svg, _table(title, axis, signals, near, labels))


def _check(axis: Axis, signals: Sequence[Signal]) -> None:
    if axis.end <= axis.start:
        raise InvalidInput(f"The axis ends at {axis.end}, not after {axis.start}.", hint="Give a later end.")
    if bad := next((s for s in signals if len(s.times) != len(s.values)), None):
        message = f"The signal {bad.name!r} has {len(bad.values)} values for {len(bad.times)} times."
        raise InvalidInput(message, hint="Give one value for each time.")


def _lane(name: str, axis: Axis, signal: Signal, y: float, calendar: Calendar) -> list[str]:
    start, end, top = axis.start.timestamp(), axis.end.timestamp(), y + HEAD
    gap = usual_gap(signal.times) if signal.gap_s is None else signal.gap_s
    pieces = thinned(signal.times, signal.values, start, end, gap)
    ends = [float(f(v)) for _, v in pieces for f in (np.min, np.max)]
    low, high = span([*ends, *(signal.normal or ()), signal.threshold])
    parts = [_heading(signal, y + 15), f'<rect class="n-shift" x="0" width="100%" y="{top:g}" height="{PLOT:g}"/>']
    parts += [*closed(name, axis, calendar, top, PLOT), *uprights(axis, calendar, top, PLOT)]
    parts += _levels(signal, low, high, top)
    line = path(pieces, start, end, low, high)
    box = f'x="0" y="{top + EDGE:g}" width="100%" height="{PLOT - 2 * EDGE:g}" viewBox="0 0 1000 100"'
    drawn = f'<path class="n-line n-s{signal.series}" d="{line}"/>'
    parts.append(f'<svg {box} preserveAspectRatio="none" overflow="visible">{drawn}</svg>' if line else "")
    parts.append(words(4, top + PLOT - 4, figure(low), style="n-halo"))
    parts.append(words(4, top + 11, figure(high), style="n-halo"))
    return [*parts, *_events(axis, signal, top)]


def _levels(signal: Signal, low: float, high: float, top: float) -> list[str]:
    """Return the normal band and the threshold of a lane."""

    def height(value: float) -> float:
        return top + EDGE + (PLOT - 2 * EDGE) * (1 - (value - low) / (high - low))

    parts = []
    if signal.normal:
        upper, lower = height(max(signal.normal)), height(min(signal.normal))
        parts.append(f'<rect class="n-normal" x="0" width="100%" y="{upper:.1f}" height="{lower - upper:.1f}"/>')
    if signal.threshold is not None:
        at = f"{height(signal.threshold):.1f}"
        parts.append(f'<line class="n-thr" x1="0" x2="100%" y1="{at}" y2="{at}"/>')
    return parts


def _heading(signal: Signal, y: float) -> str:
    unit = f" {signal.unit}" if signal.unit and not signal.now else ""
    now = f'<tspan class="n-b" dx="10">{clean(signal.now)}</tspan>' if signal.now else clean(unit)
    said = f'<tspan dx="10">{clean(signal.said)}</tspan>' if signal.said else ""
    return f'<text x="0" y="{y:g}"><tspan class="n-h">{clean(signal.name)}</tspan>{now}{said}</text>'


def _events(axis: Axis, signal: Signal, top: float) -> list[str]:
    """Return a sign at each event, and its word towards the side where there is room."""
    parts: list[str] = []
    shown = sorted((e for e in signal.events if axis.start <= e.at <= axis.end), key=lambda e: e.at)
    free = 0.0
    for e in shown:
        x = axis.share(e.at)
        tip = f"{e.word}, {axis.local(e.at)}"
        sign = icon(e.state, -8, 2, tip)
        room = (len(e.word) * 6.4 + 16) / TYPICAL
        leftwards = x + room > 1
        said = ""
        if (x - room if leftwards else x) >= free:
            side = words(-12 if leftwards else 12, 14, e.word, anchor="end" if leftwards else "start",
                         style=f"n-word n-halo n-{tone(e.state)}")  # fmt: skip
            said, free = side, x + (0.012 if leftwards else room)
        parts.append(f'<svg x="{percent(x)}" y="{top:g}" overflow="visible">{sign}{said}</svg>')
    return parts


def _axis(axis: Axis, y: float) -> list[str]:
    parts = [f'<line class="n-axis" x1="0" x2="100%" y1="{y - GAP:g}" y2="{y - GAP:g}"/>']
    for tick in axis.ticks():
        x = axis.share(tick.at)
        side = "start" if x < 0.03 else "end" if x > 0.97 else "middle"
        parts.append(
            f'<line class="n-axis" x1="{percent(x)}" x2="{percent(x)}" y1="{y - GAP:g}" y2="{y - GAP + 4:g}"/>'
        )
        parts.append(words(percent(x), y + 10, tick.word, anchor=side))
    return parts


def _table(title: str, axis: Axis, signals: Sequence[Signal], calendar: Calendar, labels: Labels) -> Table:
    whole = (axis.local(axis.start), axis.local(axis.end))
    rows: list[tuple[Cell, ...]] = [(s.name, *whole, _summary(axis, s, labels)) for s in signals]
    for s in signals:
        rows += [(s.name, axis.local(e.at), None, e.word) for e in s.events if axis.start <= e.at <= axis.end]
    stretches = [(x.label, x.start, x.end) for x in calendar.spans]
    stretches += [(x.label, x.start, x.end) for x in calendar.versions]
    rows += [(label, axis.local(start), axis.local(end), None) for label, start, end in stretches]
    rows += [(m.label, axis.local(m.at), None, None) for m in calendar.moments]
    notes = (labels.cut.format(most=MOST_ROWS, n=len(rows)),) if len(rows) > MOST_ROWS else ()
    columns = (labels.what, labels.start, labels.end, labels.says)
    return Table(title, columns, tuple(rows[:MOST_ROWS]), notes, labels.silent)


def _summary(axis: Axis, signal: Signal, labels: Labels) -> str:
    inside = (signal.times >= axis.start.timestamp()) & (signal.times <= axis.end.timestamp())
    inside &= np.isfinite(signal.values)
    if not inside.any():
        return labels.silent
    found, times = signal.values[inside], signal.times[inside]
    ends = {"low": found.min(), "high": found.max(), "last": found[int(np.argmax(times))]}
    told = {k: f"{figure(float(v))} {signal.unit}".rstrip() for k, v in ends.items()}
    at = datetime.fromtimestamp(float(times.max()), UTC)
    return f"{labels.samples.format(n=f'{len(found):,}', **told)} ({axis.local(at)})"
