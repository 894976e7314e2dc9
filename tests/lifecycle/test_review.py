"""What a change does to the evidence, on the small cell in a real git repository."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.small_cell import REQUIREMENT, edit

HIGHER = ("value: 0.70}", "value: 0.72}")


def git(root: Path, *arguments: str) -> str:
    """Run git in a folder, as nobody in particular."""
    command = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", *arguments]
    return subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout.strip()


def review(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    command = [sys.executable, "-m", "ninefold", "-C", str(root), "review", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def repository(cell_root: Path) -> Path:
    """The small cell, committed on main, with a branch checked out."""
    git(cell_root, "init", "-q", "-b", "main")
    git(cell_root, "add", "--all")
    git(cell_root, "commit", "-q", "-m", "base")
    git(cell_root, "switch", "-q", "-c", "change")
    return cell_root


def test_an_untouched_project_says_so(repository: Path) -> None:
    """Also on a detached head, and after a comment, which is in no facet."""
    git(repository, "switch", "-q", "--detach")
    edit(repository, REQUIREMENT, "Rationale:", "Rationale, in other words:")
    done = review(repository, "--base", "main")
    assert "0 task(s) became stale, 0 verdict(s) changed" in done.stdout
    assert "The evidence is untouched" in done.stdout


def test_a_changed_threshold_is_told_with_what_is_to_be_done(repository: Path) -> None:
    """What became stale, which verdicts hold no more, and the next commands; not what merely waits for them."""
    edit(repository, REQUIREMENT, *HIGHER)
    git(repository, "commit", "-q", "-a", "-m", "raise the recall")
    done = review(repository, "--base", "main", "--output", str(repository / "review.md"))
    text = (repository / "review.md").read_text()
    assert done.returncode == 0
    assert "19 task(s) became stale, 4 verdict(s) changed" in text
    assert "| verdict:tool-failure/REQ-tool-failure-warning/recall | pass | stale |" in text
    to_do = text.partition("### What a reviewer must see done")[2].partition("###")[0]
    rows = [line.split(" | ")[0].strip("| ") for line in to_do.splitlines() if ":" in line]
    assert rows == ["label-need:UC-tool-failure", "operating-point:tool-failure", "approval:tool-failure"]
    assert "| REQ-tool-failure-warning#criterion/recall | changed |" in text


def test_what_entered_the_base_meanwhile_is_not_the_changes(repository: Path) -> None:
    """It is compared with where the two parted, as a pull request is."""
    git(repository, "switch", "-q", "main")
    edit(repository, REQUIREMENT, *HIGHER)
    git(repository, "commit", "-q", "-a", "-m", "raise the recall")
    git(repository, "switch", "-q", "change")
    assert "The evidence is untouched" in review(repository, "--base", "main").stdout


def test_a_file_with_problems_is_the_first_thing_to_do(repository: Path) -> None:
    """And a removed model takes its tasks away; markup in a name is no markup in the table."""
    edit(repository, "recipes/part-features.yaml", "keys:", "kays:")
    (repository / "models" / "tool-failure.yaml").unlink()
    (repository / "deployments" / "cell-gateways.yaml").unlink()
    requirement = "---\nid: REQ-pipe\ntitle: A | B <b>\n---\nfoo\n"
    (repository / "requirements" / "REQ-pipe.md").write_text(requirement)
    text = review(repository, "--base", "main").stdout
    to_do = text.partition("### What a reviewer must see done")[2]
    assert to_do.index("recipes/part-features.yaml") < to_do.index("requirements/REQ-pipe.md")
    assert "| verdict:tool-failure/REQ-tool-failure-warning/recall | pass | not asked |" in text
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert all("<" not in line for line in rows)


@pytest.mark.parametrize("base", ["no-such-branch", "--output=x", ""])
def test_a_base_that_is_none(repository: Path, base: str) -> None:
    """An error with a hint; never an option of git's."""
    done = review(repository, f"--base={base}")
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "Check the name of the revision." in done.stderr


def test_without_git_and_without_common_history(repository: Path, cell_root: Path) -> None:
    """Two roots have nothing to compare; neither has a folder that is no repository."""
    git(repository, "switch", "-q", "--orphan", "other")
    git(repository, "commit", "-q", "--allow-empty", "-m", "another root")
    (repository / "ninefold.toml").write_text('name = "cell"\n')
    done = review(repository, "--base", "main")
    assert "have no commit in common here" in done.stderr
    (cell_root / ".git").rename(cell_root / "not-git")
    assert "git rev-parse failed" in review(repository, "--base", "main").stderr
