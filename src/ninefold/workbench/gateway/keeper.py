"""Keeps a few processes together: started one after the other, and all ended as soon as one ends or nobody listens.

It is a process of its own, `python -m ninefold.workbench.gateway.keeper`. The first line of its standard input says
what to start; when that input is closed, also because the workbench was killed, nothing is left behind.
"""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, TextIO

READY_S = 60.0  # in which a process says that it is ready
END_S = 1.5  # in which it ends when it is told to
STEP_S = 0.1


class Ended(Exception):
    """Nobody listens any more, or a process ended by itself."""


class Keeper:
    """The processes that were started, in their order."""

    def __init__(self, listening: int, say: TextIO) -> None:
        """Watch a file descriptor: its end is the end of all."""
        self._listening, self._say = listening, say
        self._running: list[tuple[str, subprocess.Popen[bytes], Path]] = []
        self._once: set[str] = set()  # names of those whose end is what is waited for

    def start(self, one: dict[str, Any], folder: Path) -> None:
        """Start a process and return once it is ready; one with `once` has ended then.

        Raises:
            Ended: it ended, was not ready in time, or nobody listens any more.
        """
        name, log = str(one["name"]), folder / f"{one['name']}.log"
        with log.open("wb") as stream:
            process = subprocess.Popen(  # noqa: S603 - the command is ours, without a shell
                one["command"], stdin=subprocess.PIPE, stdout=stream, stderr=subprocess.STDOUT, cwd=one["cwd"],
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )  # fmt: skip
        self._running.append((name, process, log))
        assert process.stdin is not None  # noqa: S101 - a pipe was asked for
        with contextlib.suppress(BrokenPipeError):  # it ended already: the look below says so
            process.stdin.write(str(one.get("input", "")).encode())
            process.stdin.close()
        self._once |= {name} if one.get("once") else set()
        self.tell("starting", name)
        until = time.monotonic() + READY_S
        while not _ready(one, process, log):
            if time.monotonic() > until:
                raise Ended(f"{name}: it was not ready within {READY_S:.0f} s. {_last(log)}")
            self._look()
        if one.get("once"):
            self._running.pop()
        self.tell("started", name)

    def keep(self) -> None:
        """Wait until a process ends or nobody listens any more, which is raised as Ended."""
        while True:
            self._look()

    def end(self) -> None:
        """End all processes, the last one first."""
        for _, process, _ in reversed(self._running):
            if process.poll() is None:
                process.terminate()
        until = time.monotonic() + END_S
        for _, process, _ in self._running:
            try:
                process.wait(max(until - time.monotonic(), 0.05))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def tell(self, what: str, name: str) -> None:
        """Write a line for who listens."""
        self._say.write(f"{what} {name}\n")
        self._say.flush()

    def _look(self) -> None:
        if select.select([self._listening], [], [], STEP_S)[0] and not os.read(self._listening, 4096):
            raise Ended
        for name, process, log in self._running:
            if process.poll() is not None and (process.returncode or name not in self._once):
                raise Ended(f"{name}: it ended with {process.returncode}. {_last(log)}")


def _ready(one: dict[str, Any], process: subprocess.Popen[bytes], log: Path) -> bool:
    if one.get("once"):
        return process.poll() == 0
    if (port := one.get("port")) is not None:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", int(port))) == 0
    return str(one.get("line", "")).encode() in log.read_bytes()


def _last(log: Path) -> str:
    """Return the end of what a process said."""
    lines = [x for x in log.read_text(encoding="utf-8", errors="replace").splitlines() if x.strip()]
    return " ".join(lines[-2:])[:400]


def main() -> int:
    """Start what the first line says, and keep it; return the exit status."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the workbench, and that closes our input
    with open(0, "rb", buffering=0, closefd=False) as unbuffered:
        asked = json.loads(unbuffered.readline())
    keeper = Keeper(0, sys.stdout)
    try:
        for one in asked["processes"]:
            keeper.start(one, Path(asked["folder"]))
        keeper.tell("all", "started")
        keeper.keep()
    except Ended as ended:
        if str(ended):
            keeper.tell("ended", str(ended))
            return 1
    except BrokenPipeError:
        return 1
    finally:
        keeper.end()
    return 0


if __name__ == "__main__":
    sys.exit(main())
