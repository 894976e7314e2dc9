"""The demo as `make demo` runs it, from the history to the second promotion, on the whole cell."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.demo.conftest import watched

DEMO = Path(__file__).parents[2] / "examples" / "milling-cell" / "demo.py"
LIMIT_S = 900  # so that one that hangs ends; nothing is said of its speed


@pytest.mark.alone
@pytest.mark.timeout(LIMIT_S + 60)
def test_the_demo_does_all_nine_steps(tmp_path: Path) -> None:
    """With the fault, the new product, the retraining that passes the same gate, and nothing beyond loopback."""
    report = tmp_path / "demo.json"
    command = [sys.executable, str(DEMO), "--no-serve", "--at", str(tmp_path / "at"), "--json", str(report)]
    done = subprocess.run(
        command, env=watched(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        timeout=LIMIT_S,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:]
    steps = json.loads(report.read_text())["steps"]
    assert [s["ok"] for s in steps] == [True] * 9
    assert "work-order" in done.stdout
    assert not (tmp_path / "outside").exists()
