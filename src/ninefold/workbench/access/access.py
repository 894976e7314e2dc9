"""What the workbench asks of access, in one place and one thread: who is this, and let them in."""

from pathlib import Path

import msgspec

from ninefold.kernel.clock import Clock, SystemClock
from ninefold.kernel.errors import AccessDenied, NotFound
from ninefold.kernel.people import People
from ninefold.kernel.sqlite import SqliteStore
from ninefold.vocabulary.account import AccountRole
from ninefold.workbench.access.accounts import Account, Accounts
from ninefold.workbench.access.api_tokens import Tokens
from ninefold.workbench.access.database import AccessFile
from ninefold.workbench.access.links import Links
from ninefold.workbench.access.passwords import Passwords, checked
from ninefold.workbench.access.roles import lesser
from ninefold.workbench.access.sessions import Sessions
from ninefold.workbench.access.tokens import csrf_of
from ninefold.workbench.access.viewer import Viewer

FILE = "access.db"


class Invitation(msgspec.Struct, frozen=True):
    """What the page behind a one-time link asks for."""

    person: str | None  # None: the first person, who also gives a name
    name: str
    chooses_password: bool


class Access:
    """The files of accounts and people. One object belongs to one thread."""

    def __init__(self, folder: Path, clock: Clock | None = None, passwords: Passwords | None = None) -> None:
        """Open the files of a project's folder `.ninefold`. The clock is this machine's: never a simulated plant's.

        Raises:
            StoreError: one of them cannot be used.
        """
        self.clock = clock or SystemClock()
        self.file = AccessFile(folder / FILE)
        self.store = SqliteStore(folder / "store.db")
        self.people = People(self.store)
        self.passwords = passwords or Passwords()
        self.accounts = Accounts(self.file, self.people, self.passwords)
        self.sessions, self.links, self.tokens = Sessions(self.file), Links(self.file), Tokens(self.file)

    def close(self) -> None:
        """Close the files; closing twice is harmless."""
        self.file.close()
        self.store.close()

    def by_session(self, secret: str) -> Viewer | None:
        """Return who has a session, while it lives and their account does."""
        session = self.sessions.find(secret, self.clock.now())
        account = None if session is None else self._account(session.person)
        if session is None or account is None:
            return None
        return _viewer(account, account.role, csrf=csrf_of(secret), session=session.digest)

    def by_token(self, secret: str) -> Viewer | None:
        """Return whose token it is, with no more than its scope, while it holds and their account does."""
        token = self.tokens.find(secret, self.clock.now())
        account = None if token is None else self._account(token.person)
        if token is None or account is None:
            return None
        return _viewer(account, lesser(account.role, token.scope), scope=token.scope)

    def stored(self, name: str) -> tuple[str, str]:
        """Return person and password hash behind a name; two empty texts when it means nobody."""
        account = self.accounts.named(name)
        return ("", "") if account is None else (account.person, self.accounts.password_hash(account.person))

    def enter(self, person: str, address: str, expected: str | None = None) -> str:
        """Return the secret of a new session; `expected` is the password hash that was checked.

        Raises:
            AccessDenied: the account is gone or was changed meanwhile.
        """
        return self.sessions.open(person, self.clock.now(), address, expected)

    def first_link(self) -> str | None:
        """Return the path of a link for the first person, or None when somebody can log in.

        An administrator who was entered and never chose a password gets it, when there is one.
        """
        accounts = self.accounts.all()
        if any(a.has_password for a in accounts):
            return None
        waiting = [a.person for a in accounts if a.role == "administrator"]
        if accounts and not waiting:
            return None
        return "/enter/" + self.links.make(waiting[0] if waiting else None, self.clock.now())

    def link(self, person: str, *, reset: bool = False) -> str:
        """Return the path of a one-time link for an account.

        Raises:
            NotFound: there is no such account.
        """
        self.accounts.get(person)
        return "/enter/" + self.links.make(person, self.clock.now(), reset=reset)

    def invitation(self, secret: str) -> Invitation:
        """Return what a link asks for, without using it up.

        Raises:
            NotFound: it does not hold.
        """
        link = self.links.look(secret, self.clock.now())
        if link.person is None:
            if self.accounts.all():
                raise NotFound("This link is for the first person only.", hint="Ask an administrator for another one.")
            return Invitation(None, "", chooses_password=True)
        account = self.accounts.get(link.person)
        return Invitation(link.person, account.name, link.reset or not account.has_password)

    def accept(self, secret: str, name: str, password: str, address: str) -> str:
        """Use a link up and return the secret of a new session; who has no password gets this one.

        Raises:
            NotFound: the link does not hold.
            InvalidInput: the password or the name cannot be used; the link still holds.
            Conflict: somebody else was the first person.
        """
        asked = self.invitation(secret)
        if asked.chooses_password:
            checked(password)
        person = asked.person
        if person is None:
            person = self.accounts.add(name, "administrator", self.clock.now(), only_first=True).person
        self.links.use(secret, self.clock.now())
        if asked.chooses_password:
            self.accounts.set_password(person, password, None)
        return self.enter(person, address)

    def invite(self, name: str, role: AccountRole) -> tuple[str, str]:
        """Add an account and return its person and the path of its one-time link.

        Raises:
            InvalidInput: no name.
            Conflict: the name has an account.
        """
        account = self.accounts.add(name, role, self.clock.now())
        return account.person, self.link(account.person)

    def change_password(self, person: str, old: str, new: str, address: str) -> str:
        """Change a password, end all sessions, and return the secret of a new one.

        Raises:
            AccessDenied: the old one does not fit.
            InvalidInput: the new one cannot be used.
        """
        if not old:
            raise AccessDenied("The old password is missing.", hint="Give it, or ask for a link to reset it.")
        self.accounts.set_password(person, new, old)
        return self.enter(person, address)

    def resolve(self, text: str) -> Account:
        """Return the account of a person's key or name.

        Raises:
            NotFound: there is none.
        """
        if text.startswith("person-"):
            return self.accounts.get(text)
        if (found := self.accounts.named(text)) is None:
            raise NotFound(f"{text[:60]!r} has no account.", hint="List accounts with: ninefold accounts list.")
        return found

    def _account(self, person: str) -> Account | None:
        try:
            return self.accounts.get(person)
        except NotFound:
            return None  # erased from the people table: whoever holds the secret is nobody now


def _viewer(account: Account, role: AccountRole, *, csrf: str = "", scope: str = "", session: str = "") -> Viewer:
    return Viewer(
        account.person, account.name, role, account.language, account.zone, account.theme, csrf,
        "session" if session else "token", scope, session,
    )  # fmt: skip
