"""Roles as words that come from outside, and the lesser of two; what a theme is."""

from typing import Literal, get_args

from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.account import ROLES, AccountRole

Theme = Literal["system", "light", "dark"]

THEMES: tuple[Theme, ...] = get_args(Theme)
PUBLIC = "public"  # what a route declares that asks nobody who they are


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
