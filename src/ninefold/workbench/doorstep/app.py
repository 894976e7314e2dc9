"""The application before there is a project: its one page, behind a secret that is printed at start."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from anyio.to_thread import run_sync
from litestar import Litestar, Response, get, post
from litestar.background_tasks import BackgroundTask
from litestar.datastructures import Cookie
from litestar.params import FromPath
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Template
from litestar.template import TemplateConfig

from ninefold.kernel.errors import NinefoldError
from ninefold.kernel.project import STATE
from ninefold.surface.words import Language, speaker
from ninefold.workbench import assets
from ninefold.workbench.access.cookies import session_cookie
from ninefold.workbench.access.entering import SMALL, Ask, form
from ninefold.workbench.access.gatekeeper import Connection, Gate, Gatekeeper
from ninefold.workbench.access.reading import language_cookie, language_of
from ninefold.workbench.access.tokens import new_secret, same
from ninefold.workbench.access.viewer import Viewer
from ninefold.workbench.access.worker import Worker
from ninefold.workbench.doorstep.beginning import StartForm, begin
from ninefold.workbench.errors import status_of
from ninefold.workbench.render import environment

Page = Response[Any]
_ON = {"Connection": "close", "Refresh": "1; url=/begin"}  # the next answer comes from the workbench


class Doorkeeper(Gatekeeper):
    """The gatekeeper of a place where nobody is known yet."""

    async def _viewer(self, connection: Connection) -> Viewer | None:
        del connection
        return None


@get("/", opt={"role": "public"})
async def outside(request: Ask) -> Page:
    """Say where the page is: its address is printed, and shown to nobody else."""
    return _told(request, "access.start-closed", "access.start-closed-help", 404)


@get("/start/{secret:str}", opt={"role": "public"})
async def start_page(request: Ask, secret: FromPath[str]) -> Page:
    """Show the form that begins the project."""
    if not same(secret, request.app.state.secret):
        return _told(request, "access.start-closed", "access.start-closed-help", 404)
    return _form(request, StartForm(language=language_of(request), zone=local_zone()), "")


@post("/start/{secret:str}", opt={"role": "public"}, request_max_body_size=SMALL, status_code=200)
async def start(request: Ask, secret: FromPath[str], data: form(StartForm)) -> Page:  # type: ignore[valid-type]  # made by a function
    """Begin the project, log its first person in, and make way for its workbench."""
    state = request.app.state
    if not same(secret, state.secret):
        return _told(request, "access.start-closed", "access.start-closed-help", 404)
    if data.password != data.repeat:
        return _form(request, data, speaker(language_of(request))("access.setup-differ"), 400)
    address = request.client.host if request.client else ""
    try:
        session = await run_sync(begin, state.folder, data, address)
    except NinefoldError as error:
        return _form(request, data, str(error), status_of(error))
    gate: Gate = state.gate
    cookies = [session_cookie(gate, session), language_cookie(data.language, secure=gate.tls)]
    state.begun = True
    state.leave()  # who comes from now on waits for the workbench
    return _begun("de" if data.language == "de" else "en", cookies, BackgroundTask(state.end))


def _form(request: Ask, asked: StartForm, error: str, status: int = 200) -> Page:
    t = speaker(language_of(request))
    folder: Path = request.app.state.folder
    context = {
        "viewer": None, "t": t, "language": language_of(request), "asked": asked, "error": error, "folder": folder,
        "project": asked.project or folder.name, "zones": sorted(available_timezones()),
    }  # fmt: skip
    return Template("access/start.html", context=context, status_code=status)


def _begun(language: Language, cookies: Sequence[Cookie] = (), background: BackgroundTask | None = None) -> Page:
    """Lead a browser on. A redirect would be followed at once, on a connection that this server still holds."""
    context = {"viewer": None, "t": speaker(language), "language": language}
    return Template(
        "access/begun.html", context=context, cookies=list(cookies), headers=_ON, background=background
    )  # fmt: skip


def _told(request: Ask, title: str, detail: str, status: int) -> Page:
    t = speaker(language_of(request))
    context = {"viewer": None, "t": t, "language": language_of(request), "title": t(title), "detail": t(detail)}
    return Template("access/refused.html", context=context, status_code=status)


def _refused(request: Ask, error: Exception) -> Page:
    """Answer any other address; a connection from before the beginning asks again, of the workbench."""
    del error
    if request.app.state.begun:
        return _begun(language_of(request))
    return _told(request, "access.start-closed", "access.start-closed-help", 404)


def local_zone() -> str:
    """Return this computer's zone, UTC where it cannot be told."""
    target = Path("/etc/localtime").resolve().as_posix()
    name = target.partition("/zoneinfo/")[2]
    return name if name in available_timezones() else "UTC"


def doorstep(folder: Path, gate: Gate, leave: Callable[[], None], end: Callable[[], None]) -> tuple[Litestar, str]:
    """Return the application and the path of its page. When the project has begun, `leave` is called so that nobody is
    let in any more, and `end` after the last answer.
    """
    secret = new_secret()
    app = Litestar(
        [assets.static, outside, start_page, start],
        plugins=[Doorkeeper(gate, Worker(folder / STATE))],
        exception_handlers={404: _refused},
        template_config=TemplateConfig(instance=JinjaTemplateEngine.from_environment(environment())),
        openapi_config=None,
        logging_config=None,
        request_max_body_size=SMALL,
    )
    app.state.folder, app.state.secret, app.state.begun = folder, secret, False
    app.state.leave, app.state.end = leave, end
    return app, f"/start/{secret}"
