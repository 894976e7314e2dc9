"""The pipeline that the project's files ask for now, and the generated files that lie where they belong."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from ninefold.kernel.errors import InvalidFile
from ninefold.kernel.plan import Plan
from ninefold.kernel.sqlite import SqliteStore
from ninefold.kernel.view import View
from ninefold.operations.delivery.files import schedule_of
from ninefold.operations.delivery.generated import OF_REPOSITORY, PLACES, State, Target, header_of, read, state_of
from ninefold.operations.delivery.jobs import Pipeline, pipeline_of
from ninefold.operations.delivery.place import folder_of, repository

DEFAULT_CRON = "0 2 * * *"


class Generated(NamedTuple):
    """A generated file, and whether it still says what the project says."""

    path: Path
    target: Target
    state: State


def pipeline_now(root: Path, view: View, plan: Callable[[SqliteStore], Plan]) -> tuple[Pipeline, list[tuple[str, str]]]:
    """Return the pipeline of the files, whatever the store holds, and what cannot be planned, with the reason.

    Raises:
        InvalidFile: a file has problems, so that what it describes would be left out.
    """
    if view.problems:
        raise InvalidFile(view.problems)
    with TemporaryDirectory(prefix="ninefold-") as empty, SqliteStore(Path(empty) / "store.db") as store:
        found = plan(store)
    schedule, zone = schedule_of(view)
    cron = schedule.runs["nightly"].cron if "nightly" in schedule.runs else DEFAULT_CRON
    blocked = [(s.name, s.reason) for s in found.statuses.values() if s.task is None]
    return pipeline_of(found, folder_of(root), cron, zone), blocked


def place_of(root: Path, target: Target) -> Path:
    """Return where the file of a target belongs."""
    top = (repository(root) or root) if target in OF_REPOSITORY else root
    return top / PLACES[target]


def generated_files(root: Path) -> list[Path]:
    """Return the generated files where they belong; a file of a person's own at such a place is theirs."""
    places = [place_of(root, t) for t in PLACES]
    return [p for p in places if p.is_file() and header_of(read(p)) is not None]


def checked(root: Path, pipeline: Pipeline) -> list[Generated]:
    """Return the generated files with their states."""
    found = []
    for path in generated_files(root):
        text = read(path)
        header = header_of(text)
        if header is not None:
            found.append(Generated(path, header.target, state_of(text, pipeline)))
    return found
