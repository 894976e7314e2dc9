"""A tree with files written otherwise, before anything is written."""

from pathlib import Path

import pytest

from ninefold.kernel.errors import NotFound
from ninefold.kernel.trees import OverlayTree, WorkingTree, matches


def test_an_overlay_adds_replaces_and_removes(tmp_path: Path) -> None:
    """The folder below stays as it is."""
    (tmp_path / "models").mkdir()
    for name in ("a", "b"):
        (tmp_path / "models" / f"{name}.yaml").write_text(name)
    tree = OverlayTree(WorkingTree(tmp_path), {"models/a.yaml": b"new", "models/b.yaml": None, "models/c.yaml": b"c"})
    assert tree.names(["models/*.yaml"]) == ["models/a.yaml", "models/c.yaml"]
    assert tree.names(["recipes/*.yaml"]) == []
    assert tree.read("models/a.yaml") == b"new"
    with pytest.raises(NotFound, match="removed"):
        tree.read("models/b.yaml")
    with pytest.raises(NotFound, match="not exist"):
        tree.read("models/d.yaml")
    assert (tmp_path / "models" / "a.yaml").read_text() == "a"


@pytest.mark.parametrize(
    ("name", "pattern", "found"),
    [("models/a.yaml", "models/*.yaml", True), ("models/x/a.yaml", "models/*.yaml", False), ("a.yaml", "*.yaml", True)],
)
def test_a_pattern_matches_folder_by_folder(name: str, pattern: str, found: bool) -> None:
    """A star never crosses a folder."""
    assert matches(name, pattern) is found


def test_a_folder_is_resolved_once_however_many_files_are_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Resolving walks every part of a path; a link among the files is resolved by itself, and must not lead out."""
    (tmp_path / "p" / "models").mkdir(parents=True)
    for n in range(20):
        (tmp_path / "p" / "models" / f"m{n:02}.yaml").write_text("")
    (tmp_path / "away.yaml").write_text("")
    (tmp_path / "p" / "models" / "out.yaml").symlink_to(tmp_path / "away.yaml")
    (tmp_path / "p" / "models" / "in.yaml").symlink_to(tmp_path / "p" / "models" / "m00.yaml")
    resolved: list[Path] = []
    resolve = Path.resolve
    monkeypatch.setattr(Path, "resolve", lambda path: resolved.append(path) or resolve(path))
    found = WorkingTree(tmp_path / "p").names(["models/*.yaml"])
    assert len(found) == 21
    assert "models/out.yaml" not in found
    assert len(resolved) == 4  # the root, the folder and the two links
