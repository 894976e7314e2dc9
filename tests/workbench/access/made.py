"""A small application behind the gate, with accounts of every role, and the keys that the walk comes with."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import jinja2
from litestar import Litestar, Request, delete, get, post
from litestar.params import FromPath
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template import TemplateConfig
from litestar.testing import AsyncTestClient as AsyncClient
from tests.workbench.access.walk import Keys

import ninefold.workbench.access
from ninefold.kernel.clock import Clock
from ninefold.testing.clock import FakeClock
from ninefold.vocabulary.account import ROLES
from ninefold.workbench.access import account_page, entering, people_page
from ninefold.workbench.access.access import Access
from ninefold.workbench.access.api_tokens import DAY
from ninefold.workbench.access.gatekeeper import Gate, Gatekeeper
from ninefold.workbench.access.passwords import Cost, Passwords
from ninefold.workbench.access.paths import allowed_hosts
from ninefold.workbench.access.sessions import OLDEST
from ninefold.workbench.access.tokens import csrf_of, digest
from ninefold.workbench.access.worker import Worker

HOST = "127.0.0.1:9400"
PASSWORD = "quiet horse battery"
CHEAP = Passwords(Cost(1, 8, 1))
_LAYOUT = '<!doctype html><html lang="en"><title>{% block title %}{% endblock %}</title>{% block content %}{% endblock %}</html>'


@get("/", opt={"role": "viewer"})
async def home(request: Request) -> str:
    """The first page."""
    return request.state.viewer.name


@get("/things/{thing:str}", opt={"role": "viewer"})
async def thing(thing: FromPath[str]) -> str:
    """A page with a parameter."""
    return thing


@post("/things/{thing:str}/approve", opt={"role": "approver"})
async def approve_thing(request: Request, thing: FromPath[str]) -> str:
    """A form."""
    return f"{thing} {(await request.form())['reason']}"


@get("/api/v1/things", opt={"role": "viewer"})
async def api_things(request: Request) -> dict[str, str]:
    """A list of the API."""
    return {"via": request.state.viewer.via, "role": request.state.viewer.role}


@delete("/api/v1/things", opt={"role": "editor"}, status_code=200)
async def api_delete(request: Request) -> dict[str, str]:
    """An action of the API."""
    return {"via": request.state.viewer.via}


def application(folder: Path, clock: FakeClock, *extra: object, tls: bool = False) -> Litestar:
    """Return the small application over a folder `.ninefold`."""
    worker = Worker(folder, clock, CHEAP)
    gate = Gate(allowed_hosts("127.0.0.1", 9400), tls, 9400)
    own = Path(ninefold.workbench.access.__file__).parent / "templates"
    loader = jinja2.ChoiceLoader(
        [jinja2.FileSystemLoader(own), jinja2.DictLoader({"layout.html": _LAYOUT, "bare.html": _LAYOUT})]
    )
    environment = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
    routes = [home, thing, approve_thing, api_things, api_delete, *extra]
    routes += [*entering.ROUTES, *account_page.ROUTES, *people_page.ROUTES]
    return Litestar(
        routes, plugins=[Gatekeeper(gate, worker)], openapi_config=None, logging_config=None, debug=False,
        on_startup=[worker.open], on_shutdown=[worker.close],
        template_config=TemplateConfig(instance=JinjaTemplateEngine.from_environment(environment)),
    )  # fmt: skip


@asynccontextmanager
async def lifespan(app: Litestar) -> AsyncIterator[None]:
    """Start and stop an application as a server does; httpx alone does not."""
    async with AsyncClient(app, base_url=f"http://{HOST}"):
        yield


def keys(folder: Path, clock: Clock) -> Keys:
    """Make an account of every role, and return what they come with."""
    access = Access(folder, clock, CHEAP)
    people = {role: access.accounts.add(f"The {role}", role, clock.now()).person for role in ROLES}
    admin = people["administrator"]
    old = access.tokens.make(admin, "administrator", "old", "administrator", 1, clock.now() - 2 * DAY)
    gone = access.tokens.make(admin, "administrator", "gone", "administrator", 9, clock.now())
    access.tokens.revoke(admin, access.tokens.find(gone, clock.now()).digest)  # type: ignore[union-attr]  # just made
    sessions, tokens = {}, {}
    for person in people.values():
        access.accounts.set_password(person, PASSWORD, None)
    expired = access.sessions.open(admin, clock.now() - OLDEST, "")
    for role, person in people.items():
        with access.file.writing() as db:  # opening another session sweeps ended ones; the walk wants one that is there
            secret = f"session-of-{role}".ljust(43, "-")
            db.execute(
                "INSERT INTO session VALUES (?, ?, ?, ?, '')", (digest(secret), person, clock.now(), clock.now())
            )
        sessions[role] = (secret, csrf_of(secret))
        tokens[role] = access.tokens.make(admin, "administrator", role, role, 9, clock.now())
    access.close()
    return Keys("ninefold-9400", sessions, tokens, expired, old, gone)
