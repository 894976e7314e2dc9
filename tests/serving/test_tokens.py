"""Tokens: made once, kept as hashes, held against all."""

import stat
from pathlib import Path

import pytest

from ninefold.kernel.errors import Conflict, InvalidFile, InvalidInput, NotFound, Refused
from ninefold.serving.tokens import add_token, read_tokens


def test_a_token_opens_and_its_hash_does_not(tmp_path: Path) -> None:
    """Each of the file's tokens, and nothing near one."""
    path = tmp_path / "tokens"
    tokens = [add_token(path, f"line-{i}") for i in range(3)]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text()
    assert not any(t in text for t in tokens)
    found = read_tokens(path)
    assert found.names == ("line-0", "line-1", "line-2")
    for token in tokens:
        assert found.allow(b"Bearer " + token.encode())
        assert found.allow(b"bearer  " + token.encode())
        for bad in (token[:-1], token + "x", token.swapcase(), text.split()[1], ""):
            assert not found.allow(b"Bearer " + bad.encode())
        for header in (token.encode(), b"Basic " + token.encode(), b"Bearer " + token.encode() + b" x", b""):
            assert not found.allow(header)


def test_remarks_and_the_end_of_a_file_without_a_line_break(tmp_path: Path) -> None:
    """A person edits it."""
    path = tmp_path / "tokens"
    token = add_token(path, "one")
    path.write_text("# ours\n\n" + path.read_text().rstrip() + "  # of line 3")
    second = add_token(path, "two")
    found = read_tokens(path)
    assert found.allow(b"Bearer " + token.encode())
    assert found.allow(b"Bearer " + second.encode())


def test_names(tmp_path: Path) -> None:
    """Plain, and each once."""
    path = tmp_path / "tokens"
    add_token(path, "one")
    with pytest.raises(Conflict, match="called one already"):
        add_token(path, "one")
    with pytest.raises(InvalidInput, match="no name of a token"):
        add_token(path, "Ada Lovelace")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "It holds 0 tokens"),
        ("# nothing\n", "It holds 0 tokens"),
        ("one", "A line is a name"),
        ("one abc", "A line is a name"),
        (f"one {'A' * 64}", "A line is a name"),
        (f"one {'a' * 64} x", "A line is a name"),
        (f"one {'a' * 64}\none {'b' * 64}", ":2: The name one stands here twice"),
        ("".join(f"n{i} {'a' * 64}\n" for i in range(101)), "It holds 101 tokens"),
        ("\x00\xff", "A line is a name"),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path: Path, text: str, message: str) -> None:
    """Each line is named."""
    path = tmp_path / "tokens"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(InvalidFile, match=message):
        read_tokens(path)


def test_a_file_that_others_write(tmp_path: Path) -> None:
    """They could let themselves in."""
    path = tmp_path / "tokens"
    add_token(path, "one")
    path.chmod(0o662)
    with pytest.raises(Refused, match=r"can be written by others.*chmod 600"):
        read_tokens(path)
    with pytest.raises(NotFound, match="inference token"):
        read_tokens(tmp_path / "none")
