"""Every command that a page shows is done, in its order, and prints what the page says; what is not done is listed."""

from pathlib import Path

import pytest
from tests.docs.conftest import TUTORIAL, follow
from tests.docs.pages import ROOT, Block, Command, File, commands, missing, pages, parts
from tests.docs.shell import Shell

pytestmark = pytest.mark.timeout(900)  # the tutorial takes two minutes on a loaded machine, in whichever test is first
HOW_TO = sorted((ROOT / "docs" / "how-to").glob("*.md"))

# Blocks that no test of this folder does: "page: first command" -> why, and what does it instead.
NOT_DONE = {
    'docs/rest.md: curl -s -H "Authorization: Bearer $NINEFOLD_TOKEN" $NINEFOLD_URL/api/v1/status': "tests/client/test_documented.py does its blocks",
    "docs/guide.md: mkdir press": "tests/workbench/browser/test_guide.py goes the whole way",
    "docs/workbench.md: ninefold serve": "tests/workbench/browser starts it as a process",
    "docs/acceptance.md: export NINEFOLD_DATA=../shared/data": "tests/acceptance/test_ai4i.py does it on the real data",
    "docs/pipelines.md: ninefold pipeline generate github": "tests/operations/delivery/test_commands.py, in a repository",
    "docs/pipelines.md: ninefold review --base main": "tests/lifecycle/test_review.py, in a repository with two branches",
    "docs/serving.md: ninefold inference token line-3 --tokens serving-tokens": "tests/serving/test_start.py and test_tokens.py",
    "docs/pipelines.md: ninefold schedule list": "tests/operations/delivery/test_commands.py, with a schedule.yaml",
}


@pytest.mark.job("deployment/own-table", against="simulator", what="a table played over OPC UA to a real agent process")
def test_the_tutorial_can_be_followed(followed: Path) -> None:
    """From a CSV to a decision on an agent, over real sockets; the project that it leaves is there."""
    assert (followed / "plant" / ".ninefold" / "store.db").is_file()
    assert (followed / "plant" / "failed-parts-1.9fb").is_file()


@pytest.mark.job("chain/documented", against="real", what="the commands, in a shell")
@pytest.mark.parametrize("page", HOW_TO, ids=lambda p: p.stem)
def test_a_how_to_can_be_followed(page: Path, after_tutorial: Shell) -> None:
    """In the project that the tutorial left."""
    follow(after_tutorial, page)


def test_every_block_of_commands_is_done_or_listed() -> None:
    """A page outside tutorial and how-to that shows a block must be listed with what does it."""
    done = {ROOT / "README.md", *(ROOT / "docs" / "tutorial" / f"{name}.md" for name in TUTORIAL), *HOW_TO}
    blocks = [b for p in pages() if p not in done for b in parts(p) if isinstance(b, Block)]
    assert {b.name for b in blocks} == set(NOT_DONE)


def test_every_how_to_has_commands() -> None:
    """A page without a command would be followed by doing nothing."""
    assert [p.name for p in HOW_TO if p.name != "index.md" and not any(isinstance(b, Block) for b in parts(p))] == []
    assert len(HOW_TO) >= 10


def test_what_is_shown_is_compared(tmp_path: Path) -> None:
    """The look itself: order, dots, blanks, a wrong line, a wrong code, an exit code in a remark."""
    assert not missing(("one", "...", "th...e"), "zero\none  \ntwo\n a three b")
    assert missing(("two", "one"), "one\ntwo") == "one"
    [first, second] = commands("$ ls # 2: absent\nls: no ... here\n$ cd \\\n  x\n", prompted=True)
    assert (first.code, first.shown, second.line.split()) == (2, ("ls: no ... here",), ["cd", "x"])
    with Shell(tmp_path, tmp_path / "home") as shell:
        shell.write(File("a/b.txt", "at 127.0.0.1:4841\n"))
        shell.follow(Block("page", (Command("cd a"), Command("cat b.txt", ("at 127...",)), Command("false # 1: no"))))
        with pytest.raises(AssertionError, match="ended with 1, not 0"):
            shell.follow(Block("page", (Command("false"),)))
        with pytest.raises(AssertionError, match="did not print 'c'"):
            shell.follow(Block("page", (Command("echo a b", ("c",)),)))
