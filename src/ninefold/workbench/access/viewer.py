"""Who looks: a person with a role, and how they read."""

from typing import Literal

import msgspec

from ninefold.surface.words import Language
from ninefold.vocabulary.account import AccountRole, allows
from ninefold.workbench.access.roles import Theme


class Viewer(msgspec.Struct, frozen=True):
    """One person in one session or behind one token."""

    person: str  # opaque key
    name: str
    role: AccountRole
    language: Language = "en"
    zone: str = "UTC"  # IANA
    theme: Theme = "system"
    csrf: str = ""  # of the session; "" behind a token
    via: Literal["session", "token"] = "session"
    scope: str = ""  # of the token, which bounds the role
    session: str = ""  # the digest of the session's secret; "" behind a token

    def may(self, role: AccountRole) -> bool:
        """Return whether this role is at least another."""
        return allows(self.role, role)
