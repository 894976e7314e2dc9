"""The wheel: it holds all of the product and nothing else, and works where src/ is out of reach."""

import zipfile
from pathlib import Path

from tests.house.conftest import ROOT, Installed

PRODUCT = ROOT / "src" / "ninefold"
REQUIREMENT = """---
id: REQ-warning
uuid: 6a1f5b1e-6f0e-4c58-9a53-0d6a3f6d8a12
title: Warn of a tool failure in time
type: functional
owner: ana
priority: must
---
When a tool is about to fail, the system shall warn between 5 minutes and 2 hours before.
"""


def held(wheel: Path) -> set[str]:
    """Return the names of the files in a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_holds_every_file_of_the_product_and_no_other(installed: Installed) -> None:
    """Code, type marker, manifests; no test, no example, no page, nothing compiled."""
    expected = {
        f"ninefold/{path.relative_to(PRODUCT).as_posix()}"
        for path in PRODUCT.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    names = held(installed.wheel)
    assert {n for n in names if not n.startswith("ninefold-")} == expected
    assert "ninefold/py.typed" in names
    connectors = {p.parent.name for p in PRODUCT.glob("connectors/*/connector.py")}
    assert {f"ninefold/connectors/{c}/manifest.toml" for c in connectors} <= names
    assert {n.partition("/")[2] for n in names if n.startswith("ninefold-")} == {
        "METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE",
    }  # fmt: skip


def test_the_program_is_the_installed_one(installed: Installed, tmp_path: Path) -> None:
    """Nothing of this checkout is on its path."""
    place = installed.python("import ninefold, sys; print(ninefold.__file__, *sys.path)", cwd=tmp_path)
    assert str(installed.folder) in place.split()[0]
    assert str(ROOT) not in place


def test_help_lists_the_commands(installed: Installed, tmp_path: Path) -> None:
    """As installed, without a project."""
    told = installed.run("ninefold", "--help", cwd=tmp_path)
    assert "Begin a project in a new folder." in told
    assert "0.1.0" in installed.run("ninefold", "--version", cwd=tmp_path)


def test_a_project_begins_is_checked_and_has_a_status(installed: Installed, tmp_path: Path) -> None:
    """A sentence becomes a fresh lint record with the smallest installation; a mistake is told at its line."""
    installed.run("ninefold", "init", "plant", cwd=tmp_path)
    plant = tmp_path / "plant"
    written = plant / "requirements" / "REQ-warning.md"
    written.write_text(REQUIREMENT)
    assert "no problem" in installed.run("ninefold", "check", cwd=plant)
    assert "lint:REQ-warning" in installed.run("ninefold", "status", cwd=plant)
    installed.run("ninefold", "run", "lint:REQ-warning", cwd=plant)
    told = installed.run("ninefold", "status", "--all", cwd=plant)
    assert "fresh" in next(line for line in told.splitlines() if "lint:REQ-warning" in line)
    written.write_text(REQUIREMENT.replace("priority:", "priorty:"))
    assert "requirements/REQ-warning.md:7" in installed.run("ninefold", "check", cwd=plant, code=1)
