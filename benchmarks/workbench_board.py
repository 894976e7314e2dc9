"""The board, the trace, the audit and the finder over 50,000 records, and a leaderboard of 10,000 rows: CPU a page.

The store gets the windows of a year of 1,000 devices beside the chain of a small cell, and a race of 10,000
candidates; a second project has 10,000 requirements. Plan and pages are warm; the first overview after a change is
measured too, because then everything is planned anew. CPU is that of the process, with the client of a test that asks:
a few milliseconds of each figure.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import report, spread

sys.path.insert(0, str(Path(__file__).parents[1]))

RECORDS, CANDIDATES, REQUIREMENTS = 50_000, 10_000, 10_000
ROUNDS = 30
BATCH = 2_000
PAGES = {
    "overview": "/",
    "trace_rollout": "/trace/rollout:cell-gateways/gateway-1",
    "trace_requirement": "/trace/REQ-tool-failure-warning",
    "task": "/tasks/model:tool-failure",
    "audit": "/audit",
    "audit_of_a_kind": "/audit?kind=verdict",
    "audit_of_a_step": "/audit?step=sign",
    "leaderboard": "/models/tool-failure",
    "leaderboard_by_latency_from_5000": "/models/tool-failure?sort=latency&from=5000",
    "find": "/find?q=gateway",
}


def fill(root: Path, records: int) -> None:
    """Put windows that hang on the model, so that its trace has many ways down, and reports of devices."""
    from ninefold.kernel.records import Draft, Input, encode
    from ninefold.kernel.sqlite import SqliteStore

    with SqliteStore(root / ".ninefold" / "store.db") as store:
        model = store.latest("bundle:tool-failure")
        if model is None:
            raise SystemExit(f"{root} has no bundle: name a small cell in service.")
        link = (Input("bundle", model.id, model.content),)
        for first in range(store.count(), records, BATCH):
            drafts = [
                Draft("window@1", encode("window@1", {"n": n, "device": f"gateway-{n % 1000}"}), "watch@1",
                      f"device:gateway-{n % 1000}", n + 1, link)
                for n in range(first, min(first + BATCH, records))
            ]  # fmt: skip
            store.put(drafts)


def race(root: Path, candidates: int) -> None:
    """Let a race of many candidates be what the model's task said last: its file changed since."""
    import msgspec

    from ninefold.kernel.records import Draft, encode
    from ninefold.kernel.sqlite import SqliteStore
    from ninefold.vocabulary.model import Leaderboard

    file = root / "models" / "tool-failure.yaml"
    file.write_text(file.read_text().replace("cpu: 90 s", "cpu: 91 s"))
    with SqliteStore(root / ".ninefold" / "store.db") as store:
        before = store.latest("candidates:tool-failure")
        if before is None:
            raise SystemExit(f"{root} has no race: name a small cell in service.")
        board = before.body(Leaderboard)
        rows = tuple(
            msgspec.structs.replace(board.candidates[0], name=f"linear-{n}", score=0.9 - n / 1e5, row_us=5.0 + n % 977)
            for n in range(candidates)
        )
        body = encode(before.kind, msgspec.structs.replace(board, candidates=rows), before.blobs)
        store.put([Draft(before.kind, body, before.step, before.actor, before.time, before.inputs, key="",
                         name="candidates:tool-failure")])  # fmt: skip


@contextmanager
def cell() -> Iterator[Path]:
    """Yield a small cell in service."""
    from tests import small_cell

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "cell"
        small_cell.derive(root)
        released = Path(shutil.copytree(root, Path(folder) / "released"))
        small_cell.release(released)
        yield released


def measure(client: Any, path: str, before: Any = None) -> dict[str, float]:
    """Return the CPU milliseconds of a page."""
    taken = []
    for _ in range(ROUNDS):
        if before is not None:
            before()
        start = time.process_time()
        answer = client.get(path)
        taken.append(round(1000 * (time.process_time() - start), 1))
        if answer.status_code != 200:
            raise SystemExit(f"{path} answered {answer.status_code}")
    return {**spread(taken), "p95": sorted(taken)[int(0.95 * (ROUNDS - 1))]}


def many_requirements(folder: Path, count: int) -> dict[str, object]:
    """Return what the first page of a project of many requirements takes, the next ones, and one after an edit."""
    from requirements import write
    from tests.workbench.desk import opened

    (folder / "ninefold.toml").write_text('name = "many"\n', encoding="utf-8")
    write(folder, count)
    with opened(folder) as client:
        start = time.process_time()
        client.get("/requirements")
        first = time.process_time() - start
        kept = measure(client, "/requirements")
        file = folder / "requirements" / "REQ-warning-7.md"
        file.write_text(file.read_text().replace("value: 0.70", "value: 0.71"))
        start = time.process_time()
        client.get("/requirements")
        after = time.process_time() - start
    return {
        "requirements": count, "requirements_first_page_cpu_s": round(first, 2), "requirements_kept_cpu_ms": kept,
        "requirements_after_an_edit_cpu_s": round(after, 2),
    }  # fmt: skip


def run(root: Path, records: int) -> None:
    """Measure every page and keep the row."""
    from tests.workbench.desk import opened

    fill(root, records)
    race(root, CANDIDATES)
    touched = root / "use-cases" / "UC-part-count.md"
    with opened(root) as client:
        client.get("/")
        figures: dict[str, object] = {f"{name}_cpu_ms": measure(client, path) for name, path in PAGES.items()}
        figures["overview_after_a_change_cpu_ms"] = measure(client, "/", lambda: touched.touch())
    with tempfile.TemporaryDirectory() as folder:
        figures |= many_requirements(Path(folder), REQUIREMENTS)
    figures |= {"records": records, "rows_of_the_leaderboard": CANDIDATES, "target": "100 ms a page"}
    report(
        "workbench_board",
        "Pages of the whole: CPU milliseconds of the server, plan and pages warm.",
        figures,
        ["litestar", "jinja2"],
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--cell", type=Path, help="a small cell in service, which is copied; else one is made")
    asked = parser.parse_args()
    if asked.cell is None:
        with cell() as made:
            run(made, asked.records)
    else:
        with tempfile.TemporaryDirectory() as folder:
            run(Path(shutil.copytree(asked.cell, Path(folder) / "cell")), asked.records)
