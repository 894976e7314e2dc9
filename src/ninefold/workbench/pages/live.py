"""Live: all machines, and one; the stream keeps both up to date."""

from collections.abc import Iterator
from contextlib import contextmanager

from ninefold.kernel.errors import NotFound
from ninefold.lifecycle.live.asset import asset_page, asset_panels
from ninefold.lifecycle.live.decision_page import decision_page
from ninefold.lifecycle.live.pages import live_page, live_panels
from ninefold.lifecycle.live.scene import Scene
from ninefold.surface.blocks import Panel
from ninefold.surface.page import Page
from ninefold.workbench.desk import Desk
from ninefold.workbench.pages.fleet import service_of
from ninefold.workbench.routes import page
from ninefold.workbench.stream.panels import live as drawn_live


@contextmanager
def scene_of(desk: Desk) -> Iterator[Scene]:
    """Yield what live pages are drawn from, in the way of their reader."""
    viewer = desk.viewer
    with service_of(desk) as service:
        yield Scene(desk.view, desk.plan, service, desk.session.clock.now(), viewer.language, viewer.zone)


def _number(text: str) -> int:
    return min(int(text), 1_000_000) if text.isascii() and text.isdigit() else 0


@page("/live")
def live(desk: Desk) -> Page:
    """Show all machines; `?first=`."""
    with scene_of(desk) as scene:
        return live_page(scene, _number(desk.query.get("first", "0")))


@page("/live/{asset:str}")
def live_asset(desk: Desk, asset: str) -> Page:
    """Show one machine.

    Raises:
        NotFound: neither the project nor a device names it.
    """
    with scene_of(desk) as scene:
        found = asset_page(scene, asset)
    if found is None:
        raise NotFound(f"No machine is called {asset[:80]!r}.", hint="Open the page Live.")
    return found


@page("/decisions/{id:str}")
def decision(desk: Desk, id: str) -> Page:
    """Show one decision, and the way back to its evidence."""
    with scene_of(desk) as scene:
        return decision_page(scene, id)


@drawn_live("live", scene_of)
def _machines(scene: Scene, first: str) -> tuple[Panel, ...]:
    return live_panels(scene, _number(first))


@drawn_live("asset", scene_of)
def _machine(scene: Scene, asset: str) -> tuple[Panel, ...]:
    return asset_panels(scene, asset)


ROUTES = (live, live_asset, decision)
