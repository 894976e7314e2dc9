"""The tutorial is followed once; how-to pages go on from what it left."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.docs.pages import ROOT, File, parts
from tests.docs.shell import Shell

TUTORIAL = ("verdict", "device")


@pytest.fixture(scope="session")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the tutorial was followed to its end; never written to again."""
    place = tmp_path_factory.mktemp("tutorial")
    with Shell(place, place / "home") as shell:
        for page in TUTORIAL:
            follow(shell, ROOT / "docs" / "tutorial" / f"{page}.md")
    return place


@pytest.fixture
def after_tutorial(followed: Path, tmp_path: Path) -> Iterator[Shell]:
    """A shell in a copy of the tutorial's project."""
    shutil.copytree(followed, tmp_path / "copy")
    shutil.rmtree(tmp_path / "copy" / "home" / "logs")
    with Shell(tmp_path / "copy" / "plant", tmp_path / "copy" / "home") as shell:
        yield shell


def follow(shell: Shell, page: Path) -> None:
    """Write the files of a page and do its commands, in their order."""
    for part in parts(page):
        if isinstance(part, File):
            shell.write(part)
        else:
            shell.follow(part)
