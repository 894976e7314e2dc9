"""Who looks: a person with a role, and how they read."""

from typing import Literal

import msgspec

from ninefold.surface.blocks import Role
from ninefold.surface.words import Language

ROLES: tuple[Role, ...] = ("viewer", "editor", "approver", "administrator")  # each may do what those before it may


class Viewer(msgspec.Struct, frozen=True):
    """One person in one session or behind one token."""

    person: str  # opaque key
    name: str
    role: Role
    language: Language = "en"
    zone: str = "UTC"  # IANA
    theme: Literal["system", "light", "dark"] = "system"
    csrf: str = ""  # of the session; "" behind a token
    via: Literal["session", "token"] = "session"
    scope: str = ""  # of the token, which bounds the role
    session: str = ""  # the digest of the session's secret; "" behind a token

    def may(self, role: Role) -> bool:
        """Return whether this role is at least another."""
        return ROLES.index(self.role) >= ROLES.index(role)
