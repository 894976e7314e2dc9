"""Every address of the workbench that answers a GET, with an example of each; a route without one fails a test."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from litestar.plugins import InitPlugin
from tests.workbench.browser.rig import VIEWER, Rig, with_access

from ninefold.kernel.project import STATE
from ninefold.kernel.sqlite import SqliteStore
from ninefold.workbench.access.gatekeeper import handlers_of
from ninefold.workbench.app import application

EXAMPLE = Path(__file__).parents[3] / "examples" / "milling-cell"
MODEL, REQUIREMENT, ASSET = "tool-failure", "REQ-tool-failure-warning", "m1"

# One address of each route with parameters; a function finds what differs from one project to the next.
SAMPLES: dict[str, str | Callable[[Rig], str]] = {
    "/enter/{secret:str}": lambda rig: with_access(rig.root, lambda a: a.link(a.resolve(VIEWER).person)),
}
# What is no page for people, and why: a test asks each and expects that it is none.
NO_PAGES = {
    "/health": "a word for programs that watch the server",
    "/static/{digest:str}/{name:str}": "a file that pages use",
}
# The pages that everybody sees; who is logged in is led on from them.
PUBLIC = ("/login", "/enter/{secret:str}")


@cache
def routes() -> dict[str, str]:
    """Return the path of every GET route, and who may call it."""
    app = application(EXAMPLE, InitPlugin())
    return {path: str(handler.opt["role"]) for path, method, handler in handlers_of(app) if method == "GET"}


def pages() -> list[str]:
    """Return the path of every page for who is logged in."""
    return [p for p in routes() if p not in NO_PAGES and p not in PUBLIC and not p.startswith("/api/")]


def sample(path: str, rig: Rig) -> str:
    """Return an address of a route."""
    found = SAMPLES.get(path, path)
    address = found if isinstance(found, str) else found(rig)
    assert not re.search(r"[{}]", address), (
        f"{path} has no example: add a sample to tests/workbench/browser/addresses.py"
    )
    return address


def a_record(rig: Rig, kind: str) -> str:
    """Return the id of a record of a kind."""
    with SqliteStore(rig.root / STATE / "store.db") as store:
        return next(r.id for r in store.log(limit=100_000) if r.content.kind == kind)
