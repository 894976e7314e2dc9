"""Project files are YAML 1.2's core schema: words stay words."""

import pytest

from ninefold.kernel.yaml import parse


@pytest.mark.parametrize(
    "word",
    [
        "false_alarms_per_machine_week",
        "false-alarms",
        "nominal_torque",
        "true_positive",
        "Null-hypothesis",
        "none",
        "on",
        "12:30",
        "~tilde",
        "truex",
    ],
)
def test_a_word_that_only_begins_like_a_constant_stays_text(word: str):
    """`false_alarms` is a metric's name, not false; `nominal` is a value, not null."""
    assert parse(f"a: {word}", "f.yaml")[0] == {"a": word}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("7", 7),
        ("1e3", 1000.0),
        ("0x1f", 31),
        (".5", 0.5),
        ("-.inf", float("-inf")),
    ],
)
def test_constants_are_constants(text: str, value: object):
    """The scalars of the core schema."""
    found = parse(f"a: {text}", "f.yaml")[0]["a"]
    assert found == value
    assert type(found) is type(value)
