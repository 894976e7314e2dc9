"""The built wheel, and an environment that has it with the extra `edge` alone. Made once; needs the package index."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Installed:
    """An environment in which the wheel is installed; src/ is out of its reach."""

    wheel: Path
    folder: Path

    def run(self, *words: str, cwd: Path, code: int = 0) -> str:
        """Return what a program of this environment prints; it must end with the expected code."""
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(cwd), "COLUMNS": "120"}
        command = [str(self.folder / "bin" / words[0]), *words[1:]]
        done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def python(self, code: str, *arguments: str, cwd: Path) -> str:
        """Return what a few lines of Python print in this environment."""
        return self.run("python", "-I", "-c", code, *arguments, cwd=cwd)


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel, built from this checkout and installed as `ninefold[edge]` into a fresh environment."""
    folder = tmp_path_factory.mktemp("installed")
    _run(sys.executable, "-m", "venv", str(folder / "env"))
    pip = [str(folder / "env" / "bin" / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    _run(*pip, "wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT))
    (wheel,) = folder.glob("ninefold-*.whl")
    _run(*pip, "install", "--no-compile", f"{wheel}[edge]")
    return Installed(wheel, folder / "env")


def _run(*command: str) -> None:
    """Run a part of the installation outside this checkout; its words are shown when it fails."""
    environment = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    done = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
