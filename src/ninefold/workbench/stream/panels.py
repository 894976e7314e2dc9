"""Panels that the server itself draws anew while somebody looks: a function a kind of page, found by its name.

@live("asset", scene_of)
def now(scene: Scene, asset: str) -> tuple[Panel, ...]: ...

`scene_of(desk)` opens what such panels are drawn from, once for all pages of a look. They are drawn once for all
readers of one language, zone and role; a form in them gets its token in the browser.
"""

from collections.abc import Callable, Collection, Container
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple, TypeVar

from ninefold.surface.blocks import Panel
from ninefold.surface.session import Session
from ninefold.surface.words import Language
from ninefold.vocabulary.account import AccountRole
from ninefold.workbench.access.viewer import Viewer
from ninefold.workbench.desk import Desk
from ninefold.workbench.project import Project
from ninefold.workbench.render import fragment

S = TypeVar("S")
Opener = Callable[[Desk], AbstractContextManager[S]]
Draw = Callable[[S, str], tuple[Panel, ...]]
DRAWN: dict[str, tuple[Opener[Any], Draw[Any]]] = {}


class Watched(NamedTuple):
    """A page that is open somewhere: the name of its panels, what it is about, and how its readers read."""

    name: str
    key: str
    language: Language
    zone: str
    role: AccountRole


def live(name: str, opened: Opener[S]) -> Callable[[Draw[S]], Draw[S]]:
    """Let the stream draw these panels from what `opened` opens; a page says `watch="NAME/KEY"`."""

    def kept(draw: Draw[S]) -> Draw[S]:
        DRAWN[name] = opened, draw
        return draw

    return kept


def watched(watch: str, viewer: Viewer) -> Watched | None:
    """Return what a page asks to be told of; None when nothing is drawn under that name."""
    name, _, key = watch.partition("/")
    return Watched(name, key[:300], viewer.language, viewer.zone, viewer.role) if name in DRAWN else None


class Painter:
    """Draws the pages that are open in one look at the project; a panel that is what it was is not rendered again."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._last: dict[Watched, dict[str, tuple[Panel, str]]] = {}

    def draw(self, pages: Collection[Watched], open_: Container[Watched]) -> dict[Watched, dict[str, str]]:
        """Return the HTML of the panels of some pages by their names; what is not `open_` any more is forgotten.

        Raises:
            NinefoldError: what a page is about is gone, or the store cannot be read.
        """
        self._last = {p: kept for p, kept in self._last.items() if p in open_}
        if not pages:
            return {}
        with self.project.working() as session, ExitStack() as stack:
            look = _Look(self.project, session, stack)
            return {page: self._drawn(page, look) for page in pages}

    def _drawn(self, page: Watched, look: "_Look") -> dict[str, str]:
        desk, scene = look.at(page)
        before, now = self._last.get(page, {}), {}
        for panel in DRAWN[page.name][1](scene, page.key):
            known = before.get(panel.name)
            now[panel.name] = known if known and known[0] == panel else (panel, fragment(panel, desk).decode())
        self._last[page] = now
        return {name: html for name, (_, html) in now.items()}


class _Look:
    """One look at the project: files and plan as they are now, and what was opened to draw from them."""

    def __init__(self, project: Project, session: Session, stack: ExitStack) -> None:
        self._project, self._stack = project, stack
        self._session = replace(session, both=cache(session.stand))
        self._open: dict[tuple[object, ...], tuple[Desk, Any]] = {}

    def at(self, page: Watched) -> tuple[Desk, Any]:
        """Return the desk of a page's readers, and what its panels are drawn from."""
        opened, _ = DRAWN[page.name]
        key = (opened, page.language, page.zone, page.role)
        if key not in self._open:
            desk = Desk(Viewer("", "", page.role, page.language, page.zone), self._project, self._session)
            self._open[key] = desk, self._stack.enter_context(opened(desk))
        return self._open[key]
