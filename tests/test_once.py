"""What takes long is made once: by the first that needs it, and each gets a copy that is its own."""

from pathlib import Path

import pytest
from tests.once import copied, once, unspoiled


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


def test_a_blob_that_a_test_spoiled_is_noticed(tmp_path: Path) -> None:
    """Copies share their blobs, and nothing else."""
    name = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"  # SHA-256 of "test"
    blob, file = Path(".ninefold", "blobs", name[:2], name[2:]), "file"
    (tmp_path / "made" / blob).parent.mkdir(parents=True)
    (tmp_path / "made" / blob).write_text("test")
    (tmp_path / "made" / file).write_text("mine")
    copy = copied(tmp_path / "made", tmp_path / "copy")
    (copy / file).write_text("yours")
    assert (tmp_path / "made" / file).read_text() == "mine"
    assert unspoiled(tmp_path / "made")
    (copy / blob).write_text("spoiled")
    assert not unspoiled(tmp_path / "made")
