"""An edit of one field changes the bytes of that field alone, or is refused with the reason."""

import copy
import random
from typing import Any

import pytest

from ninefold.kernel.editing import (
    Typed,
    add_key,
    append_item,
    remove_item,
    set_statement,
    set_value,
    value_at,
)
from ninefold.kernel.errors import InvalidInput, NinefoldError, NotFound, Refused
from ninefold.kernel.splicing import read
from ninefold.kernel.yaml import Path, compose

TEXT = "\ufeff# c\r\na: 0.70 # é 😀\r\nb: {x: 'it''s', y: [1, 2]}\r\nl:\r\n- q\r\n- {id: r}\r\nn:\r\nz: \"ü\" # end"
WORDS = ["x", "recall", "true", "no", "12:30", "a # b", "a: b", "- a", "", " lead", "ü 😀", "it's", 'a "b"', "null", "0x1f",
         "1e3", "{a", "a, b", "[x]", "a]b", "multi\nline", "\u2028", "\x85", "tab\t", "&a", "*a", "!t", "%x", "@x", "`x", "---", "2024-01-01", "\\n", "|", ">", "?", "? a", ":", "a:", "#", "\x01"]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "value", "old", "new"),
    [
        (("a",), Typed("0.80"), "0.70", "0.80"),
        (("a",), Typed("5 d"), "0.70", "5 d"),
        (("a",), 2, "0.70", "2"),
        (("b", "x"), "don't # no", "'it''s'", "'don''t # no'"),
        (("b", "x"), "a\nb", "'it''s'", '"a\\nb"'),
        (("b", "y"), [3, "x y"], "[1, 2]", '[3, "x y"]'),
        (("l", 0), "- x", "- q", '- "- x"'),
        (("l", 1, "id"), "a, b", "{id: r}", '{id: "a, b"}'),
        (("n",), "hi", "n:", "n: hi"),
        (("z",), "on", '"ü"', '"on"'),
        (("z",), Typed("3"), '"ü"', '"3"'),
    ],
)
def test_a_value_is_spliced_in_its_style(path: Path, value: Any, old: str, new: str) -> None:
    """Byte order mark, CRLF, comments, quotes and the missing last line end stay; what was typed is kept."""
    assert set_value(TEXT, "f.yaml", path, value) == TEXT.replace(old, new)


def test_keys_and_items_are_added_and_removed() -> None:
    """On lines of their own in a block, inside the brackets in a flow."""
    assert add_key(TEXT, "f.yaml", (), "k", 3) == TEXT + "\r\nk: 3"
    assert add_key(TEXT, "f.yaml", ("b",), "k", "a, b") == TEXT.replace("2]}", '2], k: "a, b"}')
    assert append_item(TEXT, "f.yaml", ("l",), {"id": "s", "v": [1.5]}) == TEXT.replace(
        "{id: r}\r\n", "{id: r}\r\n- {id: s, v: [1.5]}\r\n"
    )
    assert append_item(TEXT, "f.yaml", ("b", "y"), "3") == TEXT.replace("2]", '2, "3"]')
    assert remove_item(TEXT, "f.yaml", ("l", 0)) == TEXT.replace("- q\r\n", "")
    assert remove_item(TEXT, "f.yaml", ("l", 1)) == TEXT.replace("- {id: r}\r\n", "")
    assert remove_item(TEXT, "f.yaml", ("b", "y", 0)) == TEXT.replace("[1, 2]", "[2]")
    assert remove_item("l:\n  - a\n  - b", "f.yaml", ("l", 1)) == "l:\n  - a"
    assert append_item("l: []\n", "f.yaml", ("l",), "a") == "l: [a]\n"


@pytest.mark.parametrize(
    ("text", "path", "reason"),
    [
        ("a: &x 1\n", ("a",), "anchor"),
        ("a: !t 1\n", ("a",), "tag"),
        ("a: &x 1\nb: *x\n", ("a",), "alias"),
        ("a: {<<: 1, b: 2}\n", ("a", "b"), "merge key"),
        ("a: |\n  text\nb: 1\n", ("a",), "block of text"),
        ("a:\n  b: 1\n", ("a",), "more than one line"),
        ("a: [1,\n 2]\n", ("a",), "more than one line"),
        ("a: [1\n", ("a",), "not valid YAML"),
        ("a: 1\na: 2\n", ("a",), "twice"),
    ],
)
def test_what_cannot_be_edited_is_refused_with_the_reason(text: str, path: Path, reason: str) -> None:
    """The hint offers the text editor."""
    with pytest.raises(Refused, match=reason) as raised:
        set_value(text, "f.yaml", path, 3)
    assert raised.value.hint == "Open the file in the text editor."


def test_what_is_not_there() -> None:
    """A field, an item, a mapping; and a key that stands there already."""
    for path in (("x",), ("l", 9), ("a", "b")):
        with pytest.raises(NotFound):
            set_value(TEXT, "f.yaml", path, 1)
    for key in ("a", "a b", ""):
        with pytest.raises(InvalidInput):
            add_key(TEXT, "f.yaml", (), key, 1)
    with pytest.raises(Refused, match="only item"):
        remove_item("l: [1]\n", "f.yaml", ("l", 0))
    with pytest.raises(Refused, match="comments"):
        remove_item("l:\n- a: 1\n  # why\n  b: 2\n- c\n", "f.yaml", ("l", 0))
    with pytest.raises(InvalidInput, match="surrogate"):
        set_value(TEXT, "f.yaml", ("a",), "\ud800")
    assert value_at(TEXT, "f.yaml", ("b", "y", 1)) == 2


def test_front_matter_and_statement_of_a_markdown_file() -> None:
    """The heading, the rationale and the fields stay; a statement over several lines becomes one line."""
    text = "---\r\nid: a\r\n---\r\n# H\r\n\r\nOne two\r\nthree.\r\n\r\nRationale: x."
    assert set_statement(text, "x.md", "New   one.") == text.replace("One two\r\nthree.", "New one.")
    assert set_statement(text, "x.md", "One two three.") == text
    assert set_value(text, "x.md", ("id",), "b") == text.replace("id: a", "id: b")
    assert add_key(text, "x.md", (), "k", value=True) == text.replace("id: a\r\n", "id: a\r\nk: true\r\n")
    with pytest.raises(NotFound, match="statement"):
        set_statement("---\nid: a\n---\n# H\n", "x.md", "New.")
    for words in ("", "# H"):
        with pytest.raises(InvalidInput):
            set_statement(text, "x.md", words)


class _Writer:
    """Writes a random file of the kinds that people write; `paths` are those of its scalars."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.newline = self.random.choice(["\n", "\r\n", "\n"])
        self.paths: list[Path] = []

    def file(self) -> tuple[str, str]:
        """Return a name and a text."""
        lines = self.mapping((), 0, 3)
        text = self.newline.join(lines) + (self.newline if self.random.random() < 0.8 else "")
        if self.random.random() < 0.4:
            body = f"---{self.newline}# Head{self.newline}{self.newline}The system shall ü.{self.newline}"
            text, name = f"---{self.newline}{text.rstrip()}{self.newline}{body}", "REQ-x.md"
        else:
            name = "x.yaml"
        return name, ("\ufeff" if self.random.random() < 0.3 else "") + text

    def mapping(self, path: Path, indent: int, depth: int) -> list[str]:
        """Return the lines of a block mapping."""
        lines = []
        for number in range(self.random.randint(1, 4)):
            key = f"k{number}"
            if self.random.random() < 0.3:
                lines.append(" " * indent + "# über: 'x' {")
            lines += self.entry(" " * indent + f"{key}:", (*path, key), indent, depth)
            if self.random.random() < 0.15:
                lines.append("")
        return lines

    def entry(self, lead: str, path: Path, indent: int, depth: int) -> list[str]:
        """Return the lines of one value behind its key."""
        kind = self.random.choice(["scalar"] * 4 + ["flow", "mapping", "list", "block", "empty"])
        if depth and kind == "mapping":
            return [lead, *self.mapping(path, indent + self.random.choice([1, 2, 4]), depth - 1)]
        if depth and kind == "list":
            step = self.random.choice([0, 2])
            return [
                lead,
                *(
                    f"{' ' * (indent + step)}- {self.scalar((*path, i))}{self.comment()}"
                    for i in range(self.random.randint(1, 3))
                ),
            ]
        if kind == "flow":
            inner = f"{{a: {self.scalar((*path, 'a'), flow=True)}, b: [{self.scalar((*path, 'b', 0), flow=True)}, 2]}}"
            return [f"{lead} {inner}{self.comment()}"]
        if kind == "block":
            self.paths.append(path)
            return [f"{lead} {self.random.choice('|>')}", f"{' ' * (indent + 2)}text # no comment"]
        if kind == "empty":
            self.paths.append(path)
            return [f"{lead}{self.comment()}"]
        return [f"{lead} {self.scalar(path)}{self.comment()}"]

    def scalar(self, path: Path, *, flow: bool = False) -> str:
        """Return a scalar in some style, sometimes anchored."""
        self.paths.append(path)
        anchor = self.random.choice(["", "", "", "", f"&n{len(self.paths)} "])
        styles = ["plain", "0.80", "1e3", "true", "null", "'it''s # x'", '"a\\tb ü"', "-3", "0x1F", "12:30"]
        return anchor + self.random.choice(styles + ([] if flow else ["two words", "a, b", "http://x/y#z", "😀 {x}"]))

    def comment(self) -> str:
        """Return a comment, or nothing."""
        return self.random.choice(["", "", "  # because: [x", "\t# tab"])


def _put(tree: Any, path: Path, value: Any) -> Any:
    tree = copy.deepcopy(tree)
    place = tree
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    return tree


def _lines_outside(text: str, file: str, path: Path) -> tuple[list[str], int]:
    """Return all lines, and the number of the one on which the value at a path stands (by the parser's own mark)."""
    lines = text.split("\n")
    start = 1 if file.endswith(".md") else 0
    node = compose("\n".join(lines[start:]).lstrip("\ufeff").replace("\r\n", "\n").split("\n---\n")[0] + "\n", file)
    for part in path:
        assert node is not None
        node = next(v for k, v in node.value if k.value == part) if isinstance(part, str) else node.value[part]
    assert node is not None
    return lines, start + node.start_mark.line


@pytest.mark.parametrize("seed", range(300))
def test_over_generated_files_the_diff_touches_the_line_alone(seed: int) -> None:
    """Comments, anchors, quotes, CRLF, byte order marks, Unicode, flow and block: one line differs, or it is refused."""
    writer = _Writer(seed)
    file, text = writer.file()
    tree, body = read(text, file)
    edited, refusals = 0, []
    for path in writer.paths:
        value = writer.random.choice([*WORDS, 3, -0.5, True, None, 1e-7, 1e300])
        try:
            new = set_value(text, file, path, value)
        except Refused as error:
            refusals.append(error.message)
            continue
        edited += 1
        before, number = _lines_outside(text, file, path)
        after = new.split("\n")
        assert [x for i, x in enumerate(after) if i != number] == [x for i, x in enumerate(before) if i != number]
        assert repr(read(new, file)) == repr((_put(tree, path, value), body))
        assert before[number].partition("  # because")[1:] == after[number].partition("  # because")[1:]
    assert edited or len(writer.paths) < 8
    assert all("anchor" in r or "block of text" in r for r in refusals)


@pytest.mark.parametrize("seed", range(300, 500))
def test_over_generated_files_additions_and_removals_keep_every_other_line(seed: int) -> None:
    """A key added to each mapping, an item added to and removed from each list: the lines that stay are the same."""
    writer = _Writer(seed)
    file, text = writer.file()
    refusals: list[NinefoldError] = []
    for path in {(), *(p[:-1] for p in writer.paths)}:
        listed = any(p[:-1] == path and isinstance(p[-1], int) for p in writer.paths)
        acts = (
            [lambda p=path: append_item(text, file, p, "ü"), lambda p=path: remove_item(text, file, (*p, 0))]
            if listed
            else [lambda p=path: add_key(text, file, p, "new", "ü: x")]
        )
        for act in acts:
            try:
                new = act()
            except NinefoldError as error:
                refusals.append(error)
                continue
            before, after = text.split("\n"), new.split("\n")
            same = len(after) == len(before)
            changed = [i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b] if same else []
            assert len(changed) <= 1
            assert abs(len(after) - len(before)) <= 1
            longer, shorter = (after, before) if len(after) > len(before) else (before, after)
            rest = iter(x.rstrip("\r") for x in longer)
            assert same or all(x.rstrip("\r") in rest for x in shorter)
    assert all(r.hint for r in refusals)
