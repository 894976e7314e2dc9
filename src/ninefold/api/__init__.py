"""The Python API: a project in a notebook. What it does is records like any other; see docs/python.md."""

import os
import threading
from pathlib import Path

from ninefold.api.project import Project
from ninefold.tracking.log import RunLog

__all__ = ["Project", "open", "run"]

_opened: dict[tuple[Path, int, int], Project] = {}


def open(path: str | Path = ".") -> Project:  # noqa: A001 - it is read as ninefold.open
    """Open the project at a folder or above it.

    Raises:
        NotFound: there is no ninefold.toml.
    """
    return Project(path)


def run(name: str, **tags: str) -> RunLog:
    """Begin a run in the project that the working folder lies in: `with nf.run("try-1") as r: ...`.

    Raises:
        NotFound: the working folder lies in no project.
    """
    here = (Path.cwd(), os.getpid(), threading.get_ident())
    if here not in _opened:
        _opened[here] = Project(here[0])
    return _opened[here].run(name, **tags)
