"""A project of examples/ at work in a scratch folder, by public commands only, each in a process of its own."""

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ninefold.bundle.session import Session
from ninefold.bundle.tables import read_parquet
from ninefold.kernel.blobs import Blobs
from ninefold.kernel.sqlite import SqliteStore
from ninefold.vocabulary.model import TEST

EXAMPLES = Path(__file__).parents[2] / "examples"
EXAMPLE = EXAMPLES / "ai4i"
SERVE = """\
import runpy, sys
sys.argv = ["serve.py", *sys.argv[1:]]
runpy.run_path("serve.py", run_name="__main__")
heavy = sorted({"duckdb", "sklearn", "lightgbm", "onnx"} & set(sys.modules))
sys.exit(f"the process loaded {heavy}" if heavy else 0)
"""

EXAMINED = ("leakage", "reliability", "slices", "faults", "importance", "conformal")  # of a model; they gate nothing


@dataclass
class Project:
    """A copy of the project; `data` is the folder that NINEFOLD_DATA names. The data are read where they lie."""

    root: Path
    data: Path
    example: Path = EXAMPLE
    environment: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        shutil.copytree(self.example, self.root, ignore=shutil.ignore_patterns(".ninefold", "__pycache__"))
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

    def serve(self, *words: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Run the project's serve.py without a training library; returns its first line, and the decisions."""
        done = self.process("-c", SERVE, *words)
        assert done.returncode == 0, done.stderr
        first, *rest = (json.loads(line) for line in done.stdout.splitlines())
        return first, rest

    def signed(self, model: str, waived: Sequence[Sequence[str]] = ()) -> str:
        """Make a key and a person, answer for what is insufficient, sign, release; returns what `verify` said."""
        self.ninefold("key", "new")
        self.ninefold("key", "public", "-o", "keys/signer.pub")
        self.ninefold("people", "add", "Ada Example", "--role", "approver", "--key", "keys/signer.pub")
        for words in waived:
            self.ninefold("waive", model, *words, "--until", "2099-12-30", "--reason", "a pilot")
        self.ninefold("sign", model, "--reason", "a pilot")
        self.ninefold("gate", model)
        self.ninefold("release", model, "-o", f"{model}.9fb")
        return self.ninefold("verify", f"{model}.9fb", "--trust", "keys")

    def put_back(self) -> None:
        """Undo what was changed in the files."""
        for file in (f for f in self.example.rglob("*.*") if f.parent != self.example):
            shutil.copy(file, self.root / file.relative_to(self.example))

    def tested(self, model: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Return which rows of the features were the test of a model."""
        blobs = Blobs(self.root / ".ninefold" / "blobs")
        roles = np.load(io.BytesIO(blobs.read(self.body(f"model:{model}")["roles"])), allow_pickle=False)
        return np.asarray(roles == TEST, dtype=np.bool_)

    def right_when_stuck(self, model: str, features: str, signal: str, truth: Any) -> int:
        """Return how many test rows a model of classes tells rightly while one of its inputs keeps its first value."""
        body = self.body(f"model:{model}")
        session = Session(
            Blobs(self.root / ".ninefold" / "blobs").read(body["onnx"]), tuple(body["features"]),
            body.get("categories", {}), tuple(body["classes"]),
        )  # fmt: skip
        tested = self.tested(model)
        rows = {name: column[tested] for name, column in self.columns(features).items()}
        rows[signal] = np.full(int(tested.sum()), rows[signal][np.argmin(rows["t"])])
        told = np.array(body["classes"], object)[session.score(rows).argmax(axis=1)]
        return int((told == truth[tested]).sum())

    def columns(self, task: str) -> dict[str, Any]:
        """Return the table of a task."""
        blobs = Blobs(self.root / ".ninefold" / "blobs")
        return dict(read_parquet(blobs.get(self.body(task)["parquet"])))

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
