"""Environments of their own for what must not share ours: Dagster, Airflow, MLflow. Needs a package index, as `make` does."""

import os
import subprocess
import sys
from pathlib import Path

UV = Path(sys.executable).parent / "uv"


def environment(folder: Path, package: str) -> Path:
    """Make an environment with a package and return its Python. The system's certificates count, as they do for pip."""
    python = folder / "bin" / "python"
    clean = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "VIRTUAL_ENV"}} | {"UV_NATIVE_TLS": "1"}
    for words in (
        ["venv", "--quiet", "--clear", "--python", sys.executable, str(folder)],
        ["pip", "install", "--quiet", "--python", str(python), package],
    ):
        done = subprocess.run([str(UV), *words], env=clean, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
    return python
