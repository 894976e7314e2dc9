"""Pieces of the workbench's drawings: a sheet, words, states as shape and word, hatching, safe links.

They carry classes and attributes only, never a style of their own: the page's policy forbids it, and `figures.css`
gives them the colours of the reader's theme.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, NamedTuple, TypeAlias

from ninefold.kernel.errors import InvalidInput
from ninefold.surface.svg import clean, fitted

Tone: TypeAlias = Literal["ok", "stale", "bad", "insuf", "run", "none"]


class _Sign(NamedTuple):
    tone: Tone
    shape: str


_ROUND = '<circle cx="8" cy="8" r="6.2"/>'
_SIGNS = {
    "ok": _Sign("ok", f'{_ROUND}<path d="M5 8.3l2.1 2.1L11 6"/>'),
    "stale": _Sign("stale", f'{_ROUND}<path d="M8 4.6V8l2.4 1.7"/>'),
    "blocked": _Sign("bad", '<path d="M5.4 1.8h5.2l3.6 3.6v5.2l-3.6 3.6H5.4l-3.6-3.6V5.4z"/><path d="M4.8 8h6.4"/>'),
    "failed": _Sign(
        "bad", '<rect x="2" y="2" width="12" height="12" rx="2"/><path d="M5.6 5.6l4.8 4.8M10.4 5.6l-4.8 4.8"/>'
    ),
    "insufficient": _Sign(
        "insuf", '<path d="M8 1.6L14.4 8 8 14.4 1.6 8z"/><path class="n-full" d="M8 1.6v12.8L1.6 8z"/>'
    ),
    "running": _Sign("run", '<path d="M8 1.8A6.2 6.2 0 1 1 2.6 5"/><path class="n-full" d="M6.4 5.6v4.8L10.6 8z"/>'),
    "pending": _Sign("none", f'{_ROUND}<path d="M5 8h.01M8 8h.01M11 8h.01" stroke-width="2"/>'),
    "missing": _Sign("none", '<circle cx="8" cy="8" r="6.2" stroke-dasharray="2.4 2.4"/>'),
    "alarm": _Sign("bad", '<path d="M8 1.8L15 14H1z"/><path d="M8 6.2v3.6M8 12h.01" stroke-width="1.8"/>'),
    "off": _Sign("none", f'<path d="M4.6 11.4L11.4 4.6"/>{_ROUND}'),
}
# The words of plans, gates, verdicts, runs, alarms and rollouts, each under the sign that shows it.
_ALIASES = {
    "fresh": "ok", "pass": "ok", "finished": "ok", "active": "ok", "averted": "ok", "cleared": "ok", "normal": "ok",
    "fail": "failed", "killed": "failed", "refused": "blocked", "unapproved": "blocked", "dropped": "off",
    "confirmed": "alarm", "raised": "alarm", "drift": "alarm", "waits": "pending", "open": "pending",
    "staging": "running", "self-test": "running", "shadow": "running", "canary": "running", "stopped": "off",
    "rolled-back": "off", "shelved": "off", "false": "off", "unknown": "missing", "acknowledged": "stale",
}  # fmt: skip

_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_BLANK = re.compile(r"[\x00-\x20\x7f]")


def sign(state: str) -> str:
    """Return the name of the sign that shows a state; one that has none is shown as off."""
    found = _ALIASES.get(state, state)
    return found if found in _SIGNS else "off"


def tone(state: str) -> Tone:
    """Return the tone of a state."""
    return _SIGNS[sign(state)].tone


def icon(state: str, x: str | float, y: float, word: str = "") -> str:
    """Return the sign of a state, 16 pixels square, its left upper corner at a place (x may be in per cent)."""
    found = _SIGNS[sign(state)]
    tip = f"<title>{clean(word or state)}</title>"
    return (
        f'<svg x="{x}" y="{y:g}" width="16" height="16" overflow="visible">'
        f'<g class="n-icon n-{found.tone}">{tip}{found.shape}</g></svg>'
    )


def identifier(name: str) -> str:
    """Return a name as the beginning of an id."""
    return "f-" + re.sub(r"[^A-Za-z0-9_-]+", "-", name)


def address(href: str) -> str:
    """Return an address escaped for an attribute.

    Raises:
        InvalidInput: it is neither a place of the workbench nor http(s), so that following it could run something.
    """
    found = _SCHEME.match(_BLANK.sub("", href))
    if found and found.group().lower() not in ("http:", "https:"):
        raise InvalidInput(f"A drawing cannot link to {href[:80]!r}.", hint="Give a path of the workbench.")
    return clean(href)


def words(
    x: str | float, y: float, text: str, *, anchor: str = "start", style: str = "", width: float = 0, size: float = 11
) -> str:
    """Return a line of text; where a width in pixels is given it is cut to it, with the whole text as its tooltip."""
    shown = fitted(text, width, size) if width else text
    tip = f"<title>{clean(text)}</title>" if shown != text else ""
    side = f' text-anchor="{anchor}"' if anchor != "start" else ""
    kind = f' class="{style}"' if style else ""
    return f'<text{kind} x="{x}" y="{y:g}"{side}>{tip}{clean(shown)}</text>'


def percent(share: float) -> str:
    """Return a share of the width as an attribute says it."""
    return f"{100 * share:.2f}%"


def hatching(name: str) -> str:
    """Return the definition of a drawing's hatching; `hatched(name)` is what a shape is filled with."""
    return (
        f'<defs><pattern id="{identifier(name)}-h" width="6" height="6" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><rect class="n-sunken" width="6" height="6"/>'
        '<line class="n-hatch" x1="0" x2="0" y1="0" y2="6"/></pattern></defs>'
    )


def hatched(name: str) -> str:
    """Return the value of `fill` for a hatched shape in the drawing of this name."""
    return f"url(#{identifier(name)}-h)"


def curve(stops: Sequence[tuple[float, float]]) -> str:
    """Return a path through stops: curves across gutters and, every second time, straight past a column."""
    way = f"M{stops[0][0]:g} {stops[0][1]:.1f}"
    for number, ((x0, y0), (x1, y1)) in enumerate(pairwise(stops)):
        middle = (x0 + x1) / 2
        straight = number % 2 == 1 or abs(y0 - y1) < 0.05
        way += f"L{x1:g} {y1:.1f}" if straight else f"C{middle:g} {y0:.1f} {middle:g} {y1:.1f} {x1:g} {y1:.1f}"
    return way


def sheet(
    name: str, title: str, description: str, parts: Sequence[str], *,
    width: float | None = None, height: float, scale: float = 1.0, links: bool = False,
) -> str:  # fmt: skip
    """Return a whole drawing. Without a width it is as wide as its place and x is in per cent; with one it is as large
    as said, times `scale`.

    A drawing with links is a group, since what is inside of an image is hidden from those who do not see it.
    """
    own = identifier(name)
    size = f'width="100%" height="{height:g}"'
    if width is not None:
        size = f'viewBox="0 0 {width:g} {height:g}" width="{width * scale:g}" height="{height * scale:g}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="n-fig" role="{"group" if links else "img"}" '
        f'aria-labelledby="{own}-t" aria-describedby="{own}-d" {size}><title id="{own}-t">{clean(title)}</title>'
        f'<desc id="{own}-d">{clean(description)}</desc>{"".join(parts)}</svg>'
    )
