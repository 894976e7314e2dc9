"""One-time links: the way in for who has no password yet. A link is used up by the button on its page, not by looking.

So a mail scanner that opens it takes nothing away, and the session's cookie can be SameSite=Strict.
"""

import msgspec

from ninefold.kernel.errors import NotFound
from ninefold.workbench.access.database import AccessFile
from ninefold.workbench.access.tokens import digest, new_secret

LIFE = 24 * 3_600_000_000  # µs
FIRST_LIFE = 3_600_000_000  # µs: the link of the first person, printed on a terminal


class Link(msgspec.Struct, frozen=True):
    """What a link that still holds is for."""

    person: str | None  # None: the first person of all
    reset: bool  # lets a person who has a password choose another one


class Links:
    """The links that were given out. One object belongs to one thread."""

    def __init__(self, file: AccessFile) -> None:
        self.file = file

    def make(self, person: str | None, now: int, *, reset: bool = False, life: int | None = None) -> str:
        """Return the secret of a new link; it replaces older ones for the same person."""
        secret, until = new_secret(), now + (life or (LIFE if person else FIRST_LIFE))
        with self.file.writing() as db:
            db.execute("DELETE FROM link WHERE person IS ? OR until <= ?", (person, now))
            db.execute("INSERT INTO link VALUES (?, ?, ?, ?)", (digest(secret), person, until, reset))
        return secret

    def look(self, secret: str, now: int) -> Link:
        """Return what a link is for, without using it up.

        Raises:
            NotFound: it does not exist, was used, or has ended.
        """
        query = "SELECT person, reset FROM link WHERE digest = ? AND until > ?"
        with self.file.mapped():
            row = self.file.connection.execute(query, (digest(secret), now)).fetchone()
        if row is None:
            raise _gone()
        return Link(row[0], bool(row[1]))

    def use(self, secret: str, now: int) -> Link:
        """Use a link up and return what it was for; of two who try, one gets it.

        Raises:
            NotFound: it does not exist, was used, or has ended.
        """
        query = "DELETE FROM link WHERE digest = ? AND until > ? RETURNING person, reset"
        with self.file.writing() as db:
            row = db.execute(query, (digest(secret), now)).fetchone()
        if row is None:
            raise _gone()
        return Link(row[0], bool(row[1]))


def _gone() -> NotFound:
    message = "This link was used, has ended, or never was."
    return NotFound(
        message, hint="Ask an administrator for another one, or make one with: ninefold accounts link NAME."
    )
