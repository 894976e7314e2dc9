"""Sessions of browsers: opened at login under a new secret, ended by logout, idleness, age or an administrator."""

import msgspec

from ninefold.kernel.errors import AccessDenied
from ninefold.workbench.access.database import AccessFile
from ninefold.workbench.access.tokens import digest, new_secret

_HOUR = 3_600_000_000  # µs
IDLE = 12 * _HOUR
OLDEST = 7 * 24 * _HOUR
MOST = 20  # of one account; the one that was idle longest makes room
_NOTE_EVERY = 60_000_000  # µs between two notes that a session was seen: a write each would be waste


class Session(msgspec.Struct, frozen=True):
    """One session that is alive."""

    digest: str
    person: str
    made: int  # µs UTC
    seen: int  # µs UTC
    address: str


class Sessions:
    """The sessions of all accounts. One object belongs to one thread."""

    def __init__(self, file: AccessFile) -> None:
        self.file = file

    def open(self, person: str, now: int, address: str, expected: str | None = None) -> str:
        """Return the secret of a new session, while the stored password is still the `expected` one.

        Raises:
            AccessDenied: the account is gone, or its password was changed meanwhile.
        """
        secret = new_secret()
        with self.file.writing() as db:
            row = db.execute("SELECT password FROM account WHERE person = ?", (person,)).fetchone()
            if row is None or (expected is not None and row[0] != expected):
                raise AccessDenied("The account was changed meanwhile.", hint="Log in again.")
            db.execute("DELETE FROM session WHERE seen <= ? OR made <= ?", (now - IDLE, now - OLDEST))
            keep = "SELECT digest FROM session WHERE person = ? ORDER BY seen DESC LIMIT ?"
            db.execute(
                f"DELETE FROM session WHERE person = ? AND digest NOT IN ({keep})",  # noqa: S608 - constant
                (person, person, MOST - 1),
            )
            db.execute("INSERT INTO session VALUES (?, ?, ?, ?, ?)", (digest(secret), person, now, now, address[:64]))
        return secret

    def find(self, secret: str, now: int) -> Session | None:
        """Return the session of a secret, while it lives."""
        with self.file.mapped():
            row = self.file.connection.execute("SELECT * FROM session WHERE digest = ?", (digest(secret),)).fetchone()
        if row is None:
            return None
        found = Session(*row)
        if now - found.seen >= IDLE or now - found.made >= OLDEST:
            self.end(found.digest)
            return None
        if now - found.seen >= _NOTE_EVERY:
            with self.file.writing() as db:
                db.execute("UPDATE session SET seen = ? WHERE digest = ?", (now, found.digest))
        return found

    def of(self, person: str, now: int) -> list[Session]:
        """Return the sessions of a person that live, the latest first."""
        query = "SELECT * FROM session WHERE person = ? AND seen > ? AND made > ? ORDER BY seen DESC"
        with self.file.mapped():
            rows = self.file.connection.execute(query, (person, now - IDLE, now - OLDEST)).fetchall()
        return [Session(*row) for row in rows]

    def end(self, digest_: str) -> None:
        """End one session; ending it twice is harmless."""
        with self.file.writing() as db:
            db.execute("DELETE FROM session WHERE digest = ?", (digest_,))

    def end_all(self, person: str, but: str = "") -> int:
        """End the sessions of a person and return how many; `but` spares the one with this digest."""
        with self.file.writing() as db:
            return db.execute("DELETE FROM session WHERE person = ? AND digest <> ?", (person, but)).rowcount
