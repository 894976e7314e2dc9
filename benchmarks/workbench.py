"""The workbench: CPU and memory until it first answers, beside MLflow's server; weight and requests of its pages.

Each page is loaded by a browser without a cache and with all that it asks for, as bytes on the wire. The peer has one
experiment with 20 runs, and its page of runs is what is loaded. Both listen on loopback in processes of their own.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import alternate, peer, report, spread

RUNS = 3
QUIET_MS = 4000  # a busy machine takes a while to run the scripts of a page
PAGES = (
    "/",
    "/requirements",
    "/use-cases",
    "/data",
    "/models",
    "/validation",
    "/fleet",
    "/live",
    "/monitoring",
    "/audit",
)


def free_port() -> int:
    """Return a free port of loopback."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def usage(pid: int) -> tuple[float, float]:
    """Return CPU seconds and MB of a process and its children, ended ones included, as the kernel counts."""
    cpu = memory = 0.0
    for one in family(pid):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        cpu += sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
        rollup = Path(f"/proc/{one}/smaps_rollup").read_text()  # shared pages are counted once: Pss
        memory += int(rollup.partition("Pss:")[2].split()[0]) * 1024 / 1e6
    return cpu, memory


def family(pid: int) -> list[int]:
    """Return a process and all its descendants."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(n for child in children for n in family(int(child)))]


@contextmanager
def running(command: list[str], url: str, folder: Path) -> Iterator[tuple[float, float, float]]:
    """Start a server and yield CPU seconds, MB and wall seconds until its first healthy answer; end its whole group."""
    begin = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, process_group=0
    )
    try:
        while not answers(url):
            if process.poll() is not None or time.perf_counter() - begin > 180:
                raise SystemExit(f"{command} did not come up")
            time.sleep(0.02)
        yield *usage(process.pid), time.perf_counter() - begin
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def answers(url: str) -> bool:
    """Return whether an address answers that all is well."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own loopback
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def workbench(project: Path, port: int) -> tuple[list[str], str, Path]:
    """Return how the workbench of a project is started, where it says that it is well, and its folder."""
    command = [sys.executable, "-m", "ninefold", "-C", str(project), "serve", "--port", str(port)]
    return command, f"http://127.0.0.1:{port}/health", project


def mlflow(folder: Path, port: int) -> tuple[list[str], str, Path]:
    """Return the same of MLflow's tracking server."""
    command = [
        str(peer("mlflow", "mlflow==3.17.2").absolute()), "-m", "mlflow", "server", "--port", str(port),
        "--host", "127.0.0.1", "--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}",
    ]  # fmt: skip
    return command, f"http://127.0.0.1:{port}/health", folder


def started(command: list[str], url: str, folder: Path) -> tuple[float, float, float]:
    """Start a server and end it; return what it took."""
    with running(command, url, folder) as found:
        return found


RUNS_OF_PEER = """
import sys, mlflow
mlflow.set_tracking_uri(sys.argv[1])
mlflow.set_experiment("cell")
for n in range(20):
    with mlflow.start_run():
        mlflow.log_params({f"p{i}": i for i in range(10)})
        mlflow.log_metrics({f"m{i}": i * n for i in range(10)})
print(mlflow.get_experiment_by_name("cell").experiment_id)
"""


def weights(project: Path, folder: Path) -> dict[str, object]:
    """Return kB on the wire and requests of each page of a project, and of the peer's page of runs."""
    from playwright.sync_api import sync_playwright

    from ninefold.workbench.access.access import Access

    access = Access(project / ".ninefold")
    person = access.accounts.add("Bench", "administrator", access.clock.now()).person
    access.accounts.set_password(person, "quiet horse battery", None)
    cookie = access.enter(person, "127.0.0.1")
    access.close()
    port, other = free_port(), free_port()
    figures: dict[str, object] = {}
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        with running(*workbench(project, port)):
            mine = {"name": f"ninefold-{port}", "value": cookie, "url": f"http://127.0.0.1:{port}"}
            found = [loaded(browser, f"http://127.0.0.1:{port}{path}", mine) for path in PAGES]
        for path, (kilobytes, requests) in zip(PAGES, found, strict=True):
            figures[f"{path}: kB, requests"] = f"{kilobytes:.0f}, {requests}"
        figures["heaviest page, kB"] = round(max(k for k, _ in found))
        figures["most requests of a page"] = max(r for _, r in found)
        command, url, where = mlflow(folder, other)
        with running(command, url, where):
            base = f"http://127.0.0.1:{other}"
            done = subprocess.run([command[0], "-c", RUNS_OF_PEER, base], capture_output=True, text=True, check=True)
            id = done.stdout.split()[-1]
            kilobytes, requests = loaded(browser, f"{base}/#/experiments/{id}/runs", None)
            figures["MLflow, page of 20 runs: kB, requests"] = f"{kilobytes:.0f}, {requests}"
        browser.close()
    return figures


def loaded(browser: Any, url: str, cookie: dict[str, str] | None) -> tuple[float, int]:
    """Return kB on the wire and requests of a page until it asked for nothing for a while (but its open stream)."""
    context = browser.new_context()
    try:
        if cookie is not None:
            context.add_cookies([cookie])
        page = context.new_page()
        wire = context.new_cdp_session(page)
        wire.send("Network.enable")
        sizes: dict[str, float] = {}
        wire.on("Network.responseReceived", lambda e: sizes.setdefault(e["requestId"], 0.0))
        wire.on("Network.loadingFinished", lambda e: sizes.update({e["requestId"]: e["encodedDataLength"]}))
        answer = page.goto(url, wait_until="load", timeout=120_000)
        if answer is None or not answer.ok:
            raise SystemExit(f"{url} is no page: {answer and answer.status}")
        before = -1
        while before != len(sizes):
            before = len(sizes)
            page.wait_for_timeout(QUIET_MS)
        if cookie is not None and page.url != url:
            raise SystemExit(f"{url} led to {page.url}")
        return sum(sizes.values()) / 1e3, len(sizes)
    finally:
        context.close()


def main() -> None:
    """Measure the start beside the peer, then the pages of the project named on the command line, which is copied."""
    given = Path(sys.argv[1] if len(sys.argv) > 1 else ".demo/milling-cell").resolve()
    if not (given / ".ninefold" / "store.db").is_file():
        raise SystemExit(f"{given} is no project that was run: make demo DEMO_FLAGS=--no-serve, or name one")
    figures: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        project = Path(shutil.copytree(given, Path(folder) / "project"))
        sides = {
            "workbench": lambda: started(*workbench(project, free_port())),
            "MLflow server": lambda: started(*mlflow(Path(folder), free_port())),
        }
        started(*mlflow(Path(folder), free_port()))  # it makes its database once
        found = alternate(sides, RUNS)  # type: ignore[arg-type]  # three figures a run instead of one
        for name, runs in found.items():
            for place, what in enumerate(("CPU s", "MB (Pss)", "wall s")):
                values = [r[place] for r in runs]  # type: ignore[index]  # three figures a run
                figures[f"{name}, to the first healthy answer, {what}"] = spread(values)
        for place, what in enumerate(("CPU", "memory")):
            both = zip(found["MLflow server"], found["workbench"], strict=True)
            ratios = [theirs[place] / mine[place] for theirs, mine in both]  # type: ignore[index]  # as above
            figures[f"ratio of {what}"] = spread(ratios)
        figures |= weights(project, Path(folder))
    figures["targets"] = "start <= 1.5 CPU s, <= 120 MB; a page <= 300 kB, <= 6 requests"
    what = "The workbench on a cell in service beside MLflow's server: the start, and pages as a browser loads them."
    report("workbench", what, figures, ["litestar", "uvicorn"])


if __name__ == "__main__":
    main()
