"""Runs of a folder that MLflow's file store wrote (`mlruns`): text files only; links are not followed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ninefold.kernel.blobs import digest_of
from ninefold.kernel.documents import parse_yaml, read_text
from ninefold.kernel.errors import InvalidFile, InvalidInput, NotFound
from ninefold.tracking.bounds import MOST_ARTEFACTS, MOST_METRICS, MOST_POINTS
from ninefold.tracking.history import Point
from ninefold.tracking.mlflow.found import BrokenRun, FoundRun
from ninefold.vocabulary.run import Artefact

MOST_BYTES = 64 << 20  # of one metric's file
STATES = {1: "RUNNING", 2: "SCHEDULED", 3: "FINISHED", 4: "FAILED", 5: "KILLED"}


class FolderRuns:
    """The runs under a folder. See `RunSource`."""

    def __init__(self, folder: Path) -> None:
        """Keep the folder.

        Raises:
            NotFound: it holds no experiment of MLflow's file store.
        """
        self.folder = folder
        if not any(folder.glob("*/meta.yaml")):
            message = f"{folder} holds no experiment of MLflow's file store."
            raise NotFound(
                message, hint="Name the folder mlruns, or the URL of a server: a database is read through it."
            )

    def runs(self, experiment: str | None) -> Iterator[FoundRun | BrokenRun]:
        """Yield the runs. See the contract."""
        known = {}
        for meta in sorted(self.folder.glob("*/meta.yaml")):
            about = _meta(meta)
            if about.get("lifecycle_stage", "active") == "active":
                known[meta.parent] = str(about.get("name", meta.parent.name))
        chosen = {f: n for f, n in known.items() if experiment in {None, n}}
        if not chosen and experiment is not None:
            hint = f"Use one of: {', '.join(sorted(known.values())[:12])}."
            raise NotFound(f"No experiment is called {experiment!r}.", hint=hint)
        for folder, name in chosen.items():
            found = (self._told(m, name) for m in folder.glob("*/meta.yaml") if not m.parent.is_symlink())
            yield from sorted((r for r in found if r is not None), key=_place)

    def history(self, run: FoundRun, metric: str) -> list[Point]:
        """Return all values of a metric. See the contract."""
        return _points(next(self.folder.glob(f"*/{run.id}")) / "metrics" / metric, metric)

    def artefacts(self, run: FoundRun, most: int) -> list[Artefact]:
        """Return the files of a run. See the contract."""
        root = next(self.folder.glob(f"*/{run.id}")) / "artifacts"
        found = []
        for file in _files(root, MOST_ARTEFACTS):
            size = file.stat().st_size
            digest, note = (digest_of(file), "") if size <= most else ("", f"larger than {most} bytes, not read")
            found.append(Artefact(file.relative_to(root).as_posix(), size, digest, note))
        return found

    def _told(self, meta: Path, experiment: str) -> FoundRun | BrokenRun | None:
        """Return the run of a folder; None for a deleted one and for what is none."""
        try:
            about = _meta(meta)
            if about.get("lifecycle_stage") != "active" or "run_id" not in about:
                return None
            return self._run(meta.parent, about, experiment)
        except (InvalidFile, InvalidInput) as error:
            return BrokenRun(meta.parent.name, str(error))

    def _run(self, folder: Path, about: dict[str, Any], experiment: str) -> FoundRun:
        metrics = {f.relative_to(folder / "metrics").as_posix(): f for f in _files(folder / "metrics", MOST_METRICS)}
        points = [_points(file, name) for name, file in metrics.items()]
        last = tuple(max(p, key=lambda q: (q.step, q.time, q.value)) for p in points if p)
        tags = _texts(folder / "tags")
        name = str(about.get("run_name") or tags.get("mlflow.runName", ""))
        status = about.get("status")
        state = STATES.get(status, "") if isinstance(status, int) else str(status)
        return FoundRun(
            experiment, folder.name, name, state, _time(about, "start_time") or 0, _time(about, "end_time"),
            _texts(folder / "params"), last, tags,
        )  # fmt: skip


def _place(run: FoundRun | BrokenRun) -> tuple[int, str]:
    return (run.started if isinstance(run, FoundRun) else 0, run.id)


def _meta(path: Path) -> dict[str, Any]:
    tree = parse_yaml(read_text(path), str(path)).tree
    return tree if isinstance(tree, dict) else {}


def _time(about: dict[str, Any], name: str) -> int | None:
    value = about.get(name)
    return 1000 * value if isinstance(value, int) else None


def _texts(folder: Path) -> dict[str, str]:
    return {f.relative_to(folder).as_posix(): read_text(f) for f in _files(folder, MOST_METRICS)}


def _files(folder: Path, most: int) -> list[Path]:
    """Return the regular files below a folder, by name; links lead out of it and are left."""
    found: list[Path] = []
    todo = [folder] if folder.is_dir() and not folder.is_symlink() else []
    while todo:
        for path in todo.pop().iterdir():
            if path.is_symlink():
                continue
            if path.is_dir():
                todo.append(path)
            elif path.is_file():
                found.append(path)
        if len(found) > most:
            raise InvalidInput(f"{folder} holds more than {most} files.", hint="Import its server instead.")
    return sorted(found)


def _points(file: Path, metric: str) -> list[Point]:
    """Return the lines "milliseconds value step" of a metric's file."""
    if file.stat().st_size > MOST_BYTES:
        raise InvalidInput(f"{file} is larger than {MOST_BYTES >> 20} MiB.", hint="Import its server instead.")
    found = []
    try:
        for line in file.read_text(encoding="utf-8").splitlines():
            words = line.split(" ")
            step = int(words[2]) if len(words) > 2 else 0
            found.append(Point(metric, step, 1000 * int(words[0]), float(words[1])))
    except (ValueError, IndexError):
        raise InvalidInput(f"{file} holds a line that is no value of a metric.", hint="Restore the file.") from None
    if len(found) > MOST_POINTS:
        raise InvalidInput(f"{file} holds more than {MOST_POINTS} values.", hint="Import its server instead.")
    return found
