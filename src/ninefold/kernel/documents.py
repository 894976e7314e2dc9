"""Project files: read with bounds, and decoded into the nouns with every problem at its line, all reported together.

A file is YAML, or Markdown with YAML front matter between two lines of `---`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any, TypeVar

from ninefold.kernel import yaml
from ninefold.kernel.decode import Decoder
from ninefold.kernel.errors import InvalidFile, Problem
from ninefold.kernel.yaml import Path, dotted

MAX_BYTES = 1 << 20

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Document:
    """One project file as plain values: its name, its tree, and the line of each value."""

    file: str
    tree: Any
    lines: Mapping[Path, int] = field(repr=False)

    def line(self, path: Path) -> int:
        """Return the line of a value, or of the nearest enclosing value that stands in the file; 0 in an empty file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 0)

    def problem(self, path: Path, message: str, hint: str = "") -> Problem:
        """Return a problem at the place of a value."""
        return Problem(self.file, self.line(path), dotted(path), message, hint)


def read_text(path: FilePath, name: str | None = None) -> str:
    """Return a project file's text with LF line ends.

    Raises:
        InvalidFile: absent, larger than 1 MiB, or not UTF-8 (the line of the first bad byte is named).
    """
    file = name or str(path)
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise InvalidFile([too_large(file, size)])
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        hint = "Create it, or correct the name."
        raise InvalidFile([Problem(file, 0, "", "The file does not exist.", hint)]) from None
    except OSError as error:
        raise InvalidFile([Problem(file, 0, "", f"The file cannot be read: {error.strerror}.")]) from None
    return text_of(data, file)


def text_of(data: bytes, file: str) -> str:
    """Return the text of a project file's bytes, from a working copy or a commit, with LF line ends.

    Raises:
        InvalidFile: larger than 1 MiB or not UTF-8.
    """
    if len(data) > MAX_BYTES:
        raise InvalidFile([too_large(file, len(data))])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        message = f"The byte 0x{data[error.start]:02x} is not UTF-8."
        raise InvalidFile([Problem(file, line, "", message, "Save the file as UTF-8.")]) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def too_large(file: str, size: int) -> Problem:
    """Return what is said about a project file of so many bytes."""
    message = f"The file has {size / 1e6:.1f} MB; a project file has at most {MAX_BYTES / 1e6:.1f} MB."
    return Problem(file, 0, "", message, "Keep data out of project files; name a connection or a path instead.")


def read_yaml(path: FilePath, name: str | None = None) -> Document:
    """Return a YAML file.

    Raises:
        InvalidFile: it cannot be read or is not the YAML that project files use.
    """
    file = name or str(path)
    tree, lines = yaml.parse(read_text(path, file), file)
    return Document(file, tree, lines)


def parse_yaml(text: str, file: str) -> Document:
    """Return a YAML text as a document.

    Raises:
        InvalidFile: it is not the YAML that project files use.
    """
    tree, lines = yaml.parse(text, file)
    return Document(file, tree, lines)


def read_front_matter(path: FilePath, name: str | None = None) -> tuple[Document, str]:
    """Return the front matter of a Markdown file, and the text below it.

    Raises:
        InvalidFile: it cannot be read, or has no front matter.
    """
    file = name or str(path)
    return parse_front_matter(read_text(path, file), file)


def parse_front_matter(text: str, file: str) -> tuple[Document, str]:
    """Return the front matter of a Markdown text, and the text below it.

    Raises:
        InvalidFile: there is no front matter between two lines of `---`.
    """
    lines = text.split("\n")
    hint = "Begin the file with a line '---', the fields, and another line '---'."
    if not text.strip():
        raise InvalidFile([Problem(file, 0, "", "The file is empty.", hint)])
    if lines[0].rstrip() != "---":
        raise InvalidFile([Problem(file, 1, "", "The front matter is missing.", hint)])
    end = next((i for i, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if end is None:
        raise InvalidFile([Problem(file, 1, "", "The front matter has no end.", hint)])
    tree, places = yaml.parse("\n".join(lines[1:end]), file, first_line=2)
    return Document(file, tree, places), "\n".join(lines[end + 1 :]).strip("\n")


def decode(document: Document, type_: type[T], at: Path = ()) -> T:
    """Return the value at a path of a document as the declared type.

    Raises:
        InvalidFile: with every problem found: unknown keys, missing fields, wrong types, values out of range.
    """
    value = document.tree
    for part in at:
        value = value[part]
    decoder = Decoder()
    result = decoder.decode(value, type_, at)
    if decoder.found:
        raise InvalidFile([document.problem(path, message, hint) for path, message, hint in decoder.found])
    return result
