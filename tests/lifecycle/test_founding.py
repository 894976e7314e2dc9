"""A project's first files: valid settings whatever its name, and nothing that was there is replaced."""

from pathlib import Path

import pytest

from ninefold.kernel.errors import Conflict, InvalidInput, Refused
from ninefold.kernel.project import read_settings
from ninefold.lifecycle.founding import FOLDERS, LONGEST_NAME, found_project


@pytest.mark.parametrize("name", ["plant", 'Werk "Süd" \\ 3', "a" * LONGEST_NAME])
def test_settings_read_back_as_they_were_meant(tmp_path: Path, name: str) -> None:
    """The name with quotes and signs of its own, the language, and whether one person works alone."""
    found_project(tmp_path / "new", name, language="de", four_eyes=False)
    settings = read_settings(tmp_path / "new")
    assert (settings.name, settings.language, settings.four_eyes) == (name, "de", False)
    assert all((tmp_path / "new" / folder).is_dir() for folder in FOLDERS)


def test_what_is_there_stays(tmp_path: Path) -> None:
    """A file for git of one's own; a project is not begun twice."""
    (tmp_path / ".gitignore").write_text("mine\n")
    found_project(tmp_path)
    assert (tmp_path / ".gitignore").read_text() == "mine\n"
    assert read_settings(tmp_path).name == tmp_path.name
    with pytest.raises(Conflict):
        found_project(tmp_path)


def test_keys_and_evidence_are_kept_out_of_git(tmp_path: Path) -> None:
    """Private keys of certificates, and the credential of a gateway that runs here."""
    found_project(tmp_path)
    assert (tmp_path / ".gitignore").read_text().split() == [".ninefold/", "pki/", "gateways/*/storage/"]


@pytest.mark.parametrize("name", ["   ", "a\nb", "x" * (LONGEST_NAME + 1)])
def test_a_name_that_cannot_be_used_is_refused(tmp_path: Path, name: str) -> None:
    """And nothing is written; blanks alone take the folder's name."""
    if not name.strip():
        found_project(tmp_path / "folder", name)
        assert read_settings(tmp_path / "folder").name == "folder"
        return
    with pytest.raises(InvalidInput):
        found_project(tmp_path / "none", name)
    assert not (tmp_path / "none").exists()


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    """Here a file stands in its place."""
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused):
        found_project(tmp_path / "file" / "below", "name")
