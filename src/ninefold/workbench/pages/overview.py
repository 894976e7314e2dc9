"""The overview: where each use case stands, what blocks, and what waits for whom."""

from ninefold.lifecycle.known import names
from ninefold.lifecycle.pages.overview import overview_page
from ninefold.surface.page import Page
from ninefold.workbench.desk import Desk
from ninefold.workbench.routes import page


@page("/")
def overview(desk: Desk) -> Page:
    """Show the board; `?first=N` leaves out the use cases before."""
    going = desk.project.jobs.running()
    running = frozenset({going.task} if going is not None and going.task else ())
    asked = desk.query.get("first", "")
    first = int(asked) if asked.isdecimal() and len(asked) < 7 else 0
    return overview_page(desk.session, running, names(desk.session.store), desk.may, first, going.id if going else "")


ROUTES = (overview,)
