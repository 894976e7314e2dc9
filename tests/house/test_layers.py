"""The layers are checked by import-linter; this checks the checker: one forbidden import per contract must fail it."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINTER = Path(sys.executable).with_name("lint-imports")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
PLANTED = {"layers": ("src/ninefold/kernel/planted.py", "from ninefold.lifecycle import graph\n")}


def lint(house: Path) -> subprocess.CompletedProcess[str]:
    """Run the linter on a copy of the house."""
    environment = {"PYTHONPATH": str(house / "src"), "PATH": "/usr/bin:/bin"}
    return subprocess.run(
        [str(LINTER), "--no-cache"], cwd=house, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the house that may be spoilt."""
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda c: c["id"])
def test_a_planted_import_breaks_the_contract(house: Path, contract: dict[str, str]) -> None:
    """Each contract catches what it forbids."""
    file, line = PLANTED[contract["id"]]
    (house / file).write_text(line)
    done = lint(house)
    assert done.returncode == 1
    assert f"{contract['name']} BROKEN" in done.stdout


def test_every_package_has_a_layer(house: Path) -> None:
    """A new package without a layer fails the linter: the list is exhaustive."""
    (house / "src" / "ninefold" / "stray").mkdir()
    (house / "src" / "ninefold" / "stray" / "__init__.py").write_text("")
    assert lint(house).returncode != 0
