"""A view: the facets of one tree (working copy or commit), its pins and the moment; all that a plan may look at.

A facet is what one consumer reads of a file, named by the id inside the file, never by its path: editing a comment
changes no facet, so it makes nothing stale.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

import msgspec

from ninefold.kernel.canonical import sha256
from ninefold.kernel.documents import text_of
from ninefold.kernel.errors import InvalidFile, NotFound, Problem
from ninefold.kernel.pins import PINS_FILE, parse_pins
from ninefold.kernel.records import encode
from ninefold.kernel.trees import Tree


class Facet(NamedTuple):
    """One part of a file, as its consumer reads it."""

    name: str  # REQ-tool-failure-warning#criterion/recall
    kind: str  # criterion
    body: Any  # a frozen struct or plain values with a canonical form
    file: str = ""
    line: int = 0
    places: Mapping[str, int] = MappingProxyType({})  # lines of fields that `check` may have to name: links[0].to

    @property
    def record_kind(self) -> str:
        """The kind under which the facet is recorded when a step consumes it."""
        return f"facet-{self.kind}@1"

    @property
    def plain(self) -> Any:
        """The body as plain values, quantities as numbers: how a room reads a facet whose noun is not its own."""
        return msgspec.json.decode(self.data)[1]["body"]

    @property
    def data(self) -> bytes:
        """The canonical bytes, name included: two requirements with equal criteria are two facets."""
        return encode(self.record_kind, {"name": self.name, "body": self.body})

    @property
    def content(self) -> str:
        """The digest that keys are made of."""
        return sha256(self.data)


class FileReader(Protocol):
    """How one kind of project file becomes facets. Each step package has one per kind of file that it owns."""

    patterns: Sequence[str]

    def facets(self, text: str, file: str) -> Iterable[Facet]:
        """Return the facets of one file.

        Raises:
            InvalidFile: with every problem of the file.
        """

    def check(self, facets: Mapping[str, Facet]) -> Iterable[Problem]:
        """Return what is wrong between files, such as a dangling link."""


class View:
    """What a plan may look at. Frozen once read: `facets` by name, `pins` by key, `now` in µs UTC."""

    def __init__(
        self, facets: Iterable[Facet], pins: Mapping[str, str], now: int, problems: Sequence[Problem] = ()
    ) -> None:
        self.facets: dict[str, Facet] = {f.name: f for f in facets}
        self.pins = dict(pins)
        self.now = now
        self.problems = tuple(problems)
        self._contents: dict[str, str] = {}

    def of_kind(self, kind: str) -> list[Facet]:
        """Return the facets of a kind, by name."""
        return sorted(f for f in self.facets.values() if f.kind == kind)

    def content(self, name: str) -> str:
        """Return the content of a facet; computed once per view."""
        if name not in self._contents:
            self._contents[name] = self.facets[name].content
        return self._contents[name]

    def contents(self) -> Mapping[str, str]:
        """Return the contents that were computed until now, by the facet's name."""
        return self._contents

    def known(self, contents: Mapping[str, str]) -> None:
        """Take over contents that another view computed of the very same facets."""
        self._contents.update(contents)


def read_view(tree: Tree, readers: Sequence[FileReader], now: int) -> View:
    """Return the view of a tree. Files with problems give no facets; their problems are in the view.

    A facet that is absent blocks what needs it, with the file's problem as the reason.
    """
    facets: dict[str, Facet] = {}
    problems: list[Problem] = []
    for reader in readers:
        for name in tree.names(reader.patterns):
            try:
                found = list(reader.facets(text_of(tree.read(name), name), name))
            except InvalidFile as error:
                problems += error.problems
                continue
            for facet in found:
                if facet.name in facets:
                    first = facets[facet.name]
                    if first.file != name:
                        problems.append(_duplicate(facet, first))
                    continue
                facets[facet.name] = facet
    for reader in readers:
        problems += reader.check(facets)
    pins: Mapping[str, str] = {}
    try:
        pins = parse_pins(text_of(tree.read(PINS_FILE), PINS_FILE))
    except NotFound:
        pass  # a project without choices has no lock file
    except InvalidFile as error:
        problems += error.problems
    return View(facets.values(), pins, now, sorted(set(problems), key=lambda p: (p.file, p.line, p.field)))


def _duplicate(facet: Facet, first: Facet) -> Problem:
    name = facet.name.partition("#")[0]
    message = f"The id {name!r} is already used in {first.file}."
    return Problem(facet.file, facet.line, "id", message, "Give one of them another id.")
