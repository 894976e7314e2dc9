"""Pieces of SVG: escaped text and boxes, readable on a light and on a dark ground, without outside references."""

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple

# What XML 1.0 cannot hold at all, escaped or not.
_IMPOSSIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

GLYPH = 0.56  # mean width of a character of the sans-serif faces, in font sizes
BOLD = 1.13  # how much wider bold is

# Plain colours: viewers and converters know no var(). The contrast of text is above 4.5 on both grounds.
_LIGHT = {"ink": "#1c2430", "soft": "#566173", "ground": "#ffffff", "box": "#f4f6fa"}
_LIGHT |= {"edge": "#7a869a", "accent": "#1f5fbf", "warn": "#a13d00"}
_DARK = {"ink": "#e8ecf3", "soft": "#a9b4c6", "ground": "#14181f", "box": "#1e2530"}
_DARK |= {"edge": "#7f8ca3", "accent": "#7fb0ff", "warn": "#ffab73"}

_SHAPES = """
.nf-figure { font: 13px system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif; }
.nf-figure .soft, .nf-figure .warn { font-size: 12px; }
.nf-figure .strong { font-weight: 600; }
.nf-figure .accent { stroke-width: 2; }
.nf-figure .gap { stroke-dasharray: 6 4; }
.nf-figure .link { fill: none; stroke-width: 1.5; }
.nf-figure .derives { stroke-dasharray: 7 4; }
.nf-figure .depends { stroke-dasharray: 2 4; }
.nf-figure .conflicts { stroke-dasharray: 10 3 2 3; }
"""


def _paint(colour: Mapping[str, str]) -> str:
    return f""".nf-figure .ground {{ fill: {colour["ground"]}; }}
.nf-figure text {{ fill: {colour["ink"]}; }}
.nf-figure text.soft {{ fill: {colour["soft"]}; }}
.nf-figure text.warn {{ fill: {colour["warn"]}; }}
.nf-figure .box {{ fill: {colour["box"]}; stroke: {colour["edge"]}; }}
.nf-figure .box.accent {{ stroke: {colour["accent"]}; }}
.nf-figure .box.gap, .nf-figure .link.conflicts {{ stroke: {colour["warn"]}; }}
.nf-figure .link {{ stroke: {colour["edge"]}; }}
.nf-figure .tip {{ fill: {colour["edge"]}; }}
"""


STYLE = f"{_SHAPES}{_paint(_LIGHT)}@media (prefers-color-scheme: dark) {{\n{_paint(_DARK)}}}\n"


class Line(NamedTuple):
    """A line of text in a box, with its style class (strong, soft, warn or none) and its indent in pixels."""

    text: str
    style: str = ""
    indent: float = 0.0


def clean(text: object) -> str:
    """Return what a thing is called as text that may stand between tags or in a quoted attribute."""
    return escape(_IMPOSSIBLE.sub("\ufffd", str(text)), quote=True)


def fitted(text: str, width: float, size: float = 13.0) -> str:
    """Return text cut to about a width in pixels, with an ellipsis where something is left out."""
    room = max(int(width / (size * GLYPH)), 2)
    return text if len(text) <= room else text[: room - 1].rstrip() + "\u2026"


def box(x: float, y: float, width: float, height: float, lines: Sequence[Line], style: str = "") -> str:
    """Return a box with lines of text; the full text of all lines is its tooltip."""
    tip = clean("\n".join(line.text for line in lines))
    parts = [f'<g><title>{tip}</title><rect class="box {style}" x="{x:g}" y="{y:g}" width="{width:g}" ']
    parts.append(f'height="{height:g}" rx="6"/>')
    for number, line in enumerate(lines):
        room = (width - 24 - line.indent) / (BOLD if line.style == "strong" else 1)
        text = clean(fitted(line.text, room))
        at = f'x="{x + 12 + line.indent:g}" y="{y + 22 + 18 * number:g}"'
        parts.append(f'<text class="{line.style}" {at}>{text}</text>')
    return "".join(parts) + "</g>"


def label(x: float, y: float, text: str) -> str:
    """Return a word centred on a point of a line, on a piece of ground that interrupts the line."""
    width = len(text) * 12 * GLYPH + 8
    ground = f'<rect class="ground" x="{x - width / 2:g}" y="{y - 9:g}" width="{width:g}" height="18"/>'
    return f'{ground}<text class="soft" text-anchor="middle" x="{x:g}" y="{y + 4:g}">{clean(text)}</text>'


def drawing(name: str, title: str, description: str, width: float, height: float, parts: Sequence[str]) -> str:
    """Return a whole SVG; `name` makes its ids unique on a page."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="nf-figure" role="img" aria-labelledby="{name}-t {name}-d" '
        f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}">'
        f'<title id="{name}-t">{clean(title)}</title><desc id="{name}-d">{clean(description)}</desc>'
        f"<style>{STYLE}</style>"
        f'<defs><marker id="{name}-tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" '
        f'orient="auto-start-reverse"><path class="tip" d="M0 0 L8 4 L0 8 z"/></marker></defs>'
        f'<rect class="ground" width="{width:g}" height="{height:g}"/>'
    )
    return head + "\n" + "\n".join(parts) + "\n</svg>\n"
