"""Processes kept together: they start in order, and none is left when one ends, when they are stopped, or when nobody
listens any more.
"""

import sys
from pathlib import Path
from typing import Any

import pytest

from ninefold.kernel.errors import Cancelled, Refused
from ninefold.kernel.progress import Cancel
from ninefold.workbench.gateway.running import run_keeper

STAYS = "import os, sys, signal; print('up', os.getpid(), flush=True); signal.pause()"


def process(tmp_path: Path, name: str, code: str, **more: Any) -> dict[str, Any]:
    """Return what starts a small Python program."""
    return {"name": name, "command": [sys.executable, "-c", code], "cwd": str(tmp_path), **more}


def alive(log: Path) -> bool:
    """Return whether the process that wrote its number into a log still runs."""
    number = log.read_text().split()[1]
    return Path(f"/proc/{number}").exists()


def test_they_start_in_order_and_end_when_they_are_stopped(tmp_path: Path) -> None:
    """One that is to end by itself is waited for and gets its input; the others are told one by one."""
    cancel, heard = Cancel(), list[tuple[str, str]]()

    def hear(what: str, about: str) -> None:
        heard.append((what, about))
        if (what, about) == ("all", "started"):
            cancel.request()

    processes = [
        process(tmp_path, "first", STAYS, line="up"),
        process(tmp_path, "once", "import sys; sys.exit(sys.stdin.read() != 'secret')", once=True, input="secret"),
        process(tmp_path, "second", STAYS, line="up"),
    ]
    with pytest.raises(Cancelled):
        run_keeper(tmp_path / "logs", processes, cancel, hear)
    started = [about for what, about in heard if what == "started"]
    assert started == ["first", "once", "second"]
    assert not alive(tmp_path / "logs" / "first.log")
    assert not alive(tmp_path / "logs" / "second.log")


def test_one_that_ends_ends_the_others_and_is_told_with_its_last_words(tmp_path: Path) -> None:
    """A gateway without its source is no gateway."""
    processes = [
        process(tmp_path, "first", STAYS, line="up"),
        process(tmp_path, "agent", "import sys; sys.exit('The port is taken.')"),
    ]
    with pytest.raises(Refused, match=r"agent: it ended with 1\. The port is taken\."):
        run_keeper(tmp_path / "logs", processes, Cancel(), lambda _what, _about: None)
    assert not alive(tmp_path / "logs" / "first.log")


def test_nothing_is_left_when_the_one_who_listens_is_gone(tmp_path: Path) -> None:
    """Here what hears them fails, as if the workbench had; their input is closed, and they end."""

    def hear(what: str, about: str) -> None:
        if (what, about) == ("all", "started"):
            raise RuntimeError("gone")

    with pytest.raises(RuntimeError):
        run_keeper(tmp_path / "logs", [process(tmp_path, "first", STAYS, line="up")], Cancel(), hear)
    assert not alive(tmp_path / "logs" / "first.log")
