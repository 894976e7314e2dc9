"""Reliability: what a model foretold against what was seen, with its interval, beside the diagonal."""

from collections.abc import Sequence

import msgspec

from ninefold.surface.charts.plane import Plane
from ninefold.surface.figure import Figure
from ninefold.surface.marks import sheet
from ninefold.surface.scale import figure, span
from ninefold.surface.svg import clean
from ninefold.surface.table import Table
from ninefold.surface.words import Say, Text

_HEADS = tuple(Say(f"charts.{c}") for c in ("foretold", "seen", "lower", "upper", "rows"))


class Bin(msgspec.Struct, frozen=True):
    """The mean of what was foretold in a bin, the share that was seen with its interval, and how many rows it holds."""

    foretold: float
    seen: float
    low: float | None = None
    high: float | None = None
    rows: int | None = None


def reliability(
    name: str, title: str, description: str, bins: Sequence[Bin], *, across: str = "foretold", up: str = "seen",
    columns: tuple[Text, ...] = _HEADS,
) -> Figure:  # fmt: skip
    """Return the points, their intervals and the diagonal; shares are drawn from 0 to 1."""
    numbers = [n for b in bins for n in (b.foretold, b.seen, b.low, b.high)]
    ends = span([*numbers, 0.0, 1.0])
    plane = Plane(ends, ends, 320, 296)
    parts = plane.ground(across, up)
    diagonal = f'x1="{plane.across(ends[0]):g}" y1="{plane.up(ends[0]):g}" x2="{plane.across(ends[1]):g}"'
    parts.append(f'<line class="n-event" {diagonal} y2="{plane.up(ends[1]):g}"/>')
    for b in bins:
        x = f"{plane.across(b.foretold):.1f}"
        if b.low is not None and b.high is not None:
            parts.append(
                f'<line class="n-iv" x1="{x}" x2="{x}" y1="{plane.up(b.low):.1f}" y2="{plane.up(b.high):.1f}"/>'
            )
        tip = clean(f"{figure(b.foretold)}: {figure(b.seen)}")
        parts.append(f'<circle class="n-pt" cx="{x}" cy="{plane.up(b.seen):.1f}" r="4"><title>{tip}</title></circle>')
    parts.append(plane.line([(b.foretold, b.seen) for b in sorted(bins, key=lambda b: b.foretold)], "n-s1"))
    rows = tuple((b.foretold, b.seen, b.low, b.high, b.rows) for b in bins)
    svg = sheet(name, title, description, parts, width=plane.width, height=plane.height)
    return Figure(title, description, svg, Table(title, columns, rows))
