"""What takes long is made once: by the first that needs it, and each gets a copy that is its own."""

from pathlib import Path

import pytest
from tests.once import once


def test_a_folder_is_made_once_and_copied_for_each(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One that could not be made leaves nothing half; what one changes in its copy the other does not see."""
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw0")
    monkeypatch.delenv("NINEFOLD_ONCE", raising=False)
    monkeypatch.setattr(tmp_path_factory, "getbasetemp", lambda: tmp_path / "gw0")
    monkeypatch.setattr(
        tmp_path_factory, "mktemp", lambda _name: Path(tmp_path / f"copy-{len(list(tmp_path.iterdir()))}")
    )
    calls = []

    def make(folder: Path) -> None:
        calls.append(folder)
        folder.mkdir()
        (folder / "half").touch()
        if len(calls) == 1:
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        once(tmp_path_factory, "cell", make)
    first, second = once(tmp_path_factory, "cell", make), once(tmp_path_factory, "cell", make)
    assert len(calls) == 2
    assert first != second
    (first / "mine").touch()
    assert [f.name for f in second.iterdir()] == ["half"]
    assert [f.name for f in (tmp_path / "once-cell").iterdir()] == ["half"]
