"""A model that saw only parts of the simulation's `ai4i` mode, on all 10,000 parts of the published AI4I 2020 file."""

import os
import runpy
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from bench import report, spread

from ninefold.bundle.opening import open_scorer
from ninefold.bundle.payload import read_payload
from ninefold.criteria.measuring import measure
from ninefold.criteria.subjects import Samples
from ninefold.kernel.blobs import Blobs
from ninefold.kernel.sqlite import SqliteStore
from ninefold.vocabulary.criterion import Bound, MetricSpec
from ninefold.vocabulary.measurement import Estimate

EXAMPLE = Path(__file__).parents[1] / "examples" / "ai4i"
REAL = Path(os.environ.get("NINEFOLD_DATA", "../shared/data")) / "ai4i2020" / "ai4i2020.csv"
SEEDS = (0, 1, 2)


def trained(folder: Path, seed: int) -> bytes:
    """Return the payload of a model that was trained on the first three quarters of 10,000 simulated parts."""
    shutil.copytree(EXAMPLE, folder / "project")
    environment = {**os.environ, "NINEFOLD_DATA": str(folder)}
    table = folder / "ai4i2020" / "ai4i2020.csv"
    for words in (("simulate", "ai4i", "--out", str(table), "--seed", str(seed)), ("run", "bundle:part-failure")):
        command = [sys.executable, "-m", "ninefold", "--quiet", *words]
        subprocess.run(command, cwd=folder / "project", env=environment, check=True, capture_output=True)
    state = folder / "project" / ".ninefold"
    store = SqliteStore(state / "store.db")
    record = store.latest("bundle:part-failure")
    store.close()
    if record is None:
        raise SystemExit("the run made no bundle")
    return Blobs(state / "blobs").read(record.plain["payload"])


def area(payload: bytes) -> Estimate:
    """Return the area under the curve on the published file, with its one-sided bounds."""
    serve = runpy.run_path(str(EXAMPLE / "serve.py"))
    rows = serve["parts"](REAL, 0)
    found = open_scorer(read_payload(payload)).push(rows, int(rows["ts"][-1])).decisions
    y = np.genfromtxt(REAL, delimiter=",", skip_header=1, usecols=8, encoding="utf-8-sig")
    spec = MetricSpec("REQ-x", "auc", "auc", ("validation",), {}, (), Bound("lower", "bootstrap", 0.95))
    return measure(spec, Samples(y, found["score"])).overall


def main() -> None:
    """Measure three models."""
    found = []
    for seed in SEEDS:
        with tempfile.TemporaryDirectory() as name:
            found.append(area(trained(Path(name), seed)))
    columns = {
        "AUC": [e.value or 0.0 for e in found],
        "its lower 95 % bound": [e.bound or 0.0 for e in found],
        "its upper 95 % bound": [e.opposite or 0.0 for e in found],
    }
    figures: dict[str, object] = {name: spread(values) for name, values in columns.items()}
    figures["parts of the published file, failures"] = f"10000, {found[0].samples}"
    report("transfer", "Trained on `ninefold simulate ai4i` (three seeds), scored on AI4I 2020.", figures, ["lightgbm"])


if __name__ == "__main__":
    main()
