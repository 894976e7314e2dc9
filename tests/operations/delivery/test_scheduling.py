"""The loop that runs a schedule: real processes, a clock in the test's hand."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ninefold.kernel.errors import Conflict, StoreError
from ninefold.kernel.progress import Cancel
from ninefold.operations.delivery.files import Schedule, ScheduledRun
from ninefold.operations.delivery.scheduling import Scheduler, alone, command_of, read_remembered
from ninefold.vocabulary.quantity import Duration

HOUR = 3_600_000_000
SLEEPS = "import time; time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"


class HandClock:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.time = 10 * HOUR

    def now(self) -> int:
        return self.time


def scheduler(root: Path, clock: HandClock, said: list[str], code: str, **more: object) -> Scheduler:
    """Return a scheduler of one hourly entry that runs Python code."""
    entry = ScheduledRun("0 * * * *", **more)  # type: ignore[arg-type]  # fields of the entry
    return Scheduler(
        root, Schedule({"hourly": entry}), "UTC", clock, said.append, lambda *_: [sys.executable, "-c", code]
    )


def until(done: Callable[[], bool], look: Callable[[], None]) -> None:
    """Look again until it is done; a process ends when it ends."""
    end = time.monotonic() + 30
    while not done():
        assert time.monotonic() < end
        look()
        time.sleep(0.02)


def test_a_due_entry_runs_and_its_exit_code_is_kept(tmp_path: Path) -> None:
    """At the hour, once; what is remembered is there for the next start."""
    clock, said = HandClock(), []
    one = scheduler(tmp_path, clock, said, "import sys; sys.exit(3)")
    one.agenda.begin(clock.time)
    one.look()
    assert said == []
    clock.time += HOUR
    until(lambda: bool(one.remembered.ran), one.look)
    assert [line.split(" ", 1)[1] for line in said] == ["hourly starts", "hourly ended with 3"]
    kept = read_remembered(tmp_path)
    assert (kept.done_until, kept.ran["hourly"].code) == ({"hourly": 11 * HOUR}, 3)


def test_a_run_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    """It is asked first."""
    clock, said = HandClock(), []
    one = scheduler(tmp_path, clock, said, SLEEPS, at_most=Duration(0.2))
    one.agenda.begin(clock.time)
    clock.time += HOUR
    until(lambda: bool(one.remembered.ran), one.look)
    assert one.remembered.ran["hourly"].code == -signal.SIGTERM
    assert any("takes more than 0.2 s and is told to end" in line for line in said)


def test_what_does_not_end_when_asked_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a time of grace, with all its children."""
    monkeypatch.setattr("ninefold.operations.delivery.scheduling._GRACE_S", 0.2)
    clock, said = HandClock(), []
    one = scheduler(tmp_path, clock, said, STUBBORN, at_most=Duration(0.5))
    one.agenda.begin(clock.time)
    clock.time += HOUR
    until(lambda: bool(one.remembered.ran), one.look)
    assert one.remembered.ran["hourly"].code in {-signal.SIGKILL, -signal.SIGTERM}  # before it could refuse to hear


def test_an_interrupt_ends_the_run_that_goes_on(tmp_path: Path) -> None:
    """No orphan is left; a missed time is made up at the next start."""
    clock, said = HandClock(), []
    one = scheduler(tmp_path, clock, said, SLEEPS)
    cancel = Cancel()
    clock.time += 0

    def wait(_seconds: float) -> None:
        if one.agenda.running:
            cancel.request()
        clock.time += HOUR

    worker = threading.Thread(target=one.run, args=(cancel, wait))
    worker.start()
    worker.join(30)
    assert not worker.is_alive()
    assert read_remembered(tmp_path).ran["hourly"].code == -signal.SIGTERM
    later, again = HandClock(), []
    later.time = clock.time + 5 * HOUR
    two = scheduler(tmp_path, later, again, "pass")
    stop = Cancel()
    stop.request()
    two.run(stop)
    assert "time(s) missed; it runs once now" in again[0]


def test_two_schedulers_of_one_project(tmp_path: Path) -> None:
    """The second is refused, not doubled; when the first is gone, another may."""
    with alone(tmp_path), pytest.raises(Conflict, match="Another process runs the schedule"), alone(tmp_path):
        pass
    with alone(tmp_path):
        pass


def test_a_memory_that_is_none_is_an_error(tmp_path: Path) -> None:
    """It is not begun anew in silence: missed times would be forgotten."""
    (tmp_path / ".ninefold").mkdir()
    (tmp_path / ".ninefold" / "schedule.json").write_text("[]")
    with pytest.raises(StoreError, match=r"Remove .ninefold/schedule.json"):
        read_remembered(tmp_path)


@pytest.mark.job("delivery/schedule", against="real", what="processes")
def test_an_entry_runs_the_command_itself(tmp_path: Path) -> None:
    """A pattern that looks like an option is none: what is no task is an error of the command, not of its usage."""
    subprocess.run([sys.executable, "-m", "ninefold", "init", str(tmp_path / "p")], check=True, capture_output=True)
    line = command_of(tmp_path / "p", ScheduledRun("0 * * * *", ("--again",)))
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert (done.returncode, "No task is called --again" in done.stderr) == (1, True)
