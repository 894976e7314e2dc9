"""The project that the workbench shows: opened once, a store a request, and the plan kept until something moves."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from ninefold.kernel.errors import StoreError
from ninefold.kernel.plan import Plan
from ninefold.kernel.progress import Silent
from ninefold.kernel.project import PROJECT_FILE, STATE, Settings, read_settings
from ninefold.kernel.sqlite import SqliteStore
from ninefold.kernel.trees import WorkingTree
from ninefold.kernel.view import View, read_view
from ninefold.lifecycle.opening import Opening
from ninefold.surface.session import Session
from ninefold.workbench.jobs import Jobs
from ninefold.workbench.open_alarms import OpenAlarms
from ninefold.workbench.remembering import Remembering, Stats, carried, later, stats_of

_REST = 4  # times as long as planning takes, a plan is kept at least
SHORTEST_S = 5.0  # what only time makes stale is seen after this long at the latest
Signature = tuple[Stats, tuple[Any, ...]]


class _Mute(Silent):
    """A screen for work whose result is a page."""

    def show(self, model: Any) -> None:
        """Show nothing."""

    def write(self, text: str) -> None:
        """Write nothing."""


class _Kept(NamedTuple):
    """The plan that was found last, until when it holds without another look, and for which files and records."""

    signature: Signature
    until: float
    view: View
    plan: Plan


class Project(Opening):
    """What all requests share. A store belongs to the thread that opened it, so each piece of work opens its own."""

    screen = _Mute()

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._lock = threading.Lock()
        self._met = (self.root / STATE / "store.db").is_file()
        self._reading = threading.Lock()
        self._kept: _Kept | None = None
        self.jobs, self.alarms = Jobs(self), OpenAlarms()
        self._settings: tuple[int, Settings] | None = None
        self.local = False  # whether only this computer reaches the workbench

    @property
    def settings(self) -> Settings:  # read again when the file was written
        """What `ninefold.toml` says now.

        Raises:
            InvalidFile: it has problems.
        """
        moment = (self.root / PROJECT_FILE).stat().st_mtime_ns
        if self._settings is None or self._settings[0] != moment:
            self._settings = (moment, read_settings(self.root))
        return self._settings[1]

    @property
    def state(self) -> Path:
        """The folder `.ninefold`."""
        return self.root / STATE

    @contextmanager
    def working(self) -> Iterator[Session]:
        """Yield a session on a store of this thread, closed afterwards; its view and plan are the kept ones.

        Raises:
            StoreError: the store cannot be used, or is gone since it was opened.
        """
        path = self.state / "store.db"
        if self._met and not path.is_file():  # opening it would make an empty one in its place
            raise StoreError(f"The evidence store {path.name} is gone.", hint="Bring the folder .ninefold back.")
        with SqliteStore(path, busy_s=3.0) as store:
            self._met = True
            session = self.session_on(store)
            current: Callable[[], tuple[View, Plan]] = lambda: self.current(store)  # noqa: E731 - two views of one call
            yield Session(
                session.root, store, session.blobs, session.clock, session.screen,
                lambda: current()[0], lambda: current()[1], current,
            )  # fmt: skip

    def current(self, store: SqliteStore) -> tuple[View, Plan]:
        """Return the view and the plan as they stand: the kept ones while no file and no record moved."""
        from ninefold.kernel.status import status

        with self._lock:  # one thread plans, the others get what it found
            signature = self.signature(store)
            kept = self._kept
            if kept is not None and kept.signature == signature and time.monotonic() < kept.until:
                return kept.view, kept.plan
            begun = time.monotonic()
            if kept is not None and kept.signature[0] == signature[0]:
                view = later(kept.view, self.clock.now())
            else:
                view = carried(self.view(), kept.view if kept is not None else None)
            plan = status(self.steps, view, store)
            ended = time.monotonic()
            until = ended + max(SHORTEST_S, _REST * (ended - begun))
            self._kept = _Kept(signature, until, view, plan)
            return view, plan

    def view(self, revision: str | None = None) -> View:
        """Read the project's files: the working copy, of which only what changed is parsed, or a commit."""
        if revision is not None:
            return super().view(revision)
        with self._reading:
            return read_view(WorkingTree(self.root), self._readers, self.clock.now())

    @cached_property
    def _readers(self) -> tuple[Remembering, ...]:
        from ninefold.lifecycle.graph import readers

        return tuple(Remembering(r) for r in readers())

    def signature(self, store: SqliteStore) -> Signature:
        """Return what is other as soon as a file is written or a record is put."""
        patterns = [p for r in self._readers for p in r.patterns]
        stats = stats_of(self.root, [*patterns, PROJECT_FILE, "ninefold.lock", "*.yaml"])
        return (stats, tuple(sorted(store.tails().items())))
