"""The commands of the design phase, on a screen that keeps what it is shown."""

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest
from tests.design.requirements.sample import project
from tests.design.test_steps import READERS, STEPS, World

from ninefold.design.prioritisation.commands import ranking_
from ninefold.design.requirements.commands import requirements_
from ninefold.kernel.blobs import Blobs
from ninefold.kernel.errors import NotFound
from ninefold.kernel.status import status
from ninefold.surface.page import Page
from ninefold.surface.session import Session
from ninefold.testing.clock import FakeClock


@dataclass
class Screen:
    """Keeps models and lines."""

    shown: list[Any] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def show(self, model: Any) -> None:
        """Keep a model."""
        self.shown.append(model)

    def write(self, text: str) -> None:
        """Keep a line."""
        self.lines.append(text)

    def say(self, message: str, done: float | None = None) -> None:
        """Keep a line."""
        self.lines.append(message)


def call(world: World, command: click.Command, *arguments: str) -> Screen:
    """Run a command on the project of a world."""
    screen = Screen()
    view = project(world.root / "project", world.files, READERS)
    session = Session(
        world.root, world.store, Blobs(world.root / "blobs"), FakeClock(), screen, lambda: view,
        lambda: status(STEPS, view, world.store),
    )  # fmt: skip
    command.main(list(arguments), standalone_mode=False, obj=SimpleNamespace(session=session))
    return screen


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return a project that is up to date."""
    made = World(tmp_path)
    made.run()
    return made


def test_lint_shows_warnings_and_needs(world: World):
    """The page of all requirements."""
    [page] = call(world, requirements_, "lint").shown
    assert isinstance(page, Page)
    assert page.sections[0].empty == "No warning."
    assert page.sections[1].rows[0][1] == "recall"


def test_lint_of_an_unknown_requirement_names_what_there_is(world: World):
    """The nearest tasks, or how to list them."""
    with pytest.raises(NotFound, match="No requirement is called REQ-none"):
        call(world, requirements_, "lint", "REQ-none")


def test_coverage_shows_the_matrix(world: World):
    """Four criteria of one requirement."""
    [page] = call(world, requirements_, "coverage").shown
    assert len(page.sections[0].rows) == 4


def test_the_diagram_is_written_to_the_named_file(world: World, tmp_path: Path):
    """From the files as they are, run or not."""
    target = tmp_path / "requirements.svg"
    screen = call(world, requirements_, "diagram", "--output", str(target))
    assert "recall &gt;= 0.7" in target.read_text(encoding="utf-8")
    assert screen.lines == [f"{target}: Drawn: requirements 1, criteria 4, use cases 1, links 1."]


def test_the_ranking_is_shown_with_its_stability(world: World):
    """Never the order alone."""
    [page] = call(world, ranking_).shown
    assert page.sections[0].notes[0].startswith("UC-tool-failure stays first in 100.0% of 500 weightings")


def test_before_the_first_run_the_next_command_is_named(tmp_path: Path):
    """No result is an error with the way out."""
    with pytest.raises(NotFound) as caught:
        call(World(tmp_path), ranking_)
    assert caught.value.hint == "Run: ninefold run ranking."
