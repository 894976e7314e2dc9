"""What a form about a use case means for its file: scores as ranges, gates, stage, owner, title; only what changed."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, get_args

from ninefold.design.prioritisation.files import HIGH, LOW, UseCaseReader
from ninefold.kernel.documents import parse_front_matter
from ninefold.kernel.editing import Typed, add_key, set_value
from ninefold.kernel.errors import InvalidFile, NinefoldError
from ninefold.surface.words import Say, Text
from ninefold.vocabulary.use_case import Stage

_RANGE = re.compile(r"\s*(?:-|–|to|bis|\.\.)\s*")
_UNKNOWN = {"unknown", "unbekannt", "?"}
_PREFIX = "score-"


class Change(NamedTuple):
    """The text that a form would save, or the problems of its fields ("" for the form as a whole)."""

    text: str
    problems: dict[str, Text]


def change_use_case(text: str, file: str, form: Mapping[str, str]) -> Change:
    """Return a file with the fields of a use case as a form has them.

    Raises:
        InvalidFile: the file as it stands is no YAML front matter.
    """
    tree = parse_front_matter(text, file)[0].tree
    problems: dict[str, Text] = {}
    for name, value in _changed(form):
        try:
            text = _put(text, file, tree, name, value)
        except _Wrong as error:
            problems[name] = error.say
        except NinefoldError as error:
            problems[name] = str(error)
    return Change(text, problems or _read(text, file))


class _Wrong(Exception):
    def __init__(self, say: Text) -> None:
        self.say = say
        super().__init__(str(say))


def _changed(form: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the fields that the person changed."""
    for name, value in form.items():
        was = form.get(f"was-{name}")
        if was is not None and value.strip() != was.strip():
            yield name, value.strip()


def _put(text: str, file: str, tree: Any, name: str, value: str) -> str:
    if name.startswith(_PREFIX):
        criterion = name.removeprefix(_PREFIX)
        return _in(text, file, tree, "scores", criterion, read_score(value))
    if name in {"title", "owner"}:
        if not value:
            raise _Wrong(Say("use-cases.wrong-empty"))
        return set_value(text, file, (name,), value) if name in tree else add_key(text, file, (), name, value)
    if name == "stage":
        if value not in get_args(Stage):
            raise _Wrong(Say("use-cases.wrong-stage"))
        return set_value(text, file, (name,), value) if name in tree else add_key(text, file, (), name, value)
    if name.startswith("gate-"):
        answer = {"yes": True, "no": False}.get(value, "unknown")
        return _in(text, file, tree, "gates", name.removeprefix("gate-"), answer)
    return text


def _in(text: str, file: str, tree: Any, part: str, name: str, value: Any) -> str:
    """Return the text with one entry of a mapping set, or added, or the mapping itself begun."""
    if not isinstance(tree.get(part), dict):
        return add_key(text, file, (), part, {name: value})
    if name in tree[part]:
        return set_value(text, file, (part, name), value)
    return add_key(text, file, (part,), name, value)


def read_score(value: str) -> Any:
    """Return a score as a file holds it: a number, a range, or "unknown".

    Raises:
        _Wrong: it is none.
    """
    if value.casefold() in _UNKNOWN:
        return "unknown"
    numbers = [_float(part) for part in _RANGE.split(value.strip("[] "), maxsplit=1)]
    if any(n is None or not LOW <= n <= HIGH for n in numbers):
        raise _Wrong(Say("use-cases.wrong-score", {"value": value[:40]}))
    if len(numbers) == 2 and numbers[0] > numbers[1]:  # type: ignore[operator]  # none is None
        raise _Wrong(Say("use-cases.wrong-range", {"value": value[:40]}))
    shown = [Typed(f"{n:g}") for n in numbers]
    return shown[0] if len(shown) == 1 else [_plain(n) for n in numbers]


def _plain(number: float | None) -> float | int:
    found = number or 0.0
    return int(found) if found.is_integer() else found


def _float(text: str) -> float | None:
    try:
        number = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _read(text: str, file: str) -> dict[str, Text]:
    """Return what the file's reader would say about the new text."""
    try:
        list(UseCaseReader().facets(text, file))
    except InvalidFile as error:
        return {"": str(error)}
    return {}
