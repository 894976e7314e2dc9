"""Tell the faults of plates with a signed bundle, and nothing else: no project, no store, no training library.

    python serve.py BUNDLE.9fb KEYS_FOLDER PLATES.csv

verifies the bundle against the public keys of a folder, shows it the plates of the file as they would arrive, and
writes one decision a line as JSON. The first line names the bundle, the inputs that it takes, and the sentences that it
serves.
"""

import csv
import json
import sys
from pathlib import Path

import numpy as np

from ninefold.bundle.file import load, read_file
from ninefold.bundle.opening import check_device, open_scorer
from ninefold.bundle.verification import verify
from ninefold.kernel.signing import trusted_in

MINUTE = 60_000_000  # the file has no times; its order is the time
START = 1_577_836_800_000_000  # 2020-01-01, as in connections/plates.yaml


def plates(path: Path, signals: list[str]) -> dict[str, np.ndarray]:
    """Return what the inspection would send; the faults are not even read."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    columns = {s: np.array([float({k.lower(): v for k, v in r.items()}[s]) for r in rows]) for s in signals}
    columns["ts"] = START + np.arange(len(rows)) * MINUTE
    columns["asset"] = np.full(len(rows), "line", object)
    return columns


def main(bundle: Path, keys: Path, table: Path) -> None:
    """Verify, test the device, decide."""
    file = read_file(load(bundle))
    report = verify(file, list(trusted_in(keys).values()))
    tested = check_device(file.payload)
    bodies = [r.plain["body"] for r in file.evidence.records.values() if r.kind.startswith("facet-statement@")]
    scorer = open_scorer(file.payload)
    signals = [s.name for s in scorer.contract.inputs]
    names = {"bundle": report.payload, "self_test": tested.passed, "rule": str(scorer.how.alarm), "statements": bodies}
    print(json.dumps(names | {"inputs": signals, "classes": list(scorer.contract.classes)}))
    rows = plates(table, signals)
    found = scorer.push(rows, int(rows["ts"][-1])).decisions
    for values in zip(*(found[n].tolist() for n in ("id", "label", "score", "alarm", "by")), strict=True):
        print(json.dumps(dict(zip(("id", "fault", "probability", "alarm", "by"), values, strict=True))))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
