"""The first own project of the README, done as it stands there."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"
TABLE = """asset,ts,torque,part
m1,2026-01-05T06:00:00Z,40.5,1
m1,2026-01-05T06:00:10Z,41.5,1
m1,2026-01-05T06:00:20Z,44.0,2
"""


def test_the_first_own_project_of_the_readme_works(tmp_path: Path) -> None:
    """Its files and its commands, in their order; the last one shows where the features come from."""
    section = README.read_text().partition("## Your first own project")[2].partition("\n## ")[0]
    place, said = tmp_path, ""
    for name, kind, text in re.findall(r"(?:^`([^`\n]+)`\n\n)?^```(\w+)\n(.*?)^```", section, re.MULTILINE | re.DOTALL):
        if kind == "yaml":
            (place / name).write_text(text)
            continue
        for line in text.splitlines():
            program, *words = shlex.split(line, comments=True)
            if program == "cd":
                place = place / words[0]
                (place / "data").mkdir()
                (place / "data" / "export.csv").write_text(TABLE)
                continue
            command = [sys.executable, "-m", program, "--quiet", *words]
            done = subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=60, check=False)
            assert done.returncode == 0, line + done.stdout + done.stderr
            said = done.stdout
    assert "dataset:export" in said
    assert "connection:export#source" in said


def test_the_two_commands_come_first() -> None:
    """Before any explanation."""
    before = README.read_text().partition("\n## ")[0]
    assert re.findall(r"^    make (\w+)", before, re.MULTILINE) == ["demo", "test"]
