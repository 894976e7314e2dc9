"""Routes that everybody may call: log in, come in by a one-time link, and log out."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath
from litestar.response import Redirect, Template

from ninefold.kernel.errors import AccessDenied, Conflict, InvalidInput, NotFound
from ninefold.surface.words import Speaker, speaker
from ninefold.workbench.access.cookies import no_cookie, session_cookie
from ninefold.workbench.access.gatekeeper import Gate
from ninefold.workbench.access.paths import local_path
from ninefold.workbench.access.reading import language_cookie, language_of
from ninefold.workbench.access.worker import Worker

SMALL = 16_384  # bytes of a form
Ask = Request[Any, Any, State]
Page = Response[Any]


class LoginForm(msgspec.Struct, frozen=True):
    """What the login page sends."""

    name: str = ""
    password: str = ""
    next: str = "/"


class SetupForm(msgspec.Struct, frozen=True):
    """What the page behind a one-time link sends; empty when only the button was pressed."""

    name: str = ""
    password: str = ""
    repeat: str = ""


def form(type_: Any) -> Any:
    """Return the annotation of a handler's `data` that is a form of this type."""
    return Annotated[type_, Body(media_type=RequestEncodingType.URL_ENCODED)]


def here(request: Ask) -> tuple[Worker, Gate, str]:
    """Return access, the gate, and the address that asks."""
    return request.app.state.access, request.app.state.gate, request.client.host if request.client else ""


@get("/login", opt={"role": "public"})
async def login_page(request: Ask) -> Page:
    """Show the login, or lead on who is logged in."""
    to = local_path(request.query_params.get("next", "/"))
    return Redirect(to, status_code=303) if request.state.viewer else _login(request, to)


@post("/login", opt={"role": "public"}, request_max_body_size=SMALL, status_code=200)
async def login(request: Ask, data: form(LoginForm)) -> Page:  # type: ignore[valid-type]  # made by a function
    """Open a session under a new secret; the one that the browser had before is ended."""
    access, _, address = here(request)
    before, to = request.state.viewer, local_path(data.next)
    if wait_s := access.wait_s(data.name, address):
        page = _login(request, to, data.name, "access.login-often", status=429, wait=wait_s)
        page.headers["Retry-After"] = str(wait_s)
        return page
    try:
        secret = await access.login(data.name, data.password, address)
    except AccessDenied:
        return _login(request, to, data.name, "access.login-wrong", status=401)
    if before is not None:
        await access(lambda a: a.sessions.end(before.session))
    return await _entered(request, secret, to)


@get("/enter/{secret:str}", opt={"role": "public"})
async def enter_page(request: Ask, secret: FromPath[str]) -> Page:
    """Show what a one-time link is for; it is used up by the button only."""
    return await _setup(request, secret)


@post("/enter/{secret:str}", opt={"role": "public"}, request_max_body_size=SMALL, status_code=200)
async def enter(request: Ask, secret: FromPath[str], data: form(SetupForm)) -> Page:  # type: ignore[valid-type]  # as above
    """Use a one-time link up and open a session."""
    access, _, address = here(request)
    t = speaker(language_of(request))
    if data.password != data.repeat:
        return await _setup(request, secret, data.name, t("access.setup-differ"), 400)
    try:
        session = await access(lambda a: a.accept(secret, data.name, data.password, address))
    except NotFound:
        return _gone(request, t)
    except (InvalidInput, Conflict) as error:
        return await _setup(request, secret, data.name, str(error), 409 if isinstance(error, Conflict) else 400)
    return await _entered(request, session, "/")


@post("/logout", opt={"role": "viewer"}, request_max_body_size=SMALL, status_code=200)
async def logout(request: Ask) -> Page:
    """End the session, here and in the file."""
    access, gate, _ = here(request)
    session = request.state.viewer.session
    await access(lambda a: a.sessions.end(session))
    return Redirect("/login", status_code=303, cookies=[no_cookie(gate)])


async def _entered(request: Ask, secret: str, to: str) -> Page:
    """Lead a browser on with its new session, and let it remember the language beyond that."""
    access, gate, _ = here(request)
    viewer = await access(lambda a: a.by_session(secret))
    cookies = [session_cookie(gate, secret)]
    if viewer is not None:
        cookies.append(language_cookie(viewer.language, secure=gate.tls))
    return Redirect(to, status_code=303, cookies=cookies)


def _login(request: Ask, to: str, name: str = "", error: str = "", status: int = 200, **values: object) -> Page:
    language = language_of(request)
    t = speaker(language)
    context = {
        "viewer": None, "t": t, "language": language, "next": to, "name": name[:200],
        "error": t(error, **values) if error else "",
    }  # fmt: skip
    return Template("access/login.html", context=context, status_code=status)


async def _setup(request: Ask, secret: str, name: str = "", error: str = "", status: int = 200) -> Page:
    language = language_of(request)
    t = speaker(language)
    access, _, _ = here(request)
    try:
        asked = await access(lambda a: a.invitation(secret))
    except NotFound:
        return _gone(request, t)
    context = {"viewer": None, "t": t, "language": language, "asked": asked, "name": name[:200], "error": error}
    return Template("access/setup.html", context=context, status_code=status)


def _gone(request: Ask, t: Speaker) -> Page:
    context = {
        "viewer": None,
        "t": t,
        "language": language_of(request),
        "title": t("access.setup-gone"),
        "detail": t("access.setup-gone-hint"),
    }
    return Template("access/refused.html", context=context, status_code=404)


ROUTES = (login_page, login, enter_page, enter, logout)
