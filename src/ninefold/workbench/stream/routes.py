"""`GET /stream`: server-sent events, one stream a tab; `?watch=NAME/KEY` adds the panels of the page that is open."""

from typing import Any

from litestar import Request, get
from litestar.datastructures import State
from litestar.response import Stream

from ninefold.workbench.stream.hub import Hub
from ninefold.workbench.stream.panels import watched

_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@get("/stream", opt={"role": "viewer"})
async def stream(request: Request[Any, Any, State]) -> Stream:
    """Tell a page what changes while it is open.

    Raises:
        Refused: its reader has too many open.
    """
    hub: Hub = request.app.state.stream
    viewer = request.state.viewer
    hub.admit(viewer.person)
    page = watched(request.query_params.get("watch", ""), viewer)
    feed = hub.feed(viewer.person, page, request.headers.get("last-event-id", ""))
    return Stream(feed, media_type="text/event-stream", headers=_HEADERS)


ROUTES = (stream,)
