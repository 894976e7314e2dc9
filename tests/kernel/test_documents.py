"""Project files: every problem at its line, all together, with a guess at the fix."""

import contextlib
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninefold.kernel.documents import decode, parse_front_matter, parse_yaml, read_text
from ninefold.kernel.errors import InvalidFile
from ninefold.vocabulary.quantity import Duration, Share, Size


class Tool(msgspec.Struct, frozen=True):
    """A struct to decode into."""

    id: str
    life: Duration
    kind: Literal["mill", "drill"] = "mill"
    share: Share = Share(0.5)
    memory: Size | None = None
    limits: tuple[float, ...] = ()


def problems(text: str) -> list[str]:
    """Return the problems of a YAML text as people read them."""
    with pytest.raises(InvalidFile) as caught:
        decode(parse_yaml(text, "tool.yaml"), Tool)
    return [str(p) for p in caught.value.problems]


def test_a_good_file_becomes_a_noun() -> None:
    """Quantities become numbers in the base unit, whole numbers become floats where floats are declared."""
    tool = decode(parse_yaml("id: t1\nlife: 2 h\nshare: 25 %\nmemory: 2 GiB\nlimits: [1, 2.5]\n", "t"), Tool)
    assert (tool.life, tool.share, tool.memory, tool.limits) == (7200.0, 0.25, 2.0**31, (1.0, 2.5))


UNITS = ", ".join(Duration.units)
CASES: dict[str, tuple[str, list[str]]] = {
    "unknown key": ("id: t\nlife: 1 h\nlimts: [1]\n",
                    ["tool.yaml:3: limts: The key 'limts' is not known here. Did you mean 'limits'?"]),
    "wrong type": ("id: 5\nlife: 1 h\n", ["tool.yaml:1: id: Found 5, expected text."]),
    "missing field": ("id: t\n", ["tool.yaml:1: The field 'life' is missing. Add life: <a quantity such as 5 min>."]),
    "unit missing": ("id: t\nlife: 5\n", ["tool.yaml:2: life: Expected a unit as in '5 min', found 5."]),
    "unknown unit": ("id: t\nlife: 5 moons\n",
                     [f"tool.yaml:2: life: Unknown unit 'moons' in '5 moons'; use one of {UNITS}."]),
    "choice": ("id: t\nlife: 1 h\nkind: dril\n",
               ["tool.yaml:3: kind: Found 'dril', expected one of mill, drill. Did you mean 'drill'?"]),
    "out of range": ("id: t\nlife: 1 h\nshare: 120 %\n",
                     ["tool.yaml:3: share: Expected a share between 0 and 1 (or 0 % and 100 %), found '120 %'."]),
    "inside a list": ("id: t\nlife: 1 h\nlimits: [1, x]\n",
                      ["tool.yaml:3: limits[1]: Found 'x', expected a number."]),
    "duplicate key": ("id: t\nid: u\n", ["tool.yaml:2: id: The key stands twice. Remove one 'id'."]),
    "alias": ("id: &a t\nlife: *a\n",
              ["tool.yaml:2: life: An alias (*name) is not allowed here. Write the value out."]),
    "tag": ("id: !!python/name:os.system t\n",
            ["tool.yaml:1: id: The tag tag:yaml.org,2002:python/name:os.system is not allowed. Write a plain value."]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_bad_files(text: str, expected: list[str]) -> None:
    """File, line, field, what was found, what was expected and the fix."""
    assert problems(text) == expected


def test_all_problems_are_reported_together() -> None:
    """A person who edits a file wants all of them at once."""
    assert len(problems("id: 5\nlife: 5\nkind: saw\nlimits: x\nother: 1\n")) == 5


YAML_11 = {"on": "on", "12:30": "12:30", "2026-12-24": "2026-12-24", "1e3": 1000.0, "0o17": 15, "~": None, "yes": "yes",
           "negative": "negative", "nullable": "nullable", "trueish": "trueish", "null": None, "false": False,
           }  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), YAML_11.items(), ids=YAML_11)
def test_scalars_are_those_of_yaml_1_2(text: str, expected: Any) -> None:
    """In an operating calendar, on is no truth value and 12:30 no 750."""
    assert parse_yaml(f"x: {text}", "f").tree["x"] == expected


def test_not_utf_8(tmp_path: Path) -> None:
    """The line of the first bad byte is named."""
    path = tmp_path / "latin.yaml"
    path.write_bytes("id: t\nname: Fräse\n".encode("latin-1"))
    with pytest.raises(InvalidFile, match=r"latin.yaml:2: The byte 0xe4 is not UTF-8. Save the file as UTF-8."):
        read_text(path)


def test_fifty_megabytes(tmp_path: Path) -> None:
    """Data that strayed into a project file is refused before it is read."""
    path = tmp_path / "big.yaml"
    with path.open("wb") as stream:
        stream.truncate(50_000_000)
    with pytest.raises(InvalidFile, match=r"The file has 50.0 MB; a project file has at most 1.0 MB"):
        read_text(path)


def test_absent_empty_and_half_files(tmp_path: Path) -> None:
    """Each says what to do."""
    with pytest.raises(InvalidFile, match="does not exist"):
        read_text(tmp_path / "none.md")
    with pytest.raises(InvalidFile, match="The file is empty"):
        parse_front_matter("", "r.md")
    with pytest.raises(InvalidFile, match="front matter is missing"):
        parse_front_matter("# Title\n", "r.md")
    with pytest.raises(InvalidFile, match="front matter has no end"):
        parse_front_matter("---\nid: x\n", "r.md")


def test_front_matter_lines_count_from_the_top_of_the_file() -> None:
    """The first field stands in line 2."""
    document, text = parse_front_matter("---\nid: x\nlife: 3\n---\n\nThe sentence.\n", "r.md")
    assert document.line(("life",)) == 3
    assert text == "The sentence."


def test_depth_and_size_are_bounded() -> None:
    """A file cannot make the parser recurse or grow without end."""
    with pytest.raises(InvalidFile, match="too deeply nested"):
        parse_yaml("[" * 60 + "]" * 60, "f")


@given(st.text(alphabet="ab:-[]{}#&*!|>'\"\n 0.%", max_size=60))
def test_any_text_is_a_document_or_a_problem(text: str) -> None:
    """Nothing but InvalidFile leaves the reader."""
    with contextlib.suppress(InvalidFile):
        decode(parse_yaml(text, "f"), Tool)
