"""The demo as `make demo` runs it on the whole cell: from the history to the second promotion, and how it ends.

Its gateways are held to decisions within 50 ms, so what is in this folder goes before all other tests. Those that run
beside it do so only while it wants no processor.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from tests.demo.conftest import watched

import ninefold

DEMO = Path(__file__).parents[2] / "examples" / "milling-cell" / "demo.py"
LIMIT_S = 900  # so that one that hangs ends; nothing is said of its speed
SOON_S = 60.0  # likewise, for what the open workbench shows
MACHINES = {f"m{n}" for n in range(1, 9)}


@pytest.mark.timeout(LIMIT_S)
def test_the_demo_does_all_nine_steps_and_ends_with_the_cell_live_until_ctrl_c(tmp_path: Path) -> None:
    """With the fault, the new product, the retraining that passes the same gate, and nothing beyond loopback; then the
    link logs in once, the page shows what the gateways decide, and the terminal's SIGINT leaves no process behind.
    """
    report = tmp_path / "demo.json"
    command = [sys.executable, str(DEMO), "--at", str(tmp_path / "at"), "--json", str(report)]
    with subprocess.Popen(
        command, env={**watched(tmp_path), "PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, process_group=0,
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            printed = until_open(process)
            steps = json.loads(report.read_text())["steps"]
            assert [s["ok"] for s in steps] == [True] * 9
            assert "work-order" in printed
            leads_on_to_everything(tmp_path / "at" / "milling-cell")
            shows_the_cell_live(re.findall(r"http://127\.0\.0\.1:\d+/enter/\S+", printed)[0])
            assert [c for c in started_in(process.pid).values() if "simulate serve" in c]
            os.killpg(process.pid, signal.SIGINT)
            rest = process.stdout.read()
            code = process.wait(30)
        finally:
            left = started_in(process.pid)
            for number in left:
                os.kill(number, signal.SIGKILL)
    assert left == {}
    assert "Ended." in rest, rest
    assert "Traceback" not in rest
    assert code == 0
    assert not (tmp_path / "outside").exists()


def leads_on_to_everything(root: Path) -> None:
    """Assert that the sentence leads on to each verdict and device report, and to each episode and window of its model."""
    kinds = {"verdict@1", "reported@1", "alarm-episode@1", "window@1"}
    with ninefold.open(root) as project:
        records = [r for kind in kinds for r in project.records(kind, 10_000)]
        command = [sys.executable, "-m", "ninefold", "trace", "REQ-tool-failure-warning", "--down", "--json"]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
        met = {link["id"] for link in json.loads(done.stdout)}
    assert {r.kind for r in records} == kinds
    assert [(r.kind, r.plain) for r in records if r.id not in met] == []


def until_open(process: "subprocess.Popen[str]") -> str:
    """Return what the demo printed until it stays open; fail with its end when it does not."""
    lines: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(line)
        if "Ctrl-C ends it all" in line:
            return "".join(lines)
    raise AssertionError("".join(lines)[-6000:])


def shows_the_cell_live(link: str) -> None:
    """Assert that a link leads into the workbench once, and that every machine there has decisions, and new ones.

    The retrained model brought its own reference: the product that was new alarms no more.
    """
    with httpx.Client(base_url=link.partition("/enter")[0], timeout=60) as client:
        assert client.post(link, data={}).headers["location"] == "/"
        assert "<h1>" in client.get("/").text
        assert httpx.post(link, data={}, timeout=60).status_code == 404

        def decided() -> dict[str, list[str]]:
            pages = {m: client.get(f"/live/{m}").text for m in MACHINES}
            return {m: re.findall(r'href="/decisions/(\w+)"', text) for m, text in pages.items()}

        soon("a decision of each machine", lambda: all(decided().values()))
        before = {m: set(ids) for m, ids in decided().items()}
        soon("a new decision of each machine", lambda: all(set(ids) - before[m] for m, ids in decided().items()))
        assert "product_known" not in client.get("/live").text


def soon(what: str, seen: Callable[[], bool]) -> None:
    """Wait until something shows."""
    end = time.monotonic() + SOON_S
    while not seen():
        assert time.monotonic() < end, f"{what} did not show"
        time.sleep(0.5)


def started_in(group: int) -> dict[int, str]:
    """Return what still runs of a group of processes: number and command."""
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            state, _, owner = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
            if int(owner) == group and state != "Z":
                found[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ")
        except OSError:
            continue  # it ended meanwhile
    return found
