"""The demo: the milling cell from a sentence to a monitored model, as a list of public `ninefold` commands.

It copies this folder to a scratch place, prints every command before it runs it, and looks at what each step left
behind. It ends with 1 when a step did not do its job. With --json it also writes what happened.
"""

import argparse
import json
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent


@dataclass
class Demo:
    """The project of the demo and what happened in it so far."""

    root: Path
    steps: list[dict[str, object]] = field(default_factory=list)
    failed: str = ""

    def ninefold(self, words: str, *, codes: tuple[int, ...] = (0,)) -> str:
        """Print and run one public command; an unexpected exit code fails the step."""
        print(f"  $ ninefold {words}", flush=True)
        command = [sys.executable, "-m", "ninefold", "--quiet", *shlex.split(words)]
        done = subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=False)
        for line in (done.stdout + done.stderr).rstrip().splitlines():
            print(f"    {line}", flush=True)
        if done.returncode not in codes:
            raise StepFailed(f"`ninefold {words}` ended with {done.returncode}")
        return done.stdout

    def step(self, name: str, job: Callable[["Demo"], str]) -> None:
        """Run one of the nine steps and note how it ended."""
        print(f"\n{len(self.steps) + 1} {name}", flush=True)
        start = time.monotonic()
        try:
            result, ok = job(self), True
        except StepFailed as error:
            result, ok = str(error), False
            self.failed = self.failed or name
        seconds = round(time.monotonic() - start, 2)
        self.steps.append({"name": name, "ok": ok, "result": result, "seconds": seconds})
        print(f"  {'done' if ok else 'FAILED'}: {result}  ({seconds} s)", flush=True)


class StepFailed(Exception):
    """A step did not do its job; the message says what was seen."""


STEPS: list[tuple[str, Callable[[Demo], str]]] = []


def main() -> int:
    """Run the demo and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-serve", action="store_true", help="end after the ninth step instead of staying open")
    parser.add_argument("--json", type=Path, help="write what happened to this file")
    parser.add_argument("--at", type=Path, default=Path(".demo"), help="where to copy the project to")
    options = parser.parse_args()
    root = options.at / "milling-cell"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(HERE, root, ignore=shutil.ignore_patterns("demo.py", "__pycache__", ".ninefold"))
    demo = Demo(root.resolve())
    print("0 The plant: 180 simulated days of eight machines; their time is the project's time from here on")
    demo.ninefold("simulate history")
    for name, job in STEPS:
        demo.step(name, job)
        if demo.failed:
            break
    if options.json:
        options.json.write_text(json.dumps({"steps": demo.steps}, indent=1))
    return 1 if demo.failed else 0


if __name__ == "__main__":
    sys.exit(main())
