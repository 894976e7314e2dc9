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
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec

LARGEST_INTEGER = 2**63 - 1
LONGEST_TEXT = 1 << 20


def canonical(value: Any) -> bytes:
    """Return the canonical bytes of a struct or of plain values.

    Raises:
        ValueError: NaN, infinity, an integer beyond 64 bit, text that is not Unicode, two keys that NFC merges, or a
            value of a type that has no canonical form.
    """
    plain = _plain(value, type(value), "")
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def digest(value: Any) -> str:
    """Return the sha256 of the canonical bytes of a value, 64 hexadecimal digits."""
    return sha256(canonical(value))


def sha256(data: bytes) -> str:
    """Return the sha256 of bytes, 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def _plain(value: Any, declared: Any, where: str) -> Any:
    """Return the JSON value of something whose declared type is known; `where` names it in errors."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, msgspec.Struct):
        return _struct(value, where)
    if isinstance(value, str):
        return _text(value, where)
    if isinstance(value, int):
        return float(value) if _wants_float(declared) else _integer(value, where)
    if isinstance(value, float):
        return _float(value, where)
    if isinstance(value, datetime):
        return _time(value, where)
    if isinstance(value, Mapping):
        return _mapping(value, declared, where)
    if isinstance(value, (list, tuple)):
        return [_plain(v, t, f"{where}[{i}]") for i, (v, t) in enumerate(_items(value, declared))]
    if isinstance(value, (set, frozenset)):
        raise ValueError(f"{where or 'the value'}: a set has no order; sort it into a list first")
    raise ValueError(f"{where or 'the value'}: {type(value).__name__} has no canonical form")


def _struct(value: msgspec.Struct, where: str) -> dict[str, Any]:
    result = {}
    config = value.__struct_config__
    if config.tag_field is not None:
        result[config.tag_field] = config.tag
    for name, encoded, declared, default in _fields(type(value)):
        item = getattr(value, name)
        plain = _plain(item, declared, f"{where}.{encoded}" if where else encoded)
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
            default = _plain(default, field.type, field.encode_name)
        rows.append((field.name, field.encode_name, field.type, default))
    return tuple(rows)


def _mapping(value: Mapping[Any, Any], declared: Any, where: str) -> dict[str, Any]:
    args = typing.get_args(declared)
    inner = args[1] if len(args) == 2 else Any
    result: dict[str, Any] = {}
    for key, item in value.items():
        if not isinstance(key, str):
            raise ValueError(f"{where or 'the value'}: the key {key!r} is no text")
        name = _text(key, where)
        if name in result:
            raise ValueError(f"{where or 'the value'}: two keys are the same after NFC: {name!r}")
        result[name] = _plain(item, inner, f"{where}.{name}" if where else name)
    return result


def _items(value: list[Any] | tuple[Any, ...], declared: Any) -> typing.Iterator[tuple[Any, Any]]:
    args = typing.get_args(declared)
    if not args:
        return ((v, Any) for v in value)
    if typing.get_origin(declared) is list or args[-1] is Ellipsis or len(args) != len(value):
        return ((v, args[0]) for v in value)
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


def _text(value: str, where: str) -> str:
    if len(value) > LONGEST_TEXT:
        raise ValueError(f"{where or 'the value'}: text of {len(value)} characters; keep it in a blob")
    text = value if getattr(type(value), "verbatim", False) else unicodedata.normalize("NFC", value)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{where or 'the value'}: the text holds a lone surrogate and is not Unicode") from None
    return text


def _integer(value: int, where: str) -> int:
    if abs(value) > LARGEST_INTEGER:
        raise ValueError(f"{where or 'the value'}: {value} does not fit 64 bit")
    return int(value)


def _float(value: float, where: str) -> float:
    if not math.isfinite(value):
        raise ValueError(f"{where or 'the value'}: {value} cannot be recorded; use null and say why")
    return float(value) + 0.0  # -0.0 becomes 0.0


def _time(value: datetime, where: str) -> str:
    if value.tzinfo is None:
        raise ValueError(f"{where or 'the value'}: the time {value} has no zone")
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
