"""The messages of pages: the same codes and values in every language, and every code that is used is there."""

import re
import string
from pathlib import Path

import pytest

import ninefold
from ninefold.surface.words import LANGUAGES, Say, counted, messages, number, say

SOURCE = Path(ninefold.__file__).parent
USED = re.compile(r"""\b(?:Say|say|t)\(\s*"([a-z-]+\.[a-z0-9-]*[a-z0-9])\"""")


def values(text: str) -> set[str]:
    """Return the names of the values that a message wants."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_languages_have_the_same_messages() -> None:
    """With the same values each."""
    [first, *others] = [messages(x) for x in LANGUAGES]
    for other in others:
        assert set(first) == set(other)
        assert {c: values(t) for c, t in first.items()} == {c: values(t) for c, t in other.items()}


def test_every_code_that_is_used_is_there() -> None:
    """In pages and in templates."""
    files = [*SOURCE.rglob("*.py"), *SOURCE.rglob("*.html")]
    used = {code: f.name for f in files for code in USED.findall(f.read_text("utf-8"))}
    assert len(used) > 10
    assert {c: f for c, f in used.items() if c not in messages("en")} == {}


def test_numbers_are_written_in_the_way_of_the_language() -> None:
    """Separators; a message says itself in English when nobody asks for another."""
    assert (number(12345, "en"), number(12345, "de")) == ("12,345", "12.345")
    assert (number(0.785, "en"), number(0.785, "de")) == ("0.785", "0,785")
    assert number(True, "en") == "True"  # noqa: FBT003 - the value under test
    assert str(Say("states.fresh")) == "Fresh"
    with pytest.raises(KeyError):
        say("states.nowhere", "de")


def test_one_thing_has_its_own_words() -> None:
    """By the code that ends in -one; every such code stands beside the one for many."""
    assert str(counted("overview.run-tasks", 1)) == "Run 1 task"
    assert str(counted("overview.run-tasks", 2)) == "Run 2 tasks"
    ones = [c for c in messages("en") if c.endswith("-one")]
    assert [c for c in ones if c.removesuffix("-one") not in messages("en")] == []
