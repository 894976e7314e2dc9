"""Blobs, pins and trees: what lies in a project's folder beside the store."""

import subprocess
import sys
from pathlib import Path

import pytest

from ninefold.kernel.blobs import Blobs
from ninefold.kernel.canonical import sha256
from ninefold.kernel.errors import Conflict, InvalidFile, NotFound, StoreError, VerificationError
from ninefold.kernel.pins import PINS_FILE, parse_pins, write_pin
from ninefold.kernel.project import find_root, read_settings
from ninefold.kernel.trees import CommitTree, WorkingTree

A, B, C = ("a" * 64, "b" * 64, "c" * 64)


def test_a_blob_is_found_by_its_digest_and_checked(tmp_path: Path) -> None:
    """What was altered on disk is refused."""
    blobs = Blobs(tmp_path / "blobs")
    digest = blobs.put(b"model")
    assert digest == sha256(b"model")
    assert blobs.read(digest) == b"model"
    blobs.path(digest).chmod(0o644)
    blobs.path(digest).write_bytes(b"modem")
    with pytest.raises(VerificationError, match="altered on disk"):
        blobs.read(digest)
    with pytest.raises(NotFound, match="is not here"):
        blobs.get("f" * 64)


def test_a_full_disk_leaves_no_half_blob(tmp_path: Path) -> None:
    """A process whose files may not grow gets our error, and the folder holds nothing but whole blobs."""
    code = (
        "import resource, signal, sys; from pathlib import Path; from ninefold.kernel.blobs import Blobs\n"
        "from ninefold.kernel.errors import StoreError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: Blobs(Path(sys.argv[1])).put(b'x' * 5000)\n"
        "except StoreError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "b")], capture_output=True, text=True, check=True)
    assert "is full; nothing was written" in done.stdout
    assert [p for p in (tmp_path / "b").rglob("*") if p.is_file()] == []


def test_a_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    """A file stands where the folder should."""
    (tmp_path / "blobs").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        Blobs(tmp_path / "blobs").put(b"x")


def test_pins_are_written_merged_and_read(tmp_path: Path) -> None:
    """A new choice replaces the old line of its key and keeps the others."""
    write_pin(tmp_path, A, B, "model:m", {})
    write_pin(tmp_path, C, A, "dataset:d", {A: B})
    write_pin(tmp_path, A, C, "model:m", {A: B, C: A})
    assert parse_pins((tmp_path / PINS_FILE).read_text()) == {A: C, C: A}


def test_a_pin_is_a_compare_and_swap(tmp_path: Path) -> None:
    """Somebody else chose in between: repeat."""
    write_pin(tmp_path, A, B, "x", {})
    with pytest.raises(Conflict, match="was changed by somebody else"):
        write_pin(tmp_path, A, C, "x", {})


def test_two_choices_for_a_key_are_an_error() -> None:
    """Merged branches that chose differently must be settled by a person."""
    with pytest.raises(InvalidFile, match=r"ninefold.lock:2: The key aaaaaaaaaaaa has two choices"):
        parse_pins(f"{A} {B}\n{A} {C}\n")
    with pytest.raises(InvalidFile, match="This is no pin"):
        parse_pins("hello\n")


def test_a_commit_is_a_tree_without_a_checkout(tmp_path: Path) -> None:
    """Files of a commit are read as they were, whatever the working copy holds."""
    git = ["git", "-C", str(tmp_path), "-c", "user.name=t", "-c", "user.email=t@example.org"]
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "REQ-a.md").write_text("one")
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "one"], check=True)
    (tmp_path / "requirements" / "REQ-a.md").write_text("two")
    (tmp_path / "requirements" / "REQ-b.md").write_text("new")
    pattern = ["requirements/REQ-*.md"]
    commit, working = CommitTree(tmp_path, "HEAD"), WorkingTree(tmp_path)
    assert commit.names(pattern) == ["requirements/REQ-a.md"]
    assert commit.read("requirements/REQ-a.md") == b"one"
    assert working.names(pattern) == ["requirements/REQ-a.md", "requirements/REQ-b.md"]
    assert working.read("requirements/REQ-a.md") == b"two"
    with pytest.raises(NotFound, match=r"git rev-parse failed"):
        CommitTree(tmp_path, "no-such-branch")


def test_links_that_leave_the_project_are_not_followed(tmp_path: Path) -> None:
    """A project cannot read files beside it."""
    (tmp_path / "outside.yaml").write_text("secret: 1")
    inside = tmp_path / "project" / "models"
    inside.mkdir(parents=True)
    (inside / "m.yaml").symlink_to(tmp_path / "outside.yaml")
    assert WorkingTree(tmp_path / "project").names(["models/*.yaml"]) == []


def test_a_project_is_found_from_inside(tmp_path: Path) -> None:
    """Commands work anywhere below `ninefold.toml`, and its mistakes are named."""
    with pytest.raises(NotFound, match=r"No ninefold.toml"):
        find_root(tmp_path)
    (tmp_path / "ninefold.toml").write_text('name = "cell"\n')
    (tmp_path / "deep").mkdir()
    assert find_root(tmp_path / "deep") == tmp_path
    assert read_settings(tmp_path).name == "cell"
    (tmp_path / "ninefold.toml").write_text('nme = "cell"\n')
    with pytest.raises(InvalidFile, match="Did you mean 'name'"):
        read_settings(tmp_path)
    (tmp_path / "ninefold.toml").write_text("name = ")
    with pytest.raises(InvalidFile, match="not valid TOML"):
        read_settings(tmp_path)
