"""Projects for tests of pages: one that has been in service for some hours, and one with nothing in it."""

from pathlib import Path

import pytest
from tests.once import copied
from tests.workbench.furnished import furnish

from ninefold.kernel.sqlite import SqliteStore


@pytest.fixture(scope="session")
def lived_once(small_cell_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small cell with devices, decisions, windows and alarms; made once, never written to."""
    root = copied(small_cell_once, tmp_path_factory.mktemp("lived") / "small-cell")
    furnish(root)
    return root


@pytest.fixture
def lived(lived_once: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may change."""
    return copied(lived_once, tmp_path / "small-cell")


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A project with a name and nothing else."""
    (tmp_path / "ninefold.toml").write_text('name = "bare"\n', encoding="utf-8")
    SqliteStore(tmp_path / ".ninefold" / "store.db").close()
    return tmp_path
