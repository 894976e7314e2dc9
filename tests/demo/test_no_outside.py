"""The demo opens no socket beyond loopback and reads no data set: every process of it is watched."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import DATA
from tests.demo.conftest import Told, watched

PROCESSES = 5  # at least: the demo itself, the cell, the fleet's service, two gateways


@pytest.mark.job("chain/loopback", against="real", what="processes")
def test_nothing_of_the_demo_goes_beyond_this_machine(live_run: Told) -> None:
    """Steps one to nine: commands, the cell's server, the fleet's service and both agents."""
    assert live_run.processes >= PROCESSES
    assert live_run.outside == ""


@pytest.mark.parametrize(
    ("code", "noted"),
    [
        ("s.setblocking(False); s.connect_ex(('192.0.2.1', 9))", "socket.connect ('192.0.2.1', 9)"),
        ("s.bind(('0.0.0.0', 0))", "socket.bind ('0.0.0.0', 0)"),
        (
            "socket.getaddrinfo('example.invalid', 80, flags=socket.AI_NUMERICHOST)",
            "socket.getaddrinfo 'example.invalid'",
        ),
        (f"open({str(DATA.resolve() / 'x')!r})", "open "),
        ("s.bind(('127.0.0.1', 0)); socket.getaddrinfo('localhost', 80)", ""),
    ],
    ids=["connect", "listen on all", "look a name up", "read a data set", "loopback"],
)
def test_the_watch_sees_what_it_must(code: str, noted: str, tmp_path: Path) -> None:
    """A watch that notes nothing proves nothing."""
    script = f"import socket; s = socket.socket(); {code}"
    subprocess.run([sys.executable, "-c", script], env=watched(tmp_path), capture_output=True, check=False)
    notes = tmp_path / "outside"
    assert (noted in notes.read_text()) if noted else not notes.exists()
