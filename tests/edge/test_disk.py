"""A full disk loses samples, and says how many; records wait in memory; the agent goes on."""

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.job("deployment/disk-full", against="real", what="SQLite under a file-size limit")
def test_on_a_full_disk_every_lost_sample_is_in_a_gap_record_and_no_alarm_is_lost(tmp_path: Path) -> None:
    """The process lives on; the state stays that of the last samples that were kept."""
    script = Path(__file__).with_name("fill.py")
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["refused"] > 0
    assert found["taken"] > 0
    assert found["state"] == found["kept"]
    assert found["after"]
    assert (found["there"], found["lost"]) == (found["taken"] + 10, found["refused"])
    assert found["reasons"] == ["disk_full"]
    assert found["records"] == 60
