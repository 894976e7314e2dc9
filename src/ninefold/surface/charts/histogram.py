"""A histogram with the marks of some quantiles: how long decisions take, how a feature is spread."""

import itertools
import math
from collections.abc import Callable, Sequence

from ninefold.kernel.errors import InvalidInput
from ninefold.surface.figure import Figure
from ninefold.surface.marks import percent, sheet, words
from ninefold.surface.scale import figure, share, ticks
from ninefold.surface.svg import clean
from ninefold.surface.table import Table
from ninefold.surface.words import Say, Text

TOP, PLOT, FOOT = 18.0, 72.0, 20.0
_HEADS = (Say("charts.from"), Say("charts.to"), Say("charts.count"))


def histogram(
    name: str, title: str, description: str, edges: Sequence[float], counts: Sequence[int], *,
    marks: Sequence[tuple[str, float]] = (), unit: str = "", columns: tuple[Text, Text, Text] = _HEADS,
    geometric: bool = False,
) -> Figure:  # fmt: skip
    """Return bars between edges, and marks such as p50 and p99 as dashed lines with their value.

    `geometric` gives equal room to equal ratios: for edges above 0 that grow by factors; the inner ones are its ticks.

    Raises:
        InvalidInput: there is not one edge more than counts, or the edges do not rise, or no ratio can be told.
    """
    if len(edges) != len(counts) + 1 or any(b <= a for a, b in itertools.pairwise(edges)):
        message = f"The histogram {title!r} has {len(edges)} edges for {len(counts)} counts, or edges that do not rise."
        raise InvalidInput(message, hint="Give rising edges, one more than counts.")
    if geometric and edges[0] <= 0:
        raise InvalidInput(f"The histogram {title!r} begins at {edges[0]:g}.", hint="Begin above 0.")
    most = max([1, *counts])
    at = _ratios(edges) if geometric else _distances(edges)
    parts = []
    for a, b, n in zip(edges, edges[1:], counts, strict=False):
        x, tall = at(a), max(n / most * PLOT, 1.0 if n else 0.0)
        place = f'x="{percent(x + 0.001)}" width="{percent(max(at(b) - x - 0.002, 0.0005))}"'
        tip = clean(f"{figure(a)} – {figure(b)} {unit}: {n:,}")
        parts.append(
            f'<rect class="n-bar" {place} y="{TOP + PLOT - tall:.1f}" height="{tall:.1f}"><title>{tip}</title></rect>'
        )
    parts.append(f'<line class="n-axis" x1="0" x2="100%" y1="{TOP + PLOT:g}" y2="{TOP + PLOT:g}"/>')
    written = list(edges[1:-1]) if geometric else ticks(edges[0], edges[-1])
    for tick in written:
        x = at(tick)
        side = "start" if x < 0.03 else "end" if x > 0.97 else "middle"
        last = f" {unit}" if unit and tick == written[-1] else ""
        parts.append(words(percent(x), TOP + PLOT + 14, figure(tick) + last, anchor=side))
    parts += _marks(marks, at)
    rows = tuple((a, b, n) for a, b, n in zip(edges, edges[1:], counts, strict=False))
    notes = tuple(f"{word} {figure(value)} {unit}".rstrip() for word, value in marks)
    svg = sheet(name, title, description, parts, height=TOP + PLOT + FOOT)
    return Figure(title, description, svg, Table(title, columns, rows, notes))


def _distances(edges: Sequence[float]) -> Callable[[float], float]:
    return lambda value: share(value, edges[0], edges[-1])


def _ratios(edges: Sequence[float]) -> Callable[[float], float]:
    low, high = math.log(edges[0]), math.log(edges[-1])
    return lambda value: share(math.log(max(value, edges[0])), low, high)


def _marks(marks: Sequence[tuple[str, float]], at: Callable[[float], float]) -> list[str]:
    lines, said, free, line = list[str](), list[str](), -1.0, 0
    for word, value in sorted(marks, key=lambda m: m[1]):
        x = at(value)
        line = line + 1 if x < free else 0
        y, side, away = 10 + 12 * line, ("end", -5) if x > 0.85 else ("start", 5), f"{word} {figure(value)}"
        free = x + len(away) * 0.014
        lines.append(f'<line class="n-thr" x1="{percent(x)}" x2="{percent(x)}" y1="0" y2="{TOP + PLOT:g}"/>')
        text = words(side[1], y, away, anchor=side[0], style="n-halo n-m")
        said.append(f'<svg x="{percent(x)}" y="0" overflow="visible">{text}</svg>')
    return [*lines, *said]
