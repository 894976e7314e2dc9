"""The four roles of an account, each of which may all that the one before it may; and who is looking at a page."""

from typing import Literal, get_args

import msgspec

from ninefold.kernel.errors import InvalidInput

AccountRole = Literal["viewer", "editor", "approver", "administrator"]
Language = Literal["en", "de"]
Theme = Literal["system", "light", "dark"]
Via = Literal["session", "token"]

ROLES: tuple[AccountRole, ...] = get_args(AccountRole)
LANGUAGES: tuple[Language, ...] = get_args(Language)
THEMES: tuple[Theme, ...] = get_args(Theme)
PUBLIC = "public"  # what a route declares that asks nobody who they are


class Viewer(msgspec.Struct, frozen=True):
    """Who is looking: a person, by a session of the browser or by a token of the API."""

    person: str  # the opaque key
    name: str
    role: AccountRole  # with a token: no more than its scope
    language: Language = "en"
    zone: str = "UTC"  # IANA
    theme: Theme = "system"
    csrf: str = ""  # what a form sends back; "" with a token
    via: Via = "session"
    scope: str = ""  # of the token
    session: str = ""  # the digest of the session's secret; "" with a token


def allows(have: AccountRole, need: AccountRole) -> bool:
    """Return whether one role may what another one may."""
    return ROLES.index(have) >= ROLES.index(need)


def lesser(one: AccountRole, other: AccountRole) -> AccountRole:
    """Return the role that may less."""
    return ROLES[min(ROLES.index(one), ROLES.index(other))]


def role_of(text: str) -> AccountRole:
    """Return the role that a word means.

    Raises:
        InvalidInput: it means none.
    """
    if text not in ROLES:
        raise InvalidInput(f"No role is called {text[:40]!r}.", hint=f"Use one of: {', '.join(ROLES)}.")
    return text
