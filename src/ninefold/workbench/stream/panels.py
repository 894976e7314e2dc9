"""Panels that the server itself draws anew while somebody looks: a function a kind of page, found by its name.

@live("asset")
def now(desk: Desk, asset: str) -> tuple[Panel, ...]: ...

They are drawn once for all readers of one language, zone and role; a form in them gets its token in the browser.
"""

from collections.abc import Callable
from typing import NamedTuple

from ninefold.surface.blocks import Panel
from ninefold.surface.words import Language
from ninefold.vocabulary.account import AccountRole
from ninefold.workbench.access.viewer import Viewer
from ninefold.workbench.desk import Desk
from ninefold.workbench.project import Project
from ninefold.workbench.render import fragment

Draw = Callable[[Desk, str], tuple[Panel, ...]]
DRAWN: dict[str, Draw] = {}


class Watched(NamedTuple):
    """A page that is open somewhere: the name of its panels, what it is about, and how its readers read."""

    name: str
    key: str
    language: Language
    zone: str
    role: AccountRole


def live(name: str) -> Callable[[Draw], Draw]:
    """Let the stream draw these panels; a page says `watch="NAME/KEY"`."""

    def kept(draw: Draw) -> Draw:
        DRAWN[name] = draw
        return draw

    return kept


def watched(watch: str, viewer: Viewer) -> Watched | None:
    """Return what a page asks to be told of; None when nothing is drawn under that name."""
    name, _, key = watch.partition("/")
    return Watched(name, key[:300], viewer.language, viewer.zone, viewer.role) if name in DRAWN else None


def drawn(project: Project, page: Watched) -> dict[str, str]:
    """Return the HTML of the panels of a page by their names.

    Raises:
        NinefoldError: what the page is about is gone, or the store cannot be read.
    """
    viewer = Viewer("", "", page.role, page.language, page.zone)
    with project.working() as session:
        desk = Desk(viewer, project, session)
        return {p.name: fragment(p, desk).decode() for p in DRAWN[page.name](desk, page.key)}
