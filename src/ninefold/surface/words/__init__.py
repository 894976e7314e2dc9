"""What pages say, by message code, in English and German: `say("states.stale", "de")`.

A code is `room.key`; each room has one TOML file a language. What people or records say (a statement, a reason) is data
and is never translated.
"""

import tomllib
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

import msgspec

Language = Literal["en", "de"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


class Say(msgspec.Struct, frozen=True, tag=True):
    """A message code with its values; a surface turns it into words of its reader's language."""

    code: str
    values: dict[str, str | int | float] = {}

    def __str__(self) -> str:
        return say(self.code, "en", **self.values)


Text = str | Say  # data as it is, or a message
Speaker = Callable[..., str]  # of a code and its values


def counted(code: str, n: int, **values: str | int | float) -> Say:
    """Return a message about `n` things; about one thing it is the message CODE-one."""
    return Say(f"{code}-one" if n == 1 else code, {"n": n, **values})


def say(code: str, language: Language, **values: object) -> str:
    """Return a message with its values filled in; numbers are written in the way of the language.

    Raises:
        KeyError: no message has the code, or it names a value that is not given.
    """
    return messages(language)[code].format(**{k: number(v, language) for k, v in values.items()})


def speaker(language: Language) -> Speaker:
    """Return what says codes in one language: `t("states.stale")`, as templates call it."""

    def t(code: str, **values: object) -> str:
        return say(code, language, **values)

    return t


def words(text: Text, language: Language) -> str:
    """Return a text in a language."""
    return say(text.code, language, **text.values) if isinstance(text, Say) else text


def number(value: object, language: Language) -> str:
    """Return a number with the separators of a language: 1,234.5 or 1.234,5; anything else as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    shown = f"{value:,}" if isinstance(value, int) else f"{value:,.4g}" if abs(value) < 1e15 else f"{value:g}"
    return shown.translate(str.maketrans(",.", ".,")) if language == "de" else shown


@cache
def messages(language: Language) -> dict[str, str]:
    """Return every message of a language by its code."""
    found: dict[str, str] = {}
    for file in sorted((files(__package__) / language).iterdir(), key=lambda f: f.name):
        if file.name.endswith(".toml"):
            room = file.name.removesuffix(".toml")
            found |= {f"{room}.{key}": text for key, text in tomllib.loads(file.read_text("utf-8")).items()}
    return found
