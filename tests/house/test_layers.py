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
PLANTED = {
    "layers": ("kernel/planted.py", "from ninefold.lifecycle import graph"),
    "protocol-drivers": ("edge/planted.py", "def planted() -> None:\n    import asyncua"),
    "batch-engine": ("development/data/planted.py", "def planted() -> None:\n    import duckdb"),
    "light-edge": ("criteria/planted.py", "def planted() -> None:\n    from sklearn import metrics"),
    "terminal": ("surface/planted.py", "import rich.table"),
    "commands": ("fleet/planted.py", "from ninefold.fleet import commands"),
    "pages": ("fleet/planted.py", "from ninefold.fleet import pages"),
}
# two more that the layers forbid: the kit for tests in the product, and one step in another
LAYERED = {
    "kit": ("lifecycle/planted.py", "from ninefold.testing import clock"),
    "neighbour": ("development/planted.py", "from ninefold.design.requirements import ears"),
}


def lint(house: Path) -> subprocess.CompletedProcess[str]:
    """Run the linter on a copy of the house."""
    environment = {"PYTHONPATH": str(house / "src"), "PATH": "/usr/bin:/bin", "COLUMNS": "300"}
    return subprocess.run(
        [str(LINTER), "--no-cache"], cwd=house, env=environment, capture_output=True, text=True, check=False
    )


def plant(house: Path, file: str, lines: str) -> None:
    """Write a new module into a copy of the house."""
    place = house / "src" / "ninefold" / file
    assert not place.exists()
    place.write_text(f"{lines}\n")


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the house that may be spoilt."""
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda c: c["id"])
def test_a_planted_import_breaks_the_contract(house: Path, contract: dict[str, str]) -> None:
    """Each contract catches what it forbids, and no other complains."""
    plant(house, *PLANTED[contract["id"]])
    done = lint(house)
    assert done.returncode == 1
    assert [line for line in done.stdout.splitlines() if line.endswith(" BROKEN")] == [f"{contract['name']} BROKEN"]


@pytest.mark.parametrize("case", LAYERED)
def test_the_layers_keep_the_kit_out_and_the_steps_apart(house: Path, case: str) -> None:
    """The product imports nothing of its tests' kit, and a step nothing of another step."""
    plant(house, *LAYERED[case])
    assert lint(house).returncode == 1


def test_every_package_has_a_layer(house: Path) -> None:
    """A new package without a layer fails the linter: the list is exhaustive."""
    (house / "src" / "ninefold" / "stray").mkdir()
    (house / "src" / "ninefold" / "stray" / "__init__.py").write_text("")
    assert lint(house).returncode != 0
