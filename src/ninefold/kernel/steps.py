"""The contract of a step: it declares what it reads and makes, plans tasks without I/O, and runs one task at a time."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypeVar

import msgspec

from ninefold.kernel.blobs import Blobs
from ninefold.kernel.clock import Clock
from ninefold.kernel.progress import Cancel, Progress
from ninefold.kernel.records import revive
from ninefold.kernel.view import View

if TYPE_CHECKING:
    from numpy.random import Generator  # numpy itself costs a quick command as much as all the rest

Kind = Literal["derive", "observe", "decide", "apply"]
T = TypeVar("T")


class Answer(NamedTuple):
    """What `ask` tells a plan about a task that is already planned."""

    fresh: bool
    body: Any  # plain values of its record, or of the record that it last had; None when there is none


Ask = Callable[[str], Answer]


@dataclass(frozen=True)
class Task:
    """One piece of work: a name for people, and the inputs that its key is made of.

    Roles carry identity ("m1", "recall"), never a list index. What `run` may see is in `facets`, `results` and
    `params`, nothing else; `gates` and `until_s` stay outside the key.
    """

    name: str  # candidates:tool-failure
    facets: Mapping[str, str] = field(default_factory=dict)  # role -> facet name
    results: Mapping[str, str] = field(default_factory=dict)  # role -> task name
    params: Any = None  # plain values with a canonical form
    of: tuple[str, ...] = ()  # roles whose contents are the subject; the runner writes them into the record's body
    gates: tuple[str, ...] = ()  # tasks whose result must be open
    valid_for_s: float | None = None  # observe: floating when set, pinned otherwise
    provisional: str = ""  # the task whose body this task was listed from, while that body is not fresh


@dataclass(frozen=True)
class Blocked:
    """A task that cannot be planned: why, and the next command."""

    name: str
    reason: str
    command: str = ""


class Evidence(NamedTuple):
    """One input of a running task."""

    name: str  # of the facet or task
    id: str
    content: str
    kind: str
    plain: Any  # the body's plain values
    blobs: tuple[str, ...] = ()

    def body(self, type_: type[T]) -> T:
        """Return the body as its noun; fields of newer versions are dropped."""
        return msgspec.convert(self.plain, type_, strict=False, dec_hook=revive)


@dataclass(frozen=True)
class Context:
    """What a running task may touch. There is no store in it."""

    inputs: Mapping[str, Evidence]  # role -> evidence, facets and results alike
    root: Path  # of the project; only steps that observe read from it
    blobs: Blobs
    clock: Clock
    rng: "Generator"  # seeded from the task's key
    progress: Progress
    cancel: Cancel
    scratch: Path  # an empty folder, removed afterwards


@dataclass(frozen=True)
class Result:
    """What a task found: a kind with its schema, a body, and the blobs that the body names."""

    kind: str  # verdict@1
    body: Any
    blobs: tuple[str, ...] = ()
    as_of: int = 0  # observe: µs UTC of the observation


class Step(Protocol):
    """One of the nine steps, or a part of one."""

    name: str
    version: str
    kind: Kind
    consumes: frozenset[str]  # facet kinds and record kinds (without @schema)
    produces: frozenset[str]
    environment: tuple[str, ...]  # packages whose versions change the result: duckdb, lightgbm

    def plan(self, view: View, ask: Ask) -> Iterable[Task | Blocked]:
        """Return the tasks of this view; no I/O. `ask` is only for tasks of steps that are planned before."""

    def run(self, task: Task, ctx: Context) -> Result:
        """Do one task.

        Raises:
            NinefoldError: it cannot be done; nothing is recorded.
        """
