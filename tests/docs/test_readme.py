"""The first page: what comes first on it, and its commands done as they stand there."""

import re
from pathlib import Path

from tests.docs.conftest import follow
from tests.docs.shell import Shell

README = Path(__file__).parents[2] / "README.md"


def test_the_first_own_project_of_the_readme_works(tmp_path: Path) -> None:
    """Its commands, in a folder with nothing in it."""
    with Shell(tmp_path, tmp_path / "home") as shell:
        follow(shell, README)
    assert (tmp_path / "plant" / "ninefold.toml").is_file()


def test_the_two_commands_come_first() -> None:
    """Before any explanation."""
    before = README.read_text().partition("\n## ")[0]
    assert re.findall(r"^    make (\w+)", before, re.MULTILINE) == ["demo", "test"]


def test_it_is_short() -> None:
    """What is longer stands on a page of its own."""
    assert len(README.read_text().splitlines()) <= 80
