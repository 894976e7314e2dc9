"""A worker process with a leash: it dies at its CPU, memory or wall budget, whatever its trainer does.

Python cannot interrupt a fit that loops in C, so every fit runs in a process of its own group. The parent looks at it
every 50 ms and kills it; RLIMIT_CPU stands behind in case the parent itself is held up.
"""

import os
import resource
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, NamedTuple

import msgspec

from ninefold.development.modelling.orders import Order, Reply
from ninefold.kernel.errors import BudgetExceeded, NinefoldError
from ninefold.kernel.progress import Cancel

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_LOOK_S = 0.05
_LONGEST_REPLY = 1 << 20
_REPLY: msgspec.json.Decoder[Reply] = msgspec.json.Decoder(Reply)


class WorkerDied(NinefoldError):
    """The worker ended without an answer: a crash in a trainer, or the system took it."""


class Allowance(NamedTuple):
    """What one order may use."""

    cpu_s: float
    wall_s: float
    memory: float  # bytes resident, of the worker's own process


class Worker:
    """One worker process; reused for many orders, because a trainer's import is dear. Use as a context manager."""

    def __init__(self, scratch: Path, threads: int) -> None:
        self._log = (scratch / f"worker-{time.monotonic_ns()}.log").open("w+b")
        one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ninefold.development.modelling.worker"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, env=os.environ | one,
            process_group=0, bufsize=0,
        )  # fmt: skip
        self.cpu_s = 0.0  # used so far, by all of its threads
        self.peak_mb = 0.0

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()

    @property
    def alive(self) -> bool:
        """Return whether it can still take orders."""
        return self._process.poll() is None

    def kill(self) -> None:
        """End it and all that it started, now."""
        if self.alive:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._log):
            if stream is not None:
                stream.close()

    def ask(self, order: Order, allowed: Allowance, cancel: Cancel, beside: Callable[[], float] = lambda: 0.0) -> Reply:
        """Return the answer to an order. Whatever is raised, the worker is dead afterwards.

        `beside` is the CPU in seconds that others use of the same allowance meanwhile.

        Raises:
            BudgetExceeded: it used more CPU, memory or time than allowed, and was killed.
            WorkerDied: it crashed.
            Cancelled: a person ended the work.
        """
        try:
            return self._ask(order, allowed, cancel, beside)
        except BaseException:
            self.kill()
            raise

    def _ask(self, order: Order, allowed: Allowance, cancel: Cancel, beside: Callable[[], float]) -> Reply:
        begun, before = time.monotonic(), self.cpu_s
        self._limit(before + allowed.cpu_s)
        stdin, stdout = _pipe(self._process.stdin), _pipe(self._process.stdout)
        try:
            stdin.write(msgspec.json.encode(order) + b"\n")
        except BrokenPipeError:
            raise self._death() from None
        answer = b""
        while not answer.endswith(b"\n"):
            if select.select([stdout], [], [], _LOOK_S)[0]:
                part = os.read(stdout.fileno(), 1 << 16)
                if not part:
                    raise self._death()
                answer += part
                if len(answer) > _LONGEST_REPLY:
                    raise WorkerDied("The worker answered with more than 1 MiB.")
            self._look()
            cancel.check()
            _check(allowed, self.cpu_s - before + beside(), self._resident, time.monotonic() - begun)
        return _REPLY.decode(answer)

    def _limit(self, cpu_s: float) -> None:
        _, hard = resource.prlimit(self._process.pid, resource.RLIMIT_CPU)
        soft = int(cpu_s) + 2
        soft = soft if hard == resource.RLIM_INFINITY else min(soft, hard)
        resource.prlimit(self._process.pid, resource.RLIMIT_CPU, (soft, hard))

    def _look(self) -> None:
        """Read what it used; after its end the last figures stand."""
        folder = Path(f"/proc/{self._process.pid}")
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            pages = int((folder / "statm").read_text().split()[1])
        except (FileNotFoundError, ProcessLookupError):
            return
        self.cpu_s = max(self.cpu_s, sum(map(int, fields[11:15])) / _TICKS)
        self._resident = float(pages * _PAGE)
        self.peak_mb = max(self.peak_mb, self._resident / 1e6)

    _resident = 0.0

    def _death(self) -> NinefoldError:
        self._look()
        code = self._process.wait()
        if code == -signal.SIGXCPU:
            return BudgetExceeded(f"It was ended at its CPU limit after {self.cpu_s:.1f} s.")
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        self._log.seek(max(0, self._log.seek(0, os.SEEK_END) - 400))
        last = self._log.read().decode(errors="replace").strip().rpartition("\n")[2]
        return WorkerDied(f"The worker ended by {how}{': ' + last if last else ''}.")


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise WorkerDied("The worker has no pipe.")
    return stream


def _check(allowed: Allowance, cpu_s: float, resident: float, wall_s: float) -> None:
    if cpu_s > allowed.cpu_s:
        raise BudgetExceeded(f"It used {cpu_s:.1f} s of CPU; {allowed.cpu_s:.1f} s were allowed.")
    if resident > allowed.memory:
        raise BudgetExceeded(f"It held {resident / 2**20:.0f} MiB; {allowed.memory / 2**20:.0f} MiB were allowed.")
    if wall_s > allowed.wall_s:
        raise BudgetExceeded(f"It took {wall_s:.1f} s; {allowed.wall_s:.1f} s were allowed.")
