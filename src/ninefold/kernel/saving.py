"""Writing a project's files: whole or not at all, one writer at a time, and never over a change one has not seen.

A file is known by the sha256 of its bytes (its ETag). A save writes a temporary file in the same folder, brings it to
disk and renames it; what a killed save leaves behind is removed by the next one.
"""

import difflib
import errno
import fcntl
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from ninefold.kernel.canonical import sha256
from ninefold.kernel.documents import MAX_BYTES, text_of, too_large
from ninefold.kernel.errors import DiskFull, EditConflict, InvalidFile, InvalidInput, NotFound, Refused
from ninefold.kernel.project import STATE
from ninefold.kernel.trees import IGNORED, WorkingTree, matches

ABSENT = ""  # the ETag of a file that does not exist
MAX_DIFF_LINES = 400
_LOCK = "edit.lock"
_LEFT = ".ninefold-edit-*.tmp"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EIO}  # what a full or failing disk says


class Opened(NamedTuple):
    """A file's text as it stands (byte order mark and line ends kept), and its ETag."""

    text: str
    etag: str


def locate(root: Path, name: str, patterns: Iterable[str]) -> Path:
    """Return the file that a name stands for, whether it exists or not; a link inside the project is followed.

    Raises:
        Refused: no reader reads such a name, it is a folder, or a link that leaves the project.
    """
    parts = name.split("/")
    plain = all(p not in {"", ".", ".."} and p.isprintable() and "\\" not in p for p in parts)
    if not plain or IGNORED & set(parts) or not any(matches(name, p) for p in patterns):
        message = f"{name[:200]!r} is no file of this project that can be written."
        raise Refused(message, hint="Name a file such as requirements/REQ-name.md.")
    home = root.resolve()
    target = (home / name).resolve()
    if not target.is_relative_to(home) or IGNORED & set(target.relative_to(home).parts):
        raise Refused(f"{name} is a link that leaves the project.", hint="Edit the file where it lies.")
    if target.is_dir():
        raise Refused(f"{name} is a folder.", hint="Name a file in it.")
    return target


def read(root: Path, name: str, patterns: Iterable[str]) -> Opened:
    """Return a project file to be edited.

    Raises:
        Refused: the name is no project file's.
        NotFound: it does not exist.
        InvalidFile: too large, unreadable, or not UTF-8.
    """
    target = locate(root, name, patterns)
    data = WorkingTree(root).read(target.relative_to(root.resolve()).as_posix())
    text_of(data, name)
    return Opened(data.decode("utf-8"), sha256(data))


def save(root: Path, name: str, text: str, expected: str, patterns: Iterable[str]) -> str:
    """Write a project file and return its new ETag; `expected` is the one it was read with, `ABSENT` for a new file.

    Raises:
        EditConflict: it holds something else by now; the difference leads from that to `text`.
        Refused: the name is no project file's, or the folder cannot be written.
        InvalidFile: the text is too large or not Unicode.
        DiskFull: nothing was written.
    """
    data = _bytes(text, name)
    target = locate(root, name, patterns)
    with _writing(root, name):
        _expect(target, name, expected, text)
        if sha256(data) != expected:
            target.parent.mkdir(parents=True, exist_ok=True)
            sweep(target.parent)
            _replace(target, data)
    return sha256(data)


def remove(root: Path, name: str, expected: str, patterns: Iterable[str]) -> None:
    """Remove a project file that still holds what was read.

    Raises:
        EditConflict: it holds something else by now.
        NotFound: it does not exist.
        Refused: the name is no project file's, or the folder cannot be written.
    """
    target = locate(root, name, patterns)
    with _writing(root, name):
        if not target.exists():
            raise NotFound(f"The file {name} does not exist.", hint="Read the project again.")
        _expect(target, name, expected, "")
        target.unlink()
        _sync_folder(target.parent)


def difference(before: str, after: str, name: str) -> str:
    """Return a unified diff of two texts, cut after 400 lines."""
    lines = list(
        difflib.unified_diff(before.splitlines(), after.splitlines(), f"{name} (now)", f"{name} (edited)", lineterm="")
    )
    if len(lines) > MAX_DIFF_LINES:
        lines = [*lines[:MAX_DIFF_LINES], f"... {len(lines) - MAX_DIFF_LINES} more lines"]
    return "\n".join(lines)


def unwritten(name: str, error: OSError) -> DiskFull | Refused:
    """Return what to tell a person when the system would not write a file or folder."""
    if error.errno in _FULL:
        message = f"The disk that holds {name} is full or failing; nothing was written ({error.strerror})."
        return DiskFull(message, hint="Free space, then repeat.")
    return Refused(f"{name} cannot be written: {error.strerror}.", hint="Check the permissions of its folder.")


def sweep(folder: Path) -> int:
    """Remove what killed saves left in a folder and return how many; the caller holds the lock, or nobody saves."""
    found = list(folder.glob(_LEFT))
    for path in found:
        path.unlink(missing_ok=True)
    return len(found)


def _bytes(text: str, name: str) -> bytes:
    try:
        data = text.encode()
    except UnicodeEncodeError:
        raise InvalidInput(f"The text of {name} is not Unicode.", hint="Remove the broken character.") from None
    if len(data) > MAX_BYTES:
        raise InvalidFile([too_large(name, len(data))])
    return data


def _expect(target: Path, name: str, expected: str, text: str) -> None:
    now = target.read_bytes() if target.exists() else None
    etag = ABSENT if now is None else sha256(now)
    if etag != expected:
        theirs = "" if now is None else now.decode("utf-8-sig", errors="replace")
        raise EditConflict(name, difference(theirs, text, name), etag)


@contextmanager
def _writing(root: Path, name: str) -> Iterator[None]:
    """Hold the project's lock for saves, and turn the system's errors into ours."""
    try:
        (root / STATE).mkdir(exist_ok=True)
        with (root / STATE / _LOCK).open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # released when the file is closed, also by a kill
            yield
    except OSError as error:
        raise unwritten(name, error) from error


def _replace(target: Path, data: bytes) -> None:
    temporary = target.parent / _LEFT.replace("*", secrets.token_hex(8))
    before = target.stat() if target.exists() else None
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        with os.fdopen(handle, "wb") as stream:
            if before is not None:
                _as_before(stream.fileno(), before)
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(target)
    except BaseException:
        with suppress(OSError):  # the first error is the one to tell
            temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _as_before(handle: int, before: os.stat_result) -> None:
    """Give the new file the old one's owner, where we may, and its mode."""
    if os.geteuid() == 0 and (before.st_uid, before.st_gid) != (0, 0):
        os.fchown(handle, before.st_uid, before.st_gid)
    os.fchmod(handle, before.st_mode & 0o7777)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
