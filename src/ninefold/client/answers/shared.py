"""What all answers of the API share: pages, problems, who asks, and the tokens of programs."""

from typing import Generic, Literal, TypeVar

import msgspec

from ninefold.vocabulary.account import AccountRole

T = TypeVar("T")
TaskState = Literal["fresh", "stale", "missing", "blocked"]
GateDecision = Literal["pass", "fail", "insufficient", "stale", "unapproved"]


class Page(msgspec.Struct, Generic[T], frozen=True):
    """Some items of a list; `next` is the cursor of the following page, "" on the last one."""

    items: tuple[T, ...]
    next: str = ""


class Issue(msgspec.Struct, frozen=True):
    """One thing that is wrong in what was sent: where, and why."""

    message: str
    key: str = ""
    source: str = ""


class Problem(msgspec.Struct, frozen=True):
    """The one body of every error (RFC 9457). `hint` begins with a verb and says what to do."""

    type: str
    title: str
    status: int
    detail: str
    hint: str = ""
    code: str = ""  # of a request that was turned away before it reached its route
    issues: tuple[Issue, ...] = ()
    diff: str = ""  # of a file that changed meanwhile: from what it holds now to what was sent
    etag: str = ""  # of what is there now


class FileProblem(msgspec.Struct, frozen=True):
    """One thing that is wrong in a project file."""

    file: str
    line: int  # 0 when the whole file is meant
    field: str
    message: str
    hint: str


class Made(msgspec.Struct, frozen=True):
    """The id of the record that says what was done."""

    record: str


class Me(msgspec.Struct, frozen=True):
    """Who asks, and what they may."""

    person: str
    name: str
    role: AccountRole
    via: Literal["session", "token"]
    language: str
    zone: str  # IANA


class Account(msgspec.Struct, frozen=True):
    """Somebody who may log in."""

    person: str
    name: str
    role: AccountRole
    made: int
    has_password: bool
    has_key: bool


class Token(msgspec.Struct, frozen=True):
    """A token of one's own; its secret was shown once."""

    id: str
    name: str
    scope: AccountRole
    made: int
    until: int
    used: int  # 0 for never


class TokenMade(msgspec.Struct, frozen=True):
    """A new token; the secret is shown this once."""

    name: str
    secret: str
