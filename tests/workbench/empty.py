"""Projects as they are on the first day: with nothing in them but a name, or with files of which nothing was run."""

from pathlib import Path

from tests import small_cell


def empty_project(root: Path) -> Path:
    """Make the folder and its settings."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "ninefold.toml").write_text('name = "empty"\n', encoding="utf-8")
    return root


def unmade(root: Path) -> Path:
    """Copy the files of the example, of which nothing was run."""
    small_cell.copy_example(root)
    small_cell.edit(root, "ninefold.toml", 'clock = "data/clock.json"', "#")
    return root
