"""Tokens of the REST API: shown once, stored as a digest, never able to do more than their owner may at that moment."""

import msgspec

from ninefold.kernel.errors import Conflict, InvalidInput, NotFound, Refused
from ninefold.vocabulary.account import AccountRole, allows
from ninefold.workbench.access.database import AccessFile
from ninefold.workbench.access.tokens import LENGTH, digest, new_secret

PREFIX = "nf_"  # so that a secret scanner finds one in a file
DAY = 86_400_000_000  # µs
LONGEST_D = 366
MOST = 50  # of one account
_NOTE_EVERY = 60_000_000  # µs


class Token(msgspec.Struct, frozen=True):
    """One token as it is stored."""

    digest: str
    person: str
    name: str
    scope: AccountRole
    made: int  # µs UTC
    until: int  # µs UTC
    used: int  # µs UTC; 0 for never


class Tokens:
    """The tokens of all accounts. One object belongs to one thread."""

    def __init__(self, file: AccessFile) -> None:
        self.file = file

    def make(self, person: str, have: AccountRole, name: str, scope: AccountRole, days: int, now: int) -> str:
        """Return a new token, which is shown this once.

        Raises:
            InvalidInput: no name, or days out of 1 to 366.
            Refused: the scope is above the owner's role, or there are too many.
            Conflict: the owner has a token of this name.
        """
        line = " ".join(name.split())
        if not 1 <= len(line) <= 100:
            raise InvalidInput(
                f"A token's name has 1 to 100 characters, found {len(line)}.", hint="Say what it is for."
            )
        if not 1 <= days <= LONGEST_D:
            raise InvalidInput(f"A token holds 1 to {LONGEST_D} days, found {days}.", hint="Choose fewer days.")
        if not allows(have, scope):
            raise Refused(f"A token of a {have} cannot have the scope {scope}.", hint=f"Choose at most {have}.")
        secret = PREFIX + new_secret()
        with self.file.writing() as db:
            rows = [row[0] for row in db.execute("SELECT name FROM token WHERE person = ?", (person,))]
            if line in rows:
                raise Conflict(f"There is a token {line!r}.", hint="Choose another name, or revoke that one.")
            if len(rows) >= MOST:
                raise Refused(f"An account has at most {MOST} tokens.", hint="Revoke one first.")
            row = (digest(secret), person, line, scope, now, now + days * DAY, 0)
            db.execute("INSERT INTO token VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        return secret

    def find(self, secret: str, now: int) -> Token | None:
        """Return the token that a request carries, while it holds."""
        if not secret.startswith(PREFIX) or len(secret) != len(PREFIX) + LENGTH:
            return None
        with self.file.mapped():
            row = self.file.connection.execute("SELECT * FROM token WHERE digest = ?", (digest(secret),)).fetchone()
        if row is None or Token(*row).until <= now:
            return None
        found = Token(*row)
        if now - found.used >= _NOTE_EVERY:
            with self.file.writing() as db:
                db.execute("UPDATE token SET used = ? WHERE digest = ?", (now, found.digest))
        return found

    def of(self, person: str) -> list[Token]:
        """Return the tokens of a person, the newest first, ended ones among them."""
        query = "SELECT * FROM token WHERE person = ? ORDER BY made DESC, name"
        with self.file.mapped():
            return [Token(*row) for row in self.file.connection.execute(query, (person,))]

    def revoke(self, person: str, digest_: str) -> None:
        """Revoke a token of a person.

        Raises:
            NotFound: that person has none of this digest.
        """
        with self.file.writing() as db:
            gone = db.execute("DELETE FROM token WHERE person = ? AND digest = ?", (person, digest_)).rowcount
        if gone != 1:
            raise NotFound("There is no such token.", hint="Load the page again.")
