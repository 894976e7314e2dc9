"""The command as people call it: a fresh process, exit codes, sentences instead of tracebacks."""

import subprocess
import sys
from pathlib import Path

import pytest

from ninefold.cli.main import COMMANDS, cli


def ninefold(*arguments: str, at: Path) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder."""
    command = [sys.executable, "-m", "ninefold", *arguments]
    return subprocess.run(command, cwd=at, capture_output=True, text=True, check=False)


def test_a_new_project_has_no_problem_and_no_task(tmp_path: Path) -> None:
    """init, check and status work on nothing, and say what comes next."""
    done = ninefold("init", "cell", at=tmp_path)
    assert (done.returncode, "Next: write requirements" in done.stdout) == (0, True)
    assert "no problem" in ninefold("check", at=tmp_path / "cell").stdout
    status = ninefold("status", at=tmp_path / "cell")
    assert (status.returncode, status.stderr) == (0, "")
    again = ninefold("init", "cell", at=tmp_path)
    assert (again.returncode, "exists already" in again.stderr) == (1, True)


def test_outside_a_project_the_next_command_is_named(tmp_path: Path) -> None:
    """No traceback; what happened and what to do."""
    done = ninefold("status", at=tmp_path)
    assert done.returncode == 1
    assert "No ninefold.toml" in done.stderr
    assert "begin one with: ninefold init" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_mistyped_command_names_the_nearest(tmp_path: Path) -> None:
    """Usage errors end with 2."""
    done = ninefold("statsu", at=tmp_path)
    assert (done.returncode, "Did you mean 'status'?" in done.stderr) == (2, True)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_in_the_list_what_its_own_help_says(name: str) -> None:
    """The list is written by hand to stay light; it must not lag behind, and every command has a help text."""
    command = cli.get_command(None, name)
    assert command is not None
    assert command.name == name
    assert command.help or getattr(command, "commands", None)
    for parameter in command.params:
        if parameter.param_type_name == "option":
            assert parameter.help, f"{name} {parameter.opts[0]} has no help"


def test_help_is_light() -> None:
    """The help imports no engine; what would cost half a second is loaded by the command that needs it."""
    code = "import sys\nsys.argv=['ninefold','--help']\nfrom ninefold.cli import main\n"
    code += "try: main()\nexcept SystemExit: pass\n"
    code += "heavy = {'numpy', 'duckdb', 'rich', 'sklearn', 'lightgbm', 'onnx', 'onnxruntime', 'asyncua', 'litestar'}\n"
    code += "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Commands:" in done.stdout
    assert done.stderr.strip() == "[]"


def test_a_file_with_problems_is_never_left_out_in_silence(tmp_path: Path) -> None:
    """run fails, status and gate name the file: what it describes is not planned, so its criteria would be missing."""
    ninefold("init", "cell", at=tmp_path)
    (tmp_path / "cell" / "requirements" / "REQ-a.md").write_text("---\nid: REQ-a\ntitel: x\n---\nfoo\n")
    run = ninefold("run", at=tmp_path / "cell")
    assert run.returncode == 1
    for command in ("run", "status", "gate"):
        said = ninefold(command, at=tmp_path / "cell").stdout
        assert "5 problem(s) leave out what stands in requirements/REQ-a.md. Look with: ninefold check." in said
