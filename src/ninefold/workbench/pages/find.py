"""Finding objects and actions: a page, and JSON for the palette that Ctrl-K opens."""

from typing import Any

from anyio.to_thread import run_sync
from litestar import Request, Response, get

from ninefold.lifecycle.finding import Found, Group, Sought, find
from ninefold.lifecycle.pages.find import find_page
from ninefold.operations.monitoring.episodes import episodes
from ninefold.surface.words import Language, say, words
from ninefold.workbench.addresses import address
from ninefold.workbench.desk import Desk
from ninefold.workbench.navigation import PLACES
from ninefold.workbench.project import Project
from ninefold.workbench.render import render

_JSON = "application/json"


@get("/find", opt={"role": "viewer"})
async def finder(request: Request[Any, Any, Any]) -> Response[Any]:
    """Show what `?q=` finds; to who accepts JSON and no HTML, the same as groups of links."""
    return await run_sync(_answer, request)


def _answer(request: Request[Any, Any, Any]) -> Response[Any]:
    project: Project = request.app.state.project
    query = str(request.query_params.get("q", ""))
    with project.working() as session:
        desk = Desk(request.state.viewer, project, session, {"q": query})
        groups = find(query, sought(desk))
        headers = {"Vary": "Accept", "Cache-Control": "no-store"}
        if request.headers.get("accept", "").partition(",")[0].strip() == _JSON:
            content = {"groups": [_plain(g, desk.viewer.language) for g in groups]}
            return Response(content, media_type=_JSON, headers=headers)
        body = render(find_page(query, groups), desk, request)
        return Response(body, media_type="text/html; charset=utf-8", headers=headers)


def sought(desk: Desk) -> Sought:
    """Return where a desk's viewer searches."""
    places = [(code, path) for _, entries in PLACES for code, path, _ in entries]
    alarms = episodes(desk.session.store, desk.session.clock.now())
    return Sought(desk.plan, desk.view, desk.session.store, alarms, desk.viewer.language, desk.may, places)


def _plain(group: Group, language: Language) -> dict[str, Any]:
    items = [_item(f, language) for f in group.found]
    return {"title": say(f"find.{group.name}", language), "items": items, "total": group.total}


def _item(found: Found, language: Language) -> dict[str, str]:
    return {"text": words(found.text, language), "note": words(found.note, language), "href": address(found.to)}


ROUTES = (finder,)
