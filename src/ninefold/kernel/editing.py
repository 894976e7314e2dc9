"""Changing one field of a project file so that only the bytes of that field change, or refusing with the reason.

Texts here are as they stand in the file: with their byte order mark and their own line ends (see `kernel.saving.read`).
"""

import copy
import re
from typing import Any

import yaml

from ninefold.kernel.errors import InvalidFile, InvalidInput, NotFound
from ninefold.kernel.scalars import Typed, flow, spellings
from ninefold.kernel.splicing import BREAK, Source, Splice, is_markdown, refused
from ninefold.kernel.yaml import Path, dotted, parse

__all__ = ["Typed", "add_key", "append_item", "remove_item", "set_statement", "set_value", "value_at"]

_BLOCK = {"|", ">"}
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def value_at(text: str, file: str, path: Path) -> Any:
    """Return the value of a field.

    Raises:
        NotFound: there is no such field.
        Refused: the file cannot be edited field by field.
    """
    source = Source(text, file)
    source.node(path)
    return _at(source.tree, path)


def set_value(text: str, file: str, path: Path, value: Any) -> str:
    """Return the file's text with another value in one field: a scalar, `Typed`, or plain values for a flow collection.

    >>> set_value("a: 1  # one\\nb: [x, y]\\n", "f.yaml", ("a",), Typed("2.50"))
    'a: 2.50  # one\\nb: [x, y]\\n'

    Raises:
        NotFound: there is no such field; add it with `add_key`.
        Refused: it cannot be changed without touching other lines.
    """
    source = Source(text, file)
    node, old = source.node(path), _at(source.tree, path)
    plain, written = _meant(value, old)
    start, end = source.place(node)
    spelled = source.spelling(node)
    if isinstance(node, yaml.ScalarNode) and node.style in _BLOCK:
        raise refused(file, f"{dotted(path)} is a block of text (| or >)")
    if isinstance(node, yaml.CollectionNode) and (not node.flow_style or BREAK.search(spelled)):
        raise refused(file, f"{dotted(path)} stands on more than one line")
    if repr(plain) == repr(old) and not isinstance(value, Typed):
        return text
    tree = copy.deepcopy(source.tree)
    if path:
        _at(tree, path[:-1])[path[-1]] = plain
    gap = "" if spelled or text[start - 1 : start] in {" ", "\t"} else " "
    splices = (Splice(start, end, gap + words) for words in spellings(written, spelled))
    return source.first_fit(splices, tree if path else plain, dotted(path))


def add_key(text: str, file: str, path: Path, key: str, value: Any) -> str:
    """Return the text with a key that is absent added at the end of the mapping at a path.

    Raises:
        NotFound: there is no such mapping.
        InvalidInput: the key is no plain word, or stands there already.
        Refused: it cannot be added without touching other lines.
    """
    source = Source(text, file)
    node, tree = source.node(path), copy.deepcopy(source.tree)
    mapping = _at(tree, path)
    if not isinstance(node, yaml.MappingNode):
        raise refused(file, f"{dotted(path) or 'the file'} holds no fields")
    if not _KEY.fullmatch(key) or key in mapping:
        message = f"{key!r} cannot be added to {dotted(path) or file}."
        raise InvalidInput(message, hint="Name a plain word that does not stand there yet.")
    plain, written = _meant(value, None)
    mapping[key] = plain
    words = [f"{key}: {w}" for w in spellings(written, "")]
    column = node.value[0][0].start_mark.column if node.value else 0
    ends = node.value[-1][1] if node.value else None
    return source.first_fit((_addition(source, node, ends, column, w) for w in words), tree, f"{key} there")


def append_item(text: str, file: str, path: Path, value: Any) -> str:
    """Return the text with an item added at the end of the list at a path; fields of an item stand on one line.

    Raises:
        NotFound: there is no such list.
        Refused: it cannot be added without touching other lines.
    """
    source = Source(text, file)
    node, tree = source.node(path), copy.deepcopy(source.tree)
    if not isinstance(node, yaml.SequenceNode):
        raise refused(file, f"{dotted(path) or 'the file'} is no list")
    plain, written = _meant(value, None)
    _at(tree, path).append(plain)
    dash = "" if node.flow_style else "- "
    words = [dash + (flow(w) if isinstance(w, (dict, list)) else w) for w in spellings(written, "")]
    ends = node.value[-1] if node.value else None
    column = node.start_mark.column
    return source.first_fit((_addition(source, node, ends, column, w) for w in words), tree, f"{dotted(path)}")


def _addition(source: Source, node: yaml.CollectionNode, last: yaml.Node | None, column: int, words: str) -> Splice:
    """Return the splice that adds words after the last entry of a collection; on a line of their own in a block."""
    if last is None:
        at = source.place(node)[1] - 1
        return Splice(at, at, words)
    at = source.last(last)
    if node.flow_style:
        return Splice(at, at, f", {words}")
    _, end, newline = source.line(at)
    if newline and end < source.end:
        end += len(newline)
        return Splice(end, end, " " * column + words + newline)
    return Splice(end, end, source.newline + " " * column + words)


def remove_item(text: str, file: str, path: Path) -> str:
    """Return the text without one item of a list; the path ends with its number. The last one left is not removed.

    Raises:
        NotFound: there is no such item.
        Refused: it cannot be removed without touching other lines.
    """
    source = Source(text, file)
    source.node(path)
    items, number = source.node(path[:-1]), path[-1]
    if not isinstance(items, yaml.SequenceNode) or not isinstance(number, int):
        raise refused(file, f"{dotted(path)} is no item of a list")
    tree = copy.deepcopy(source.tree)
    del _at(tree, path[:-1])[number]
    if not _at(tree, path[:-1]):
        raise refused(file, f"{dotted(path)} is the only item of its list")
    cut = _flow_item(source, items, number) if items.flow_style else _block_item(source, items, number)
    return source.first_fit([cut], tree, dotted(path))


def _flow_item(source: Source, items: yaml.SequenceNode, number: int) -> Splice:
    if number:
        start, end = source.last(items.value[number - 1]), source.last(items.value[number])
    else:
        start, end = source.place(items.value[0])[0], source.place(items.value[1])[0]
    if BREAK.search(source.text, start, end):
        raise refused(source.file, "the list stands on more than one line")
    return Splice(start, end, "")


def _block_item(source: Source, items: yaml.SequenceNode, number: int) -> Splice:
    item = items.value[number]
    start, _, _ = source.line(source.place(item)[0])
    _, end, newline = source.line(source.last(item))
    column = items.start_mark.column
    lead = source.text[start : start + column + 1]
    if lead != " " * column + "-":
        raise refused(source.file, "the item does not begin on a line of its own")
    if re.search(r"(?m)^[ \t]*#", source.text[start:end]):
        raise refused(source.file, "comments stand among the lines of the item")
    if newline:
        return Splice(start, end + len(newline), "")
    ahead = [m.start() for m in BREAK.finditer(source.text, 0, start)]  # the file's last line: its own line has no end
    return Splice(ahead[-1] if ahead else start, end, "")


def set_statement(text: str, file: str, statement: str) -> str:
    """Return a Markdown file's text with another first paragraph below the front matter, on one line.

    Raises:
        NotFound: the file has no statement.
        InvalidInput: the new one is empty, or would be a heading.
        Refused: the file has no front matter.
    """
    if not is_markdown(file):
        raise refused(file, "only a Markdown file has a statement")
    words = " ".join(statement.split())
    if not words or words.startswith("#") or words == "---":
        raise InvalidInput("The statement is empty or a heading.", hint="Write one sentence.")
    source = Source(text, file)
    start, end = _paragraph(source, file)
    if " ".join(text[start:end].split()) == words:
        return text
    new = text[:start] + words + text[end:]
    if Source(new, file).tree != source.tree or _paragraph(Source(new, file), file) != (start, start + len(words)):
        raise refused(file, "the statement cannot be changed without touching other lines")
    return new


def _paragraph(source: Source, file: str) -> tuple[int, int]:
    """Return where the first paragraph below the front matter stands; headings above it are passed over."""
    at = source.line(source.end)[1:]
    place, start, stop = at[0] + len(at[1]), None, 0
    while place < len(source.text):
        _, end, newline = source.line(place)
        line = source.text[place:end]
        if line.strip() and (start is not None or not line.startswith("#")):
            start, stop = place if start is None else start, end
        elif start is not None:
            break
        place = end + len(newline)
        if not newline:
            break
    if start is None:
        raise NotFound(f"{file} has no statement.", hint="Write one sentence below the front matter.")
    return start, stop


def _at(tree: Any, path: Path) -> Any:
    for part in path:
        tree = tree[part]
    return tree


def _meant(value: Any, old: Any) -> tuple[Any, Any]:
    """Return the value that the file is to hold, and how it is to be written."""
    if not isinstance(value, Typed):
        return parse(_unicode(flow(value)), "value")[0], value
    text = _unicode(value.text.strip())
    if isinstance(old, str):
        return text, text
    try:
        plain, _ = parse(text, "value")
    except InvalidFile:
        return text, text
    scalar = isinstance(plain, bool | int | float) or (plain is None and text != "")
    return (plain, value) if scalar else (text, text)


def _unicode(text: str) -> str:
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise InvalidInput("The value holds half a character (a lone surrogate).", hint="Type it again.")
    return text
