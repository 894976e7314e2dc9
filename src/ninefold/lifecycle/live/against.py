"""A value against what is normal: the band, the value as a stroke, and the numbers below; large enough for a tablet."""

import math

from ninefold.surface.marks import percent, sheet, words
from ninefold.surface.scale import figure, share, span


def against(name: str, title: str, value: float | None, normal: tuple[float, float] | None) -> str:
    """Return the drawing; without a normal there is only the value on its line."""
    there = value is not None and math.isfinite(value)
    low, high = span([value if there else None, *(normal or ())], room=0.3)
    parts = ['<line class="n-track" x1="0" x2="100%" y1="14" y2="14"/>']
    if normal is not None:
        a, b = share(min(normal), low, high), share(max(normal), low, high)
        parts.append(
            f'<rect class="n-normal n-wide" x="{percent(a)}" width="{percent(b - a)}" y="5" height="18" rx="2"/>'
        )
        parts += [words(percent(a), 38, figure(min(normal)), anchor="middle")]
        parts += [words(percent(b), 38, figure(max(normal)), anchor="middle")]
    if there and value is not None:
        x = percent(share(value, low, high))
        outside = normal is not None and not min(normal) <= value <= max(normal)
        tone = "n-bad" if outside else "n-run"
        parts.append(f'<g class="{tone}"><line class="n-edge n-now" x1="{x}" x2="{x}" y1="1" y2="27"/></g>')
    return sheet(name, title, title, parts, height=42)
