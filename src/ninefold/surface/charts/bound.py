"""A value with its interval against a threshold, small enough for a row of a table; what is not allowed is shaded."""

from typing import Literal

from ninefold.surface.figure import Figure
from ninefold.surface.marks import percent, sheet, tone, words
from ninefold.surface.scale import figure, share, span

HEIGHT = 18.0


def reach(*numbers: float | None, floor: float | None = None, ceiling: float | None = None) -> tuple[float, float]:
    """Return the ends of a scale for some rows that are compared, with some room, within what is possible."""
    low, high = span(numbers, room=0.15)
    return (low if floor is None else max(low, floor)), (high if ceiling is None else min(high, ceiling))


def bound(
    name: str, title: str, scale: tuple[float, float], threshold: float, allowed: Literal["above", "below"],
    state: str, *, value: float | None = None, low: float | None = None, high: float | None = None,
    unit: str = "", limit: bool = False,
) -> Figure:  # fmt: skip
    """Return the drawing of one row; `title` is its whole content in words and `limit` writes the threshold below.

    The bound that is compared with the threshold is the thick end: the lower one where values above are allowed.
    """
    at = share(threshold, *scale)
    shaded = (0.0, at) if allowed == "above" else (at, 1 - at)
    parts = ['<line class="n-track" x1="0" x2="100%" y1="9" y2="9"/>']
    parts.append(f'<rect class="n-not" x="{percent(shaded[0])}" width="{percent(shaded[1])}" y="1" height="16"/>')
    if low is not None and high is not None:
        parts.append(
            f'<line class="n-iv" x1="{percent(share(low, *scale))}" x2="{percent(share(high, *scale))}" y1="9" y2="9"/>'
        )
    judged = low if allowed == "above" else high
    if judged is not None:
        x = percent(share(judged, *scale))
        parts.append(f'<line class="n-edge" x1="{x}" x2="{x}" y1="3" y2="15"/>')
    if value is not None:
        parts.append(f'<circle class="n-pt" cx="{percent(share(value, *scale))}" cy="9" r="4"/>')
    parts.append(f'<line class="n-limit" x1="{percent(at)}" x2="{percent(at)}" y1="0" y2="{HEIGHT:g}"/>')
    if limit:
        sign = "≥" if allowed == "above" else "≤"
        side = "start" if at < 0.1 else "end" if at > 0.9 else "middle"
        parts.append(words(percent(at), 29, f"{sign} {figure(threshold)} {unit}".rstrip(), anchor=side))
    inner = [f'<g class="n-{tone(state)}">', *parts, "</g>"]
    said = ", ".join(f"{figure(n)} {unit}".rstrip() for n in (value, low, high) if n is not None)
    return Figure(title, said, sheet(name, title, said, inner, height=HEIGHT + (14 if limit else 0)))
