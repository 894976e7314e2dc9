"""Decide on parts with a signed bundle, and nothing else: no project, no store, no training library.

    python serve.py BUNDLE.9fb KEYS_FOLDER PARTS.csv FIRST_ROW

verifies the bundle against the public keys of a folder, shows it the parts of the file from a row on (counted from 0)
as they would arrive, and writes one decision a line as JSON. The first line names the bundle, the inputs that it takes,
and the sentences that it serves.
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
START = 1_577_836_800_000_000  # 2020-01-01, as in connections/parts.yaml
NUMBERS = {
    "air_temperature": "Air temperature [K]",
    "process_temperature": "Process temperature [K]",
    "speed": "Rotational speed [rpm]",
    "torque": "Torque [Nm]",
    "tool_wear": "Tool wear [min]",
}
TEXTS = {"part": "UID", "variant": "Type"}


def parts(path: Path, first: int) -> dict[str, np.ndarray]:
    """Return what a machine would send; the answer and its causes are not even read."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))[first:]
    columns = {n: np.array([float(r[c]) for r in rows]) for n, c in NUMBERS.items()}
    columns |= {n: np.array([r[c] for r in rows], object) for n, c in TEXTS.items()}
    columns["ts"] = START + np.arange(first, first + len(rows)) * MINUTE
    columns["asset"] = np.full(len(rows), "mill", object)
    return columns


def main(bundle: Path, keys: Path, table: Path, first: int) -> None:
    """Verify, test the device, decide."""
    file = read_file(load(bundle))
    report = verify(file, list(trusted_in(keys).values()))
    tested = check_device(file.payload)
    bodies = [r.plain["body"] for r in file.evidence.records.values() if r.kind.startswith("facet-statement@")]
    scorer = open_scorer(file.payload)
    names = {"bundle": report.payload, "self_test": tested.passed, "threshold": scorer.threshold, "statements": bodies}
    inputs = {"inputs": [s.name for s in scorer.contract.inputs], "features": list(scorer.contract.names)}
    print(json.dumps(names | inputs))
    rows = parts(table, first)
    found = scorer.push(rows, int(rows["ts"][-1])).decisions
    for values in zip(*(found[n].tolist() for n in ("id", "frame", "score", "alarm", "by")), strict=True):
        print(json.dumps(dict(zip(("id", "part", "score", "alarm", "by"), values, strict=True))))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
