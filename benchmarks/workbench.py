"""The workbench: CPU and memory until it first answers, beside MLflow's server; weight and requests of its pages.

Each page is loaded as a browser does without a cache: the page, and every style, script and icon that it names.
"""

import gzip
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from bench import alternate, peer, report, spread

RUNS = 5
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
    """Return CPU seconds and resident MB of a process and its children, as the kernel counts them."""
    cpu = memory = 0.0
    for one in family(pid):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        cpu += (int(fields[11]) + int(fields[12])) / 100
        memory += int(fields[21]) * 4096 / 1e6
    return cpu, memory


def family(pid: int) -> list[int]:
    """Return a process and all its descendants."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(n for child in children for n in family(int(child)))]


def started(command: list[str], url: str, folder: Path) -> tuple[float, float, float]:
    """Start a server; return CPU seconds, MB and wall seconds until its first healthy answer."""
    begin = time.perf_counter()
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            while True:
                try:
                    with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own loopback
                        if answer.status == 200:
                            break
                except (urllib.error.URLError, ConnectionError, TimeoutError):
                    time.sleep(0.02)
                if process.poll() is not None or time.perf_counter() - begin > 120:
                    raise SystemExit(f"{command} did not come up")
            cpu, memory = usage(process.pid)
            return cpu, memory, time.perf_counter() - begin
        finally:
            process.terminate()


def ours(project: Path) -> tuple[float, float, float]:
    """Start the workbench of a project."""
    port = free_port()
    command = [sys.executable, "-m", "ninefold", "-C", str(project), "serve", "--port", str(port)]
    return started(command, f"http://127.0.0.1:{port}/health", project)


def mlflow(folder: Path) -> tuple[float, float, float]:
    """Start MLflow's tracking server."""
    port = free_port()
    command = [str(peer("mlflow", "mlflow")), "-m", "mlflow", "server", "--port", str(port), "--host", "127.0.0.1"]
    return started(command, f"http://127.0.0.1:{port}/health", folder)


def weights(project: Path) -> dict[str, object]:
    """Return kB (as sent, and what gzip would make of it) and requests of each page of a project."""
    from ninefold.workbench.access.access import Access

    access = Access(project / ".ninefold")
    person = access.accounts.add("Bench", "administrator", access.clock.now()).person
    cookie = access.sessions.open(person, access.clock.now(), "")
    access.close()
    port = free_port()
    command = [sys.executable, "-m", "ninefold", "-C", str(project), "serve", "--port", str(port)]
    found: dict[str, object] = {}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            base = f"http://127.0.0.1:{port}"
            while True:
                try:
                    urllib.request.urlopen(f"{base}/health", timeout=2).close()  # noqa: S310 - our own loopback
                    break
                except (urllib.error.URLError, ConnectionError):
                    time.sleep(0.05)
            for path in PAGES:
                parts = loaded(base, path, f"ninefold-{port}={cookie}")
                sent, packed = sum(map(len, parts)) / 1e3, sum(len(gzip.compress(p)) for p in parts) / 1e3
                found[f"{path}: kB / kB gzipped / requests"] = f"{sent:.0f} / {packed:.0f} / {len(parts)}"
        finally:
            process.terminate()
    return found


def loaded(base: str, path: str, cookie: str) -> list[bytes]:
    """Return the bodies of a page and of all that it names."""

    def get(where: str) -> bytes:
        request = urllib.request.Request(base + where, headers={"Cookie": cookie})  # noqa: S310 - our own loopback
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - as above
            return bytes(answer.read())

    page = get(path)
    named = {p.partition("#")[0] for p in re.findall(r'(?:href|src)="(/static/[^"]+)"', page.decode())}
    return [page, *(get(p) for p in sorted(named))]


def main() -> None:
    """Measure the start beside the peer, then the pages of the project named on the command line."""
    project = Path(sys.argv[1] if len(sys.argv) > 1 else ".demo/milling-cell").resolve()
    if not (project / ".ninefold" / "store.db").is_file():
        raise SystemExit(f"{project} is no project that was run: make demo DEMO_FLAGS=--no-serve, or name one")
    figures: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        sides = {"workbench": lambda: ours(project), "MLflow server": lambda: mlflow(Path(folder))}
        found = alternate(sides, RUNS)  # type: ignore[arg-type]  # three figures a run instead of one
    for name, runs in found.items():
        for place, what in enumerate(("CPU s", "MB", "wall s")):
            figures[f"{name}, to the first healthy answer, {what}"] = spread([r[place] for r in runs])  # type: ignore[index]  # three figures a run
    figures |= weights(project)
    report("workbench", "The workbench on the cell after the demo: its start beside a peer, its pages.", figures,
           ["litestar", "uvicorn"])  # fmt: skip


if __name__ == "__main__":
    main()
