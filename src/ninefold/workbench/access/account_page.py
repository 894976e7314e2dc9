"""Your account: language, time zone, theme, password."""

from zoneinfo import available_timezones

import msgspec
from litestar import get, post
from litestar.response import Redirect, Template

from ninefold.kernel.errors import AccessDenied, InvalidInput, NinefoldError
from ninefold.surface.words import LANGUAGES, speaker
from ninefold.workbench.access.cookies import session_cookie
from ninefold.workbench.access.entering import SMALL, Ask, Page, form, here
from ninefold.workbench.access.reading import language_cookie
from ninefold.workbench.access.roles import THEMES
from ninefold.workbench.access.viewer import Viewer


class WishesForm(msgspec.Struct, frozen=True):
    """What a person likes."""

    language: str
    zone: str
    theme: str


class PasswordForm(msgspec.Struct, frozen=True):
    """The old password and the new one, twice."""

    old: str
    new: str
    repeat: str


@get("/account", opt={"role": "viewer"})
async def account_page(request: Ask) -> Page:
    """Show the account of who asks."""
    return await _account(request)


@post("/account", opt={"role": "viewer"}, request_max_body_size=SMALL, status_code=200)
async def save_wishes(request: Ask, data: form(WishesForm)) -> Page:  # type: ignore[valid-type]  # made by a function
    """Set language, time zone and theme."""
    access, gate, _ = here(request)
    person = request.state.viewer.person
    try:
        await access(lambda a: a.accounts.set_wishes(person, data.language, data.zone, data.theme))
    except InvalidInput as error:
        return await _account(request, error, 400)
    cookie = language_cookie("de" if data.language == "de" else "en", secure=gate.tls)
    return Redirect("/account?saved=1", status_code=303, cookies=[cookie])


@post("/account/password", opt={"role": "viewer"}, request_max_body_size=SMALL, status_code=200)
async def change_password(request: Ask, data: form(PasswordForm)) -> Page:  # type: ignore[valid-type]  # as above
    """Change the password: every session ends, this one goes on under a new secret."""
    access, gate, address = here(request)
    viewer: Viewer = request.state.viewer
    if data.new != data.repeat:
        problem = InvalidInput(speaker(viewer.language)("access.setup-differ"))
        return await _account(request, problem, 400)
    if wait_s := access.throttle.wait_s(viewer.person, address):
        often = AccessDenied(speaker(viewer.language)("access.login-often", wait=wait_s))
        return await _account(request, often, 429)
    access.throttle.failed(viewer.person, address)
    try:
        secret = await access(lambda a: a.change_password(viewer.person, data.old, data.new, address))
    except (AccessDenied, InvalidInput) as error:
        return await _account(request, error, 400)
    access.throttle.succeeded(viewer.person, address)
    return Redirect("/account?saved=1", status_code=303, cookies=[session_cookie(gate, secret)])


async def _account(request: Ask, error: NinefoldError | None = None, status: int = 200) -> Page:
    access, _, _ = here(request)
    viewer: Viewer = request.state.viewer
    account = await access(lambda a: a.accounts.get(viewer.person))
    context = {
        "viewer": viewer, "t": speaker(viewer.language), "account": account, "error": str(error) if error else "",
        "saved": "saved" in request.query_params, "zones": sorted(available_timezones()),
        "languages": LANGUAGES, "themes": THEMES,
    }  # fmt: skip
    return Template("access/account.html", context=context, status_code=status)


ROUTES = (account_page, save_wishes, change_password)
