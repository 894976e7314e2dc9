"""A hundred open live pages at two changes a second: memory a page, CPU, how late a change is shown, and stopping.

The server runs in a process of its own over the small milling cell; clients read the stream on plain sockets, as the
pages' script does: `python benchmarks/workbench_live.py [CLIENTS] [SECONDS]`. It needs the folder `tests`. Each change
is ten minutes of decisions on four of the eight machines, so half of the pages have something to show.
"""

import asyncio
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bench import report  # noqa: E402 - beside this file
from tests.small_cell import derive, release  # noqa: E402 - after the path is set
from tests.workbench.furnished import furnish, send_more  # noqa: E402 - as above

from ninefold.fleet.service import FleetService  # noqa: E402 - as above
from ninefold.kernel.project import STATE  # noqa: E402 - as above

MACHINES = 8
MOVED = 4  # machines of eight
SERVE = """
import sys
sys.path.insert(0, {root!r})
from pathlib import Path
from tests.workbench.stream.listening import served
from ninefold.workbench.access.viewer import Viewer
viewers = [Viewer(f"person-{{n}}", "N", "viewer") for n in range({clients})]
served(Path(sys.argv[1]), viewers, int(sys.argv[2])).run()
"""


def main(clients: int = 100, seconds: float = 30.0) -> None:
    """Measure, and keep the row."""
    kept = os.environ.get("NINEFOLD_SMALL_CELL", "")
    with tempfile.TemporaryDirectory() as folder:
        cell = Path(folder) / "cell"
        if kept:
            shutil.copytree(kept, cell)
        else:
            derive(cell)
            release(cell)
        furnish(cell)
        port = 9391
        code = SERVE.format(root=str(ROOT), clients=clients)
        process = subprocess.Popen([sys.executable, "-c", code, str(cell), str(port)])
        try:
            figures = asyncio.run(_measure(process, cell, port, clients, seconds))
        finally:
            process.kill()
    report("workbench_live", f"{clients} live pages at 2 Hz", figures, ("litestar", "uvicorn"))


async def _measure(
    process: "subprocess.Popen[bytes]", cell: Path, port: int, clients: int, seconds: float
) -> dict[str, object]:
    await _page(port, "/live/m4")
    await _page(port, "/live/m4")
    before = _rss_kb(process.pid)
    late: dict[int, list[float]] = {n: [] for n in range(clients)}
    sent = {"at": 0.0}
    readers = [asyncio.create_task(_read(port, n, late[n], sent)) for n in range(MACHINES)]
    await asyncio.sleep(4)
    once = _rss_kb(process.pid)  # with a page of each machine: what is read for them is kept for all that follow
    readers += [asyncio.create_task(_read(port, n, late[n], sent)) for n in range(MACHINES, clients)]
    await asyncio.sleep(4)
    opened, cpu = _rss_kb(process.pid), _cpu_s(process.pid)
    began = time.perf_counter()
    changes = await asyncio.to_thread(_send, cell, began, seconds, sent)
    await asyncio.sleep(1)
    took = time.perf_counter() - began
    after, used = _rss_kb(process.pid), _cpu_s(process.pid) - cpu
    stopping = time.perf_counter()
    process.send_signal(signal.SIGTERM)
    await asyncio.to_thread(process.wait, 20)
    ended = time.perf_counter() - stopping
    await asyncio.gather(*readers, return_exceptions=True)
    concerned = [found for n, found in late.items() if n % MACHINES < MOVED]
    told = [x for found in concerned for x in found]
    return {
        "kb_per_page": round((max(after, opened) - before) / clients, 1),
        "kb_per_further_page_at_rest": round((opened - once) / (clients - MACHINES), 1),
        "rss_mb_0": round(before / 1024, 1),
        "rss_mb": round(after / 1024, 1), "cpu_share": round(used / took, 3), "changes": changes,
        "pages_that_change": len(concerned), "messages_to_them": len(told),
        "share_of_changes_told_each": round(len(told) / (changes * len(concerned)), 3),
        "messages_to_the_others": sum(map(len, late.values())) - len(told),
        "late_s_p50": round(statistics.median(told), 3), "late_s_p95": round(statistics.quantiles(told, n=20)[-1], 3),
        "stop_s": round(ended, 2),
    }  # fmt: skip


def _send(cell: Path, began: float, seconds: float, sent: dict[str, float]) -> int:
    """Send a change each half second, as a device does; return how many."""
    changes = 0
    with FleetService(cell / STATE) as service:
        while time.perf_counter() - began < seconds:
            sent["at"] = time.perf_counter()
            send_more(cell, service, service.clock.now(), changes)
            changes += 1
            time.sleep(max(began + changes * 0.5 - time.perf_counter(), 0.0))
    return changes


async def _page(port: int, path: str) -> None:
    await _up(port)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
    head = await reader.readline()
    if b" 200 " not in head:
        raise SystemExit(f"{path} answered {head!r}")
    await reader.read()
    writer.close()


async def _up(port: int) -> None:
    for _ in range(200):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    raise SystemExit("The server did not start.")


async def _read(port: int, number: int, late: list[float], sent: dict[str, float]) -> None:
    """Read one stream as a page does, and note how long after a change its panels came."""
    asset = f"m{number % MACHINES + 1}"
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
    path = f"/stream?watch=asset/{asset}&as={number}"
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: text/event-stream\r\n\r\n".encode())
    while line := await reader.readline():
        if line.startswith(b"event: panels") and sent["at"]:
            late.append(time.perf_counter() - sent["at"])


def _rss_kb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main(*(int(a) for a in sys.argv[1:3]))
