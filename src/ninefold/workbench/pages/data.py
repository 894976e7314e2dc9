"""Data: needs and what was measured of them, one use case, connections and their tests."""

from ninefold.design.availability.mapped import Happened, days_of
from ninefold.design.availability.needed import checked
from ninefold.design.availability.pages import connection_page, data_page, need_page, new_connection_page
from ninefold.kernel.errors import Conflict, InvalidInput
from ninefold.lifecycle.editing import create_file
from ninefold.lifecycle.live.timeline import calendars
from ninefold.lifecycle.new_files import new_file
from ninefold.surface.cells import Ref
from ninefold.surface.page import Page
from ninefold.surface.words import Say
from ninefold.workbench.desk import Answer, Desk, Done, Shown
from ninefold.workbench.pages import editing
from ninefold.workbench.pages.live import scene_of
from ninefold.workbench.routes import action, page

TEST_S = 3.0  # how long a test looks; a page waits for it


@page("/data")
def data(desk: Desk) -> Page:
    """Show every need with its verdict, from the row `?from=` on, and the connections."""
    return data_page(desk.view, desk.plan, editing.start(desk), edits=desk.may("editor"))


@page("/data/needs/{use_case:str}")
def data_of_use_case(desk: Desk, use_case: str) -> Page:
    """Show the data of one use case; what was done to its machines is on the days of the gap maps."""
    reach, happened = days_of(checked(desk.plan, use_case)), Happened({}, None, desk.viewer.language)
    if reach is not None:
        with scene_of(desk) as scene:
            over, known = calendars(scene, *reach)
        happened = Happened(over, known, desk.viewer.language)
    return need_page(desk.view, desk.plan, use_case, happened)


@page("/data/connections/new", role="editor")
def new_connection(desk: Desk) -> Page:
    """Show the form for a new connection."""
    del desk
    return new_connection_page({}, {})


@action("/data/connections/new")
def create_connection(desk: Desk) -> Answer:
    """Write the file of a new connection, and open it as text: every protocol has fields of its own."""
    sent = {k: desk.form.get(k, "").strip() for k in ("name", "title")}
    try:
        made = new_file("connection", sent["name"], sent["title"])
        create_file(desk.session, desk.actor, made.path, made.text)
    except (InvalidInput, Conflict) as error:
        return new_connection_page(sent, {"name": str(error)})
    return Done(Ref("file", made.path), Say("data.created", {"name": sent["name"]}))


@page("/data/connections/{name:str}")
def connection(desk: Desk, name: str) -> Page:
    """Show one connection."""
    return connection_page(desk.view, name, edits=desk.may("editor"))


@action("/data/connections/{name:str}/test")
def test_connection(desk: Desk, name: str) -> Answer:
    """Look at a connection for some seconds and show what was found; nothing is written to it."""
    from ninefold.design.availability.trial import trial

    found = trial(desk.view, name, desk.session.root, desk.session.clock, TEST_S)
    return Shown(connection_page(desk.view, name, found, edits=True))


ROUTES = (data, data_of_use_case, new_connection, create_connection, connection, test_connection)
