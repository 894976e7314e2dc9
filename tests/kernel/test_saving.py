"""Saves are whole or nothing, one at a time, and never over a change that was not seen."""

import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ninefold.kernel.errors import EditConflict, InvalidFile, NotFound, Refused
from ninefold.kernel.saving import ABSENT, difference, read, remove, save

PATTERNS = ("requirements/REQ-*.md", "models/*.yaml")
NAME = "models/a.yaml"
CONTEXT = multiprocessing.get_context("spawn")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project folder with one file."""
    (tmp_path / "models").mkdir()
    (tmp_path / NAME).write_bytes(b"\xef\xbb\xbfa: 1\r\n")
    return tmp_path


def test_a_save_writes_the_bytes_and_keeps_the_mode(root: Path) -> None:
    """Byte order mark and CRLF come back as they are, and go out as they are."""
    (root / NAME).chmod(0o640)
    opened = read(root, NAME, PATTERNS)
    etag = save(root, NAME, opened.text.replace("1", "2"), opened.etag, PATTERNS)
    assert (root / NAME).read_bytes() == b"\xef\xbb\xbfa: 2\r\n"
    assert (root / NAME).stat().st_mode & 0o777 == 0o640
    assert read(root, NAME, PATTERNS).etag == etag


def test_a_stale_save_is_told_with_the_difference(root: Path) -> None:
    """The file stays as the other one left it."""
    opened = read(root, NAME, PATTERNS)
    (root / NAME).write_text("a: 7\n")
    with pytest.raises(EditConflict) as raised:
        save(root, NAME, "a: 2\n", opened.etag, PATTERNS)
    assert "-a: 7" in raised.value.diff
    assert "+a: 2" in raised.value.diff
    assert (root / NAME).read_text() == "a: 7\n"
    assert save(root, NAME, "a: 2\n", raised.value.etag, PATTERNS)


def test_a_file_that_was_removed_or_made_meanwhile(root: Path) -> None:
    """Both are conflicts; a new file makes its folder."""
    etag = read(root, NAME, PATTERNS).etag
    remove(root, NAME, etag, PATTERNS)
    with pytest.raises(EditConflict, match="removed"):
        save(root, NAME, "a: 2\n", etag, PATTERNS)
    with pytest.raises(NotFound):
        remove(root, NAME, etag, PATTERNS)
    save(root, "requirements/REQ-x.md", "x", ABSENT, PATTERNS)
    with pytest.raises(EditConflict):
        save(root, "requirements/REQ-x.md", "y", ABSENT, PATTERNS)


@pytest.mark.parametrize(
    "name",
    ["../a.yaml", "models/../models/a.yaml", "models//a.yaml", "/models/a.yaml", "models/a.txt", "models/sub/a.yaml",
     ".ninefold/a.yaml", "models/out.yaml", "models/folder.yaml", "models/a\n.yaml", "", "other/a.yaml", "linked/a.yaml"],
)  # fmt: skip
def test_names_that_are_no_project_files(root: Path, tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    """Nothing outside, nothing that no reader reads, no link that leaves the project."""
    outside = tmp_path_factory.mktemp("outside")
    (outside / "a.yaml").write_text("secret: 1\n")
    (root / "models" / "out.yaml").symlink_to(outside / "a.yaml")
    (root / "models" / "folder.yaml").mkdir()
    (root / "linked").symlink_to(outside)
    for act in (
        lambda: read(root, name, (*PATTERNS, "linked/*.yaml")),
        lambda: save(root, name, "x: 1\n", ABSENT, (*PATTERNS, "linked/*.yaml")),
    ):
        with pytest.raises(Refused):
            act()
    assert (outside / "a.yaml").read_text() == "secret: 1\n"


def test_a_link_inside_the_project_stays_a_link(root: Path) -> None:
    """What it names is written."""
    (root / "models" / "b.yaml").symlink_to("a.yaml")
    save(root, "models/b.yaml", "a: 3\n", read(root, "models/b.yaml", PATTERNS).etag, PATTERNS)
    assert (root / "models" / "b.yaml").is_symlink()
    assert (root / NAME).read_text() == "a: 3\n"


def test_a_text_that_is_too_large_is_refused(root: Path) -> None:
    """Nothing is written."""
    with pytest.raises(InvalidFile, match="MB"):
        save(root, NAME, "x" * 1_100_000, read(root, NAME, PATTERNS).etag, PATTERNS)


def _race(root: str, text: str, etag: str, barrier: Any, results: Any) -> None:
    barrier.wait()
    try:
        save(Path(root), NAME, text, etag, PATTERNS)
        results.put("saved")
    except EditConflict as error:
        results.put(error.diff)


def test_of_two_processes_that_save_at_once_one_wins(root: Path) -> None:
    """The other one is told the difference."""
    for _ in range(3):
        etag = read(root, NAME, PATTERNS).etag
        barrier, results = CONTEXT.Barrier(2), CONTEXT.Queue()
        both = [
            CONTEXT.Process(target=_race, args=(str(root), f"a: {etag[:6]}-{i}\n", etag, barrier, results))
            for i in (0, 1)
        ]
        for process in both:
            process.start()
        told = sorted(results.get(timeout=60) for _ in both)
        for process in both:
            process.join()
        assert told[1] == "saved"
        assert told[0].startswith("--- models/a.yaml")


_SAVER = """
import sys
from pathlib import Path
from ninefold.kernel.saving import read, save
root, size = Path(sys.argv[1]), int(sys.argv[2])
print("ready", flush=True)
number = 0
while True:
    number += 1
    opened = read(root, "models/a.yaml", ["models/*.yaml"])
    save(root, "models/a.yaml", f"{number % 10}" * size, opened.etag, ["models/*.yaml"])
"""


def test_a_kill_in_mid_save_leaves_old_or_new(root: Path) -> None:
    """Sixty writers are killed at moments of chance; no file is ever half written, and leftovers go with the next save."""
    size = 300_000
    (root / NAME).write_text("0" * size)
    for number in range(60):
        child = subprocess.Popen([sys.executable, "-c", _SAVER, str(root), str(size)], stdout=subprocess.PIPE)
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        with pytest.raises(subprocess.TimeoutExpired):  # some moment between its first save and a few saves later
            child.wait(timeout=0.0005 * (number % 20))
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()
        text = (root / NAME).read_text()
        assert (len(text), len(set(text))) == (size, 1)
    (root / "models" / ".ninefold-edit-0.tmp").touch()
    save(root, NAME, "a: 1\n", read(root, NAME, PATTERNS).etag, PATTERNS)
    assert [p.name for p in (root / "models").iterdir()] == ["a.yaml"]


def test_a_long_difference_is_cut() -> None:
    """It says how much is left out."""
    text = difference("", "x\n" * 1000, "a")
    assert text.splitlines()[-1] == "... 603 more lines"
