"""The edge is light: it installs, imports and scores with the extra `edge` alone, and loads nothing heavy anywhere."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.house.conftest import Installed

from ninefold.testing.bundles import small_payload

HEAVY = {
    "duckdb", "sklearn", "scipy", "lightgbm", "pandas", "polars", "pyarrow", "onnx", "skl2onnx", "onnxmltools",
    "litestar", "uvicorn", "asyncua", "pymodbus",
}  # fmt: skip

IMPORT_ALL = """
import importlib, pkgutil, sys
from importlib.metadata import entry_points
import ninefold.edge
for package in ("ninefold.edge", "ninefold.bundle", "ninefold.recipes", "ninefold.criteria", "ninefold.connectors",
                "ninefold.kernel", "ninefold.vocabulary", "ninefold.stats"):
    for found in pkgutil.walk_packages(importlib.import_module(package).__path__, package + "."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
for entry in entry_points(group="ninefold.connectors"):
    entry.load()
print(" ".join(sorted({name.partition(".")[0] for name in sys.modules})))
"""

SCORE = """
import sys
from pathlib import Path
from ninefold.bundle.opening import check_device, open_scorer
from ninefold.bundle.payload import read_payload
payload = read_payload(Path(sys.argv[1]).read_bytes())
open_scorer(payload)
found = check_device(payload)
print(found.passed, found.scored, found.computed)
print(" ".join(sorted({name.partition(".")[0] for name in sys.modules})))
"""

CONNECT = """
import asyncio, sys
from pathlib import Path
from ninefold.connectors.contract import Deadline
from ninefold.edge.config import read_config
from ninefold.edge.start import open_source
from ninefold.edge.agent import Agent
from ninefold.kernel.errors import MissingDependency
config, places = read_config(Path(sys.argv[1]))
source = open_source(config, places)
print(type(Agent(config, places, source)).__name__)
try:
    asyncio.run(source.connector.open(Deadline(5.0)))
except MissingDependency as error:
    print(error)
"""

AGENT = """
device = "gateway-1"
centre = "http://127.0.0.1:1"
connection = "cell.yaml"
trusted = "trusted"
"""

CONNECTION = """
connector: opcua
endpoint: opc.tcp://127.0.0.1:1/cell
zone: cell
security: {policy: Basic256Sha256, mode: SignAndEncrypt, certificate: agent}
tags:
  - {signal: torque, asset: m1, address: "ns=2;s=M1.Torque", unit: N.m}
"""


@pytest.fixture
def device(tmp_path: Path) -> Path:
    """The folder of an agent, with its configuration and its connection."""
    (tmp_path / "agent.toml").write_text(AGENT)
    (tmp_path / "cell.yaml").write_text(CONNECTION)
    (tmp_path / "trusted").mkdir()
    return tmp_path


def test_the_extra_edge_installs_nothing_heavy(installed: Installed, tmp_path: Path) -> None:
    """None of the heavy packages is there at all, so nothing of the agent can need one."""
    code = f"import importlib.util as u; print(sorted(n for n in {sorted(HEAVY)!r} if u.find_spec(n)))"
    assert installed.python(code, cwd=tmp_path) == "[]\n"


def test_every_module_of_the_edge_and_below_imports_with_the_extra_alone(installed: Installed, tmp_path: Path) -> None:
    """The agent, its commands, and every layer below it; from the wheel."""
    loaded = set(installed.python(IMPORT_ALL, cwd=tmp_path).split())
    assert "ninefold" in loaded
    assert loaded.isdisjoint(HEAVY)


@pytest.mark.job("deployment/light", against="real", what="wheel in a fresh environment")
def test_a_bundle_scores_with_the_extra_alone(installed: Installed, tmp_path: Path) -> None:
    """Its self-test passes there: recipe, model and decision work."""
    (tmp_path / "payload").write_bytes(small_payload())
    verdict, loaded = installed.python(SCORE, str(tmp_path / "payload"), cwd=tmp_path).splitlines()
    assert verdict.startswith("True ")
    assert "onnxruntime" in loaded.split()
    assert set(loaded.split()).isdisjoint(HEAVY)


def test_the_agent_names_the_extra_that_its_protocol_needs(installed: Installed, device: Path) -> None:
    """It is built without the driver; only the opening of a connection asks for it."""
    built, missing = installed.python(CONNECT, str(device / "agent.toml"), cwd=device).splitlines()
    assert built == "Agent"
    assert missing == ("A connection over OPC UA needs the package asyncua. Install it: pip install 'ninefold[opcua]'.")


def test_nothing_heavy_is_loaded_where_all_is_installed() -> None:
    """With every extra there, importing the edge and all below it still loads none of them, nor ONNX Runtime."""
    done = subprocess.run([sys.executable, "-c", IMPORT_ALL], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()).isdisjoint(HEAVY | {"onnxruntime"})


def test_scoring_loads_nothing_heavy_where_all_is_installed(tmp_path: Path) -> None:
    """A scorer brings ONNX Runtime and nothing else."""
    (tmp_path / "payload").write_bytes(small_payload())
    command = [sys.executable, "-c", SCORE, str(tmp_path / "payload")]
    verdict, loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert verdict.startswith("True ")
    assert set(loaded.split()).isdisjoint(HEAVY)
