"""Running a schedule in the foreground: each due entry is a `ninefold run` of its own; none takes others down."""

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from ninefold.kernel.clock import Clock, iso
from ninefold.kernel.errors import Conflict, StoreError
from ninefold.kernel.progress import Cancel
from ninefold.kernel.project import STATE
from ninefold.operations.delivery.agenda import Agenda
from ninefold.operations.delivery.files import Schedule, ScheduledRun

STATE_FILE = "schedule.json"
_GRACE_S = 30.0  # between asking a run to end and ending it
_LOOK_S = 0.5


class Ran(msgspec.Struct, frozen=True):
    """How the last run of an entry ended: exit code of `ninefold run`, negative when a signal ended it."""

    started: int  # µs UTC
    ended: int
    code: int


class Remembered(msgspec.Struct):
    """What is remembered from one start to the next."""

    done_until: dict[str, int] = {}
    ran: dict[str, Ran] = {}


def read_remembered(root: Path) -> Remembered:
    """Return what was remembered; nothing when the schedule never ran.

    Raises:
        StoreError: the file holds something else.
    """
    try:
        return msgspec.json.decode((root / STATE / STATE_FILE).read_bytes(), type=Remembered)
    except FileNotFoundError:
        return Remembered()
    except (OSError, msgspec.DecodeError) as error:
        hint = f"Remove {STATE}/{STATE_FILE}; times that were missed are then not made up."
        raise StoreError(f"What the schedule remembers cannot be read: {error}.", hint=hint) from None


def write_remembered(root: Path, remembered: Remembered) -> None:
    """Remember, in one step."""
    path = root / STATE / STATE_FILE
    path.parent.mkdir(exist_ok=True)
    temporary = path.with_suffix(".new")
    temporary.write_bytes(msgspec.json.encode(remembered))
    temporary.replace(path)


def command_of(root: Path, entry: ScheduledRun) -> list[str]:
    """Return the command that an entry runs."""
    return [sys.executable, "-m", "ninefold", "--project", str(root), "--quiet", "run", "--", *entry.run]


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Hold the schedule of a project.

    Raises:
        Conflict: another process runs it.
    """
    path = root / STATE / "schedule.lock"
    path.parent.mkdir(exist_ok=True)
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            hint = "Let it, or end it first."
            raise Conflict(f"Another process runs the schedule of {root}.", hint=hint) from None
        yield


class Scheduler:
    """Runs the entries of a schedule until it is told to end; `command` makes the command line of an entry."""

    def __init__(
        self, root: Path, schedule: Schedule, zone: str, clock: Clock, say: Callable[[str], None],
        command: Callable[[Path, ScheduledRun], list[str]] = command_of,
    ) -> None:  # fmt: skip
        self.root, self.clock, self._say, self._command = root, clock, say, command
        self.remembered = read_remembered(root)
        self.agenda = Agenda(schedule.runs, zone, self.remembered.done_until)
        self._child: subprocess.Popen[bytes] | None = None
        self._started = self._asked_at = 0.0
        self._began = 0

    def run(self, cancel: Cancel, wait: Callable[[float], None] = time.sleep) -> None:
        """Run until cancelled; a run that is going on is then asked to end, and waited for."""
        self._tell(self.agenda.begin(self.clock.now()))
        try:
            while not cancel.requested:
                self.look()
                wait(_LOOK_S)
        finally:
            self._end()

    def look(self) -> None:
        """Do what is to be done now: take note of an end, queue what is due, start the next."""
        now = self.clock.now()
        self._follow(now)
        self._tell(self.agenda.due(now))
        if name := self.agenda.start():
            self._start(name, now)
        write_remembered(self.root, self.remembered)

    def _start(self, name: str, now: int) -> None:
        entry = self.agenda.runs[name]
        self._say(f"{iso(now)} {name} starts")
        self._began, self._started, self._asked_at = now, time.monotonic(), 0.0
        # a process group of its own: an interrupt at the terminal reaches this process, which then asks the run to end
        self._child = subprocess.Popen(self._command(self.root, entry), cwd=self.root, process_group=0)  # noqa: S603 - our own program, no shell

    def _follow(self, now: int) -> None:
        """Take note of a run that ended, and end one that takes too long."""
        if self._child is None:
            return
        name = self.agenda.running
        code = self._child.poll()
        if code is None:
            limit = float(self.agenda.runs[name].at_most)
            if not self._asked_at and time.monotonic() - self._started > limit:
                self._say(f"{iso(now)} {name} takes more than {limit:g} s and is told to end")
                self._ask()
            elif self._asked_at and time.monotonic() - self._asked_at > _GRACE_S:
                os.killpg(self._child.pid, 9)
            return
        self.remembered.ran[name] = Ran(self._began, now, code)
        self._say(f"{iso(now)} {name} ended with {code}")
        self._child = None
        self.agenda.ended()

    def _ask(self) -> None:
        self._asked_at = time.monotonic()
        if self._child is not None:
            self._child.terminate()

    def _end(self) -> None:
        if self._child is not None:
            self._ask()
            try:
                self._child.wait(_GRACE_S)
            except subprocess.TimeoutExpired:
                os.killpg(self._child.pid, 9)
                self._child.wait()
            self._follow(self.clock.now())
        write_remembered(self.root, self.remembered)

    def _tell(self, said: list[str]) -> None:
        for line in said:
            self._say(f"{iso(self.clock.now())} {line}")
