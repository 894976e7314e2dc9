"""A loop that stands still ends the process; systemd is told, when it asks for that."""

import socket
import threading
from pathlib import Path

import pytest

from ninefold.edge.watchdog import Watchdog, notify


def test_it_bites_when_the_loop_stands_still() -> None:
    """And not before."""
    bitten = threading.Event()
    dog = Watchdog(0.2, bitten.set)
    dog.start()
    dog.alive()
    assert bitten.wait(10)
    dog.stop()


def test_systemd_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """READY, then signs of life; without its socket nothing happens."""
    notify("READY=1")
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(path))
        listener.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", str(path))
        dog = Watchdog(0.4, lambda: None)
        dog.start()
        assert listener.recv(100) == b"READY=1"
        assert listener.recv(100) == b"WATCHDOG=1"
        dog.stop()
