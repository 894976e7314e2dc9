"""Reading the project again and again: what did not change is not parsed, and its digest not computed, twice."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import translate
from pathlib import Path

from ninefold.kernel.canonical import sha256
from ninefold.kernel.errors import InvalidFile, Problem
from ninefold.kernel.view import Facet, FileReader, View

Stats = tuple[tuple[str, int, int], ...]


class Remembering:
    """A reader of files that keeps what it read of each: the facets, or the problems."""

    def __init__(self, reader: FileReader) -> None:
        self.patterns: Sequence[str] = reader.patterns
        self._reader = reader
        self._kept: dict[str, tuple[str, tuple[Facet, ...], InvalidFile | None]] = {}

    def facets(self, text: str, file: str) -> Iterable[Facet]:
        """Return the facets of one file.

        Raises:
            InvalidFile: with every problem of the file.
        """
        digest = sha256(text.encode("utf-8", "surrogatepass"))
        kept = self._kept.get(file)
        if kept is None or kept[0] != digest:
            try:
                kept = (digest, tuple(self._reader.facets(text, file)), None)
            except InvalidFile as error:
                kept = (digest, (), error)
            self._kept[file] = kept
        if kept[2] is not None:
            raise InvalidFile(kept[2].problems)
        return kept[1]

    def check(self, facets: Mapping[str, Facet]) -> Iterable[Problem]:
        """Return what is wrong between files."""
        return self._reader.check(facets)


def stats_of(root: Path, patterns: Iterable[str]) -> Stats:
    """Return (name, time of the last change, size) of every file that one of the patterns names, by name.

    A pattern names files of one folder, as those of project files do: requirements/REQ-*.md.
    """
    by_folder: dict[str, list[str]] = {}
    for pattern in patterns:
        folder, _, name = pattern.rpartition("/")
        by_folder.setdefault(folder, []).append(name)
    found = set()
    for folder, names in by_folder.items():
        wanted = re.compile("|".join(map(translate, names))).match
        try:
            entries = os.scandir(root / folder)
        except (FileNotFoundError, NotADirectoryError):
            continue  # a project has only the folders that it needs
        with entries:
            for entry in entries:
                if wanted(entry.name):
                    try:
                        stat = entry.stat()
                    except FileNotFoundError:
                        continue  # it goes while we look; the next look sees that
                    found.add((f"{folder}/{entry.name}", stat.st_mtime_ns, stat.st_size))
    return tuple(sorted(found))


def later(view: View, now: int) -> View:
    """Return the same files at a later moment."""
    made = View(view.facets.values(), view.pins, now, view.problems)
    return carried(made, view)


def carried(view: View, before: View | None) -> View:
    """Return a view that knows the digests of the facets that are the same as before."""
    if before is not None:
        same = {n for n, f in view.facets.items() if before.facets.get(n) is f}
        view.known({n: c for n, c in before.contents().items() if n in same})
    return view
