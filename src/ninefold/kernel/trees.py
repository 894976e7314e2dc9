"""Where a view's files come from: the working copy, or a commit that is not checked out."""

import fnmatch
import os
import subprocess
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple, Protocol

from ninefold.kernel.documents import MAX_BYTES, too_large
from ninefold.kernel.errors import InvalidFile, NotFound, Problem

IGNORED = {".ninefold", ".git", ".venv", "__pycache__", "node_modules"}
MAX_FILES = 20_000


class Tree(Protocol):
    """A set of project files by their name relative to the project's root, with forward slashes."""

    def names(self, patterns: Iterable[str]) -> list[str]:
        """Return the sorted names that match one of the patterns (`requirements/REQ-*.md`)."""

    def read(self, name: str) -> bytes:
        """Return a file's bytes.

        Raises:
            NotFound: no such file in this tree.
        """


class WorkingTree:
    """The project's folder as it is on disk now."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def names(self, patterns: Iterable[str]) -> list[str]:
        """Return the sorted names that match one of the patterns; links that leave the project are not followed."""
        root = self.root.resolve()
        inside = cache(lambda folder: folder.resolve().is_relative_to(root))  # resolving is slow, folders are few
        found = set()
        for pattern in patterns:
            for path in self.root.glob(pattern):
                if not path.is_file() or not inside(path if path.is_symlink() else path.parent):
                    continue
                relative = path.relative_to(self.root)
                if not IGNORED & set(relative.parts):
                    found.add(relative.as_posix())
        return _bounded(sorted(found), str(self.root))

    def read(self, name: str) -> bytes:
        """Return a file's bytes.

        Raises:
            NotFound: it is gone.
            InvalidFile: it cannot be read, or is larger than a project file may be.
        """
        try:
            with open(f"{self.root}/{name}", "rb") as stream:  # noqa: PTH123 - for thousands of files
                data = stream.read(MAX_BYTES + 1)
                if len(data) > MAX_BYTES:
                    raise InvalidFile([too_large(name, os.fstat(stream.fileno()).st_size)])
                return data
        except FileNotFoundError:
            raise NotFound(f"The file {name} does not exist.", hint="Create it, or correct the name.") from None
        except OSError as error:
            raise InvalidFile([Problem(name, 0, "", f"The file cannot be read: {error.strerror}.")]) from None


class CommitTree:
    """The project's files in a commit, branch or tag of its git repository; nothing is checked out."""

    def __init__(self, root: Path, revision: str) -> None:
        """Read the list of files.

        Raises:
            NotFound: git, the repository or the revision is not there.
        """
        self.root = root
        self.commit = self._git("rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}").decode().strip()
        prefix = self._git("rev-parse", "--show-prefix").decode().strip()
        listing = self._git("ls-tree", "-r", "-z", self.commit, ".").decode().split("\0")
        self._objects = {}
        for entry in filter(None, listing):
            meta, name = entry.split("\t", 1)
            self._objects[name.removeprefix(prefix)] = meta.split()[2]

    def names(self, patterns: Iterable[str]) -> list[str]:
        """Return the sorted names that match one of the patterns."""
        wanted = list(patterns)
        return _bounded(
            sorted(n for n in self._objects if any(matches(n, p) for p in wanted)), f"commit {self.commit[:8]}"
        )

    def read(self, name: str) -> bytes:
        """Return a file's bytes in the commit."""
        if name not in self._objects:
            raise NotFound(f"The file {name} does not exist in {self.commit[:8]}.", hint="Correct the name.")
        return self._git("cat-file", "blob", self._objects[name])

    def _git(self, *arguments: str) -> bytes:
        return _git(self.root, *arguments)


class OverlayTree:
    """A tree as it would be with some files written otherwise, or removed (None); nothing is written."""

    def __init__(self, below: Tree, files: Mapping[str, bytes | None]) -> None:
        self.below, self.files = below, dict(files)

    def names(self, patterns: Iterable[str]) -> list[str]:
        """Return the sorted names that match one of the patterns."""
        wanted = list(patterns)
        kept = {n for n in self.below.names(wanted) if n not in self.files}
        over = {n for n, data in self.files.items() if data is not None and any(matches(n, p) for p in wanted)}
        return _bounded(sorted(kept | over), "the edited project")

    def read(self, name: str) -> bytes:
        """Return a file's bytes.

        Raises:
            NotFound: it is not in the tree, or would be removed.
        """
        if name not in self.files:
            return self.below.read(name)
        data = self.files[name]
        if data is None:
            raise NotFound(f"The file {name} would be removed.", hint="Keep it, or remove what names it.")
        return data


class FileCommit(NamedTuple):
    """A commit that touched a file, and what the file then held (None: it was removed)."""

    commit: str
    time: int  # µs UTC
    author: str  # as git has it: for showing, never for a record
    subject: str
    data: bytes | None


def file_history(root: Path, name: str, limit: int = 100) -> list[FileCommit]:
    """Return the commits that touched a file, the newest first; nothing where the project is in no git repository."""
    try:
        _git(root, "rev-parse", "--verify", "HEAD")
    except NotFound:
        return []  # no git, no repository, or no commit yet: there is no history to tell
    form = "--format=%x01%H%x00%at%x00%an%x00%s"
    log = ("log", f"--max-count={limit}", "--raw", "--no-abbrev", "--no-renames", form, "--", name)
    told = _git(root, "--literal-pathspecs", *log).decode(errors="replace").split("\1")
    found = []
    for entry in told[1:]:
        head, _, raw = entry.partition("\n")
        commit, time, author, subject = head.split("\0", 3)
        if not raw.strip():
            continue  # a merge that took the file as one side had it
        blob = raw.split()[3]
        data = _git(root, "cat-file", "blob", blob) if blob.strip("0") else None
        found.append(FileCommit(commit, int(time) * 1_000_000, author, subject, data))
    return found


def merge_base(root: Path, revision: str) -> str:
    """Return the commit at which the checked-out commit and another one parted.

    Raises:
        NotFound: git, the repository or the revision is not there, or the two have no common history here.
    """
    other = CommitTree(root, revision).commit
    try:
        return _git(root, "merge-base", "HEAD", other).decode().strip()
    except NotFound:
        hint = "Fetch the whole history (git fetch --unshallow), or name another revision."
        raise NotFound(f"HEAD and {revision} have no commit in common here.", hint=hint) from None


def _git(root: Path, *arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=False)  # noqa: S603, S607 - fixed program, no shell
    except FileNotFoundError:
        raise NotFound("git is not installed; it is needed to look at a revision.", hint="Install git.") from None
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no reason given"]
        raise NotFound(f"git {arguments[0]} failed: {reason[0]}.", hint="Check the name of the revision.")
    return done.stdout


def matches(name: str, pattern: str) -> bool:
    """Return whether a file's name matches a pattern, folder by folder."""
    parts, wanted = name.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(fnmatch.fnmatchcase(p, w) for p, w in zip(parts, wanted, strict=True))


def _bounded(names: list[str], where: str) -> list[str]:
    if len(names) > MAX_FILES:
        problem = Problem(where, 0, "", f"{len(names)} project files; a project has at most {MAX_FILES}.")
        raise InvalidFile([problem])
    return names
