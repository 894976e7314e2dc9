"""The page about the REST API does what it says: its curl commands and its Python, against a served small cell."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.docs.pages import FENCE, ROOT, commands, missing
from tests.once import copied
from tests.workbench.api.served import entered, listening
from tests.workbench.api.told import told_alarms

PAGE = (ROOT / "docs" / "rest.md").read_text(encoding="utf-8")
BLOCKS = [(kind, text) for _, kind, text in FENCE.findall(PAGE)]


@pytest.fixture(scope="module")
def environment(small_cell_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Variables that name a workbench over the small cell and an editor's token."""
    root = copied(small_cell_once, tmp_path_factory.mktemp("documented") / "cell")
    told_alarms(root)
    token = entered(root).tokens["editor"]
    with listening(root) as url:
        yield {**os.environ, "NINEFOLD_URL": url, "NINEFOLD_TOKEN": token}


def test_the_commands_print_what_the_page_says(environment: dict[str, str]) -> None:
    """In a shell."""
    [text] = [t for kind, t in BLOCKS if kind == "console"]
    for command in commands(text, prompted=True):
        done = subprocess.run(
            ["/bin/bash", "-c", command.line], env=environment, capture_output=True, text=True, check=True
        )
        assert not missing(command.shown, done.stdout), done.stdout


def test_the_example_of_the_client_runs(environment: dict[str, str]) -> None:
    """As a program of its own."""
    [text] = [t for kind, t in BLOCKS if kind == "python"]
    done = subprocess.run([sys.executable, "-c", text], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "'fresh'" in done.stdout
