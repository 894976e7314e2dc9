"""The demo from the first to the ninth step: wall seconds by step on this machine, against a target of 150 in all."""

import json
import sys
import tempfile
import time
from pathlib import Path

from bench import report, run

DEMO = Path(__file__).parents[1] / "examples" / "milling-cell" / "demo.py"


def main() -> None:
    """Run it once; a step that did not do its job ends the benchmark."""
    with tempfile.TemporaryDirectory() as name:
        told = Path(name) / "demo.json"
        start = time.perf_counter()
        cpu, _, peak, _ = run([sys.executable, str(DEMO), "--no-serve", "--at", f"{name}/at", "--json", str(told)])
        seconds = time.perf_counter() - start
        steps = json.loads(told.read_text())["steps"]
    figures: dict[str, object] = {"all, wall s": seconds, "target, wall s": 150, "all, CPU s": cpu}
    figures |= {f"{i} {s['name']}, wall s": s["seconds"] for i, s in enumerate(steps, 1)}
    figures["largest process, peak MB"] = peak
    what = "The milling cell through the nine steps, after installation; time runs at a factor of 60, watched at 1,600."
    report("demo", what, figures, ["ninefold", "duckdb", "lightgbm", "onnxruntime", "asyncua"])


if __name__ == "__main__":
    main()
