"""Points on a plane with names that do not lie on each other: use cases by value and risk."""

from collections.abc import Sequence
from itertools import product

import msgspec

from ninefold.surface.charts.plane import Plane
from ninefold.surface.figure import Figure
from ninefold.surface.marks import address, icon, sheet, tone
from ninefold.surface.scale import span
from ninefold.surface.svg import clean, fitted
from ninefold.surface.table import Table
from ninefold.surface.words import Say, Text

WIDTH, HEIGHT, LETTER, LINE = 620.0, 380.0, 6.3, 14.0


class Spot(msgspec.Struct, frozen=True):
    """A named point with its ranges, a state whose sign it is, and where it leads."""

    name: str
    x: float
    y: float
    x_range: tuple[float, float] | None = None
    y_range: tuple[float, float] | None = None
    state: str = ""
    href: str = ""


class _Box(msgspec.Struct, frozen=True):
    left: float
    top: float
    right: float
    bottom: float

    def covers(self, other: "_Box") -> float:
        """Return the pixels that both cover."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        tall = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(wide, 0.0) * max(tall, 0.0)


def scatter(
    name: str, title: str, description: str, spots: Sequence[Spot], across: str, up: str, *, named: int = 40,
    columns: tuple[Text, Text, Text, Text] | None = None,
) -> Figure:  # fmt: skip
    """Return the points with their ranges. A name stands where it covers nothing, joined by a line where that is far;
    where no place is free, and beyond the first `named` ones, it is a tooltip only.
    """
    xs = [n for s in spots for n in (s.x, *(s.x_range or ()))]
    ys = [n for s in spots for n in (s.y, *(s.y_range or ()))]
    plane = Plane(span(xs, room=0.08), span(ys, room=0.1), WIDTH, HEIGHT)
    taken = [_around(plane.across(s.x), plane.up(s.y)) for s in spots]
    taken.append(_Box(plane.left, plane.top - 4, plane.left + len(up) * LETTER + 10, plane.top + 14))
    parts = plane.ground(across, up)
    parts += [_ranges(plane, s) for s in spots]
    parts += [_spot(plane, s, taken, number < named) for number, s in enumerate(spots)]
    table = Table(
        title,
        columns or (Say("charts.name"), across, up, Say("charts.state")),
        tuple((s.name, s.x, s.y, s.state) for s in spots),
    )
    linked = any(s.href for s in spots)
    return Figure(
        title, description, sheet(name, title, description, parts, width=WIDTH, height=HEIGHT, links=linked), table
    )


def _around(x: float, y: float) -> _Box:
    return _Box(x - 7, y - 7, x + 7, y + 7)


def _ranges(plane: Plane, spot: Spot) -> str:
    x, y, parts = plane.across(spot.x), plane.up(spot.y), []
    if spot.x_range:
        a, b = (plane.across(n) for n in spot.x_range)
        parts.append(f'<line class="n-leader" x1="{a:.1f}" x2="{b:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>')
    if spot.y_range:
        a, b = (plane.up(n) for n in spot.y_range)
        parts.append(f'<line class="n-leader" x1="{x:.1f}" x2="{x:.1f}" y1="{a:.1f}" y2="{b:.1f}"/>')
    return "".join(parts)


def _spot(plane: Plane, spot: Spot, taken: list[_Box], named: bool) -> str:
    x, y = plane.across(spot.x), plane.up(spot.y)
    tip = clean(", ".join(part for part in (spot.name, spot.state) if part))
    point = f'<circle class="n-pt n-box" cx="{x:.1f}" cy="{y:.1f}" r="6"/>'
    inside = f"<title>{tip}</title>{icon(spot.state, round(x - 8, 1), round(y - 8, 1)) if spot.state else point}"
    found = place(plane, fitted(spot.name, 170, 11), x, y, taken) if named else None
    if found:
        taken.append(found)
        middle, height = (found.left + found.right) / 2, (found.top + found.bottom) / 2
        if abs(middle - x) > (found.right - found.left) / 2 + 14 or abs(height - y) > 20:
            end = min(max(x, found.left), found.right)
            inside += f'<line class="n-leader" x1="{x:.1f}" y1="{y:.1f}" x2="{end:.1f}" y2="{height:.1f}"/>'
        shown = clean(fitted(spot.name, 170, 11))
        inside += f'<text class="n-m n-halo" x="{found.left + 2:.1f}" y="{found.bottom - 3:.1f}">{shown}</text>'
    kind = f"n-{tone(spot.state)}" if spot.state else "n-spot"
    if not spot.href:
        return f'<g class="{kind}">{inside}</g>'
    return f'<a class="{kind}" href="{address(spot.href)}" aria-label="{tip}">{inside}</a>'


def place(plane: Plane, text: str, x: float, y: float, taken: Sequence[_Box]) -> _Box | None:
    """Return the nearest free place for a word beside a point inside of the plane, if there is one."""
    width = len(text) * LETTER + 4
    for away, (side, row) in product(
        (0, 1, 2, 3), ((1, 0), (-1, 0), (0, -1), (0, 1), (1, -1), (1, 1), (-1, -1), (-1, 1))
    ):
        reach = 10 + 16 * away
        left = x + 10 + (reach - 10) if side > 0 else x - reach - width if side < 0 else x - width / 2
        middle = y + row * (reach + 6)
        box = _Box(left, middle - LINE / 2, left + width, middle + LINE / 2)
        inside = box.left >= plane.left and box.right <= plane.width and box.top >= 0
        if inside and box.bottom <= plane.height - plane.bottom and not any(box.covers(t) for t in taken):
            return box
    return None
