"""Accounts: a person's role, password, signing key and wishes. Names stay in the people table of the store.

An account without a password cannot log in by name; a one-time link lets its person choose one.
"""

import unicodedata
from typing import Any
from zoneinfo import available_timezones

import msgspec

from ninefold.kernel.errors import AccessDenied, Conflict, InvalidInput, NotFound, Refused
from ninefold.kernel.people import People
from ninefold.kernel.signing import SigningKey
from ninefold.surface.words import LANGUAGES, Language
from ninefold.vocabulary.account import AccountRole, allows
from ninefold.vocabulary.person import Person, Role
from ninefold.workbench.access.database import AccessFile
from ninefold.workbench.access.passwords import Passwords, Sealed, checked
from ninefold.workbench.access.roles import THEMES, Theme


class Account(msgspec.Struct, frozen=True):
    """One account as it is stored, with the name of its person."""

    person: str
    name: str
    role: AccountRole
    language: Language
    zone: str
    theme: Theme
    made: int  # µs UTC
    has_password: bool
    has_key: bool


class Accounts:
    """The accounts of a project. One object belongs to one thread."""

    def __init__(self, file: AccessFile, people: People, passwords: Passwords) -> None:
        self.file, self.people, self.passwords = file, people, passwords

    def all(self) -> list[Account]:
        """Return every account whose person is still stored, by name."""
        names = {p.key: p.name for p in self.people.all()}
        with self.file.mapped():
            rows = self.file.connection.execute(f"SELECT {_COLUMNS} FROM account").fetchall()  # noqa: S608 - constant
        found = [_account(row, names[row[0]]) for row in rows if row[0] in names]
        return sorted(found, key=lambda a: (a.name, a.person))

    def get(self, person: str) -> Account:
        """Return the account of a person.

        Raises:
            NotFound: there is none, or the person was erased.
        """
        name = self.people.get(person).name
        with self.file.mapped():
            query = f"SELECT {_COLUMNS} FROM account WHERE person = ?"  # noqa: S608 - constant
            row = self.file.connection.execute(query, (person,)).fetchone()
        if row is None:
            raise NotFound(f"{person} has no account.", hint="Add one with: ninefold accounts add NAME.")
        return _account(row, name)

    def named(self, name: str) -> Account | None:
        """Return the account that a name means when somebody logs in; case and spelling of Unicode do not matter."""
        wanted = folded(name)
        return next((a for a in self.all() if folded(a.name) == wanted), None)

    def add(
        self, name: str, role: AccountRole, now: int, *, key: SigningKey | None = None, only_first: bool = False
    ) -> Account:
        """Add an account without a password for a person of this name, or for the person who signs with `key`.

        Raises:
            InvalidInput: no name, or one that is too long.
            Conflict: the name has an account; or `only_first` and there is one already.
        """
        with self.file.writing() as db:  # one writer at a time: two first persons cannot both come through
            if only_first and self.all():
                message = "Somebody else made the first account."
                raise Conflict(message, hint="Ask that person for a link of your own.")
            if self.named(name) is not None:
                raise Conflict(f"{name!r} has an account already.", hint="Choose another name, or remove that account.")
            person = self._person(name, key)
            if db.execute("SELECT 1 FROM account WHERE person = ?", (person.key,)).fetchone():
                raise Conflict(
                    f"{person.key} has an account already.", hint="Make a link with: ninefold accounts link NAME."
                )
            db.execute("INSERT INTO account (person, role, made) VALUES (?, ?, ?)", (person.key, role, now))
            self._sync_roles(person.key, role)
        return self.get(person.key)

    def set_role(self, person: str, role: AccountRole) -> None:
        """Give an account another role; what its tokens may follows at once.

        Raises:
            NotFound: there is no such account.
            Refused: nobody would be administrator.
        """
        self.get(person)
        with self.file.writing() as db:
            if role != "administrator":
                self._keep_one(person)
            db.execute("UPDATE account SET role = ? WHERE person = ?", (role, person))
            self._sync_roles(person, role)

    def set_password(self, person: str, password: str, old: str | None, key: SigningKey | None = None) -> None:
        """Set a password, end every session and link of the account, and seal its signing key with the new password.

        With `old` the key stays. Without (a first password, or one that was reset) the key is `key`, or a new one when
        the person has none or had one sealed here; a person whose key lies elsewhere keeps that one.

        Raises:
            InvalidInput: the new password is too short or too long.
            AccessDenied: the old password does not fit.
            NotFound: there is no such account.
        """
        account, before = self.get(person), self._stored(person)
        new = checked(password)
        if old is not None and not self.passwords.fits(before, old):
            raise AccessDenied("The old password does not fit.", hint="Repeat it, or ask for a link to reset it.")
        sealed = self._sealed(person)
        if key is None and old is not None and account.has_key:
            key = self.passwords.open(sealed, old)
        elif key is None and (account.has_key or not self.people.get(person).public_key):
            key = SigningKey.new()
        if key is not None:
            sealed = self.passwords.seal(key, new)
            self.people.set_public_key(person, key.public)
        row = (self.passwords.hash(new), sealed.salt, sealed.pem, person, before)
        with self.file.writing() as db:
            query = "UPDATE account SET password = ?, salt = ?, pem = ? WHERE person = ? AND password = ?"
            if db.execute(query, row).rowcount != 1:
                raise Conflict("The password was changed at the same moment.", hint="Log in with the newer one.")
            db.execute("DELETE FROM session WHERE person = ?", (person,))
            db.execute("DELETE FROM link WHERE person = ?", (person,))

    def set_wishes(self, person: str, language: str, zone: str, theme: str) -> None:
        """Set language, IANA zone and theme.

        Raises:
            InvalidInput: one of them does not exist.
        """
        for value, known, what in (
            (language, LANGUAGES, "language"), (theme, THEMES, "theme"), (zone, available_timezones(), "time zone"),
        ):  # fmt: skip
            if value not in known:
                raise InvalidInput(f"{value[:40]!r} is no {what}.", hint=f"Choose a {what} from the list.")
        with self.file.writing() as db:
            row = (language, zone, theme, person)
            db.execute("UPDATE account SET language = ?, zone = ?, theme = ? WHERE person = ?", row)

    def remove(self, person: str) -> None:
        """Remove an account with its sessions, links, tokens and sealed key; the person stays as they are.

        Raises:
            NotFound: there is no such account.
            Refused: nobody would be administrator.
        """
        with self.file.writing() as db:
            self._keep_one(person)
            if db.execute("DELETE FROM account WHERE person = ?", (person,)).rowcount != 1:
                raise NotFound(f"{person} has no account.", hint="List accounts with: ninefold accounts list.")

    def signing_key(self, person: str, password: str) -> SigningKey:
        """Return the key that a person signs with in the browser; asks for the password each time.

        Raises:
            AccessDenied: the password is wrong, the account may not approve, or it holds no key.
        """
        if not allows(self.get(person).role, "approver"):
            raise AccessDenied(f"{person} may not approve.", hint="Ask an administrator for the role approver.")
        return self.passwords.open(self._sealed(person), password)

    def password_hash(self, person: str) -> str:
        """Return what is stored of a password; "" for none. Never show it."""
        return self._stored(person)

    def any_with_password(self) -> bool:
        """Return whether somebody can log in by name."""
        return any(a.has_password for a in self.all())

    def _person(self, name: str, key: SigningKey | None) -> Person:
        if key is not None and (holder := self.people.by_public_key(key.public)) is not None:
            if folded(holder.name) != folded(name):
                message = f"The key {key.public.id[:12]} belongs to {holder.key}, who has another name."
                raise Conflict(message, hint="Give that person's name, or another key.")
            return holder
        return self.people.add(name, public_key=None if key is None else key.public)

    def _sync_roles(self, person: str, role: AccountRole) -> None:
        """Let who may approve here be entered as approver, and nobody else who has an account."""
        roles: set[Role] = {*self.people.get(person).roles} - {"approver"}
        self.people.set_roles(person, [*roles, "approver"] if allows(role, "approver") else [*roles])

    def _keep_one(self, person: str) -> None:
        """Refuse to take the role of the last administrator away."""
        if [a.person for a in self.all() if a.role == "administrator"] == [person]:
            message = f"{person} is the only administrator."
            raise Refused(message, hint="Make somebody else administrator first.")

    def _stored(self, person: str) -> str:
        return str(self._one("SELECT password FROM account WHERE person = ?", person)[0])

    def _sealed(self, person: str) -> Sealed:
        return Sealed(*self._one("SELECT salt, pem FROM account WHERE person = ?", person))

    def _one(self, query: str, person: str) -> tuple[Any, ...]:
        with self.file.mapped():
            row: tuple[Any, ...] | None = self.file.connection.execute(query, (person,)).fetchone()
        if row is None:
            raise NotFound(f"{person} has no account.", hint="Add one with: ninefold accounts add NAME.")
        return row


_COLUMNS = "person, role, language, zone, theme, made, password <> '', length(pem) > 0"


def folded(name: str) -> str:
    """Return a name as names are compared: one spelling, one case, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _account(row: tuple[object, ...], name: str) -> Account:
    return msgspec.convert((row[0], name, *row[1:6], bool(row[6]), bool(row[7])), _Row).account()


class _Row(msgspec.Struct, array_like=True):
    person: str
    name: str
    role: AccountRole
    language: Language
    zone: str
    theme: Theme
    made: int
    has_password: bool
    has_key: bool

    def account(self) -> Account:
        return Account(**msgspec.structs.asdict(self))
