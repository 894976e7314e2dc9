"""The agent imports with the edge extra alone: a fresh interpreter shows what came along."""

import subprocess
import sys

HEAVY = ("duckdb", "sklearn", "lightgbm", "pandas", "pyarrow", "litestar", "uvicorn", "onnx", "scipy", "polars")


def test_the_agent_imports_without_any_heavy_package() -> None:
    """Every module of the agent but its commands; asyncua and onnxruntime come when they are used."""
    code = (
        "import pkgutil, importlib, sys, ninefold.edge\n"
        "for m in pkgutil.iter_modules(ninefold.edge.__path__):\n"
        "    if m.name != 'commands': importlib.import_module('ninefold.edge.' + m.name)\n"
        "print(' '.join(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert loaded.isdisjoint({*HEAVY, "asyncua", "onnxruntime", "click", "rich"})
    assert "ninefold.fleet" not in done.stdout.split()
