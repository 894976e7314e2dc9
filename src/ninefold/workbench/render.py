"""From a page of blocks to HTML: one template for each block, words in the reader's language, times in their zone."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from litestar import Request
from markupsafe import Markup

from ninefold.surface.blocks import Act, Block, Panel
from ninefold.surface.cells import Measure, Moment, Noted, Ref, State
from ninefold.surface.page import Page
from ninefold.surface.words import Language, Say, Text, number, say, speaker, words
from ninefold.workbench.addresses import address
from ninefold.workbench.assets import stamp
from ninefold.workbench.desk import Desk
from ninefold.workbench.flash import recall
from ninefold.workbench.navigation import PLACES

# The class (colour) and the icon (shape) of each state; the word stands beside them.
LOOKS = {
    "fresh": ("ok", "ok"), "pass": ("ok", "ok"), "normal": ("ok", "ok"), "available": ("ok", "ok"),
    "stale": ("stale", "stale"), "blocked": ("bad", "blocked"), "failed": ("bad", "fail"),
    "insufficient": ("insuf", "insuf"), "partial": ("insuf", "insuf"), "running": ("run", "run"),
    "pending": ("run", "pending"), "missing": ("none", "missing"), "alarm": ("bad", "alarm"), "idle": ("none", "off"),
    "revoked": ("bad", "x"),
}  # fmt: skip


_OWN_STYLE = re.compile("<style>.*?</style>", re.DOTALL)


@cache
def environment() -> Environment:
    """Return the templates: everything is escaped, an unknown name is an error."""
    made = Environment(
        loader=ChoiceLoader([PackageLoader("ninefold.workbench"), PackageLoader("ninefold.workbench.access")]),
        autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    made.globals.update(looks=LOOKS, address=address, stamp=stamp, places=PLACES)
    made.tests["numeric"] = lambda cell: isinstance(cell, int | float | Measure) and not isinstance(cell, bool)
    made.filters["svg"] = _drawn
    made.filters["kind"] = lambda block: type(block).__name__.lower()
    return made


def _drawn(svg: str) -> Markup:
    """Return a drawing for a page: it is made by us and escapes what it shows.

    The style that it carries for a file of its own is left out: the policy forbids it, and figures.css paints it.
    """
    return Markup(_OWN_STYLE.sub("", svg))  # noqa: S704 - ours, escaped where it was drawn


def render(page: Page, desk: Desk, request: Request[Any, Any, Any] | None = None) -> bytes:
    """Return the HTML of a page for its reader."""
    said = recall(request) if request is not None else ""
    path = request.url.path if request is not None else "/"
    return fill(f"{page.layout}.html", desk, page=page, said=said, path=path, live=_is_live(page.sections))


def _is_live(blocks: Sequence[Block]) -> bool:
    return any(isinstance(b, Panel) and (b.live or _is_live(b.blocks)) for b in blocks)


def fragment(block: Block, desk: Desk) -> bytes:
    """Return the HTML of one block, to be put in the place of an older one."""
    return fill("fragment.html", desk, block=block)


def fill(template: str, desk: Desk, **values: object) -> bytes:
    """Return a template filled in for a reader; it finds the viewer, the project's name, and the filters below."""
    viewer = desk.viewer
    language: Language = viewer.language
    now = desk.session.clock.now()
    return environment().get_template(template).render(
        **values, desk=desk, viewer=viewer, project=desk.project.settings.name, language=language,
        t=speaker(language), w=lambda text: words(text, language),
        show=partial(_cell, language, viewer.zone, now),
        clock=_moment(language, viewer.zone, now, now), may=desk.may,
        allowed=lambda what: not isinstance(what, Act) or desk.may(what.role),
    ).encode()  # fmt: skip


def _cell(language: Language, zone: str, now: int, cell: Any) -> str:
    """Return a plain cell as text: numbers and moments in the reader's way."""
    match cell:
        case None:
            return ""
        case Moment(us):
            return _moment(language, zone, us, now)
        case Measure(value, unit, digits):
            return "" if value is None else f"{_number(value, digits, language)} {unit}".rstrip()
        case Say() | str():
            return words(cell, language)
        case State(name, text):
            return words(text, language) if text else say(f"states.{name}", language)
        case Ref(_, key, text):
            return words(text, language) if text else key
        case Noted(main, _):
            return _cell(language, zone, now, main)
    return number(cell, language)


def _number(value: float, digits: int, language: Language) -> str:
    shown = f"{value:,.{digits}g}" if abs(value) < 10**digits else f"{value:,.0f}"
    return shown.translate(str.maketrans(",.", ".,")) if language == "de" else shown


_MONTHS = {
    "en": ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
    "de": ["Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."],
}


def _moment(language: Language, zone: str, us: int, now: int) -> str:
    """Return "24 Nov 10:42", with the year when it is not that of `now`."""
    at, today = (datetime.fromtimestamp(t / 1e6, UTC).astimezone(ZoneInfo(zone)) for t in (us, now))
    month = _MONTHS[language][at.month - 1]
    day = f"{at.day} {month}" if language == "en" else f"{at.day}. {month}"
    year = "" if at.year == today.year else f" {at.year}"
    return f"{day}{year} {at:%H:%M}"


def text_of(text: Text, desk: Desk) -> str:
    """Return a text in the reader's language."""
    return words(text, desk.viewer.language)
