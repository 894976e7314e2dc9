"""What every surface opens of a project, once: settings, clock, steps, store, blobs, and how everything stands."""

import getpass
import hashlib
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from ninefold.kernel.blobs import Blobs
from ninefold.kernel.clock import Clock, PlantClock, SystemClock
from ninefold.kernel.plan import Plan
from ninefold.kernel.progress import Cancel
from ninefold.kernel.project import STATE, Settings, find_root, read_settings
from ninefold.kernel.sqlite import SqliteStore
from ninefold.kernel.steps import Step
from ninefold.kernel.view import View
from ninefold.surface.session import Screen, Session


class Opening:
    """Opens what is asked for, when it is asked for. A surface adds its screen."""

    screen: Screen

    def __init__(self, start: Path, clock: Clock | None = None) -> None:
        self.start = start
        self._clock = clock

    @cached_property
    def root(self) -> Path:
        """The project's folder."""
        return find_root(self.start)

    @cached_property
    def settings(self) -> Settings:
        """What `ninefold.toml` says."""
        return read_settings(self.root)

    @cached_property
    def clock(self) -> Clock:
        """This machine's clock, or the plant's when the project names one."""
        if self._clock is not None:
            return self._clock
        return PlantClock(self.root / self.settings.clock) if self.settings.clock else SystemClock()

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """All steps."""
        from ninefold.lifecycle.graph import steps

        return steps()

    @cached_property
    def actor(self) -> str:
        """An opaque key for the account that works here; the name itself is in no record."""
        words = f"{getpass.getuser()}@{os.uname().nodename}"
        return "account-" + hashlib.sha256(words.encode()).hexdigest()[:12]

    def view(self, revision: str | None = None) -> View:
        """Read the project's files: the working copy, or a commit."""
        from ninefold.kernel.trees import CommitTree, WorkingTree
        from ninefold.kernel.view import read_view
        from ninefold.lifecycle.graph import readers

        tree = CommitTree(self.root, revision) if revision else WorkingTree(self.root)
        return read_view(tree, readers(), self.clock.now())

    @cached_property
    def session(self) -> Session:
        """The project as commands and notebooks see it."""
        return self.session_on(SqliteStore(self.root / STATE / "store.db"))

    def session_on(self, store: SqliteStore) -> Session:
        """Return a session on a store that another thread opened for itself."""
        blobs = Blobs(self.root / STATE / "blobs")
        return Session(self.root, store, blobs, self.clock, self.screen, self.view, lambda: self.plan(store))

    def plan(self, store: SqliteStore, revision: str | None = None) -> Plan:
        """Return the status of every task."""
        from ninefold.kernel.status import status

        return status(self.steps, self.view(revision), store)


@contextmanager
def cancellable() -> Iterator[Cancel]:
    """Turn the first interrupt or termination signal into a wish to end; a second one ends at once."""
    cancel = Cancel()

    def ask(_number: int, _frame: object) -> None:
        if cancel.requested:
            raise KeyboardInterrupt
        cancel.request()

    before = {s: signal.signal(s, ask) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield cancel
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
