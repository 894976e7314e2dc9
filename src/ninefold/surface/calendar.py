"""The calendar of a machine over a drawing's time: shifts, planned stops, what was done, and which model decided."""

from datetime import datetime
from typing import Literal

import msgspec

from ninefold.surface.marks import hatched, percent, words
from ninefold.surface.svg import clean
from ninefold.surface.timeaxis import Axis

BAND = 58.0
DIAMOND = "M0 -4l4 4l-4 4l-4 -4z"  # about its middle
_SIGNS = {"tool": "M-5 0h10l-5 8z", "upkeep": "M0 -1l5 5l-5 5l-5 -5z"}
TYPICAL = 900.0  # pixels that a drawing is taken to be wide when words are kept apart


class Span(msgspec.Struct, frozen=True):
    """A stretch of the calendar: a shift that produces, a planned stop, or no shift; the last two are hatched."""

    start: datetime
    end: datetime
    label: str
    kind: Literal["shift", "stop", "off"] = "shift"


class Moment(msgspec.Struct, frozen=True):
    """Something that was done at a time: a tool change (a triangle), maintenance (a diamond)."""

    at: datetime
    label: str
    kind: Literal["tool", "upkeep"] = "tool"
    short: str = ""  # what is written below the sign; "" writes the label, which is always its tooltip


class Version(msgspec.Struct, frozen=True):
    """A model version and the time in which it decided."""

    start: datetime
    end: datetime
    label: str


class Calendar(msgspec.Struct, frozen=True):
    """What is known about a stretch of time besides its signals."""

    spans: tuple[Span, ...] = ()
    moments: tuple[Moment, ...] = ()
    versions: tuple[Version, ...] = ()

    def within(self, axis: Axis) -> "Calendar":
        """Return what touches the axis."""
        return Calendar(
            tuple(s for s in self.spans if s.end > axis.start and s.start < axis.end),
            tuple(m for m in self.moments if axis.start <= m.at <= axis.end),
            tuple(v for v in self.versions if v.end > axis.start and v.start < axis.end),
        )


def band(name: str, axis: Axis, calendar: Calendar, title: str) -> list[str]:
    """Return the band at the top of a drawing, `BAND` pixels high; words that have no room are tooltips only."""
    parts = [f"<g><title>{clean(title)}</title>"]
    parts += [_span(name, axis, s) for s in sorted(calendar.spans, key=lambda s: s.kind == "stop")]
    taken: list[tuple[float, float]] = []
    for v in calendar.versions:
        parts += [_version(axis, v, v is calendar.versions[-1]), *_told(taken, v.label, _middle(axis, v))]
    for m in calendar.moments:
        at = percent(axis.share(m.at))
        tip = clean(f"{m.label}, {axis.local(m.at)}")
        sign = f'<path class="n-mark" d="{_SIGNS[m.kind]}"><title>{tip}</title></path>'
        parts.append(f'<svg x="{at}" y="25" overflow="visible">{sign}</svg>')
        parts += _told(taken, m.short or m.label, axis.share(m.at))
    return [*parts, "</g>"]


def closed(name: str, axis: Axis, calendar: Calendar, top: float, height: float) -> list[str]:
    """Return the hatching of planned stops and of no shift behind a lane."""
    parts = []
    for s in (s for s in calendar.spans if s.kind != "shift"):
        place = f'{_across(axis, s)} y="{top:g}" height="{height:g}"'
        parts.append(f'<rect fill="{hatched(name)}" {place}/>')
    return parts


def uprights(axis: Axis, calendar: Calendar, top: float, height: float) -> list[str]:
    """Return a line through a lane at each moment and at each change of the model version."""
    found = [("n-event", m.at) for m in calendar.moments]
    found += [("n-change", v.start) for v in calendar.versions if v.start > axis.start]
    return [
        f'<line class="{kind}" x1="{x}" x2="{x}" y1="{top:g}" y2="{top + height:g}"/>'
        for kind, x in ((kind, percent(axis.share(at))) for kind, at in found)
    ]


def _across(axis: Axis, part: Span | Version) -> str:
    a, b = axis.share(part.start), axis.share(part.end)
    return f'x="{percent(a)}" width="{percent(b - a)}"'


def _middle(axis: Axis, part: Span | Version) -> float:
    return (axis.share(part.start) + axis.share(part.end)) / 2


def _tip(axis: Axis, part: Span | Version) -> str:
    return f"<title>{clean(part.label)}, {axis.local(part.start)} \u2013 {axis.local(part.end)}</title>"


def _span(name: str, axis: Axis, span: Span) -> str:
    fill = 'class="n-shift n-rim"' if span.kind == "shift" else f'class="n-rim" fill="{hatched(name)}"'
    bar = f'<rect {fill} {_across(axis, span)} y="2" height="18">{_tip(axis, span)}</rect>'
    width = (axis.share(span.end) - axis.share(span.start)) * TYPICAL - 8
    if width < 32:
        return bar
    said = words(6, 15, span.label, style="n-m n-halo", width=width)
    return f'{bar}<svg x="{percent(axis.share(span.start))}" overflow="visible">{said}</svg>'


def _version(axis: Axis, version: Version, now: bool) -> str:
    kind = "n-version n-now" if now else "n-version"
    return f'<rect class="{kind}" {_across(axis, version)} y="34" height="5">{_tip(axis, version)}</rect>'


def _told(taken: list[tuple[float, float]], text: str, middle: float) -> list[str]:
    """Return a word where it has room, else nothing (it is in the tooltip and in the table)."""
    half = min((len(text) * 6.2 + 10) / TYPICAL / 2, 0.5)
    middle = min(max(middle, half), 1 - half)
    if any(a < middle + half and middle - half < b for a, b in taken):
        return []
    taken.append((middle - half, middle + half))
    return [words(percent(middle), 51, text, anchor="middle", width=2 * half * TYPICAL)]
