"""The built wheel, and an environment that has it with the extra `edge` alone. Made once; needs the package index."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.isolated import environment, wheel

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
    found = wheel(ROOT, folder)
    environment(folder / "env", f"{found}[edge]")
    return Installed(found, folder / "env")
