"""What `connector new` writes is built, installed and tested as it is: a template that nothing runs rots."""

import site
import subprocess
import sys
from pathlib import Path

import pytest
from tests.isolated import environment, uv, wheel

from ninefold.connectors.scaffold import scaffold
from ninefold.kernel.errors import Conflict, InvalidInput

ROOT = Path(__file__).parents[2]
CONNECTION = """connector: melt_flow
endpoint: tcp://127.0.0.1:{port}
poll: 50 ms
tags: [{{signal: torque, asset: m1, address: torque, unit: N.m}}]
"""


def run(*command, cwd, code=0):
    """Return what a program prints; it must end with the expected code."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(cwd), "COLUMNS": "200", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code, f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """The scaffold, as it is written."""
    return scaffold("melt_flow", tmp_path_factory.mktemp("written"))


@pytest.fixture(scope="module")
def python(package, tmp_path_factory):
    """A fresh environment with the scaffold's wheel; what else it needs is seen in the one of these tests, offline."""
    folder = tmp_path_factory.mktemp("fresh")
    found = environment(folder / "env")
    [packages] = (folder / "env").glob("lib/python*/site-packages")
    ours = [p for p in site.getsitepackages() if Path(p).is_dir()]
    (packages / "seen.pth").write_text("".join(f"import site; site.addsitedir({p!r})\n" for p in ours))
    built = wheel(package, folder, "--no-build-isolation")
    uv("pip", "install", "--quiet", "--python", str(found), "--no-deps", "--no-index", str(built))
    return found


@pytest.mark.job("availability/scaffold", against="real", what="a wheel, built and installed; its own line server")
def test_its_tests_pass_unchanged_with_the_wheel(package, python):
    """The bench tier and the codec's own tests; the wheel is used, not the source beside it."""
    told = run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=package)
    assert " passed" in told
    assert "skipped" not in told
    where = run(python, "-c", "import ninefold_melt_flow; print(ninefold_melt_flow.__file__)", cwd=package)
    assert "site-packages" in where


def test_it_is_listed_and_its_connection_can_be_tried(package, python, tmp_path):
    """By the command line of an environment that knew nothing of it; a server that is away is a finding."""
    listed = run(python, "-m", "ninefold", "connector", "list", cwd=tmp_path)
    line = next(line for line in listed.splitlines() if "melt_flow" in line)
    assert "bench" in line
    assert "ready" in line
    (tmp_path / "ninefold.toml").write_text('name = "plant"\n')
    (tmp_path / "connections").mkdir()
    (tmp_path / "connections" / "flow.yaml").write_text(CONNECTION.format(port=9))
    told = run(python, "-m", "ninefold", "connector", "test", "flow", cwd=tmp_path, code=1)
    assert "reachable" in told
    assert "fail" in told


def test_it_is_typed_and_clean(package):
    """With the strict type checker, and the linter's usual rules."""
    checks = (
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(package / ".cache"), "-p", "ninefold_melt_flow"],
        [
            Path(sys.executable).with_name("ruff"),
            "check",
            "--no-cache",
            "--isolated",
            "--line-length",
            "120",
            "--select",
            "E,F,I,B,UP,W,PT",
            ".",
        ],
    )
    for command in checks:
        environment = {"PATH": "/usr/bin:/bin", "MYPYPATH": str(package / "src"), "COLUMNS": "200"}
        done = subprocess.run(command, cwd=package, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["", "Press", "9x", "a-b", "a__b", "class", "x" * 41, "../up", "a/b"])
def test_name_that_is_none_is_refused(name, tmp_path):
    """Nothing is written then."""
    with pytest.raises(InvalidInput):
        scaffold(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(tmp_path):
    """Neither a connector that is installed nor a folder that is there."""
    with pytest.raises(Conflict, match="installed already"):
        scaffold("opcua", tmp_path)
    scaffold("press", tmp_path)
    with pytest.raises(Conflict, match="is there already"):
        scaffold("press", tmp_path)
