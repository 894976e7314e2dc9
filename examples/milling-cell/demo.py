"""The demo: the milling cell from a sentence to a monitored model, as a list of public `ninefold` commands.

It copies this folder to a scratch place, prints every command before it runs it, and looks at what each step left
behind with the Python interface. It ends with 1 when a step did not do its job. With --json it also writes what
happened.
"""

import argparse
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ninefold
from ninefold.kernel.errors import NinefoldError

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))


class StepFailed(Exception):
    """A step did not do its job; the message says what was seen."""


@dataclass
class Demo:
    """The project of the demo, what runs beside it, and what happened so far."""

    root: Path
    steps: list[dict[str, object]] = field(default_factory=list)
    failed: str = ""
    processes: dict[str, subprocess.Popen[str]] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)  # what a later step needs of an earlier one
    commands: list[dict[str, object]] = field(default_factory=list)  # what the step ran and waited for, with seconds

    @property
    def environment(self) -> dict[str, str]:
        """The environment of every command: the demo's own key instead of the user's."""
        return {**os.environ, "NINEFOLD_KEY": str(self.root.parent / "keys" / "engineer.pem"), "COLUMNS": "150"}

    def ninefold(self, words: str, *, codes: tuple[int, ...] = (0,), stdin: str | None = None) -> str:
        """Print and run one public command and return its output; an unexpected exit code fails the step."""
        print(f"  $ ninefold {words}", flush=True)
        command = [sys.executable, "-m", "ninefold", "--quiet", *shlex.split(words)]
        start = time.monotonic()
        done = subprocess.run(
            command, cwd=self.root, env=self.environment, input=stdin, capture_output=True, text=True, check=False
        )
        self.commands.append({"command": words, "seconds": round(time.monotonic() - start, 2)})
        for line in (done.stdout + done.stderr).rstrip().splitlines():
            print(f"    {line}", flush=True)
        if done.returncode not in codes:
            raise StepFailed(f"`ninefold {words}` ended with {done.returncode}")
        return done.stdout

    def silent(self, words: str) -> str:
        """Run one public command without printing it, to look at what it says."""
        command = [sys.executable, "-m", "ninefold", "--quiet", *shlex.split(words)]
        done = subprocess.run(command, cwd=self.root, env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise StepFailed(f"`ninefold {words}` ended with {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def body(self, task: str) -> Any:
        """Return the body of a task's result, as a notebook reads it."""
        with ninefold.open(self.root) as project:
            try:
                return project.ask(task).plain
            except NinefoldError as error:
                raise StepFailed(f"{task} has no result: {error}") from error

    def states(self, *patterns: str) -> dict[str, str]:
        """Return the state of every task, or of those that match, as a notebook reads it."""
        with ninefold.open(self.root) as project:
            return {str(row["task"]): str(row["state"]) for row in project.status(*patterns)}

    def devices(self) -> dict[str, dict[str, object]]:
        """Return what each device reported last, as `ninefold fleet list --json` prints it."""
        command = [sys.executable, "-m", "ninefold", "--quiet", "fleet", "list", "--json"]
        done = subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=True)
        found: list[dict[str, object]] = json.loads(done.stdout)
        return {str(d["name"]): d for d in found}

    def start(self, name: str, words: str) -> None:
        """Print and start one public command that goes on beside the others."""
        print(f"  $ ninefold {words} &", flush=True)
        log = (self.root.parent / f"{name}.log").open("w")
        command = [sys.executable, "-m", "ninefold", "--quiet", *shlex.split(words)]
        self.processes[name] = subprocess.Popen(
            command, cwd=self.root, env=self.environment, stdout=log, stderr=subprocess.STDOUT, text=True
        )

    def wait(self, what: str, seconds: float, seen: Callable[[], bool]) -> None:
        """Wait until something is seen; fail the step when it is not seen in time or a process has ended."""
        start = time.monotonic()
        while not seen():
            for name, process in self.processes.items():
                if process.poll() is not None:
                    log = (self.root.parent / f"{name}.log").read_text()[-500:]
                    raise StepFailed(f"{name} ended with {process.returncode} while waiting for {what}: {log}")
            if time.monotonic() > start + seconds:
                raise StepFailed(f"{what} was not seen in {seconds:.0f} s")
            time.sleep(0.3)
        self.commands.append({"waited for": what, "seconds": round(time.monotonic() - start, 2)})

    def step(self, name: str, job: Callable[["Demo"], str]) -> None:
        """Run one of the nine steps and note how it ended."""
        print(f"\n{len(self.steps) + 1} {name}", flush=True)
        start = time.monotonic()
        try:
            result, ok = job(self), True
        except StepFailed as error:
            result, ok = str(error), False
        except Exception as error:  # whatever happens in a step is that step's failure, and is shown
            traceback.print_exc()
            result, ok = f"{type(error).__name__}: {error}", False
        self.failed = self.failed or ("" if ok else name)
        seconds = round(time.monotonic() - start, 2)
        self.steps.append({"name": name, "ok": ok, "result": result, "seconds": seconds, "commands": self.commands})
        self.commands = []
        print(f"  {'done' if ok else 'FAILED'}: {result}  ({seconds} s)", flush=True)

    def stop(self) -> None:
        """End everything that was started; pressing Ctrl-C once more leaves nothing behind."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()

    def stay(self, end: Callable[["Demo"], str]) -> None:
        """Open the workbench, say how to come in, and stay until Ctrl-C or until it ends by itself."""
        try:
            print(f"\n{end(self)}\nThe cell goes on. Ctrl-C ends it all.", flush=True)
            code = self.processes["workbench"].wait()
        except StepFailed as error:
            print(f"\nThe workbench did not open: {error}", flush=True)
        else:
            print(f"\nThe workbench ended with {code}: {self.root.parent / 'workbench.log'}", flush=True)
        self.failed = "workbench"


def free_port() -> int:
    """Return a free port of loopback."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def main() -> int:
    """Run the demo and return its exit code."""
    from story import BEGIN, END, STEPS

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-serve", action="store_true", help="end after the ninth step instead of staying open")
    parser.add_argument("--json", type=Path, help="write what happened to this file")
    parser.add_argument("--at", type=Path, default=Path(".demo"), help="where to copy the project to")
    options = parser.parse_args()
    shutil.rmtree(options.at, ignore_errors=True)
    root = (options.at / "milling-cell").resolve()
    shutil.copytree(HERE, root, ignore=shutil.ignore_patterns("*.py", "__pycache__", ".ninefold"))
    (root.parent / "keys").mkdir()
    demo = Demo(root)
    start = time.monotonic()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever ends it ends what it started
    try:
        BEGIN(demo)
        for name, job in STEPS:
            demo.step(name, job)
            if demo.failed:
                break
        print(f"\n{time.monotonic() - start:.0f} s. The project is in {root}.", flush=True)
        if options.json:
            options.json.write_text(json.dumps({"steps": demo.steps}, indent=1))
        if not options.no_serve and not demo.failed:
            demo.stay(END)
    except KeyboardInterrupt:
        print("\nEnded.")
    finally:
        demo.stop()
    return 1 if demo.failed else 0


if __name__ == "__main__":
    sys.exit(main())
