"""The only encoder for digests: one value, one sequence of bytes, on every machine and in every release.

JSON, UTF-8, keys sorted by code point, human text in NFC with LF, values first converted to their declared type
(50 in a float field is 50.0), -0.0 is 0.0, NaN and infinity refused, defaults omitted, times UTC in microseconds.
A new field with a default changes no digest; a default never changes. Stored bytes are kept and never re-encoded.
"""

import hashlib
import json
import math
import types
import typing
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from itertools import repeat
from typing import Any

import msgspec

LARGEST_INTEGER = 2**63 - 1
LONGEST_TEXT = 1 << 20
_SHORT = 1 << 10  # characters of text that is looked at before anything else
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
_Where = tuple[Any, str | int] | None  # (where the whole is, its part); the whole value is None


def canonical(value: Any) -> bytes:
    """Return the canonical bytes of a struct or of plain values.

    Raises:
        ValueError: NaN, infinity, an integer beyond 64 bit, text that is not Unicode, two keys that NFC merges, or a
            value of a type that has no canonical form.
    """
    return _ENCODER.encode(_plain(value, type(value), None)).encode()


def digest(value: Any) -> str:
    """Return the sha256 of the canonical bytes of a value, 64 hexadecimal digits."""
    return sha256(canonical(value))


def sha256(data: bytes) -> str:
    """Return the sha256 of bytes, 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def _plain(value: Any, declared: Any, where: _Where) -> Any:
    """Return the JSON value of something whose declared type is known; `where` names it in errors."""
    if value is None or isinstance(value, bool):
        return value
    if type(value) is str and len(value) <= _SHORT and value.isascii() and "\r" not in value:
        return value  # as most text is: nothing to compose, and no surrogate
    if isinstance(value, msgspec.Struct):
        return _struct(value, where)
    if isinstance(value, str):
        return _text(value, where)
    if isinstance(value, int):
        return float(value) if _wants_float(declared) else _integer(value, where)
    if isinstance(value, float):
        return _float(value, where)
    if isinstance(value, (list, tuple)):
        return [_plain(v, t, (where, i)) for i, (v, t) in enumerate(_items(value, declared))]
    if isinstance(value, Mapping):
        return _mapping(value, declared, where)
    if isinstance(value, datetime):
        return _time(value, where)
    if isinstance(value, (set, frozenset)):
        raise ValueError(f"{_told(where)}: a set has no order; sort it into a list first")
    raise ValueError(f"{_told(where)}: {type(value).__name__} has no canonical form")


def _told(where: _Where) -> str:
    """Return the place of a value in words; it is put together only where something is wrong."""
    words = ""
    while where is not None:
        where, part = where
        step = f"[{part}]" if isinstance(part, int) else part
        words = step + ("." if words and not words.startswith("[") else "") + words
    return words or "the value"


def _struct(value: msgspec.Struct, where: _Where) -> dict[str, Any]:
    result = {}
    config = value.__struct_config__
    if config.tag_field is not None:
        result[config.tag_field] = config.tag
    for name, encoded, declared, default in _fields(type(value)):
        plain = _plain(getattr(value, name), declared, (where, encoded))
        if default is msgspec.NODEFAULT or plain != default or type(plain) is not type(default):
            result[encoded] = plain
    return result


@lru_cache(maxsize=1024)
def _fields(struct: type[msgspec.Struct]) -> tuple[tuple[str, str, Any, Any], ...]:
    """Return (name, encoded name, declared type, canonical default) of a struct's fields."""
    rows = []
    for field in msgspec.structs.fields(struct):
        default = field.default
        if field.default_factory is not msgspec.NODEFAULT:
            default = field.default_factory()
        if default is not msgspec.NODEFAULT:
            default = _plain(default, field.type, (None, field.encode_name))
        rows.append((field.name, field.encode_name, field.type, default))
    return tuple(rows)


def _mapping(value: Mapping[Any, Any], declared: Any, where: _Where) -> dict[str, Any]:
    args = typing.get_args(declared)
    inner = args[1] if len(args) == 2 else Any
    result: dict[str, Any] = {}
    for key, item in value.items():
        if not isinstance(key, str):
            raise ValueError(f"{_told(where)}: the key {key!r} is no text")
        name = _plain(key, str, where)
        if name in result:
            raise ValueError(f"{_told(where)}: two keys are the same after NFC: {name!r}")
        result[name] = _plain(item, inner, (where, name))
    return result


def _items(value: list[Any] | tuple[Any, ...], declared: Any) -> Iterable[tuple[Any, Any]]:
    if declared is list or declared is tuple:
        return zip(value, repeat(Any))
    args = typing.get_args(declared)
    if not args:
        return zip(value, repeat(Any))
    if typing.get_origin(declared) is list or args[-1] is Ellipsis or len(args) != len(value):
        return zip(value, repeat(args[0]))
    return zip(value, args, strict=True)


def _wants_float(declared: Any) -> bool:
    """Return whether a whole number stands where a float is declared (and no int beside it)."""
    if declared is float:
        return True
    if typing.get_origin(declared) in {typing.Union, types.UnionType}:
        members = typing.get_args(declared)
        return int not in members and any(_wants_float(m) for m in members)
    if typing.get_origin(declared) is typing.Annotated:
        return _wants_float(typing.get_args(declared)[0])
    return isinstance(declared, type) and issubclass(declared, float)


def _text(value: str, where: _Where) -> str:
    if len(value) > LONGEST_TEXT:
        raise ValueError(f"{_told(where)}: text of {len(value)} characters; keep it in a blob")
    text = value if getattr(type(value), "verbatim", False) else unicodedata.normalize("NFC", value)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{_told(where)}: the text holds a lone surrogate and is not Unicode") from None
    return text


def _integer(value: int, where: _Where) -> int:
    if abs(value) > LARGEST_INTEGER:
        raise ValueError(f"{_told(where)}: {value} does not fit 64 bit")
    return int(value)


def _float(value: float, where: _Where) -> float:
    if not math.isfinite(value):
        raise ValueError(f"{_told(where)}: {value} cannot be recorded; use null and say why")
    return float(value) + 0.0  # -0.0 becomes 0.0


def _time(value: datetime, where: _Where) -> str:
    if value.tzinfo is None:
        raise ValueError(f"{_told(where)}: the time {value} has no zone")
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
