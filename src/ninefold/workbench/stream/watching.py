"""What moved in a project since the last look: SQLite's own change counters, then the kinds of the new records.

A look costs a fraction of a millisecond while nothing moves. The project's files are looked at more rarely.
"""

import sqlite3
import time
from collections.abc import Callable
from typing import Literal

from ninefold.fleet.database import Database
from ninefold.kernel.errors import NinefoldError, StoreError
from ninefold.kernel.sqlite import SqliteStore
from ninefold.lifecycle.job import JobState
from ninefold.workbench.project import Project
from ninefold.workbench.remembering import Stats

Topic = Literal["plan", "fleet", "alarms", "decisions", "jobs"]
FILES_EVERY_S = 2.0
_OF_KIND: dict[str, Topic] = {
    "alarm-episode@1": "alarms", "triage@1": "alarms", "repair@1": "alarms", "work-order@1": "alarms",
    "proposal@1": "alarms", "proposal-decision@1": "alarms", "window@1": "alarms", "runtime@1": "alarms",
    "reported@1": "fleet", "desired@1": "fleet", "takeover@1": "fleet", "segment@1": "decisions",
}  # fmt: skip


class Watcher:
    """Looks at a project's store, its fleet's file and its files. One object belongs to one thread."""

    def __init__(self, project: Project, timer: Callable[[], float] = time.monotonic) -> None:
        self.project, self._timer = project, timer
        self._store: SqliteStore | None = None
        self._fleet: Database | None = None
        self._newest: int | None = None  # numbers of the latest record and entry; None before the first look
        self._entry: int | None = None
        self._counter = self._fleet_counter = 0
        self._signature: Stats | None = None
        self._looked = float("-inf")
        self._jobs: tuple[JobState | None, JobState | None] = (None, None)

    def look(self) -> set[Topic]:
        """Return what moved since the last look; the first finds nothing moved.

        Raises:
            StoreError: the store is gone, locked or damaged; the next look tries again.
        """
        try:
            return {*self._records(), *self._entries(), *self._files(), *self._work()}
        except (sqlite3.Error, NinefoldError) as error:
            self.close()
            if isinstance(error, NinefoldError):
                raise
            raise StoreError(f"The project's store cannot be read: {error}.", hint="Check disk and folder.") from None

    def close(self) -> None:
        """Close the files."""
        for file in (self._store, self._fleet):
            if file is not None:
                file.close()
        self._store = self._fleet = None
        self._counter = self._fleet_counter = 0

    def _records(self) -> set[Topic]:
        path = self.project.state / "store.db"
        if not path.is_file():
            raise StoreError(f"The evidence store {path.name} is gone.", hint="Bring the folder .ninefold back.")
        if self._store is None:
            self._store = SqliteStore(path, busy_s=1.0)
        counter = self._store.counter()
        if counter == self._counter:
            return set()
        self._counter, before = counter, self._newest
        self._newest, kinds = self._store.kinds_after(before or 0)
        if before is None:
            return set()
        if self._newest <= before:
            return {"fleet", "jobs"}  # a reference, a lease or a head moved
        found: set[Topic] = {"plan", "jobs"}
        return found | {_OF_KIND[k] for k in kinds if k in _OF_KIND}

    def _entries(self) -> set[Topic]:
        path = self.project.state / "fleet.db"
        if not path.is_file():
            return set()
        if self._fleet is None:
            self._fleet = Database(path)
        counter = self._fleet.counter()
        if counter == self._fleet_counter:
            return set()
        self._fleet_counter, before = counter, self._entry
        self._entry = int(self._fleet.connection.execute("SELECT max(n) FROM entry").fetchone()[0] or 0)
        if before is None:
            return set()
        return {"fleet", "decisions"} if self._entry > before else {"fleet"}

    def _files(self) -> set[Topic]:
        now = self._timer()
        if now - self._looked < FILES_EVERY_S or self._store is None:
            return set()
        signature, before = self.project.signature(self._store)[0], self._signature
        self._looked, self._signature = now, signature
        return {"plan"} if before is not None and signature != before else set()

    def _work(self) -> set[Topic]:
        """Return whether work that the workbench itself does went on."""
        jobs, before = self.project.jobs, self._jobs
        self._jobs = (jobs.latest("run"), jobs.latest("verify"))
        return {"jobs"} if self._jobs != before else set()
