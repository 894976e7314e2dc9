"""Recording a run, durable, beside MLflow's SQLite store; and the lineage of a record in a store of 1 M edges."""

import json
import random
import tempfile
import time
from pathlib import Path

from bench import peer, report, run, spread

import ninefold as nf
from ninefold.kernel.records import Draft, head_of
from ninefold.kernel.sqlite import SqliteStore

RUNS = 300
MLFLOW = """
import sys, time, json, os
import mlflow
mlflow.set_tracking_uri("sqlite:///" + sys.argv[1])
client = mlflow.MlflowClient()
experiment = client.create_experiment("e")
from mlflow.entities import Metric, Param
def one(i):
    run = client.create_run(experiment)
    client.log_batch(run.info.run_id, [Metric(f"m{k}", float(i + k), 0, 0) for k in range(10)],
                     [Param(f"p{k}", str(k)) for k in range(10)])
    client.set_terminated(run.info.run_id)
for i in range(5): one(i)
spent = []
for i in range(int(sys.argv[2])):
    start = time.process_time(); one(i); spent.append(1e3 * (time.process_time() - start))
print(json.dumps(spent))
"""


def ours(folder: Path) -> list[float]:
    """Return CPU ms of each run, logged as in a notebook."""
    spent = []
    folder.mkdir(exist_ok=True)
    (folder / "ninefold.toml").write_text('name = "bench"')
    with nf.open(folder) as project:
        for i in range(RUNS + 5):
            start = time.process_time()
            with project.run(f"run {i}") as r:
                r.log({f"p{k}": str(k) for k in range(10)})
                r.metrics({f"m{k}": float(i + k) for k in range(10)})
            spent.append(1e3 * (time.process_time() - start))
    return spent[5:]


def lineage(folder: Path) -> dict[str, object]:
    """Return CPU ms of one lineage query in a store of 1 M edges, filled by SQL; ten layers, 15 records a model."""
    store = SqliteStore(folder / "large.db")
    db = store.connection
    random.seed(1)
    db.execute("BEGIN")
    per_layer, layers = 33_400, 11
    head = head_of(Draft("k@1", b"", "fill@1", "me", 0), (), "centre", 1)
    db.execute("INSERT INTO body VALUES ('c', 'k@1', NULL, NULL)")
    rows = [(n, f"{n:064x}", "c", "k@1", "", 0, head) for n in range(per_layer * layers)]
    db.executemany("INSERT INTO record (n, id, content, kind, key, time, head) VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    edges = [
        (n, f"r{j}", (n // per_layer - 1) * per_layer + (n % per_layer + random.choice((0, 0, 1, 2)) * j) % per_layer)  # noqa: S311 - shape, not secrets
        for n in range(per_layer, per_layer * layers)
        for j in range(3)
    ]
    db.executemany("INSERT OR IGNORE INTO edge VALUES (?, ?, ?)", edges)
    db.execute("COMMIT")
    count = db.execute("SELECT count(*) FROM edge").fetchone()[0]
    spent, sizes = [], []
    for n in random.sample(range(per_layer * (layers - 1), per_layer * layers), 50):
        start = time.process_time()
        found = list(store.lineage(f"{n:064x}", up=True))
        spent.append(1e3 * (time.process_time() - start))
        sizes.append(len({e.parent for e in found}))
    return {"edges": count, "lineage of a model, CPU ms": spread(spent), "records above it": spread(sizes)}


def main() -> None:
    """Measure both, print the ratio."""
    mlflow = str(peer("mlflow", "mlflow==3.14.0"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mine = ours(folder)
        theirs = json.loads(run([mlflow, "-c", MLFLOW, str(folder / "mlflow.db"), str(RUNS)])[3].splitlines()[-1])
        mine += ours(folder / "again")
        figures: dict[str, object] = {"ninefold, CPU ms a run": spread(mine), "MLflow, CPU ms a run": spread(theirs)}
        figures["ratio of medians"] = spread(theirs)["median"] / spread(mine)["median"]
        figures |= lineage(folder)
    what = "One run with 10 parameters and 10 metrics: ours one record with synchronous=FULL, MLflow by its client."
    report("record", what, figures, ["ninefold", "msgspec"])


if __name__ == "__main__":
    main()
