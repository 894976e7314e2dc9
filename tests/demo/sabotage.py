"""Sabotage the demo: `python tests/demo/sabotage.py NAME...` runs it on the small cell with one thing spoiled.

It is the demo's own program with its own steps and its exit code; each command runs in this process instead of one of
its own, which saves the start of a hundred interpreters. With several names the step that was spoiled first must have
failed; the harm is undone, the step is repeated and must succeed, and the demo goes on to the next one.
"""

import argparse
import io
import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

HERE = Path(__file__).resolve()
EXAMPLE = HERE.parents[2] / "examples" / "milling-cell"
sys.path[:0] = [str(EXAMPLE), str(HERE.parents[2])]

import duckdb  # noqa: E402 - as the imports below, after the path is set
import story  # noqa: E402 - as above
from tests import small_cell  # noqa: E402 - as above

import demo  # noqa: E402 - found by the line above

REQUIREMENT = small_cell.REQUIREMENT
PATIENCE_S = 30.0  # three times as long as the watch needs in the demo, at its factor
Undo = Callable[[], object]
Spoil = Callable[[demo.Demo], Undo | None]


@dataclass(frozen=True)
class Sabotage:
    """What is spoiled, and in which step it must show."""

    step: str  # the name of the step that must fail
    spoil: Spoil
    begin: bool = False  # before the first step, instead of right before the one that must fail


def change(root: Path, file: str, old: str, new: str) -> Undo:
    """Replace a text of a project file; return how to put the file back as it was."""
    before = (root / file).read_text(encoding="utf-8")
    small_cell.edit(root, file, old, new)
    return lambda: (root / file).write_text(before, encoding="utf-8")


def unknown_metric(cell: demo.Demo) -> Undo:
    """A requirement asks for a metric that nobody knows."""
    return change(cell.root, REQUIREMENT, "metric: recall", "metric: recal")


def gated_winner(cell: demo.Demo) -> None:
    """Counting parts, for which a rule would do, says that it needs AI, and wins."""
    change(cell.root, "use-cases/UC-part-count.md", "ai_needed: false", "ai_needed: true")
    change(cell.root, "use-cases/UC-part-count.md", "benefit: 2,", "benefit: 5,")


def data_gap(cell: demo.Demo) -> None:
    """Two hours of m3 are not in the archive, from the middle of a cut on: an interval has the state that it begins in."""
    for file in sorted((cell.root / "data" / "cell-history").glob("*.parquet")):
        kept = file.with_suffix(".kept")
        cut = "asset = 'm3' AND ts BETWEEN '2026-11-10 08:01:00Z' AND '2026-11-10 10:01:00Z'"
        with duckdb.connect() as connection:
            rows = f"SELECT * FROM read_parquet('{file}')"
            before, after = (connection.sql(f"SELECT count(*) FROM ({q})").fetchall() for q in (rows, f"{rows} WHERE NOT ({cut})"))  # fmt: skip
            assert before != after, "nothing was cut"
            connection.execute(f"COPY ({rows} WHERE NOT ({cut})) TO '{kept}' (FORMAT parquet)")
        kept.replace(file)


def edge_in_float32(cell: demo.Demo) -> Undo:
    """The recipe's stream, as it runs on the device, keeps its inputs in single precision."""
    from ninefold.development.data.step import ParityStep
    from ninefold.recipes.stream import Runner

    exact = Runner._plain

    def single(self: Runner, name: str, array: Any) -> Any:
        found = exact(self, name, array)
        return found if found.dtype == object else found.astype("float32").astype("float64")

    patches = [mock.patch.object(Runner, "_plain", single), mock.patch.object(ParityStep, "version", "float32")]
    for patch in patches:
        patch.start()
    return lambda: [patch.stop() for patch in patches]


def starved_budget(cell: demo.Demo) -> Undo:
    """The race gets ten milliseconds of CPU."""
    return change(cell.root, "models/tool-failure.yaml", "cpu: 90 s", "cpu: 10 ms")


def flipped_labels(cell: demo.Demo) -> None:
    """In the log of the test's time every failure is a planned change and every planned change a failure."""
    with sqlite3.connect(cell.root / "data" / "maintenance.sqlite") as log:
        swapped = "CASE kind WHEN 'tool_failure' THEN 'planned_change' ELSE 'tool_failure' END"
        query = f"UPDATE maintenance_log SET kind = {swapped}, outcome = NULL WHERE kind <> 'operator_change' AND occurred > '2026-11-13'"
        assert log.execute(query).rowcount > 20, "there was nothing to flip"
    log.close()
    cell.ninefold("run --again dataset:maintenance-log")


def broken_bundle(cell: demo.Demo) -> None:
    """One bit of the signed bundle file flips at the centre after it was deployed, before a device fetches it."""
    honest = cell.ninefold

    def ninefold(words: str, **options: Any) -> str:
        said = honest(words, **options)
        if words.startswith("deploy "):
            flip(cell.root / ".ninefold")
        return said

    cell.ninefold = ninefold  # type: ignore[method-assign]  # the hook of this one demo


def flip(state: Path) -> None:
    """Flip a bit in the middle of the bundle file that gateway-1 is to run."""
    with sqlite3.connect(state / "store.db") as db:
        [(value,)] = db.execute("SELECT value FROM reference WHERE name = 'desired/edge:gateway-1'")
    db.close()
    digest = str(json.loads(value)["file"])
    path = state / "blobs" / digest[:2] / digest[2:]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(bytes(data))


def stale_verdict(cell: demo.Demo) -> Undo:
    """A threshold was changed and nobody has judged by it."""
    return change(cell.root, REQUIREMENT, 'op: "<=", value: 6}', 'op: "<=", value: 5}')


def drift_off(cell: demo.Demo) -> None:
    """The requirement no longer asks for a watch on drift, so the device keeps none; nobody waits a minute for that."""
    wait = cell.wait

    def shorter(what: str, seconds: float, seen: Callable[[], bool]) -> None:
        wait(what, min(seconds, PATIENCE_S) if what.startswith("drift") else seconds, seen)

    cell.wait = shorter  # type: ignore[method-assign]  # of this one demo
    path = cell.root / REQUIREMENT
    text = path.read_text(encoding="utf-8")
    head, *criteria = text.partition("\n---\n")[0].split("\n  - id: ")
    kept = [c for c in criteria if "metric: drift" not in c]
    assert len(kept) < len(criteria), "no drift criterion was found"
    path.write_text("\n  - id: ".join([head, *kept]) + "\n---\n" + text.partition("\n---\n")[2], encoding="utf-8")


SABOTAGES = {
    "unknown-metric": Sabotage("requirements", unknown_metric),
    "gated-winner": Sabotage("prioritisation", gated_winner),
    "data-gap": Sabotage("data availability", data_gap),
    "edge-recipe": Sabotage("data engineering", edge_in_float32),
    "starved-budget": Sabotage("model engineering", starved_budget),
    "flipped-labels": Sabotage("testing and validation", flipped_labels),
    "broken-bundle": Sabotage("deployment", broken_bundle),
    "stale-verdict": Sabotage("pipelines", stale_verdict),
    "drift-off": Sabotage("monitoring", drift_off, begin=True),
}


# Running the demo's program


def in_process(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
    """Do in this process what `subprocess.run` does with a command of ninefold."""
    assert command[1:3] == ["-m", "ninefold"], command
    from ninefold.cli import main

    out, err = io.StringIO(), io.StringIO()
    surroundings = mock.patch.dict(os.environ, options.get("env") or {})
    entered = mock.patch.object(sys, "stdin", io.StringIO(options.get("input") or ""))
    with surroundings, entered, chdir(options["cwd"]), redirect_stdout(out), redirect_stderr(err):
        try:
            main(command[3:])
        except SystemExit as end:
            code = int(end.code or 0)
    done = subprocess.CompletedProcess(command, code, out.getvalue(), err.getvalue())
    if options.get("check"):
        done.check_returncode()
    return done


class _Skip:
    """`simulate history` finds the history of the derived project already there."""

    def __init__(self, base: Path) -> None:
        self.base = base

    def begin(self, cell: demo.Demo) -> None:
        """Bring what was derived before, then begin as the demo does."""
        shutil.copytree(self.base / ".ninefold", cell.root / ".ninefold")
        honest = demo.Demo.ninefold

        def ninefold(one: demo.Demo, words: str, **given: Any) -> str:
            return "" if words.startswith("simulate history") else honest(one, words, **given)

        with mock.patch.object(demo.Demo, "ninefold", ninefold):
            story.begin(cell)
        port = int(re.findall(r"127\.0\.0\.1:(\d+)", (cell.root / "connections" / "cell.yaml").read_text())[0])
        cell.wait("the cell", 60, lambda: story.listens(port))


@contextmanager
def spoiled(names: list[str], base: Path, noted: list[dict[str, str]]) -> Iterator[None]:
    """Let the demo's program run on a derived project, with sabotages in their steps; `noted` says what was undone."""
    wanted = {SABOTAGES[n].step: n for n in names}

    def begin(cell: demo.Demo) -> None:
        _Skip(base).begin(cell)
        for name in (n for n in names if SABOTAGES[n].begin):
            SABOTAGES[name].spoil(cell)

    def wrapped(step: str, job: Callable[[demo.Demo], str]) -> Callable[[demo.Demo], str]:
        name = wanted.get(step)
        if name is None or SABOTAGES[name].begin:
            return job

        def run(cell: demo.Demo) -> str:
            undo = SABOTAGES[name].spoil(cell)
            if name == names[-1]:
                return job(cell)
            try:
                job(cell)
            except demo.StepFailed as error:
                noted.append({"name": name, "step": step, "result": str(error)})
            else:
                raise demo.StepFailed(f"{name} was not noticed")
            assert undo is not None, f"{name} cannot be undone"
            undo()
            return job(cell)

        return run

    run_here = SimpleNamespace(**{**vars(subprocess), "run": in_process})
    with (
        mock.patch.object(demo, "HERE", base),
        mock.patch.object(demo, "subprocess", run_here),
        mock.patch.object(story, "BEGIN", begin),
        mock.patch.object(story, "STEPS", [(step, wrapped(step, job)) for step, job in story.STEPS]),
    ):
        yield


def main() -> int:
    """Run the demo with the sabotages that are named and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+", choices=sorted(SABOTAGES))
    parser.add_argument("--base", type=Path, help="a small cell that was derived before; default: derive one now")
    parser.add_argument("--json", type=Path, help="write what happened to this file")
    options = parser.parse_args()
    names = sorted(options.names, key=list(SABOTAGES).index)
    noted: list[dict[str, str]] = []
    with tempfile.TemporaryDirectory(prefix="sabotage-") as folder:
        base = options.base
        if base is None:
            base = Path(folder) / "base"
            small_cell.derive(base)
        report, words = Path(folder) / "report.json", f"--no-serve --at {folder}/demo --json {folder}/report.json"
        with spoiled(names, base, noted), mock.patch.object(sys, "argv", ["demo.py", *shlex.split(words)]):
            code = demo.main()
        if options.json:
            options.json.write_text(json.dumps({**json.loads(report.read_text()), "undone": noted}, indent=1))
    return code


if __name__ == "__main__":
    sys.exit(main())
