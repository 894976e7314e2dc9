"""A project whose API is asked, and one that holds nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.workbench.api.served import Asking, asking


@pytest.fixture
def api(cell_root: Path) -> Iterator[Asking]:
    """The API of the small milling cell, asked by an administrator."""
    with asking(cell_root) as found:
        yield found


@pytest.fixture
def empty_api(tmp_path: Path) -> Iterator[Asking]:
    """The API of a project that holds nothing but its file."""
    (tmp_path / "ninefold.toml").write_text('name = "empty"\n', encoding="utf-8")
    with asking(tmp_path) as found:
        yield found
