"""A step whose source changed raises its version, or says why its results are the same."""

import pytest
from tests.house.step_versions import LOCK, Locked, bare, digest, now, offences, reach, read_lock, updated, write_lock

STEP = '''"""A step."""

from ninefold.room import ideas  # what it does
from ninefold.room.more import much
from ninefold.elsewhere import other


class Step:
    """It steps."""

    version = "1"

    def run(self) -> int:
        """Run."""
        return ideas.count() + 1
'''
ROOM = {
    "ninefold.room.step": STEP,
    "ninefold.room.ideas": "def count() -> int:\n    return 1\n",
    "ninefold.room.more": "from ninefold.room.ideas import count\n\nmuch = count() * 100  # cm\n",
    "ninefold.room.unused": "x = 1\n",
    "ninefold.elsewhere": "other = 1\n",
}


def of(**changes: str) -> str:
    """Return the digest of the planted step, with modules of its room exchanged."""
    room = ROOM | {f"ninefold.room.{name}": text for name, text in changes.items()}
    return digest(reach("ninefold.room.step", lambda name: room.get(name, "")))


def test_every_step_is_as_locked() -> None:
    """Otherwise raise the version of the step, or: python -m tests.house.step_versions --neutral "why" STEP."""
    assert offences(read_lock(LOCK.read_text()), now()) == []


def test_words_and_blank_lines_change_no_digest() -> None:
    """Comments, docstrings, blank lines; and what the step does not import."""
    assert of(step=STEP.replace("It steps.", "It walks.").replace("# what it does", "# what it is for")) == of()
    assert of(step=STEP.replace('    version = "1"\n', '\n    version = "1"\n\n\n')) == of()
    assert of(unused="x = 2\n") == of()


def test_what_is_done_changes_the_digest() -> None:
    """In the step's own module, and in one of its room that is reached by way of another."""
    assert of(step=STEP.replace("+ 1", "+ 2")) != of()
    assert of(ideas=ROOM["ninefold.room.ideas"].replace("1", "2")) != of()
    assert of(more=ROOM["ninefold.room.more"].replace("100", "10")) != of()


def test_only_comments_and_docstrings_go() -> None:
    """A hash inside a text stays, and so does a text that is no docstring."""
    text = 'x = "# no comment"  # a comment\n"""not the first statement"""\n'
    assert bare(text) == 'x = "# no comment"\n"""not the first statement"""'


def test_a_change_needs_a_version_or_a_reason() -> None:
    """The check names each case; the update refuses a silent one and keeps the reason of a neutral one."""
    locked = {"a": Locked("1", "aa"), "b": Locked("1", "bb"), "gone": Locked("1", "cc")}
    found = {"a": Locked("1", "a2"), "b": Locked("2", "b2"), "new": Locked("1", "dd")}
    assert offences(locked, found) == [
        "gone is no step any more",
        "a changed under version 1: raise it, or say why results are the same",
        "b has version 2, the lock 1",
        "new is new",
    ]
    with pytest.raises(SystemExit, match="a changed under version 1"):
        updated(locked, found, "", [])
    with pytest.raises(SystemExit, match="a changed under version 1"):
        updated(locked, found, "faster only", ["b"])
    after = updated(locked, found, "faster\nonly", ["a"])
    assert after["a"] == Locked("1", "a2", "faster only")
    assert offences(read_lock(write_lock(after)), found) == []


def test_what_is_unchanged_keeps_its_reason() -> None:
    """And the lock survives its own text."""
    locked = {"a": Locked("1", "aa", "renamed a variable")}
    assert updated(locked, {"a": Locked("1", "aa")}, "", []) == locked
    assert read_lock(write_lock(locked)) == locked
