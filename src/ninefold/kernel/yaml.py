"""YAML as project files use it: the core scalars of YAML 1.2, bounded, and every value with its line.

Duplicate keys, aliases and tags are refused.

PyYAML's own resolver follows YAML 1.1, where `on` is true, `12:30` is 750 and `1e3` is text; people who write an
operating calendar must not meet that. Dates stay text: their type decides what they mean.
"""

import re
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
    node = compose(text, file, first_line)
    if node is None:
        return None, {}
    builder = _Builder(file, first_line)
    tree = builder.build(node, (), 0)
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
    """Turns composed nodes into values, remembering lines; the composer shares nodes of aliases, hence the check."""

    def __init__(self, file: str, first_line: int) -> None:
        self.file = file
        self.first_line = first_line
        self.lines: dict[Path, int] = {}
        self.problems: list[Problem] = []
        self._seen: set[int] = set()

    def build(self, node: yaml.Node, path: Path, depth: int) -> Any:
        line = self.first_line + node.start_mark.line
        self.lines[path] = line
        if id(node) in self._seen:
            self._refuse(line, path, "An alias (*name) is not allowed here.", "Write the value out.")
            return None
        self._seen.add(id(node))
        if len(self._seen) > MAX_NODES or depth > MAX_DEPTH:
            limits = f"at most {MAX_NODES} values, nested {MAX_DEPTH} deep"
            raise InvalidFile([Problem(self.file, line, "", f"The file is too large or too deeply nested ({limits}).")])
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, depth)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(child, (*path, i), depth + 1) for i, child in enumerate(node.value)]
        return self._scalar(node, line, path)

    def _mapping(self, node: yaml.MappingNode, path: Path, depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = self.first_line + key_node.start_mark.line
            if not isinstance(key_node, yaml.ScalarNode):
                self._refuse(line, path, "A key must be a plain word.", "Give the entry a name.")
                continue
            key = str(key_node.value)
            if key in result:
                self._refuse(line, (*path, key), "The key stands twice.", f"Remove one {key!r}.")
            result[key] = self.build(value_node, (*path, key), depth + 1)
            self.lines[(*path, key)] = line
        return result

    def _scalar(self, node: yaml.Node, line: int, path: Path) -> Any:
        text: str = node.value
        match node.tag.removeprefix(_PREFIX):
            case "str":
                return text
            case "int":
                return _integer(text)
            case "float":
                return float(re.sub(r"\.(?=[inIN])", "", text))
            case "bool":
                return text.lower() == "true"
            case "null":
                return None
        self._refuse(line, path, f"The tag {node.tag} is not allowed.", "Write a plain value.")
        return None

    def _refuse(self, line: int, path: Path, message: str, hint: str) -> None:
        self.problems.append(Problem(self.file, line, dotted(path), message, hint))


def _integer(text: str) -> int | str:
    if len(text) > 40:
        return text  # a serial number, not a quantity
    return int(text, 0) if text[:2] in {"0x", "0o"} else int(text)


def dotted(path: Path) -> str:
    """Return a path as people read it: criteria[0].threshold.value."""
    words = ""
    for part in path:
        words += f"[{part}]" if isinstance(part, int) else f".{part}" if words else part
    return words
