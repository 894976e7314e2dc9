"""Shared by all benchmarks: CPU time of processes, rows with their circumstances, peers in their own environments."""

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

ROWS = Path(__file__).parent / "rows"
PEERS = Path(os.environ.get("NINEFOLD_PEERS", ".peers"))


def peer(name: str, *requirements: str) -> Path:
    """Return the Python of a peer's own environment, made on first use."""
    folder = PEERS / f"{name}-{requirements[0].partition('==')[2]}"  # two versions are two peers
    python = folder / "bin" / "python"
    if not (folder / ".installed").exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *requirements], check=True)
        (folder / ".installed").touch()
    return python


def run(command: Sequence[str], **options: object) -> tuple[float, float, float, str]:
    """Run a program; return its CPU seconds with its children, wall seconds, peak MB, and output."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{command} failed:\n{done.stdout}\n{done.stderr}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, wall, after.ru_maxrss / 1024, done.stdout


def alternate(sides: dict[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Measure the sides in turn, so that a noisy moment hits all of them; return the figures of each."""
    found: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, measure in sides.items():
            found[name].append(measure())
    return found


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return median, smallest and largest."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "runs": len(values)}


def report(name: str, what: str, figures: dict[str, object], versions: Sequence[str] = ()) -> None:
    """Print a row and keep it as JSON for the table."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)  # noqa: S607 - git
    row = {
        "name": name,
        "what": what,
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "commit": commit.stdout.strip(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "versions": {v: version(v) for v in versions},
        "figures": figures,
    }
    print(json.dumps(row, indent=1))
    ROWS.mkdir(exist_ok=True)
    (ROWS / f"{name}.json").write_text(json.dumps(row, indent=1) + "\n")
