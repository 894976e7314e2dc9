"""Long work that a surface started for a person: how far it is, and what came of it."""

from typing import Literal

import msgspec

JobKind = Literal["run", "verify", "gateway"]
JobStage = Literal["running", "done", "failed", "cancelled"]


class Failure(msgspec.Struct, frozen=True):
    """A task that could not be done, or what is not fresh afterwards: why, and what to do."""

    name: str
    message: str
    hint: str = ""


class JobState(msgspec.Struct, frozen=True):
    """One piece of long work at a moment. Times are µs UTC of this machine's clock."""

    id: str
    kind: JobKind
    actor: str
    asked: tuple[str, ...]  # the tasks that were named; empty for all
    started: int
    stage: JobStage = "running"
    cancelling: bool = False
    ended: int = 0
    task: str = ""  # that is being run now
    said: str = ""  # what it says of itself
    number: int = 0  # of the task, from 1
    of: int = 0  # how many there were to do at the start
    done: tuple[str, ...] = ()
    reused: int = 0
    failed: tuple[Failure, ...] = ()
    unfinished: tuple[Failure, ...] = ()
    error: Failure | None = None  # that ended the whole
    records: int = 0  # verified
