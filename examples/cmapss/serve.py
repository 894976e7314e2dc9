"""Tell the remaining life of engines with a signed bundle, and nothing else: no project, no store, no training library.

    python serve.py BUNDLE.9fb KEYS_FOLDER CYCLES.txt

verifies the bundle against the public keys of a folder, shows it the cycles of the file as they would arrive, and
writes one decision a line as JSON. The first line names the bundle, the inputs that it takes, and the sentences that it
serves.
"""

import json
import sys
from pathlib import Path

import numpy as np

from ninefold.bundle.file import load, read_file
from ninefold.bundle.opening import check_device, open_scorer
from ninefold.bundle.verification import verify
from ninefold.kernel.signing import trusted_in

MINUTE = 60_000_000  # the file has no times; its order is the time
START = 1_577_836_800_000_000  # 2020-01-01, as in connections/engines.yaml
FIRST_SENSOR = 5  # unit, cycle and three settings stand before it
SENSORS = (2, 3, 4, 7, 8, 9, 11, 12, 13, 14, 15, 17, 20, 21)


def cycles(path: Path) -> dict[str, np.ndarray]:
    """Return what the engines would send, in the order of the file."""
    table = np.loadtxt(path)
    columns = {f"s{n}": table[:, FIRST_SENSOR + n - 1] for n in SENSORS}
    columns["age"] = table[:, 1]
    columns["cycle"] = np.array([str(int(c)) for c in table[:, 1]], object)
    columns["asset"] = np.array([str(int(u)) for u in table[:, 0]], object)
    columns["ts"] = START + np.arange(len(table)) * MINUTE
    return columns


def main(bundle: Path, keys: Path, table: Path) -> None:
    """Verify, test the device, decide."""
    file = read_file(load(bundle))
    report = verify(file, list(trusted_in(keys).values()))
    tested = check_device(file.payload)
    bodies = [r.plain["body"] for r in file.evidence.records.values() if r.kind.startswith("facet-statement@")]
    scorer = open_scorer(file.payload)
    names = {"bundle": report.payload, "self_test": tested.passed, "rule": str(scorer.how.alarm), "statements": bodies}
    print(json.dumps(names | {"inputs": [s.name for s in scorer.contract.inputs]}))
    rows = cycles(table)
    found = scorer.push(rows, int(rows["ts"][-1])).decisions
    names_of = {"asset": "engine", "frame": "cycle", "score": "remaining"}
    shown = ("id", "asset", "frame", "score", "low", "high", "alarm", "by")
    for values in zip(*(found[n].tolist() for n in shown), strict=True):
        print(json.dumps(dict(zip((names_of.get(n, n) for n in shown), values, strict=True))))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
