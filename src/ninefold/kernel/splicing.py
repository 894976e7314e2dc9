"""The YAML in a project file by its characters: where a value stands, and whether a spliced text says what it should.

Byte order mark, CRLF, comments and quoting stay because nothing but the splice is ever written; the file is then read
again, and the edit is refused unless the tree differs in the one value that was meant.
"""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

import yaml

from ninefold.kernel.documents import parse_front_matter, parse_yaml, text_of
from ninefold.kernel.errors import InvalidFile, NotFound, Refused
from ninefold.kernel.yaml import Path, compose, dotted

EDITOR = "Open the file in the text editor."
_FENCE = re.compile(r"\A\ufeff?---[ \t]*(?:\r\n|\r|\n)(.*?)(?<=[\r\n])---[ \t]*(?:\r\n|\r|\n|\Z)", re.DOTALL)
BREAK = re.compile(r"\r\n|\r|\n")


class Splice(NamedTuple):
    """Characters [start, end) of a file become another text."""

    start: int
    end: int
    text: str


class Source:
    """A file's text, with line ends as they are, its tree, and its nodes."""

    def __init__(self, text: str, file: str) -> None:
        """Read a text.

        Raises:
            Refused: it is not the YAML that can be edited field by field; the reason is told.
        """
        self.text, self.file = text, file
        try:
            self.tree, self.body = read(text, file)
        except InvalidFile as error:
            raise refused(file, f"{error.problems[0]}") from None
        self.start, self.end = _part(text, file)
        self.root = compose(text[self.start : self.end], file)

    def node(self, path: Path) -> yaml.Node:
        """Return the node at a path.

        Raises:
            NotFound: there is none.
            Refused: it carries an anchor or a tag, or stands under a merge key.
        """
        node = self.root
        for at, part in enumerate(path):
            node = self._child(node, part, path[: at + 1])
        if node is None:
            raise NotFound(f"{self.file} holds nothing.", hint=EDITOR)
        if self.spelling(node)[:1] in {"&", "!"}:
            raise refused(self.file, f"{dotted(path)} carries an anchor or a tag")
        return node

    def _child(self, node: yaml.Node | None, part: str | int, path: Path) -> yaml.Node:
        if isinstance(node, yaml.MappingNode):
            if any(key.value == "<<" for key, _ in node.value):
                raise refused(self.file, f"{dotted(path[:-1])} has a merge key")
            for key, value in node.value:
                if key.value == part:
                    return value  # type: ignore[no-any-return]  # the stubs have no type for it
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and 0 <= part < len(node.value):
            return node.value[part]  # type: ignore[no-any-return]  # as above
        raise NotFound(f"{self.file} has no field {dotted(path)}.", hint="Read the file again.")

    def place(self, node: yaml.Node) -> tuple[int, int]:
        """Return where a scalar or a flow collection stands in the text."""
        return self.start + node.start_mark.index, self.start + node.end_mark.index

    def spelling(self, node: yaml.Node) -> str:
        """Return a node as it is written."""
        start, end = self.place(node)
        return self.text[start:end]

    def last(self, node: yaml.Node) -> int:
        """Return where the last character of a node ends; a block collection's own mark lies beyond it.

        Raises:
            Refused: it ends with a block scalar.
        """
        while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
            child = node.value[-1]
            node = child[1] if isinstance(child, tuple) else child
        if isinstance(node, yaml.ScalarNode) and node.style in {"|", ">"}:
            raise refused(self.file, "a block of text (| or >) stands where it would be changed")
        return self.place(node)[1]

    def line(self, at: int) -> tuple[int, int, str]:
        """Return where the line of a character begins, where its words end, and its line end ("" on the last)."""
        before = [m.end() for m in BREAK.finditer(self.text, 0, at)]
        after = BREAK.search(self.text, at)
        start = before[-1] if before else 0
        return (start, after.start(), after[0]) if after else (start, len(self.text), "")

    @property
    def newline(self) -> str:
        """The file's line end."""
        found = BREAK.search(self.text)
        return found[0] if found else "\n"

    def first_fit(self, splices: Iterable[Splice], tree: Any, what: str) -> str:
        """Return the text with the first splice after which the file reads as the tree, all else unchanged.

        Raises:
            Refused: none does.
        """
        for splice in splices:
            text = self.text[: splice.start] + splice.text + self.text[splice.end :]
            try:
                found, body = read(text, self.file)
            except InvalidFile:
                continue  # this spelling does not fit here; the next one may
            if repr(found) == repr(tree) and body == self.body:  # repr tells 1, 1.0 and true apart
                return text
        raise refused(self.file, f"{what} cannot be changed without touching other lines")


def refused(file: str, reason: str) -> Refused:
    """Return the refusal to change a file field by field."""
    return Refused(f"{file} cannot be edited here: {reason.rstrip('.')}.", hint=EDITOR)


def is_markdown(file: str) -> bool:
    """Return whether a file is Markdown with front matter."""
    return file.endswith(".md")


def read(text: str, file: str) -> tuple[Any, str]:
    """Return the tree of a file, and the text below its front matter.

    Raises:
        InvalidFile: it cannot be read.
    """
    try:
        data = text.encode()
    except UnicodeEncodeError:
        raise refused(file, "the text holds characters that are not Unicode") from None
    plain = text_of(data, file)
    if is_markdown(file):
        document, body = parse_front_matter(plain, file)
        return document.tree, body
    return parse_yaml(plain, file).tree, ""


def _part(text: str, file: str) -> tuple[int, int]:
    """Return where the YAML of a file begins and ends."""
    if is_markdown(file):
        found = _FENCE.match(text)
        if found is None:
            raise refused(file, "its front matter is empty")
        return found.span(1)
    return (1 if text.startswith("\ufeff") else 0), len(text)
