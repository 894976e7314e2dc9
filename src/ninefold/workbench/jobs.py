"""Long work in a thread of its own: bringing tasks up to date, verifying the store, keeping a gateway running.

One of each kind at a time: who asks for another one while it goes on is shown the one that goes on.
"""

import logging
import re
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from ninefold.kernel.clock import SystemClock
from ninefold.kernel.errors import Cancelled, NinefoldError, NotFound
from ninefold.kernel.progress import Cancel
from ninefold.kernel.project import STATE
from ninefold.kernel.sqlite import SqliteStore
from ninefold.lifecycle.job import Failure, JobKind, JobState
from ninefold.lifecycle.opening import Opening
from ninefold.surface.session import Session

CLOSING_S = 2.0  # that the end of the server waits for work
_KEPT = 100  # jobs that are remembered
_TASK = re.compile(r"[a-z-]+:\S+")
_log = logging.getLogger("ninefold.workbench")
Work = Callable[["Job", Session], None]


class Job:
    """One piece of work as its thread and the pages see it; it is the screen of what it runs."""

    def __init__(self, state: JobState) -> None:
        self.state = state
        self.cancel = Cancel()
        self.names: frozenset[str] = frozenset()
        self._lock = threading.Lock()

    def set(self, **changes: Any) -> None:
        """Change what the pages see."""
        with self._lock:
            self.state = msgspec.structs.replace(self.state, **changes)

    def say(self, message: str, done: float | None = None) -> None:
        """Take what the work says: the name of the next task, or how far that one is."""
        if message in self.names or (done is None and _TASK.fullmatch(message)):
            self.set(task=message, said="", number=self.state.number + 1)
        else:
            self.set(said=message if done is None else f"{message} ({done:.0%})")

    def show(self, model: Any) -> None:
        """Show nothing: the page shows what came of it."""

    def write(self, text: str) -> None:
        """Take a line as what the work says last."""
        self.set(said=text)


class Jobs:
    """The work of one project. Every method may be called from any thread."""

    def __init__(self, opening: Opening) -> None:
        self._opening = opening
        self._clock = SystemClock()
        self._lock = threading.Lock()
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._threads: dict[str, threading.Thread] = {}

    def run(self, actor: str, tasks: Sequence[str] = ()) -> tuple[JobState, bool]:
        """Bring tasks up to date (all, when none is named) and return the work, and whether it was begun now."""
        return self._begin("run", actor, tuple(tasks), self._run)

    def verify(self, actor: str) -> tuple[JobState, bool]:
        """Verify every digest and chain of the store and return the work, and whether it was begun now."""
        return self._begin("verify", actor, (), self._verify)

    def gateway(self, actor: str, device: str, work: Work) -> tuple[JobState, bool]:
        """Run a gateway on this computer until it is stopped; return the work, and whether it was begun now."""
        return self._begin("gateway", actor, (device,), work)

    def get(self, id: str) -> JobState:
        """Return a piece of work.

        Raises:
            NotFound: nobody began it, or it is forgotten.
        """
        return self._find(id).state

    def running(self, kind: JobKind = "run") -> JobState | None:
        """Return the work of a kind that goes on."""
        with self._lock:
            return next((j.state for j in self._jobs.values() if _goes_on(j, kind)), None)

    def latest(self, kind: JobKind) -> JobState | None:
        """Return the work of a kind that was begun last."""
        with self._lock:
            return next((j.state for j in reversed(self._jobs.values()) if j.state.kind == kind), None)

    def cancel(self, id: str) -> JobState:
        """Ask a piece of work to end; what was recorded stays.

        Raises:
            NotFound: nobody began it, or it is forgotten.
        """
        job = self._find(id)
        job.cancel.request()
        if job.state.stage == "running":
            job.set(cancelling=True)
        return job.state

    def wait(self, id: str, timeout_s: float) -> JobState:
        """Return a piece of work once it has ended, or as it stands after a time."""
        thread = self._threads.get(id)
        if thread is not None:
            thread.join(timeout_s)
        return self.get(id)

    def close(self) -> None:
        """Ask all work to end, and wait for it a little."""
        with self._lock:
            jobs, threads = list(self._jobs), list(self._threads.values())
        for id in jobs:
            self.cancel(id)
        until = time.monotonic() + CLOSING_S
        for thread in threads:
            thread.join(max(until - time.monotonic(), 0))

    def _find(self, id: str) -> Job:
        with self._lock:
            job = self._jobs.get(id)
        if job is None:
            message = f"No run is called {id[:40]!r}: it never was, or the workbench was started anew since."
            raise NotFound(message, hint="Look at the overview.")
        return job

    def _begin(self, kind: JobKind, actor: str, asked: tuple[str, ...], work: Work) -> tuple[JobState, bool]:
        with self._lock:
            going = next((j for j in self._jobs.values() if _goes_on(j, kind)), None)
            if going is not None:
                return going.state, False
            job = Job(JobState(secrets.token_hex(6), kind, actor, asked, self._clock.now()))
            self._jobs[job.state.id] = job
            while len(self._jobs) > _KEPT:
                gone, _ = self._jobs.popitem(last=False)
                self._threads.pop(gone, None)
            thread = threading.Thread(target=self._work, args=(job, work), name=f"job-{kind}", daemon=True)
            self._threads[job.state.id] = thread
            thread.start()
            return job.state, True

    def _work(self, job: Job, work: Work) -> None:
        """Do the work; whatever ends it is told on its page."""
        opening = self._opening
        try:
            with SqliteStore(opening.root / STATE / "store.db") as store:
                work(job, replace(opening.session_on(store), screen=job))
        except Cancelled as error:
            job.set(stage="cancelled", error=Failure("", error.message, error.hint))
        except NinefoldError as error:
            job.set(stage="failed", error=Failure("", error.message, error.hint))
        except Exception:
            _log.exception("the job %s failed", job.state.id)
            job.set(stage="failed", error=Failure("", "The work failed; the workbench's log says why.", "Report it."))
        finally:
            job.set(ended=self._clock.now(), task="", said="")

    def _run(self, job: Job, session: Session) -> None:
        from ninefold.lifecycle.update import bring_up_to_date

        steps = [s for s in self._opening.steps if s.kind != "apply"]  # rolling out is for whoever may deploy
        before = session.status()
        job.names = frozenset(before.statuses)
        needed = before.before(job.state.asked or before.statuses)
        open_kinds = {"derive", "observe"}
        todo = [n for n in needed if before[n].state in {"stale", "missing"} and before[n].step.kind in open_kinds]
        job.set(of=len(todo))
        outcome = bring_up_to_date(session, steps, job.state.asked, cancel=job.cancel, actor=job.state.actor)
        failed = tuple(Failure(n, e.message, e.hint) for n, e in outcome.failed.items())
        open_ = [outcome.plan[n] for n in outcome.unfinished if n not in outcome.failed and not outcome.plan[n].waits]
        unfinished = tuple(Failure(s.name, f"{s.state}: {s.reason}", s.command) for s in open_)
        stage = "failed" if failed else "done"
        job.set(stage=stage, done=tuple(outcome.done), reused=outcome.reused, failed=failed, unfinished=unfinished)

    def _verify(self, job: Job, session: Session) -> None:
        from ninefold.kernel.verify import verify_store

        records = session.store.count()
        found = verify_store(session.store)
        failed = tuple(Failure(f.about, f.message) for f in found)
        job.set(stage="failed" if failed else "done", failed=failed, records=records)


def _goes_on(job: Job, kind: JobKind) -> bool:
    return job.state.kind == kind and job.state.stage == "running"
