"""Drawings of a few plain shapes, so that HTML and PDF show the same lines: as SVG here, on paper in `pdf`."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

from ninefold.surface.svg import clean, drawing

Tone: TypeAlias = Literal["ink", "soft", "edge", "accent", "band", "good", "warn", "doubt", "ground"]
Anchor: TypeAlias = Literal["start", "middle", "end"]

# Ground, lines and words as in surface.svg; the tones of data are told apart by their brightness as well.
LIGHT: dict[Tone, str] = {
    "ink": "#1c2430", "soft": "#566173", "edge": "#7a869a", "accent": "#1f5fbf", "band": "#c9d9f2", "good": "#1a7f37",
    "warn": "#a13d00", "doubt": "#8a6d00", "ground": "#ffffff",
}  # fmt: skip
DARK: dict[Tone, str] = {
    "ink": "#e8ecf3", "soft": "#a9b4c6", "edge": "#7f8ca3", "accent": "#7fb0ff", "band": "#2b4268", "good": "#5cc97a",
    "warn": "#ffab73", "doubt": "#e0c050", "ground": "#14181f",
}  # fmt: skip
SIZE = 12.0  # of words, in pixels


class Rect(NamedTuple):
    """A filled box; `strength` 0 to 1 is how much of its tone is seen."""

    x: float
    y: float
    width: float
    height: float
    tone: Tone
    strength: float = 1.0


class Stroke(NamedTuple):
    """A line through points."""

    points: tuple[tuple[float, float], ...]
    tone: Tone
    width: float = 1.0
    dashed: bool = False


class Dot(NamedTuple):
    """A filled circle."""

    x: float
    y: float
    radius: float
    tone: Tone


class Word(NamedTuple):
    """A line of text; `y` is its baseline, `full` the whole of a text that was cut."""

    x: float
    y: float
    text: str
    anchor: Anchor = "start"
    tone: Tone = "ink"
    full: str = ""


Shape: TypeAlias = Rect | Stroke | Dot | Word


class Drawing(NamedTuple):
    """Shapes on a ground; `name` makes the ids of its SVG unique on a page."""

    name: str
    title: str
    description: str  # what a person who cannot see it is told
    width: float
    height: float
    shapes: tuple[Shape, ...]


def svg(found: Drawing) -> str:
    """Return a drawing as a self-contained SVG that follows the reader's light or dark ground."""
    return drawing(found.name, found.title, found.description, found.width, found.height, _parts(found.shapes))


def _parts(shapes: Sequence[Shape]) -> list[str]:
    return [_STYLE, *(_part(shape) for shape in shapes)]


def _part(shape: Shape) -> str:
    match shape:
        case Rect(x, y, width, height, tone, strength):
            opacity = "" if strength >= 1 else f' opacity="{strength:.2f}"'
            return (
                f'<rect class="f-{tone}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"{opacity}/>'
            )
        case Stroke(points, tone, width, dashed):
            way = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            dash = ' stroke-dasharray="5 4"' if dashed else ""
            return f'<polyline class="s-{tone}" points="{way}" stroke-width="{width:g}"{dash}/>'
        case Dot(x, y, radius, tone):
            return f'<circle class="f-{tone}" cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}"/>'
        case Word(x, y, text, anchor, tone, full):
            tip = f"<title>{clean(full)}</title>" if full else ""
            at = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
            return f'<text class="w-{tone}" {at}>{clean(text)}{tip}</text>'


def _paint(tones: dict[Tone, str]) -> str:
    fills = "".join(f".nf-figure .f-{t} {{ fill: {c}; }} " for t, c in tones.items())
    lines = "".join(f".nf-figure .s-{t} {{ stroke: {c}; }} " for t, c in tones.items())
    words = "".join(f".nf-figure .w-{t} {{ fill: {c}; }} " for t, c in tones.items())
    return f"{fills}{lines}{words}"


_STYLE = (
    f"<style>.nf-figure polyline {{ fill: none; }} .nf-figure text {{ font-size: {SIZE:g}px; }} {_paint(LIGHT)}"
    f"@media (prefers-color-scheme: dark) {{ {_paint(DARK)} }} @media print {{ {_paint(LIGHT)} }}</style>"
)
