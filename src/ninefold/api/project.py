"""A project as a notebook sees it: data, work, verdicts, the chain, and runs; every result is a record."""

import os
import threading
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ninefold.api import incoming
from ninefold.api.shown import Records, Shown, records_table
from ninefold.api.tables import read_data
from ninefold.kernel.clock import Clock
from ninefold.kernel.errors import InvalidInput, Refused
from ninefold.kernel.plan import Plan, Status, key_of
from ninefold.kernel.progress import Cancel
from ninefold.kernel.steps import Evidence
from ninefold.lifecycle.opening import Opening, cancellable
from ninefold.lifecycle.tables import status_table, trace_table, verdict_table
from ninefold.surface.session import Session
from ninefold.tracking.log import KIND, RunLog
from ninefold.tracking.tables import runs_figure, runs_table

MOST_RECORDS = 10_000


class _Quiet:
    """The screen of a notebook: a cell shows what it returns, so that nothing is written on the way."""

    def say(self, message: str, done: float | None = None) -> None:
        """Say nothing."""

    def show(self, model: Any) -> None:
        """Show nothing."""

    def write(self, text: str) -> None:
        """Write nothing."""


class _Opening(Opening):
    @cached_property
    def screen(self) -> _Quiet:  # type: ignore[override]  # read once, on first use; never set from outside
        """Nothing."""
        return _Quiet()


class Project:
    """One project, for the thread that opened it.

    `status`, `update`, `validate` and `trace` do what the commands of these names do. What is asked for is read anew at
    each call: files may change beside the notebook.
    """

    def __init__(self, path: str | Path = ".", *, clock: Clock | None = None) -> None:
        self._opening = _Opening(Path(path), clock)
        self.root: Path = self._opening.root
        self.name: str = self._opening.settings.name
        self._owner = (os.getpid(), threading.get_ident())

    # Data

    def data(self, name: str, *, columns: Sequence[str] | None = None, library: str | None = None) -> Any:
        """Return a table of evidence as a DataFrame.

        `name` is a task (`dataset:parts`, `features:parts`, `labels:parts`), or `recipe:parts` for features and labels
        side by side, or a bare name that only one of them has. `library` is pandas, polars, or columns: a mapping of
        numpy arrays. By default the library that is loaded, else the one that is installed.

        Raises:
            NotFound: there is no such table, or it has no result yet. Refused: it is stale; `update` it first.
            VerificationError: its file was altered.
        """
        return read_data(self._session, name, columns, library)

    def add_data(
        self, name: str, frame: Any, *, asset: str = "asset", time: str | None = None, event: str | None = None,
        units: Mapping[str, str] | None = None, every: str = "1 min",
    ) -> Evidence:  # fmt: skip
        """Make a dataset version of a DataFrame; recipes read it as `dataset:NAME`.

        `asset` is the column that names it, or the one asset of a table without such a column; `time` the column of
        moments (by default ts, time or occurred; without one the order of the rows counts, `every` apart); `event` the
        column of the kind of event, for a log. `units` are UCUM by column. It writes data/NAME.parquet and
        connections/NAME.yaml. Data of the same name get a new version, which is chosen in ninefold.lock.

        Columns about people stay in the dataset and become no feature: a recipe that reads one is refused, unless
        ninefold.toml declares the agreement.

        Raises:
            InvalidInput: the name, a column or a value cannot be used. Conflict: a person wrote that connection.
        """
        session = self._session
        incoming.write_source(
            self.root, name, frame, asset=asset, time=time, event=event, units=units or {}, every=every
        )
        return self._observe(session, name)

    # Work

    def requirements(self) -> Shown:
        """Return the drawing of the requirements, their criteria and the use cases that they serve."""
        from ninefold.design.requirements import diagram_of

        return Shown(diagram_of(self._session.view()))

    def status(self, *patterns: str) -> Shown:
        """Return how every task stands, or those whose names match; nothing is written."""
        import fnmatch

        plan = self._session.status()
        if patterns:
            plan = Plan(s for s in plan.statuses.values() if any(fnmatch.fnmatchcase(s.name, p) for p in patterns))
        return Shown(status_table(plan, everything=True))

    def update(self, *names: str, again: bool = False) -> Shown:
        """Bring everything, or the named tasks, up to date as `ninefold run` does; returns their status.

        Raises:
            NotFound: no task has the name. InvalidInput: `again` without names.
            NinefoldError: that of the first task that failed, after all others were tried; the rest are its notes.
        """
        from ninefold.lifecycle.update import bring_up_to_date

        if again and not names:
            raise InvalidInput("again needs the names of the tasks to run again.")
        session, opening = self._session, self._opening
        if threading.current_thread() is threading.main_thread():
            with cancellable() as cancel:
                done = bring_up_to_date(session, opening.steps, names, again=again, cancel=cancel, actor=opening.actor)
        else:
            done = bring_up_to_date(session, opening.steps, names, again=again, cancel=Cancel(), actor=opening.actor)
        for name, error in done.failed.items():
            for other, reason in done.failed.items():
                error.add_note(f"{other} failed: {reason}" if other != name else f"This was {name}.")
            raise error
        plan = done.plan if not names else Plan(done.plan[n] for n in done.targets)
        return Shown(status_table(plan, everything=True))

    def validate(self, model: str) -> Shown:
        """Bring the verdicts on a model up to date and return them.

        Raises:
            NotFound: no verdict on such a model is planned. NinefoldError: see `update`.
        """
        self.update(f"verdict:{model}/*")
        return self.verdicts(model)

    def bring(
        self, file: str | Path, name: str = "", *, like: str, data: str = "", features: Sequence[str] = (),
        output: str = "",
    ) -> Shown:  # fmt: skip
        """Hold an ONNX model of one's own against the requirements of a model of the project; returns its verdicts.

        `like` is that model: use case, data, task, split, metric, decision and limits are taken from its file. `data`
        is another recipe, `features` its columns in the order of the graph's input, `output` the graph's answer. It
        writes models/NAME.onnx and models/NAME.yaml (by default the name of the file) and trains nothing.

        Raises:
            NotFound, InvalidInput, Conflict: the file, the name or the model to be like cannot be used.
            NinefoldError: see `update`; a graph that cannot be used is refused before it is loaded.
        """
        from ninefold.api.bringing import write_brought
        from ninefold.kernel.errors import InvalidFile

        session, called = self._session, name or Path(file).stem
        write_brought(self.root, Path(file), called, like, data, features, output)
        if problems := [p for p in session.view().problems if p.file == f"models/{called}.yaml"]:
            raise InvalidFile(problems)
        return self.validate(called)

    def verdicts(self, model: str | None = None) -> Shown:
        """Return the verdicts on a model, or on all, with value, bound, threshold and reason; stale ones say so."""
        from ninefold.lifecycle.gate import gate

        return Shown(verdict_table(gate(self._session.status(), (f"verdict:{model}/*",) if model else ())))

    def ask(self, name: str) -> Evidence:
        """Return the current result of a task, or what it last said when it is not fresh; `.plain` is its body.

        Raises:
            NotFound: there is no such task, or it has no result yet.
        """
        return self._session.ask(name)

    # Evidence

    def trace(self, start: str, *, down: bool = False) -> Shown:
        """Return the chain from a task, facet, requirement, run or record back to the sentences, or (`down`) on.

        Raises:
            NotFound: nothing is called so.
        """
        from ninefold.lifecycle import trace as chain

        store = self._session.store
        links = chain.trace(store, chain.beginnings(store, start), up=not down)
        return Shown(trace_table(start, links, up=not down))

    def records(self, kind: str = "", limit: int = 50) -> Records:
        """Return the latest records, the newest first; of a kind such as `verdict` (or `verdict@1`) when one is named.

        Raises:
            InvalidInput: the limit lies outside 1 to 10,000.
        """
        if not 1 <= limit <= MOST_RECORDS:
            raise InvalidInput(f"The limit is {limit}.", hint=f"Ask for 1 to {MOST_RECORDS}.")
        store = self._session.store
        named = kind if "@" in kind or not kind else f"{kind}@1"
        found = store.of_kind(named, limit) if kind else store.log(limit)
        return Records(found, records_table(found, [store.names(r.id) for r in found]))

    # Runs

    def run(self, name: str, **tags: str) -> RunLog:
        """Begin a run: `with project.run("try-1") as r: r.log(depth=3); r.metric("f1", 0.8)`. One record, at its end.

        Raises:
            InvalidInput: the name is no line of text.
        """
        session = self._session
        return RunLog(name, session.store, session.blobs, session.clock, self._opening.actor, session.ask, tags)

    def runs(self, pattern: str = "*", limit: int = 200) -> Records:
        """Return the latest runs whose names match, side by side: outcome, metrics and parameters."""
        import fnmatch

        from ninefold.vocabulary.run import Run

        found = [r for r in self._session.store.of_kind(KIND, MOST_RECORDS) if r.data is not None]
        chosen = [r for r in found if fnmatch.fnmatchcase(r.body(Run).name, pattern)][:limit]
        return Records(chosen, runs_table(chosen))

    def plot(self, metric: str, pattern: str = "*", limit: int = 40) -> Shown:
        """Return a metric of the latest runs as a drawing."""
        return Shown(runs_figure(list(self.runs(pattern, limit)), metric))

    # The object itself

    def close(self) -> None:
        """Close the store; closing twice is harmless."""
        if "session" in self._opening.__dict__:
            self._opening.session.store.close()
            del self._opening.__dict__["session"]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Project {self.name!r} at {self.root}"

    def _repr_html_(self) -> str:
        shown = Shown(status_table(self._session.status(), everything=False))
        return shown._repr_html_()

    @property
    def _session(self) -> Session:
        if self._owner != (os.getpid(), threading.get_ident()):
            message = f"The project {self.name} was opened in another thread or process."
            raise Refused(message, hint="Open it again here: each thread has its own connection to the store.")
        return self._opening.session

    def _observe(self, session: Session, name: str) -> Evidence:
        """Record the dataset version of a connection, whether a recipe reads it yet or not; the task is the graph's."""
        from ninefold.kernel.errors import InvalidFile
        from ninefold.kernel.pins import write_pin
        from ninefold.kernel.steps import Task
        from ninefold.lifecycle.runner import Runner

        view, file, facet = session.view(), f"connections/{name}.yaml", f"connection:{name}#source"
        if problems := [p for p in view.problems if p.file == file]:
            raise InvalidFile(problems)
        task = Task(f"dataset:{name}", {"source": facet})
        [step] = [s for s in self._opening.steps if s.name == "dataset"]
        key = key_of(step, task, {"source": view.content(facet)})
        before = view.pins.get(key)
        current = session.store.get(before) if before else session.store.current(key)
        runner = Runner(
            view, session.store, session.blobs, session.clock, self.root, self._opening.actor, session.screen, Cancel(),
            lambda _: True, frozenset({task.name}),
        )  # fmt: skip
        record = runner(Status(task.name, step, "missing", task=task, key=key), {})
        for error in runner.failed.values():
            raise error
        assert record is not None  # noqa: S101 - it ran, and did not fail
        if current is not None and current.content != record.content:
            write_pin(self.root, key, record.id, task.name, dict(view.pins))
        return Evidence(task.name, record.id, record.content, record.kind, record.plain, record.blobs)
