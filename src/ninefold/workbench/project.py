"""The project that the workbench shows: opened once, a store a request, and the plan kept until something moves."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ninefold.kernel.plan import Plan
from ninefold.kernel.progress import Silent
from ninefold.kernel.project import PROJECT_FILE, STATE
from ninefold.kernel.sqlite import SqliteStore
from ninefold.kernel.trees import WorkingTree
from ninefold.kernel.view import View
from ninefold.lifecycle.opening import Opening
from ninefold.surface.session import Session
from ninefold.workbench.jobs import Jobs

SHORTEST_S = 5.0  # what only time makes stale is seen after this long at the latest
Signature = tuple[Any, ...]


class _Mute(Silent):
    """A screen for work whose result is a page."""

    def show(self, model: Any) -> None:
        """Show nothing."""

    def write(self, text: str) -> None:
        """Write nothing."""


class Project(Opening):
    """What all requests share. A store belongs to the thread that opened it, so each piece of work opens its own."""

    screen = _Mute()

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._lock = threading.Lock()
        self._kept: tuple[Signature, float, View, Plan] | None = None
        self.jobs = Jobs(self)

    @property
    def state(self) -> Path:
        """The folder `.ninefold`."""
        return self.root / STATE

    @contextmanager
    def working(self) -> Iterator[Session]:
        """Yield a session on a store of this thread, closed afterwards; its view and plan are the kept ones.

        Raises:
            StoreError: the store cannot be used.
        """
        with SqliteStore(self.state / "store.db", busy_s=3.0) as store:
            session = self.session_on(store)
            current: Callable[[], tuple[View, Plan]] = lambda: self.current(store)  # noqa: E731 - two views of one call
            yield Session(
                session.root, store, session.blobs, session.clock, session.screen,
                lambda: current()[0], lambda: current()[1],
            )  # fmt: skip

    def current(self, store: SqliteStore) -> tuple[View, Plan]:
        """Return the view and the plan as they stand: the kept ones while no file and no record moved."""
        from ninefold.kernel.status import status

        with self._lock:  # one thread plans, the others get what it found
            signature = self.signature(store)
            if self._kept is not None and self._kept[0] == signature and time.monotonic() - self._kept[1] < SHORTEST_S:
                return self._kept[2], self._kept[3]
            view = self.view()
            plan = status(self.steps, view, store)
            self._kept = (signature, time.monotonic(), view, plan)
            return view, plan

    def signature(self, store: SqliteStore) -> Signature:
        """Return what is other as soon as a file is written or a record is put."""
        from ninefold.lifecycle.graph import readers

        patterns = [p for r in readers() for p in r.patterns]
        names = WorkingTree(self.root).names([*patterns, PROJECT_FILE, "ninefold.lock", "*.yaml"])
        stats = []
        for name in names:
            try:
                found = (self.root / name).stat()
            except FileNotFoundError:
                continue  # it goes while we look; the next look sees that
            stats.append((name, found.st_mtime_ns, found.st_size))
        return (tuple(stats), tuple(sorted(store.tails().items())))
