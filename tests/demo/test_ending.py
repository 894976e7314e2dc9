"""The demo ends with the workbench open, and Ctrl-C ends all that it started."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from tests.demo.conftest import HERE, watched

STOP_S = 3.0  # what is promised
START_S = 120.0  # so that one that does not start ends; nothing is said of its speed


def started_in(session: int) -> dict[int, str]:
    """Return what still runs of a session of processes: number and command."""
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            state, *_, owner = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
            if int(owner) == session and state != "Z":
                found[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ")
        except OSError:
            continue  # it ended meanwhile
    return found


@pytest.mark.alone
def test_it_ends_with_the_workbench_open_until_ctrl_c(derived_once: Path, tmp_path: Path) -> None:
    """The link logs in once; the terminal's SIGINT goes to every process, and none is left."""
    command = [sys.executable, str(HERE / "ending.py"), str(derived_once), str(tmp_path / "at")]
    with subprocess.Popen(
        command, env={**watched(tmp_path), "PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, start_new_session=True,
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            link = opened(process)
            comes_in_once(link)
            assert [c for c in started_in(process.pid).values() if "simulate serve" in c]
            began = time.monotonic()
            os.killpg(process.pid, signal.SIGINT)
            rest = process.stdout.read()
            code = process.wait(30)
            took = time.monotonic() - began
        finally:
            left = started_in(process.pid)
            for number in left:
                os.kill(number, signal.SIGKILL)
    assert left == {}
    assert "Ended." in rest, rest
    assert "Traceback" not in rest
    assert code == 0
    assert took < STOP_S
    assert not (tmp_path / "outside").exists()


def opened(process: "subprocess.Popen[str]") -> str:
    """Return the link that the demo prints once the workbench is open."""
    lines: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(line)
        if found := re.search(r"http://127\.0\.0\.1:\d+/enter/\S+", line):
            return found[0]
    raise AssertionError("".join(lines))


def comes_in_once(link: str) -> None:
    """Assert that a link leads to the overview, and not a second time."""
    with httpx.Client(timeout=60) as client:
        assert client.post(link, data={}).headers["location"] == "/"
        page = client.get(link.partition("/enter")[0] + "/")
        assert (page.status_code, "<h1>" in page.text) == (200, True)
    assert httpx.post(link, data={}, timeout=60).status_code == 404
