"""How a sabotaged and watched run of the demo is started."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import DATA

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Told:
    """How a sabotaged demo ended."""

    code: int
    report: dict[str, Any]
    printed: str
    outside: str  # what went beyond loopback, or to the data sets
    processes: int  # that were watched


def watched(folder: Path) -> dict[str, str]:
    """Return the environment in which every interpreter notes in a folder what it must not do."""
    watch = {"WATCH_NOTES": str(folder / "outside"), "WATCH_DATA": str(DATA.resolve())}
    return {**os.environ, **watch, "PYTHONPATH": str(HERE / "watch"), "NINEFOLD_DATA": str(folder / "no-data")}


def sabotaged(base: Path, folder: Path, *names: str) -> Told:
    """Run the demo with sabotages on a derived project."""
    out = folder / "report.json"
    command = [sys.executable, str(HERE / "sabotage.py"), *names, "--base", str(base), "--json", str(out)]
    done = subprocess.run(
        command, env=watched(folder), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        timeout=270,
    )  # fmt: skip
    assert out.exists(), done.stdout
    notes, alive = folder / "outside", folder / "outside.alive"
    outside = notes.read_text() if notes.exists() else ""
    processes = len(set(alive.read_text().split()))
    return Told(done.returncode, json.loads(out.read_text()), done.stdout, outside, processes)
