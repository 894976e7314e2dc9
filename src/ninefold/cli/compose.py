"""The composition root of the command line: where project, store, clock and steps are chosen, and nowhere else."""

import getpass
import hashlib
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from ninefold.cli.screen import Terminal
from ninefold.kernel.blobs import Blobs
from ninefold.kernel.clock import Clock, PlantClock, SystemClock
from ninefold.kernel.plan import Plan
from ninefold.kernel.progress import Cancel
from ninefold.kernel.project import STATE, Settings, find_root, read_settings
from ninefold.kernel.sqlite import SqliteStore
from ninefold.kernel.steps import Step
from ninefold.kernel.view import View
from ninefold.surface.session import Session
from ninefold.vocabulary.policy import Policy


class Composer:
    """Opens what a command asks for, when it asks for it."""

    def __init__(self, project: str | None, quiet: bool = False, clock: Clock | None = None) -> None:
        self.start = Path(project) if project else Path.cwd()
        self.quiet = quiet
        self._clock = clock

    @cached_property
    def screen(self) -> Terminal:
        """The terminal."""
        return Terminal(self.quiet)

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
        """An opaque key for the account that runs the command; the name itself is in no record."""
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
        """The project as commands see it."""
        store = SqliteStore(self.root / STATE / "store.db")
        blobs = Blobs(self.root / STATE / "blobs")
        return Session(self.root, store, blobs, self.clock, self.screen, self.view, lambda: self.plan(store))

    @property
    def policy(self) -> Callable[[SqliteStore, str], Policy]:
        """What a device is told about watching, and what is done about the alarms that it sent before."""
        from ninefold.operations.monitoring.breaches import seen_last
        from ninefold.operations.monitoring.policy import policy_of

        tell, last = policy_of(self.view), ""

        def policy(store: SqliteStore, device: str) -> Policy:
            nonlocal last
            if (newest := seen_last(store)) != last:
                last = newest
                self._follow(store)
            return tell(store, device)

        return policy

    def _follow(self, store: SqliteStore) -> None:
        """Do what the requirements demand about alarms of drift, in the thread that holds this store."""
        from ninefold.operations.deployment.publishing import order
        from ninefold.operations.monitoring.breaches import follow
        from ninefold.operations.monitoring.commands import proposed

        blobs = Blobs(self.root / STATE / "blobs")
        session = Session(self.root, store, blobs, self.clock, self.screen, self.view, lambda: self.plan(store))
        done = follow(
            store, self.view(), lambda target, then: order(store, target, then, self.actor, self.clock),
            lambda episode: proposed(session, episode, f"breach of {episode.cause}"), self.actor, self.clock.now(),
        )  # fmt: skip
        for one in done:
            if one.problem:
                self.screen.write(f"alarm {one.episode[:12]}: {one.then} was not done: {one.problem}")

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
