"""People and tokens: an administrator invites, changes roles, ends sessions; everybody makes and revokes own tokens.

A secret is shown in the answer to the form that made it, and never again: it is in no address and no log.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from ninefold.kernel.errors import Conflict, InvalidInput, NinefoldError, NotFound, Refused
from ninefold.surface.words import speaker
from ninefold.vocabulary.account import ROLES, allows
from ninefold.workbench.access.access import Access
from ninefold.workbench.access.entering import SMALL, Ask, Page, form, here
from ninefold.workbench.access.moments import local
from ninefold.workbench.access.roles import role_of
from ninefold.workbench.access.viewer import Viewer

_STATUS: tuple[tuple[type[NinefoldError], int], ...] = (
    (InvalidInput, 400), (NotFound, 404), (Conflict, 409), (Refused, 403),
)  # fmt: skip


class InviteForm(msgspec.Struct, frozen=True):
    """Whom to invite."""

    name: str
    role: str


class RoleForm(msgspec.Struct, frozen=True):
    """Which role an account gets."""

    role: str


class LinkForm(msgspec.Struct, frozen=True):
    """What a new link is for."""

    reset: str = ""


class TokenForm(msgspec.Struct, frozen=True):
    """What a new token is."""

    name: str
    scope: str
    days: int


class RevokeForm(msgspec.Struct, frozen=True):
    """Which token ends."""

    digest: str


@get("/people", opt={"role": "viewer"})
async def people_page(request: Ask) -> Page:
    """Show the accounts to an administrator, and to everybody their own tokens."""
    return await _people(request)


@post("/people/invite", opt={"role": "administrator"}, request_max_body_size=SMALL, status_code=200)
async def invite(request: Ask, data: form(InviteForm)) -> Page:  # type: ignore[valid-type]  # made by a function
    """Add an account and show its one-time link."""
    return await _do(request, lambda a: a.invite(data.name, role_of(data.role))[1], "access.people-shown")


@post("/people/{person:str}/role", opt={"role": "administrator"}, request_max_body_size=SMALL, status_code=200)
async def change_role(request: Ask, person: FromPath[str], data: form(RoleForm)) -> Page:  # type: ignore[valid-type]  # as above
    """Give an account another role."""
    return await _do(request, lambda a: a.accounts.set_role(person, role_of(data.role)))


@post("/people/{person:str}/link", opt={"role": "administrator"}, request_max_body_size=SMALL, status_code=200)
async def make_link(request: Ask, person: FromPath[str], data: form(LinkForm)) -> Page:  # type: ignore[valid-type]  # as above
    """Make a one-time link for an account and show it."""
    return await _do(request, lambda a: a.link(person, reset=bool(data.reset)), "access.people-shown")


@post("/people/{person:str}/sessions/end", opt={"role": "administrator"}, request_max_body_size=SMALL, status_code=200)
async def end_sessions(request: Ask, person: FromPath[str]) -> Page:
    """End the sessions of an account; one's own goes on."""
    mine = request.state.viewer.session
    return await _do(request, lambda a: _only(a.sessions.end_all(person, mine)))


@post("/people/{person:str}/remove", opt={"role": "administrator"}, request_max_body_size=SMALL, status_code=200)
async def remove(request: Ask, person: FromPath[str]) -> Page:
    """Remove an account with all that it could come in by."""
    return await _do(request, lambda a: a.accounts.remove(person))


@post("/tokens", opt={"role": "viewer"}, request_max_body_size=SMALL, status_code=200)
async def make_token(request: Ask, data: form(TokenForm)) -> Page:  # type: ignore[valid-type]  # as above
    """Make a token and show it this once."""
    viewer: Viewer = request.state.viewer

    def work(a: Access) -> str:
        have = a.accounts.get(viewer.person).role
        return a.tokens.make(viewer.person, have, data.name, role_of(data.scope), data.days, a.clock.now())

    return await _do(request, work, "access.tokens-shown")


@post("/tokens/revoke", opt={"role": "viewer"}, request_max_body_size=SMALL, status_code=200)
async def revoke_token(request: Ask, data: form(RevokeForm)) -> Page:  # type: ignore[valid-type]  # as above
    """Revoke an own token."""
    viewer: Viewer = request.state.viewer
    return await _do(request, lambda a: a.tokens.revoke(viewer.person, data.digest))


async def _do(request: Ask, work: Callable[[Access], str | None], said: str = "") -> Page:
    """Do a piece of work; show its secret, or load the page again, or say what was wrong."""
    access, _, _ = here(request)
    try:
        secret = await access(work)
    except (InvalidInput, NotFound, Conflict, Refused) as error:
        status = next(code for kind, code in _STATUS if isinstance(error, kind))
        return await _people(request, error=str(error), status=status)
    if secret is None:
        return Redirect("/people", status_code=303)
    origin = f"{request.url.scheme}://{request.headers['host']}" if secret.startswith("/") else ""
    return await _people(request, secret=origin + secret, said=said)


async def _people(request: Ask, *, secret: str = "", said: str = "", error: str = "", status: int = 200) -> Page:
    access, _, _ = here(request)
    viewer: Viewer = request.state.viewer
    t = speaker(viewer.language)
    shown = await access(lambda a: _rows(a, viewer))
    context = {
        **shown, "viewer": viewer, "t": t, "secret": secret, "said": t(said) if said else "", "error": error,
        "roles": ROLES, "place": "people", "scopes": [r for r in ROLES if allows(viewer.role, r)],
        "local": local(viewer.zone),
    }  # fmt: skip
    return Template("access/people.html", context=context, status_code=status)


def _rows(access: Access, viewer: Viewer) -> dict[str, Any]:
    now = access.clock.now()
    accounts = access.accounts.all() if viewer.role == "administrator" else []
    return {
        "accounts": [(a, len(access.sessions.of(a.person, now))) for a in accounts],
        "tokens": access.tokens.of(viewer.person), "now": now,
    }  # fmt: skip


def _only(_count: int) -> None:
    return None


ROUTES = (people_page, invite, change_role, make_link, end_sessions, remove, make_token, revoke_token)
