"""An open run: what is logged is gathered, and one durable record is put when the run ends."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ninefold.kernel.blobs import Blobs
from ninefold.kernel.clock import Clock
from ninefold.kernel.errors import Conflict, InvalidInput, NotFound
from ninefold.kernel.records import Draft, Input, encode
from ninefold.kernel.sqlite import SqliteStore
from ninefold.kernel.steps import Evidence
from ninefold.tracking import bounds
from ninefold.tracking.history import Point, last_values, pack_history
from ninefold.vocabulary.run import Artefact, Run, RunOutcome

KIND = "run@1"
STEP = "notebook@1"
PREFIX = "run:"
LONGEST_REASON = 500


class RunLog:
    """A run as a context manager. Nothing is written before its end; a killed process leaves no record.

    An exception ends it as failed, with its class and message, and goes on.
    """

    def __init__(
        self, name: str, store: SqliteStore, blobs: Blobs, clock: Clock, actor: str, ask: Callable[[str], Evidence],
        tags: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.name = bounds.name_of(name, "run")
        self.id = ""  # of the record, once the run has ended
        self._store, self._blobs, self._clock, self._actor, self._ask = store, blobs, clock, actor, ask
        self._params: dict[str, Any] = {}
        self._points: list[Point] = []
        self._names: set[str] = set()
        self._tags: dict[str, str] = {}
        self._artefacts: dict[str, Artefact] = {}
        self._inputs: dict[str, Input] = {}
        self._started: int | None = None
        if tags:
            self.tag(**tags)

    def log(self, params: Mapping[str, Any] | None = None, /, **more: Any) -> None:
        """Log parameters: plain values by name.

        Raises:
            Conflict: one was logged with another value already.
            InvalidInput: a name or value cannot be kept.
        """
        self._open()
        for name, value in {**(params or {}), **more}.items():
            kept = bounds.plain(value, bounds.name_of(name, "parameter"))
            if name in self._params and self._params[name] != kept:
                message = f"The parameter {name} is {self._params[name]!r} in this run, now {kept!r}."
                raise Conflict(message, hint="Log another name, or begin another run.")
            bounds.room(len(self._params), bounds.MOST_PARAMS, "parameters")
            self._params[name] = kept

    def metric(self, name: str, value: float, step: int | None = None) -> None:
        """Log one value of a metric; the last one counts, and all are kept.

        Raises:
            InvalidInput: the name or value cannot be kept.
        """
        self._open()
        found = bounds.number(value, bounds.name_of(name, "metric"))
        bounds.room(len(self._points), bounds.MOST_POINTS, "points")
        if name not in self._names:
            bounds.room(len(self._names), bounds.MOST_METRICS, "metrics")
            self._names.add(name)
        self._points.append(Point(name, len(self._points) if step is None else int(step), self._clock.now(), found))

    def metrics(self, values: Mapping[str, float] | None = None, /, step: int | None = None, **more: float) -> None:
        """Log several metrics at once; see `metric`."""
        for name, value in {**(values or {}), **more}.items():
            self.metric(name, value, step)

    def tag(self, **tags: str) -> None:
        """Set tags: short texts by name. Name no person: records cannot forget.

        Raises:
            InvalidInput: a name or text cannot be kept.
        """
        self._open()
        for name, text in tags.items():
            bounds.room(len(self._tags), bounds.MOST_PARAMS, "tags")
            self._tags[bounds.name_of(name, "tag")] = str(bounds.plain(str(text), name))

    def artefact(self, path: str | Path, name: str | None = None) -> str:
        """Keep a copy of a file and return its digest. It is stored as bytes and never loaded.

        Raises:
            NotFound: there is no such file.
            Conflict: the run holds another file of this name.
            StoreError: the disk is full.
        """
        self._open()
        file = Path(path)
        if not file.is_file():
            raise NotFound(f"{file} is no file.", hint="Write it first; pack a folder into an archive.")
        called = bounds.name_of(name or file.name, "artefact")
        bounds.room(len(self._artefacts), bounds.MOST_ARTEFACTS, "artefacts")
        kept = Artefact(called, file.stat().st_size, self._blobs.put_file(file))
        if self._artefacts.setdefault(called, kept).digest != kept.digest:
            raise Conflict(f"The run holds another file called {called}.", hint="Give it another name.")
        return kept.digest

    def uses(self, task: str) -> Evidence:
        """Say that the run rests on the result of a task: the chain then leads from the run to it.

        Raises:
            NotFound: there is no such task, or it has no result yet.
        """
        self._open()
        evidence = self._ask(task)
        self._inputs[task] = Input(task, evidence.id, evidence.content)
        return evidence

    def __enter__(self) -> Self:
        if self._started is not None:
            raise InvalidInput(f"The run {self.name} was begun already.", hint="Begin another one.")
        self._started = self._clock.now()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        outcome: RunOutcome = "finished"
        reason = ""
        if kind is not None:
            outcome = "failed" if issubclass(kind, Exception) else "killed"
            reason = f"{kind.__name__}: {error}"[:LONGEST_REASON]
        self._put(outcome, reason)

    def _put(self, outcome: RunOutcome, reason: str) -> None:
        metrics, notes = last_values(self._points)
        history = pack_history(self._points) if len(self._points) > len(metrics) else b""
        blobs = [self._blobs.put(history)] if history else []
        began, now = self._started or 0, self._clock.now()
        body = Run(
            self.name, outcome, began, now, self._params, metrics, self._tags, tuple(self._artefacts.values()),
            len(self._points) if history else 0, blobs[0] if blobs else "", reason, notes,
        )  # fmt: skip
        kept = tuple({*blobs, *(a.digest for a in self._artefacts.values())})
        inputs = tuple(self._inputs.values())
        draft = Draft(KIND, encode(KIND, body, kept), STEP, self._actor, now, inputs, name=f"{PREFIX}{self.name}")
        [self.id] = self._store.put([draft])

    def _open(self) -> None:
        if self.id:
            raise InvalidInput(f"The run {self.name} is over; its record cannot change.", hint="Begin another run.")
