"""How a value is written into a YAML file so that it reads back as itself: plain, quoted, or as a flow collection."""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ninefold.kernel.errors import InvalidInput

# What a reader by YAML 1.1 takes for true, false, a date or a time: written in quotes, it is text to everybody.
_AMBIGUOUS = re.compile(r"(?i:y|n|yes|no|on|off|true|false|null|~)|\d{4}-\d\d?-\d\d?.*|\d+(?::\d+)+")
_BARE = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]+")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


class Typed(NamedTuple):
    """What a person typed for a value: kept as typed (0.80 stays 0.80). It is text where the field holds text."""

    text: str


def spellings(value: Any, old: str) -> Iterator[str]:
    """Yield how a value may be written, the style of the old spelling first; the caller takes the first that fits.

    Raises:
        InvalidInput: the value has no spelling on one line.
    """
    if isinstance(value, Typed):
        yield value.text.strip()
    elif isinstance(value, str):
        yield from _texts(value, old[:1])
    else:
        yield flow(value)


def _texts(text: str, style: str) -> Iterator[str]:
    printable = bool(_BARE.fullmatch(text))
    if style not in {"'", '"'} and printable and not _AMBIGUOUS.fullmatch(text):
        yield text
    if style == "'" and printable:
        yield "'" + text.replace("'", "''") + "'"
    yield quoted(text)


def quoted(text: str) -> str:
    """Return a text in double quotes, on one line."""
    body = json.dumps(text, ensure_ascii=False)
    return re.sub(r"[\x7f-\x9f\u2028\u2029\ufeff]", lambda m: f"\\u{ord(m[0]):04x}", body)


def flow(value: Any) -> str:
    """Return plain values on one line: {id: recall, where: [validation]}.

    Raises:
        InvalidInput: a value that a project file cannot hold.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, Typed):
        return value.text.strip()
    if isinstance(value, str):
        plain = _WORD.fullmatch(value) and not _AMBIGUOUS.fullmatch(value)
        return value if plain else quoted(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{flow(str(k))}: {flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(flow(v) for v in value) + "]"
    raise InvalidInput(f"{type(value).__name__} cannot be written into a project file.", hint="Use plain values.")


def _number(value: float) -> str:
    if not math.isfinite(value):
        raise InvalidInput(f"{value} is no number that a project file can hold.", hint="Write a finite number.")
    text = repr(value)
    return text if "." in text or "e" not in text else text.replace("e", ".0e", 1)
