"""YAML as project files use it: the core scalars of YAML 1.2, bounded, and every value with its line.

Duplicate keys, aliases and tags are refused.

PyYAML's own resolver follows YAML 1.1, where `on` is true, `12:30` is 750 and `1e3` is text; people who write an
operating calendar must not meet that. Dates stay text: their type decides what they mean.
"""

import re
from collections.abc import Callable
from typing import Any

import yaml

from ninefold.kernel.errors import InvalidFile, Problem

Path = tuple[str | int, ...]

MAX_NODES = 200_000
MAX_DEPTH = 40


class _Loader(yaml.CSafeLoader):
    """The C parser with the scalars of YAML 1.2's core schema."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - PyYAML declares it without ClassVar


_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf)|\.(?:nan|NaN)")
_PREFIX = "tag:yaml.org,2002:"

_Loader.add_implicit_resolver(_PREFIX + "bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))
_Loader.add_implicit_resolver(_PREFIX + "null", re.compile(r"(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""])
_Loader.add_implicit_resolver(_PREFIX + "int", re.compile(f"(?:{_INT.pattern})$"), list("-+0123456789"))
_Loader.add_implicit_resolver(_PREFIX + "float", re.compile(f"(?:{_FLOAT.pattern})$"), list("-+0123456789."))


def parse(text: str, file: str, first_line: int = 1) -> tuple[Any, dict[Path, int]]:
    """Return the tree of plain values in a YAML text and the line on which each value stands.

    Raises:
        InvalidFile: not YAML, a duplicate key, an alias, a tag, or more than the stated sizes.
    """
    loader = _Loader(text)
    builder = _Builder(loader, file, first_line)
    try:
        tree = builder.document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = first_line + mark.line if mark else 0
        raise InvalidFile([Problem(file, line, "", f"This is not valid YAML: {error.problem}.")]) from None
    except (yaml.YAMLError, ValueError) as error:
        raise InvalidFile([Problem(file, 0, "", f"This is not valid YAML: {error}.")]) from None
    finally:
        loader.dispose()
    if builder.problems:
        raise InvalidFile(builder.problems)
    return tree, builder.lines


def compose(text: str, file: str, first_line: int = 1) -> yaml.Node | None:
    """Return the nodes of a YAML text with their marks, counted in characters; None when nothing is in it.

    Raises:
        InvalidFile: not YAML.
    """
    loader = _Loader(text)
    try:
        node: yaml.Node | None = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = first_line + mark.line if mark else 0
        raise InvalidFile([Problem(file, line, "", f"This is not valid YAML: {error.problem}.")]) from None
    except (yaml.YAMLError, ValueError) as error:
        raise InvalidFile([Problem(file, 0, "", f"This is not valid YAML: {error}.")]) from None
    finally:
        loader.dispose()
    return node


class _Builder:
    """Turns the parser's events into values, remembering lines. To make nodes on the way would take twice as long."""

    def __init__(self, loader: _Loader, file: str, first_line: int) -> None:
        self.file = file
        self.first_line = first_line
        self.lines: dict[Path, int] = {}
        self.problems: list[Problem] = []
        self._next: Callable[[], Any] = loader.get_event
        self._count = 0
        self._anchors: set[str] = set()

    def document(self) -> Any:
        """Return the value of the only document; None when there is none."""
        self._next()  # the beginning of the stream
        if isinstance(self._next(), yaml.StreamEndEvent):
            return None
        tree = self._value(self._next(), (), 0)
        self._next()  # the end of the document
        another = self._next()
        if not isinstance(another, yaml.StreamEndEvent):
            raise yaml.MarkedYAMLError(problem="but found another document", problem_mark=another.start_mark)
        return tree

    def _value(self, event: Any, path: Path, depth: int) -> Any:
        line = self.first_line + event.start_mark.line
        self.lines[path] = line
        self._count += 1
        if self._count > MAX_NODES or depth > MAX_DEPTH:
            limits = f"at most {MAX_NODES} values, nested {MAX_DEPTH} deep"
            raise InvalidFile([Problem(self.file, line, "", f"The file is too large or too deeply nested ({limits}).")])
        if type(event) is yaml.AliasEvent:
            self._refuse(line, path, "An alias (*name) is not allowed here.", "Write the value out.")
            return self._alias(event)
        self._anchor(event)
        if type(event) is yaml.MappingStartEvent:
            return self._mapping(path, depth)
        if type(event) is yaml.SequenceStartEvent:
            return self._sequence(path, depth)
        return self._scalar(event, line, path)

    def _sequence(self, path: Path, depth: int) -> list[Any]:
        found: list[Any] = []
        while type(event := self._next()) is not yaml.SequenceEndEvent:
            found.append(self._value(event, (*path, len(found)), depth + 1))
        return found

    def _mapping(self, path: Path, depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        while type(event := self._next()) is not yaml.MappingEndEvent:
            line = self.first_line + event.start_mark.line
            if type(event) is not yaml.ScalarEvent:
                self._refuse(line, path, "A key must be a plain word.", "Give the entry a name.")
                for part in (event, None):  # neither the key nor its value is of use
                    self._pass_over(part or self._next())
                continue
            self._anchor(event)
            key: str = event.value
            at = (*path, key)
            if key in result:
                self._refuse(line, at, "The key stands twice.", f"Remove one {key!r}.")
            result[key] = self._value(self._next(), at, depth + 1)
            self.lines[at] = line
        return result

    def _pass_over(self, event: Any) -> None:
        """Read a value to its end."""
        depth = 0
        while True:
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if type(event) is yaml.AliasEvent:
                self._alias(event)
            elif not isinstance(event, yaml.CollectionEndEvent):
                self._anchor(event)
            if not depth:
                return
            event = self._next()

    def _anchor(self, event: Any) -> None:
        if event.anchor is not None:
            if event.anchor in self._anchors:
                raise yaml.MarkedYAMLError(problem="second occurrence", problem_mark=event.start_mark)
            self._anchors.add(event.anchor)

    def _alias(self, event: Any) -> None:
        if event.anchor not in self._anchors:
            raise yaml.MarkedYAMLError(problem="found undefined alias", problem_mark=event.start_mark)

    def _scalar(self, event: Any, line: int, path: Path) -> Any:
        text: str = event.value
        if event.tag is None or event.tag == "!":
            return _plain(text) if event.implicit[0] else text
        kind = event.tag.removeprefix(_PREFIX)
        if kind == "str":
            return text
        try:
            return _READ[kind](text)
        except (KeyError, ValueError):  # an unknown tag, or text that is none of its kind
            self._refuse(line, path, f"The tag {event.tag} is not allowed.", "Write a plain value.")
            return None

    def _refuse(self, line: int, path: Path, message: str, hint: str) -> None:
        self.problems.append(Problem(self.file, line, dotted(path), message, hint))


def _plain(text: str) -> Any:
    """Return what a scalar without quotes means, by the rules that the loader has."""
    for tag, pattern in _Loader.yaml_implicit_resolvers.get(text[:1], ()):
        if pattern.match(text):
            return _READ[tag.removeprefix(_PREFIX)](text)
    return text


def _integer(text: str) -> int | str:
    if len(text) > 40:
        return text  # a serial number, not a quantity
    return int(text, 0) if text[:2] in {"0x", "0o"} else int(text)


_READ: dict[str, Callable[[str], Any]] = {
    "int": _integer, "float": lambda text: float(re.sub(r"\.(?=[inIN])", "", text)),
    "bool": lambda text: text.lower() == "true", "null": lambda _text: None,
}  # fmt: skip


def dotted(path: Path) -> str:
    """Return a path as people read it: criteria[0].threshold.value."""
    words = ""
    for part in path:
        words += f"[{part}]" if isinstance(part, int) else f".{part}" if words else part
    return words
