"""An empty project."""

from pathlib import Path

import pytest

from ninefold.kernel.sqlite import SqliteStore


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An empty project with a store."""
    (tmp_path / "ninefold.toml").write_text('name = "empty"\n', encoding="utf-8")
    SqliteStore(tmp_path / ".ninefold" / "store.db").close()
    return tmp_path
