"""The project examples/ai4i at work in a scratch folder, by public commands only, each in a process of its own."""

import csv
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ninefold.kernel.sqlite import SqliteStore

EXAMPLE = Path(__file__).parents[2] / "examples" / "ai4i"


@dataclass
class Project:
    """A copy of the project; `data` is the folder that NINEFOLD_DATA names. The data are read where they lie."""

    root: Path
    data: Path
    environment: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        shutil.copytree(EXAMPLE, self.root, ignore=shutil.ignore_patterns(".ninefold", "__pycache__"))
        self.environment = {
            **os.environ,
            "NINEFOLD_DATA": str(self.data),
            "XDG_CONFIG_HOME": str(self.root.parent / "config"),
        }
        self.environment.pop("NINEFOLD_KEY", None)

    def ninefold(self, *words: str, code: int = 0) -> str:
        """Run a command; returns what it said, and insists on its exit code."""
        done = self.process("-m", "ninefold", "--quiet", *words)
        said = done.stdout + done.stderr
        assert done.returncode == code, f"ninefold {' '.join(words)} ended with {done.returncode}:\n{said}"
        assert "Traceback" not in said
        return said

    def process(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run Python."""
        return subprocess.run(
            [sys.executable, *words], cwd=self.root, env=self.environment, capture_output=True, text=True, check=False
        )

    def body(self, task: str) -> dict[str, Any]:
        """Return the result of a task, as `ninefold show` prints it."""
        store = SqliteStore(self.root / ".ninefold" / "store.db")
        try:
            record = store.latest(task)
            assert record is not None, f"{task} has no record"
            found: dict[str, Any] = record.plain
        finally:
            store.close()
        return found

    def unfresh(self) -> dict[str, str]:
        """Return name -> state of every task that is not fresh."""
        return {s["name"]: s["state"] for s in json.loads(self.ninefold("status", "--json")) if s["state"] != "fresh"}

    def edit(self, file: str, old: str, new: str) -> None:
        """Change a file at the one place that holds a text."""
        path = self.root / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{file} holds {old!r} {text.count(old)} times"
        path.write_text(text.replace(old, new), encoding="utf-8")


def parts(data: Path) -> list[dict[str, str]]:
    """Return the rows of the published file, in its order."""
    with (data / "ai4i2020" / "ai4i2020.csv").open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))
