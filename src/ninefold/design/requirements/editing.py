"""What a form about a requirement means for its file: every wrong field told at once, and only changed fields written.

A form carries the values that its page was drawn with (`was-NAME`), so a field that nobody touched overwrites nothing
that somebody else saved meanwhile.
"""

import math
import re
from collections.abc import Mapping
from typing import NamedTuple, get_args

from ninefold.criteria.faults import LARGEST
from ninefold.design.requirements.files import MOST_SAMPLES, read_requirement
from ninefold.kernel.editing import Typed, add_key, set_statement, set_value
from ninefold.kernel.errors import InvalidFile, NinefoldError
from ninefold.kernel.yaml import Path
from ninefold.surface.words import Say, Text
from ninefold.vocabulary.criterion import Criterion
from ninefold.vocabulary.requirement import Priority, Requirement

CRITERION_FIELDS = ("value", "level", "min_samples", "size")
_WITHIN = {"value": "threshold", "level": "bound", "size": "faults"}  # what a field is part of
WORDING_FIELDS = ("statement", "title", "owner", "priority")
_LETTERS = str.maketrans("OolI", "0011")
_WHOLE = re.compile(r"\d{1,12}")
_COMMA = re.compile(r"[-+]?\d+,\d+")


class Change(NamedTuple):
    """The text that a form would save, or the problems of its fields ("" for the form as a whole)."""

    text: str
    problems: dict[str, Text]


def values_of(criterion: Criterion) -> dict[str, str]:
    """Return the fields of a criterion that a form changes, as they would be typed; no level without a bound, no size
    without sensor faults.
    """
    found = {"value": _number(criterion.threshold.value), "min_samples": str(criterion.min_samples)}
    found |= {"level": _number(criterion.bound.level)} if criterion.bound else {}
    return found | ({"size": _number(criterion.faults.size)} if criterion.faults else {})


def wording_of(of: Requirement, statement: str) -> dict[str, str]:
    """Return the words of a requirement that a form changes."""
    return {"statement": statement, "title": of.title, "owner": of.owner, "priority": of.priority}


def change_criterion(text: str, file: str, criterion: str, form: Mapping[str, str]) -> Change:
    """Return a file with the fields of one criterion as a form has them.

    Raises:
        InvalidFile: the file as it stands cannot be read.
    """
    of = read_requirement(text, file).requirement
    number = next((n for n, c in enumerate(of.criteria) if c.id == criterion), None)
    if number is None:
        return Change(text, {"": Say("requirements.wrong-gone", {"criterion": criterion})})
    sent = {name: _dotted(form[name]) for name in CRITERION_FIELDS if name in form}
    problems = {name: wrong for name, value in sent.items() if (wrong := _wrong(name, value))}
    if problems:
        return Change(text, problems)
    at: Path = ("criteria", number)
    for name in _touched(sent, form, values_of(of.criteria[number])):
        try:
            text = _set(text, file, at, name, sent[name])
        except NinefoldError as error:
            problems[name] = str(error)
    return Change(text, problems or _read(text, file))


def change_wording(text: str, file: str, form: Mapping[str, str]) -> Change:
    """Return a file with the statement, title, owner and priority as a form has them.

    Raises:
        InvalidFile: the file as it stands cannot be read.
    """
    read = read_requirement(text, file)
    now = wording_of(read.requirement, read.statement)
    sent = {name: " ".join(form[name].split()) for name in WORDING_FIELDS if name in form}
    problems = {name: wrong for name, value in sent.items() if (wrong := _wrong_words(name, value))}
    if problems:
        return Change(text, problems)
    for name in _touched(sent, form, now):
        try:
            text = _say(text, file, name, sent[name], read.document.tree)
        except NinefoldError as error:
            problems[name] = str(error)
    return Change(text, problems or _read(text, file))


def _touched(sent: Mapping[str, str], form: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return the fields that the person changed, and that do not read so already."""
    return [n for n, value in sent.items() if n in now and value != form.get(f"was-{n}", now[n]) and value != now[n]]


def _set(text: str, file: str, at: Path, name: str, value: str) -> str:
    typed, part = Typed(value), _WITHIN.get(name)
    where: Path = (*at, part) if part else at
    tree = read_requirement(text, file).document.tree["criteria"][at[1]]
    if name in (tree[part] if part else tree):
        return set_value(text, file, (*where, name), typed)
    return add_key(text, file, where, name, typed)


def _say(text: str, file: str, name: str, value: str, tree: Mapping[str, object]) -> str:
    if name == "statement":
        return set_statement(text, file, value)
    if name in tree:
        return set_value(text, file, (name,), value)
    return add_key(text, file, (), name, value)


def _wrong(name: str, value: str) -> Text:
    """Return what is wrong with a field of a criterion, with a guess at what was meant; "" when nothing is."""
    if name == "min_samples":
        if _WHOLE.fullmatch(value) and int(value) <= MOST_SAMPLES:
            return ""
        meant = value.translate(_LETTERS).replace(",", "").replace(".", "")
        if _WHOLE.fullmatch(meant) and meant != value:
            return Say("requirements.wrong-whole-guess", {"value": value[:40], "meant": meant})
        return Say("requirements.wrong-whole", {"value": value[:40]})
    number = _float(value)
    if number is None:
        guess = _float(value.translate(_LETTERS))
        if guess is not None:
            return Say("requirements.wrong-number-guess", {"value": value[:40], "meant": value.translate(_LETTERS)})
        return Say("requirements.wrong-number", {"value": value[:40]})
    if name == "level" and not 0.5 < number < 1:
        if 50 < number < 100:
            meant = _number(number / 100)
            return Say("requirements.wrong-level-guess", {"value": value[:40], "meant": meant})
        return Say("requirements.wrong-level", {"value": value[:40]})
    if name == "size" and not 0 < number <= LARGEST:
        return Say("requirements.wrong-size", {"value": value[:40], "most": _number(LARGEST)})
    return ""


def _wrong_words(name: str, value: str) -> Text:
    if not value:
        return Say("requirements.wrong-empty")
    if name == "priority" and value not in get_args(Priority):
        return Say("requirements.wrong-priority", {"value": value[:40]})
    if name == "statement" and value.startswith(("#", "---")):
        return Say("requirements.wrong-heading")
    return ""


def _read(text: str, file: str) -> dict[str, Text]:
    """Return what the file's reader would say about the new text."""
    try:
        read_requirement(text, file)
    except InvalidFile as error:
        return {"": str(error)}
    return {}


def _dotted(text: str) -> str:
    """Return a number with a decimal point where it was typed with a comma: 0,80."""
    text = text.strip()
    return text.replace(",", ".") if _COMMA.fullmatch(text) else text


def _float(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and "_" not in text else None


def _number(value: float) -> str:
    return f"{value:.15g}"
