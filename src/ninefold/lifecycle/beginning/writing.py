"""Bringing a table, and writing the files of a step: checked together before the first is written; none is replaced."""

import os
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from ninefold.connectors.csv.looking import TableSeen, look
from ninefold.kernel.errors import Conflict, InvalidInput, NotFound, Problem
from ninefold.kernel.saving import unwritten
from ninefold.kernel.trees import OverlayTree, WorkingTree
from ninefold.kernel.view import read_view
from ninefold.lifecycle.beginning.standing import DATA
from ninefold.lifecycle.beginning.texts import NewText
from ninefold.lifecycle.editing import create_file
from ninefold.lifecycle.graph import readers
from ninefold.surface.session import Session

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LONGEST = 40


def is_name(name: str) -> bool:
    """Return whether a table may be called so: its files get names from it."""
    return bool(_NAME.fullmatch(name)) and len(name) <= LONGEST


def bring(root: Path, name: str, file: Path) -> TableSeen:
    """Look at a file on the project's disk, and make it a table of the project that nobody has brought before.

    Raises:
        InvalidInput: the name cannot be used, or the file is no table that can be read.
        Conflict: there is a table of this name.
        DiskFull: the disk is full.
        Refused: the folder cannot be written.
    """
    if not is_name(name):
        message = f"{name[:LONGEST]!r} is no name for a table."
        raise InvalidInput(message, hint="Use lower-case letters, digits and single hyphens.")
    seen = look(file, f"{name}.csv")
    target = root / DATA / f"{name}.csv"
    try:
        target.parent.mkdir(exist_ok=True)
        with file.open("rb") as stream:
            os.fsync(stream.fileno())
        os.link(file, target)  # whole or not at all, and never over another file
    except FileExistsError:
        raise Conflict(f"There is a table {name} already.", hint="Choose another name.") from None
    except OSError as error:
        raise unwritten(target.name, error) from error
    return seen


def table(root: Path, name: str) -> TableSeen:
    """Return what a table of the project holds; the same file is looked at once.

    Raises:
        NotFound: there is none of this name.
        InvalidInput: it cannot be read.
    """
    path = root / DATA / f"{name}.csv"
    if not is_name(name) or not path.is_file():
        message = f"There is no table {name[:LONGEST]!r} in the folder {DATA}."
        raise NotFound(message, hint="Bring it on the page First steps.")
    found = path.stat()
    return _looked(path, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=8)
def _looked(path: Path, _moment: int, _size: int) -> TableSeen:
    return look(path)


def problems_of(session: Session, files: Sequence[NewText]) -> list[Problem]:
    """Return what would be wrong in new files if they stood in the project."""
    over = OverlayTree(WorkingTree(session.root), {f.path: f.text.encode() for f in files})
    names = {f.path for f in files}
    return [p for p in read_view(over, readers(), session.clock.now()).problems if p.file in names]


def absent(root: Path, files: Sequence[NewText]) -> list[NewText]:
    """Return those of the files that do not exist yet."""
    return [f for f in files if not (root / f.path).exists()]


def write(session: Session, person: str, files: Sequence[NewText], reason: str) -> list[str]:
    """Write the files that do not exist yet, each recorded with its author, and return their names.

    Raises:
        EditConflict: one of them was written meanwhile.
        Refused, InvalidInput, StoreError: as for every edit.
    """
    todo = absent(session.root, files)
    for file in todo:
        create_file(session, person, file.path, file.text, reason)
    return [f.path for f in todo]
