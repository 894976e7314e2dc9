"""Where the project lies in its repository, told from the folders alone: git itself is not asked."""

import re
from pathlib import Path

from ninefold.kernel.errors import InvalidInput

_FOLDER = re.compile(r"[A-Za-z0-9._-][A-Za-z0-9._ -]*(/[A-Za-z0-9._-][A-Za-z0-9._ -]*)*")


def repository(root: Path) -> Path | None:
    """Return the nearest folder at or above the project that is a git repository or work tree; None without one."""
    return next((f for f in (root.resolve(), *root.resolve().parents) if (f / ".git").exists()), None)


def folder_of(root: Path) -> str:
    """Return the project's folder below its repository, "." when it is the repository or when there is none.

    Raises:
        InvalidInput: the folder's name cannot stand in a pipeline.
    """
    top = repository(root)
    folder = "." if top is None else root.resolve().relative_to(top).as_posix()
    if folder != "." and not _FOLDER.fullmatch(folder):
        hint = "Use letters, digits, space, dot, hyphen and underscore."
        raise InvalidInput(f"The project's folder {folder[:60]!r} cannot stand in a pipeline.", hint=hint)
    return folder
