"""Kinds of chart, from values to shapes: bars with bounds, points with bounds on a plane, a matrix of shades."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from ninefold.development.validation.report.drawing import Dot, Drawing, Rect, Shape, Stroke, Tone, Word
from ninefold.surface.scale import ticks
from ninefold.surface.svg import fitted

WIDTH = 760.0
LEFT = 270.0  # room for the names of rows
RIGHT = 90.0  # and for their figures
ROW = 24.0


class Bar(NamedTuple):
    """One row: a value with its interval, a mark to compare with, and words at the end."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    mark: float | None = None
    tone: Tone = "accent"
    said: str = ""


def bars(
    name: str, title: str, description: str, rows: Sequence[Bar], *, mark: str = "", ends: str = "", left: float = LEFT
) -> Drawing:  # fmt: skip
    """Return horizontal bars from 0 on one scale; `mark` and `ends` say what the tick and the whisker are, `left` is
    the room for the names.
    """
    numbers = [v for r in rows for v in (r.value, r.low, r.high, r.mark) if v is not None]
    low, high = min([0.0, *numbers]), max([0.0, *numbers])
    high = high if high > low else low + 1.0
    scale = _linear(low, high, left, WIDTH - RIGHT)
    bottom = 12 + ROW * len(rows)
    shapes: list[Shape] = list(_axis(low, high, scale, 8, bottom))
    for number, row in enumerate(rows):
        y = 12 + ROW * number
        shapes.append(_name(row.name, y, left))
        start, end = sorted((scale(0.0), scale(row.value)))
        shapes.append(Rect(start, y + 4, max(end - start, 0.5), ROW - 10, row.tone, 0.5))
        if row.low is not None and row.high is not None:
            shapes += _whisker(scale(row.low), scale(row.high), y + ROW / 2 - 1)
        if row.mark is not None:
            shapes.append(Stroke(((scale(row.mark), y + 1), (scale(row.mark), y + ROW - 3)), "warn", 2))
        shapes.append(Word(WIDTH - RIGHT + 8, y + 16, row.said, tone="soft"))
    shapes += _legend(left, bottom + 34, mark, ends)
    return Drawing(name, title, description, WIDTH, bottom + (44 if mark or ends else 26), tuple(shapes))


class Judged(NamedTuple):
    """One criterion on a scale of its own: its value and bounds against a threshold, and which side is good."""

    name: str
    value: float | None
    bound: float | None
    opposite: float | None
    threshold: float
    good_above: bool
    tone: Tone
    said: str


def thresholds(name: str, title: str, description: str, rows: Sequence[Judged]) -> Drawing:
    """Return each row on its own scale, so that a share stands beside a rate; the good side is shaded."""
    shapes: list[Shape] = []
    height = 42.0
    right = WIDTH - RIGHT - 60
    for number, row in enumerate(rows):
        y = 8 + height * number
        numbers = [v for v in (row.value, row.bound, row.opposite, row.threshold) if v is not None]
        scale = _scale(numbers, LEFT, right)
        at = scale(row.threshold)
        shapes.append(_name(row.name, y))
        good = (at, right - at) if row.good_above else (LEFT, at - LEFT)
        shapes.append(Rect(good[0], y + 3, max(good[1], 0.0), 18, "band", 0.55))
        shapes.append(Stroke(((at, y), (at, y + 24)), "ink", 1.5))
        shapes.append(Word(at, y + 36, f"{row.threshold:g}", "middle", "soft"))
        sides = [v for v in (row.bound, row.opposite) if v is not None]
        if row.value is not None:
            ends = [scale(v) for v in (*sides, row.value)]
            shapes += _whisker(min(ends), max(ends), y + 12, row.tone)
            shapes.append(Dot(scale(row.value), y + 12, 4.5, row.tone))
        shapes.append(Word(right + 10, y + 16, row.said, tone=row.tone))
    return Drawing(name, title, description, WIDTH, 16 + height * len(rows) + 6, tuple(shapes))


class Point(NamedTuple):
    """A point on a plane, with its interval upwards."""

    x: float
    y: float
    low: float | None
    high: float | None


def plane(
    name: str, title: str, description: str, points: Sequence[Point], across: str, up: str, *, share: bool
) -> Drawing:  # fmt: skip
    """Return points with intervals beside the diagonal; shares that crowd near 0 are drawn on a square-root scale."""
    side, left, top = 380.0, 90.0, 14.0
    numbers = [v for p in points for v in (p.x, p.y, p.low, p.high) if v is not None]
    low, high = min(numbers, default=0.0), max(numbers, default=1.0)
    low = 0.0 if share else low
    high = high if high > low else low + 1.0
    crowded = share and float(np.median([p.x for p in points] or [1.0])) < 0.1 * high
    bend: Callable[[float], float] = math.sqrt if crowded else float
    first, last = bend(low), bend(high)

    def placed(value: float) -> float:
        return (bend(max(value, low) if crowded else value) - first) / (last - first) * side

    shapes: list[Shape] = []
    for tick in _ticks(low, high, 7 if crowded else 5, crowded=crowded):
        d = placed(tick)
        shapes.append(Stroke(((left, top + side - d), (left + side, top + side - d)), "band", 0.7))
        shapes.append(Word(left - 8, top + side - d + 4, f"{tick:g}", "end", "soft"))
        shapes.append(Word(left + d, top + side + 18, f"{tick:g}", "middle", "soft"))
    shapes.append(Stroke(((left, top + side), (left + side, top)), "edge", 1, dashed=True))
    for p in points:
        x, y = left + placed(p.x), top + side - placed(p.y)
        if p.low is not None and p.high is not None:
            shapes.append(Stroke(((x, top + side - placed(p.low)), (x, top + side - placed(p.high))), "accent", 1.5))
        shapes.append(Dot(x, y, 4, "accent"))
    shapes.append(Stroke(((left, top), (left, top + side), (left + side, top + side)), "edge"))
    shapes.append(Word(left + side / 2, top + side + 38, across, "middle", "soft"))
    shapes.append(Word(left + side + 20, top + 16, f"Up: {up}.", tone="soft"))
    shapes.append(Word(left + side + 20, top + 36, "Line: 95 % interval.", tone="soft"))
    shapes.append(Word(left + side + 20, top + 56, "Dashed: foretold as seen.", tone="soft"))
    if crowded:
        shapes.append(Word(left + side + 20, top + 76, "Square-root scale.", tone="soft"))
    return Drawing(name, title, description, WIDTH, top + side + 50, tuple(shapes))


def matrix(
    name: str, title: str, description: str, rows: Sequence[str], columns: Sequence[str],
    cells: Sequence[Sequence[tuple[str, float]]], *, tone: Tone = "warn",
) -> Drawing:  # fmt: skip
    """Return a matrix of words on shades of one tone; each cell is its word and its strength, 0 to 1."""
    left = 220.0
    width = min((WIDTH - left - 10) / max(len(columns), 1), 110.0)
    top = 28.0
    shapes: list[Shape] = []
    for place, column in enumerate(columns):
        at = left + width * (place + 0.5)
        shapes.append(Word(at, top - 9, fitted(column, width, 12), "middle", "soft", column))
    for number, row in enumerate(rows):
        y = top + ROW * number
        shapes.append(Word(left - 10, y + 16, fitted(row, left - 20, 12), "end", full=row))
        for place, (word, strength) in enumerate(cells[number]):
            x = left + width * place
            shapes.append(Rect(x, y, width - 2, ROW - 2, tone, 0.06 + 0.6 * min(max(strength, 0.0), 1.0)))
            shapes.append(Word(x + width / 2 - 1, y + 16, word, "middle"))
    return Drawing(name, title, description, WIDTH, top + ROW * len(rows) + 8, tuple(shapes))


def _linear(low: float, high: float, left: float, right: float) -> Callable[[float], float]:
    return lambda value: left + (value - low) / (high - low) * (right - left)


def _scale(numbers: Sequence[float], left: float, right: float) -> Callable[[float], float]:
    """Return a scale that holds all numbers with some room; logarithmic when they are apart by a factor of 50."""
    low, high = min(numbers), max(numbers)
    if low > 0 and high / low > 50:
        room = 0.1 * math.log(high / low)
        logs = _linear(math.log(low) - room, math.log(high) + room, left, right)
        return lambda value: logs(math.log(value))
    room = 0.25 * (high - low) or 0.25 * abs(high) or 1.0
    return _linear(low - room, high + room, left, right)


def _ticks(low: float, high: float, count: int, *, crowded: bool = False) -> list[float]:
    if crowded:
        return [t for t in (0.0, 0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0) if t <= high and _apart(t, high)]
    return ticks(low, high, count)


def _apart(tick: float, high: float) -> bool:
    """Whether a tick of the square-root scale stands clear of the one at 0."""
    return tick == 0.0 or math.sqrt(tick / high) > 0.08


def _axis(low: float, high: float, scale: Callable[[float], float], top: float, bottom: float) -> list[Shape]:
    shapes: list[Shape] = []
    for tick in _ticks(low, high, 5):
        x = scale(tick)
        shapes.append(Stroke(((x, top), (x, bottom)), "edge" if tick == 0 else "band", 0.7))
        shapes.append(Word(x, bottom + 14, f"{tick:g}", "middle", "soft"))
    return shapes


def _name(text: str, y: float, left: float = LEFT) -> Word:
    return Word(left - 10, y + 16, fitted(text, left - 16, 11), "end", full=text)


def _whisker(start: float, end: float, y: float, tone: Tone = "ink") -> list[Shape]:
    ends: list[Shape] = [Stroke(((x, y - 4), (x, y + 4)), tone, 1.5) for x in (start, end)]
    return [Stroke(((start, y), (end, y)), tone, 1.5), *ends]


def _legend(left: float, y: float, mark: str, ends: str) -> list[Shape]:
    shapes: list[Shape] = []
    x = left
    if mark:
        shapes += [Stroke(((x, y - 10), (x, y + 2)), "warn", 2), Word(x + 8, y, mark, tone="soft")]
        x += 20 + 6.5 * len(mark)
    if ends:
        shapes += [*_whisker(x, x + 18, y - 4), Word(x + 26, y, ends, tone="soft")]
    return shapes
