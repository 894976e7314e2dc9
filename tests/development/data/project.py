"""A project in a folder, and a run of the steps that are under test, without the command line."""

from dataclasses import dataclass, field
from pathlib import Path

from ninefold.connectors import files as connection_files
from ninefold.development.data import files as recipe_files
from ninefold.development.data.step import STEPS
from ninefold.kernel.blobs import Blobs
from ninefold.kernel.progress import Cancel
from ninefold.kernel.sqlite import SqliteStore
from ninefold.kernel.status import status
from ninefold.kernel.trees import WorkingTree
from ninefold.kernel.view import read_view
from ninefold.lifecycle.runner import Runner
from ninefold.testing.clock import FakeClock


class Silent:
    """Progress that goes nowhere."""

    def say(self, text):
        """Say nothing."""

    def step(self, *args):
        """Show nothing."""


@dataclass
class Project:
    """Files, a store and the steps; `run` brings everything up to date and returns what ran."""

    root: Path
    steps: tuple = STEPS
    readers: tuple = (*connection_files.READERS, *recipe_files.READERS)
    clock: FakeClock = field(default_factory=FakeClock)

    def __post_init__(self):
        (self.root / ".ninefold").mkdir(exist_ok=True)
        self.store = SqliteStore(self.root / ".ninefold/store.db")
        self.blobs = Blobs(self.root / ".ninefold/blobs")

    def write(self, name, text):
        """Write a file of the project."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def view(self):
        """Read the files."""
        return read_view(WorkingTree(self.root), self.readers, self.clock.now())

    def plan(self):
        """Return the status of every task."""
        return status(self.steps, self.view(), self.store)

    def run(self, again=()):
        """Run what must be run; returns the names that ran. Errors are raised."""
        runner = Runner(
            self.view(), self.store, self.blobs, self.clock, self.root, "test", Silent(), Cancel(), lambda _: True,
            frozenset(again),
        )  # fmt: skip
        status(self.steps, runner.view, self.store, runner)
        runner.finish()
        self.failed = runner.failed
        return sorted(runner.done)

    def body(self, name):
        """Return the plain body of a task's current record."""
        found = self.plan()[name]
        assert found.record is not None, f"{name} is {found.state}: {found.reason} {getattr(self, 'failed', '')}"
        return found.record.plain
