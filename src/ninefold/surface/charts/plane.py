"""The ground of charts with two axes and a fixed size: grid, round numbers, names of the axes."""

from typing import NamedTuple

from ninefold.surface.marks import words
from ninefold.surface.scale import figure, share, ticks


class Plane(NamedTuple):
    """A plane of pixels inside of margins, and the numbers at its ends."""

    x: tuple[float, float]
    y: tuple[float, float]
    width: float
    height: float
    left: float = 46.0
    right: float = 14.0
    top: float = 12.0
    bottom: float = 40.0

    def across(self, value: float) -> float:
        """Return the pixel of a value on the lower axis."""
        return self.left + (self.width - self.left - self.right) * share(value, *self.x)

    def up(self, value: float) -> float:
        """Return the pixel of a value on the left axis."""
        return self.height - self.bottom - (self.height - self.top - self.bottom) * share(value, *self.y)

    def ground(self, across: str, up: str) -> list[str]:
        """Return grid, numbers and the names of both axes."""
        floor, end = self.height - self.bottom, self.width - self.right
        parts = []
        for tick in ticks(*self.y):
            y = self.up(tick)
            parts.append(f'<line class="n-grid" x1="{self.left:g}" x2="{end:g}" y1="{y:.1f}" y2="{y:.1f}"/>')
            parts.append(words(self.left - 6, round(y + 4, 1), figure(tick), anchor="end"))
        for tick in ticks(*self.x):
            x = self.across(tick)
            parts.append(f'<line class="n-grid" x1="{x:.1f}" x2="{x:.1f}" y1="{self.top:g}" y2="{floor:g}"/>')
            parts.append(words(round(x, 1), floor + 15, figure(tick), anchor="middle"))
        parts.append(f'<path class="n-axis" fill="none" d="M{self.left:g} {self.top:g}V{floor:g}H{end:g}"/>')
        wide = end - self.left
        parts.append(words((self.left + end) / 2, self.height - 6, across, anchor="middle", style="n-m", width=wide))
        return [*parts, words(self.left + 6, self.top + 10, up, style="n-m n-halo", width=wide)]

    def line(self, points: list[tuple[float, float]], kind: str) -> str:
        """Return a line through points of the plane."""
        way = "L".join(f"{self.across(x):.1f} {self.up(y):.1f}" for x, y in points)
        return f'<path class="n-line {kind}" d="M{way}"/>' if points else ""
