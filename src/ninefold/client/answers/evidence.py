"""Answers about runs, the project's files, and the chain of evidence."""

from typing import Any, Literal

import msgspec

from ninefold.client.answers.shared import FileProblem, TaskState
from ninefold.vocabulary.criterion import Outcome


class JobFailure(msgspec.Struct, frozen=True):
    """What could not be done, or is not fresh afterwards: why, and what to do."""

    name: str
    message: str
    hint: str


class Job(msgspec.Struct, frozen=True):
    """A run in the workbench: what was asked, how far it is, and what became of it."""

    id: str
    by: str
    tasks: tuple[str, ...]  # that were named; empty for everything
    state: Literal["running", "done", "failed", "cancelled"]
    cancelling: bool
    begun: int
    ended: int  # 0 while it runs
    task: str  # that is being run now
    said: str  # what it says of itself
    number: int  # of the task, from 1
    of: int  # how many there were to do at the start
    done: tuple[str, ...]
    reused: int
    failed: tuple[JobFailure, ...]
    unfinished: tuple[JobFailure, ...]
    error: JobFailure | None  # that ended the whole


class FileLine(msgspec.Struct, frozen=True):
    """A project file in a list."""

    path: str
    problems: int


class FileText(msgspec.Struct, frozen=True):
    """A project file as it stands; the ETag is also in the header."""

    path: str
    text: str
    etag: str


class FileSaved(msgspec.Struct, frozen=True):
    """A file that was written or removed; `record` is "" when nothing changed, `etag` when it is gone."""

    path: str
    etag: str
    record: str


class Consequence(msgspec.Struct, frozen=True):
    """How a task would stand after an edit."""

    name: str
    state: TaskState
    reason: str
    waits: bool


class Rejudged(msgspec.Struct, frozen=True):
    """A verdict that an edit would turn; an outcome is None where only a measurement tells."""

    name: str
    before: Outcome | None
    after: Outcome | None
    reason: str
    certain: bool


class Impact(msgspec.Struct, frozen=True):
    """What an edit would do, before it is saved."""

    path: str
    diff: str
    problems: tuple[FileProblem, ...]
    mended: tuple[FileProblem, ...]
    facets: dict[str, str]  # name -> changed, new, gone
    tasks: tuple[Consequence, ...]
    gone: tuple[str, ...]
    verdicts: tuple[Rejudged, ...]
    approvals: tuple[str, ...]  # that would no longer hold


class Edit(msgspec.Struct, frozen=True):
    """One change of a file."""

    time: int  # 0 when nobody knows
    source: Literal["workbench", "git", "outside"]
    by: str
    reason: str
    sentences: tuple[str, ...]
    diff: str
    id: str


class RecordLine(msgspec.Struct, frozen=True):
    """A record in a list."""

    id: str
    kind: str
    content: str
    step: str
    actor: str
    time: int
    origin: str
    sequence: int
    names: tuple[str, ...]  # the tasks that it was seen as


class RecordInput(msgspec.Struct, frozen=True):
    """An input of a record."""

    role: str
    id: str
    content: str


class RecordDetail(msgspec.Struct, frozen=True):
    """A record as it stands in the store; `body` is None once it was erased."""

    id: str
    kind: str
    content: str
    step: str
    actor: str
    time: int
    origin: str
    sequence: int
    names: tuple[str, ...]
    environment: str
    key: str
    as_of: int
    until: int
    inputs: tuple[RecordInput, ...]
    blobs: tuple[str, ...]
    erased: bool
    revoked: bool
    body: Any = None


class Event(msgspec.Struct, frozen=True):
    """One link of an origin's chain."""

    sequence: int
    previous: str
    payload: str  # id of the record
    hash: str


class Chain(msgspec.Struct, frozen=True):
    """The head of an origin's chain, and who else keeps one."""

    origin: str
    sequence: int
    hash: str
    witnesses: dict[str, int]  # who -> the sequence that they hold


class LineageLink(msgspec.Struct, frozen=True):
    """One record on the way from a start."""

    depth: int
    role: str
    id: str
    kind: str
    names: tuple[str, ...]
