"""Whatever a name holds, the shell and the schedulers take it for a name."""

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninefold.kernel.errors import InvalidInput
from ninefold.operations.delivery.shell import command, quoted, slug

NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")) | st.just(" "), min_size=1, max_size=40)
WICKED = st.lists(
    st.sampled_from(["{{", "}}", "${{ secrets.X }}", "{%", "{#", "'", '"', "$(id)", "`id`", "\\", ": #", "-", ".sh", "a"]),
    min_size=1, max_size=6,
).map("".join)  # fmt: skip


@settings(max_examples=60)
@given(st.lists(NAMES | WICKED, min_size=1, max_size=4))
def test_the_shell_gets_back_the_words(words: list[str]) -> None:
    """Of a real POSIX shell: printf prints what it was given, one line a word."""
    words = [w for w in words if w.isprintable()]
    done = subprocess.run(["/bin/sh", "-c", f"printf '%s\\n' {command(words)}"], capture_output=True, check=True)
    assert done.stdout.decode().split("\n")[:-1] == (words or [""])


@given(NAMES | WICKED)
def test_no_template_language_finds_its_mark(word: str) -> None:
    """Neither GitHub's, Argo's nor Jinja's; nor does a command end as the name of a template does."""
    if word.isprintable():
        line = quoted(word)
        assert not {"{{", "{%", "{#"} & {line[i : i + 2] for i in range(len(line))}
        assert not line.endswith((".sh", ".bash"))


@pytest.mark.parametrize("name", ["", "a\nb", "a\x00", "\ud800", "x" * 301, "a\u2028b", "a\x1b[2J"])
def test_what_cannot_stand_in_a_line_is_refused(name: str) -> None:
    """With the name, so that somebody can rename it."""
    with pytest.raises(InvalidInput, match="cannot stand in a pipeline"):
        quoted(name)


@given(st.sets(NAMES | WICKED, min_size=2, max_size=8))
def test_ids_are_plain_and_tell_names_apart(names: set[str]) -> None:
    """Names that differ only in what an id cannot hold still get ids of their own."""
    ids = [slug(n) for n in names]
    assert len(set(ids)) == len(names)
    assert all(i and set(i) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") and len(i) < 60 for i in ids)
