"""The project that the workbench shows: opened once, a store a request, and the plan kept until something moves."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ninefold.kernel.plan import Plan
from ninefold.kernel.progress import Silent
from ninefold.kernel.project import STATE
from ninefold.kernel.sqlite import SqliteStore
from ninefold.kernel.view import View
from ninefold.lifecycle.opening import Opening
from ninefold.surface.session import Session
from ninefold.workbench.jobs import Jobs

SHORTEST_S = 5.0  # what only time makes stale is seen after this long,
RARELY = 20.0  # or after so many times what planning costs: a large project is not planned all the time
Signature = tuple[Any, ...]
_ENDINGS = (".md", ".yaml", ".yml", ".toml", ".lock")


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
            signature = self._signature(store)
            began = time.monotonic()
            if self._kept is not None and self._kept[0] == signature and began < self._kept[1]:
                return self._kept[2], self._kept[3]
            view = self.view()
            plan = status(self.steps, view, store)
            now = time.monotonic()
            self._kept = (signature, now + max(SHORTEST_S, RARELY * (now - began)), view, plan)
            return view, plan

    def _signature(self, store: SqliteStore) -> Signature:
        """Return what is other as soon as a file is written or a record is put."""
        from ninefold.lifecycle.graph import readers

        folders = {p.rpartition("/")[0] for r in readers() for p in r.patterns} | {""}
        stats = sorted(found for folder in folders for found in _files(self.root, folder))
        return (tuple(stats), tuple(sorted(store.tails().items())))


def _files(root: Path, folder: str) -> Iterator[tuple[str, int, int]]:
    """Yield name, time and size of the files of a folder that a reader may read; a glob of thousands takes seconds."""
    try:
        with os.scandir(root / folder) as entries:
            for entry in entries:
                if entry.name.endswith(_ENDINGS) and entry.is_file():
                    found = entry.stat()
                    yield f"{folder}/{entry.name}", found.st_mtime_ns, found.st_size
    except FileNotFoundError:
        return  # there is no such folder, or a file goes while we look; the next look sees that
