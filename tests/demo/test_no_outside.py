"""What watches the processes of a demo notes each socket beyond loopback and each look at a data set."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import DATA
from tests.demo.conftest import watched


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
