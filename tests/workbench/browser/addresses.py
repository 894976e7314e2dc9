"""Every address of the workbench that answers a GET, with an example of each; a route without one fails a test."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from litestar.plugins import InitPlugin
from tests.workbench.browser.rig import ADMINISTRATOR, VIEWER, Rig, with_access
from tests.workbench.furnished import HOURS, OPEN_DRIFT, decision_id

from ninefold.kernel.project import STATE
from ninefold.kernel.sqlite import SqliteStore
from ninefold.vocabulary.account import AccountRole
from ninefold.vocabulary.proposal import PROPOSAL
from ninefold.workbench.access.gatekeeper import handlers_of
from ninefold.workbench.app import application

EXAMPLE = Path(__file__).parents[3] / "examples" / "milling-cell"
MODEL, REQUIREMENT, USE_CASE = "tool-failure", "REQ-tool-failure-warning", "UC-tool-failure"
ASSET, DEVICE = "m4", "gateway-1"
A_DECISION = decision_id(ASSET, HOURS * 60 - 12)

# One address of each route with parameters; a function finds what differs from one project to the next.
SAMPLES: dict[str, str | Callable[[Rig], str]] = {
    "/alarms/{id:str}": f"/alarms/{OPEN_DRIFT}",
    "/begin/{name:str}": "/begin/cell-export",
    "/begin/{name:str}/{step:str}": "/begin/cell-export/columns",  # the others are walked through by test_guide.py
    "/data/connections/{name:str}": "/data/connections/cell-history",
    "/data/needs/{use_case:str}": f"/data/needs/{USE_CASE}",
    "/data/recipes/{name:str}": "/data/recipes/part-features?column=torque_lift",
    "/data/sets/{name:str}": "/data/sets/cell-history",
    "/decisions/{id:str}": f"/decisions/{A_DECISION}",
    "/deployments/{name:str}": "/deployments/cell-gateways",
    "/enter/{secret:str}": lambda rig: with_access(rig.root, lambda a: a.link(a.resolve(VIEWER).person)),
    "/files/{name:path}": f"/files/requirements/{REQUIREMENT}.md",
    "/find": "/find?q=tool",
    "/fleet/{device:str}": f"/fleet/{DEVICE}",
    "/jobs/{id:str}": lambda rig: rig.press(ADMINISTRATOR, "/audit/verify"),
    "/live/{asset:str}": f"/live/{ASSET}",
    "/m/{asset:str}": f"/m/{ASSET}",
    "/models/{name:str}": f"/models/{MODEL}",
    "/monitoring/{requirement:str}/{criterion:str}": f"/monitoring/{REQUIREMENT}/input-drift",
    "/pipelines/{model:str}": f"/pipelines/{MODEL}",
    "/proposals/{id:str}": lambda rig: f"/proposals/{a_record(rig, PROPOSAL)}",
    "/records/{id:str}": lambda rig: f"/records/{a_record(rig, 'verdict@1')}",
    "/requirements/{id:str}": f"/requirements/{REQUIREMENT}",
    "/requirements/{id:str}/criteria/{criterion:str}": f"/requirements/{REQUIREMENT}/criteria/recall",
    "/requirements/{id:str}/wording": f"/requirements/{REQUIREMENT}/wording",
    "/tasks/{name:path}": f"/tasks/model:{MODEL}",
    "/trace/{start:path}": f"/trace/approval:{MODEL}",
    "/use-cases/{id:str}": f"/use-cases/{USE_CASE}",
    "/validation/{model:str}": f"/validation/{MODEL}",
}
# What is no page for people, and why: a test asks each and expects that it is none.
NO_PAGES = {
    "/audit.csv": "a file for the auditor",
    "/health": "a word for programs that watch the server",
    "/stream": "what open pages are told",
    "/validation/{model:str}/bundle.9fb": "a file for a device",
    "/validation/{model:str}/report.html": "a report that is saved and sent",
    "/validation/{model:str}/report.pdf": "a report that is saved and sent",
    "/static/{digest:str}/{name:str}": "a file that pages use",
}
# A page that needs what the small cell does not have; test_guide.py walks through it, in both looks.
IN_THE_GUIDE = {"/begin/{name:str}/gateway"}
# The pages that everybody sees; who is logged in is led on from them.
PUBLIC = ("/login", "/enter/{secret:str}")


@cache
def routes(method: str = "GET") -> dict[str, AccountRole]:
    """Return the path of every route of a method, and who may call it."""
    app = application(EXAMPLE, InitPlugin())
    return {path: handler.opt["role"] for path, m, handler in handlers_of(app) if m == method}


def who_may_send(address: str) -> AccountRole:
    """Return the role that a form's address needs."""

    def places(path: str) -> int:
        return path.count("{")

    fits = [p for p in routes("POST") if re.fullmatch(re.sub(r"\\{\w+:(\w+)\\}", _place, re.escape(p)), address)]
    assert fits, f"no route takes {address}"
    return routes("POST")[min(fits, key=places)]


def _place(found: "re.Match[str]") -> str:
    return ".+" if found[1] == "path" else "[^/]+"


def pages() -> list[str]:
    """Return the path of every page for who is logged in."""
    left_out = {*NO_PAGES, *PUBLIC, *IN_THE_GUIDE}
    return [p for p in routes() if p not in left_out and not p.startswith("/api/")]


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
        found = store.of_kind(kind, limit=1)
        assert found, f"the cell holds no record of the kind {kind}"
        return found[0].id
