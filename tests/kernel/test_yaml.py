"""Project files are YAML 1.2's core schema: words stay words."""

import pytest

from ninefold.kernel.errors import InvalidFile
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


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &x 1\n? [*x, &y 2]\n: *y\n", "f.yaml:2: A key must be a plain word."),
        ("a: *x\n", "f.yaml:1: This is not valid YAML: found undefined alias."),
        ("a: &x 1\nb: &x 2\n", "f.yaml:2: This is not valid YAML: second occurrence."),
        ("a: 1\n---\nb: 2\n", "f.yaml:2: This is not valid YAML: but found another document."),
        ("a: !!int no\n", "f.yaml:1: a: The tag tag:yaml.org,2002:int is not allowed."),
    ],
)
def test_what_is_no_plain_tree_is_refused_at_its_line(text: str, said: str) -> None:
    """Also where a value is passed over, the text must be YAML."""
    with pytest.raises(InvalidFile) as caught:
        parse(text, "f.yaml")
    assert str(caught.value.problems[0]).startswith(said)


def test_no_nodes_are_made_to_read_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Values come from the parser's events: a project may have ten thousand files."""
    monkeypatch.setattr("yaml.nodes.Node.__init__", lambda *_: pytest.fail("a node was made"))
    assert parse("a: [1, {b: true}]\n", "f.yaml")[1][("a", 1, "b")] == 1
