"""The page at a machine, for a tablet: a state, an alarm, four large answers."""

from ninefold.kernel.errors import NotFound
from ninefold.lifecycle.live.kiosk import kiosk_page, kiosk_panels
from ninefold.lifecycle.live.scene import Scene
from ninefold.surface.blocks import Panel
from ninefold.surface.page import Page
from ninefold.workbench.desk import Desk
from ninefold.workbench.pages.live import scene_of
from ninefold.workbench.routes import page
from ninefold.workbench.stream.panels import live


@page("/m/{asset:str}")
def machine(desk: Desk, asset: str) -> Page:
    """Show the machine; `?lang=` chooses the language of this tablet.

    Raises:
        NotFound: neither the project nor a device names it.
    """
    with scene_of(desk) as scene:
        found = kiosk_page(scene, asset)
    if found is None:
        raise NotFound(f"No machine is called {asset[:80]!r}.", hint="Open the page Live.")
    return found


@live("machine", scene_of)
def _panels(scene: Scene, asset: str) -> tuple[Panel, ...]:
    return kiosk_panels(scene, asset)


ROUTES = (machine,)
