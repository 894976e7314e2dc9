"""Environments of their own, for what must not share ours: Dagster, Airflow, MLflow, our wheel. Needs a package index, as
`make` does; uv makes them, which takes a fifth of pip's time.
"""

import os
import subprocess
import sys
from pathlib import Path

UV = Path(sys.executable).parent / "uv"


def environment(folder: Path, *packages: str) -> Path:
    """Make an environment with packages and return its Python."""
    python = folder / "bin" / "python"
    uv("venv", "--quiet", "--clear", "--python", sys.executable, str(folder))
    if packages:
        uv("pip", "install", "--quiet", "--python", str(python), *packages)
    return python


def wheel(source: Path, folder: Path, *options: str) -> Path:
    """Build a package into a folder and return its wheel."""
    uv("build", "--quiet", "--wheel", "--python", sys.executable, "--out-dir", str(folder), *options, str(source))
    [found] = folder.glob("*.whl")
    return found


def uv(*words: str) -> None:
    """Run uv outside this checkout, with the system's certificates as pip has them; its words are shown when it fails."""
    clean = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "VIRTUAL_ENV"}} | {"UV_NATIVE_TLS": "1"}
    done = subprocess.run([str(UV), *words], env=clean, cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"uv {' '.join(words)}\n{done.stdout}{done.stderr[-3000:]}"
