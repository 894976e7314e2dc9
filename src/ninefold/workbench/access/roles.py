"""The four roles of an account, each of which may all that the one before it may."""

from typing import Literal, get_args

from ninefold.kernel.errors import InvalidInput

AccountRole = Literal["viewer", "editor", "approver", "administrator"]
Language = Literal["en", "de"]
Theme = Literal["system", "light", "dark"]

ROLES: tuple[AccountRole, ...] = get_args(AccountRole)
LANGUAGES: tuple[Language, ...] = get_args(Language)
THEMES: tuple[Theme, ...] = get_args(Theme)
PUBLIC = "public"  # what a route declares that asks nobody who they are


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
