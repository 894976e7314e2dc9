"""Plain values to declared types, collecting every problem instead of stopping at the first.

msgspec's own `convert` reports one error; a person who edits a file wants all of them at once, with a guess at the fix.
"""

import difflib
import types
import typing
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Literal, TypeVar

import msgspec

from ninefold.kernel.yaml import Path

T = TypeVar("T")

_WORDS = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    type(None): "nothing",
    dict: "fields",
    list: "a list",
}


class Decoder:
    """Collects (path, message, hint) in `found` while it decodes; the result is only usable when nothing was found."""

    def __init__(self) -> None:
        self.found: list[tuple[Path, str, str]] = []

    def decode(self, value: Any, type_: type[T], path: Path) -> T:
        """Return the value as the type; on problems the result is undefined and `found` is not empty."""
        result: T = self._decode(value, type_, path)
        return result

    def _decode(self, value: Any, type_: Any, path: Path) -> Any:
        known = _WAYS.get(id(type_))
        if known is None:
            if len(_WAYS) >= _MOST_WAYS:
                _WAYS.clear()
            known = _WAYS[id(type_)] = (_way(type_), type_)  # the type is kept with it: its id stays its own
        return known[0](self, value, type_, path)

    def _exact(self, value: Any, type_: Any, path: Path) -> Any:
        return value if type(value) is type_ else self._plain(value, type_, path)

    def _struct(self, value: Any, type_: type[msgspec.Struct], path: Path) -> Any:
        if not isinstance(value, dict):
            return self._wrong(value, f"fields ({', '.join(type_.__struct_encode_fields__)})", path)
        fields = _fields(type_)
        tag_field = type_.__struct_config__.tag_field
        before = len(self.found)
        for key in () if value.keys() <= fields.keys() else value.keys() - fields.keys() - {tag_field}:
            self.found.append(((*path, key), f"The key {key!r} is not known here.", nearest(key, fields)))
        values = {}
        for name, described in fields.items():
            if name in value:
                values[described.name] = self._decode(value[name], described.type, (*path, name))
            elif described.required:
                hint = f"Add {name}: <{self._word(described.type)}>."
                self.found.append((path, f"The field {name!r} is missing.", hint))
        if len(self.found) > before:
            return None
        try:
            return type_(**values)
        except (ValueError, TypeError) as error:
            self.found.append((path, f"{error}", ""))
            return None

    def _union(self, value: Any, type_: Any, path: Path) -> Any:
        members = typing.get_args(type_)
        if value is None and type(None) in members:
            return None
        for member in members:
            if member is not type(None) and _fits(value, member):
                return self._decode(value, member, path)
        numbers = [m for m in members if m is float]
        if numbers and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        return self._wrong(value, " or ".join(self._word(m) for m in members), path)

    def _literal(self, value: Any, type_: Any, path: Path) -> Any:
        choices = typing.get_args(type_)
        if any(value == c and type(value) is type(c) for c in choices):
            return value
        hint = nearest(str(value), [str(c) for c in choices])
        self.found.append((path, f"Found {_shown(value)}, expected one of {', '.join(map(str, choices))}.", hint))
        return None

    def _sequence(self, value: Any, type_: Any, path: Path) -> Any:
        args = typing.get_args(type_)
        if not isinstance(value, list):
            return self._wrong(value, "a list", path)
        if typing.get_origin(type_) is list or args[-1] is Ellipsis:
            items = [self._decode(v, args[0], (*path, i)) for i, v in enumerate(value)]
            return items if typing.get_origin(type_) is list else tuple(items)
        if len(value) != len(args):
            return self._wrong(value, f"a list of {len(args)}", path)
        return tuple(self._decode(v, a, (*path, i)) for i, (v, a) in enumerate(zip(value, args, strict=True)))

    def _mapping(self, value: Any, type_: Any, path: Path) -> Any:
        args = typing.get_args(type_)
        if not isinstance(value, dict):
            return self._wrong(value, "fields", path)
        return {k: self._decode(v, args[1], (*path, k)) for k, v in value.items()}

    def _parsed(self, value: Any, type_: Any, path: Path) -> Any:
        try:
            return type_.parse(value)
        except ValueError as error:
            text = str(error)
            self.found.append((path, text[:1].upper() + text[1:] + ".", ""))
            return None

    def _plain(self, value: Any, type_: Any, path: Path) -> Any:
        try:
            return msgspec.convert(value, type_, strict=True)
        except msgspec.ValidationError as error:
            inner = type_.__origin__ if hasattr(type_, "__metadata__") else type_
            fits = _fits(value, inner) or (inner is float and _fits(value, int))
            if not fits:
                return self._wrong(value, self._word(inner), path)
            self.found.append((path, f"{error}, found {_shown(value)}.", ""))
            return None

    def _wrong(self, value: Any, expected: str, path: Path) -> None:
        self.found.append((path, f"Found {_shown(value)}, expected {expected}.", ""))

    def _word(self, type_: Any) -> str:
        origin = typing.get_origin(type_)
        if origin is Literal:
            return " | ".join(map(str, typing.get_args(type_)))
        if origin in {typing.Union, types.UnionType}:
            return " or ".join(self._word(m) for m in typing.get_args(type_))
        if origin is tuple and typing.get_args(type_)[-1] is not Ellipsis:
            return f"a list of {len(typing.get_args(type_))}"
        if origin is tuple:
            return "a list"
        if hasattr(type_, "example"):
            return f"a quantity such as {type_.example}"
        if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
            return "fields"
        return _WORDS.get(origin or type_, str(type_))


_MOST_WAYS = 4096  # some declarations are made for one call
_Way = Callable[[Decoder, Any, Any, Path], Any]
_WAYS: dict[int, tuple[_Way, Any]] = {}  # by identity: `str | Duration` equals `Duration | str`, but reads otherwise


def _way(type_: Any) -> _Way:
    """Return how values of a declared type are read; found once for each declaration."""
    origin = typing.get_origin(type_)
    if type_ is Any:
        return lambda _decoder, value, _type, _path: value
    if type_ in {str, int, float, bool}:
        return Decoder._exact
    if origin in {typing.Union, types.UnionType}:
        return Decoder._union
    if origin is Literal:
        return Decoder._literal
    if origin in {tuple, list}:
        return Decoder._sequence
    if origin is dict:
        return Decoder._mapping
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        return Decoder._struct
    return Decoder._parsed if hasattr(type_, "parse") else Decoder._plain


@lru_cache(maxsize=1024)
def _fields(type_: type[msgspec.Struct]) -> dict[str, msgspec.structs.FieldInfo]:
    """Return a struct's fields by the name that they have in a file; msgspec resolves annotations at every call."""
    return {f.encode_name: f for f in msgspec.structs.fields(type_)}


def _fits(value: Any, type_: Any) -> bool:
    """Return whether a plain value has the shape of one member of a union."""
    origin = typing.get_origin(type_) or type_
    if origin is Literal:
        return value in typing.get_args(type_)
    if hasattr(type_, "parse"):
        return isinstance(value, (str, int, float)) and not isinstance(value, bool)
    if isinstance(origin, type) and issubclass(origin, msgspec.Struct):
        return isinstance(value, dict)
    if origin in {tuple, list}:
        args = typing.get_args(type_)
        any_length = not args or args[-1] is Ellipsis or origin is list
        return isinstance(value, list) and (any_length or len(args) == len(value))
    if origin is dict:
        return isinstance(value, dict)
    if origin in {int, float} and isinstance(value, bool):
        return False
    return isinstance(origin, type) and isinstance(value, origin)


def _shown(value: Any) -> str:
    """Return a value as an error shows it: short, and in the file's own spelling."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return f"fields ({', '.join(map(str, list(value)[:4]))})"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def nearest(word: str, choices: typing.Iterable[str]) -> str:
    """Return a hint that names the most similar choice, or all of them when none is near."""
    known = list(choices)
    close = difflib.get_close_matches(word, known, n=1)
    if close:
        return f"Did you mean {close[0]!r}?"
    return f"Use one of: {', '.join(known)}." if known else ""
