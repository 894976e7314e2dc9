"""The agent's pipeline after decoding, against the same work done message by message in plain Python.

Both: last known values, quality, means over a part, one ONNX decision a part, encoding, a durable commit (SQLite,
synchronous=FULL) every half second. 100 machines with 10 tags at 10 Hz. CPU of this process, sides in turn.
Also: bytes a sample on the wire, what the durable queue takes, and the memory of a process with one model.
"""

import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from bench import alternate, report, spread

from ninefold.bundle.payload import read_payload
from ninefold.connectors.contract import PlannedTag, ReadPlan
from ninefold.edge.pipeline import Pipeline
from ninefold.edge.prepare import pack_batch
from ninefold.edge.queue import Batch, Queue
from ninefold.edge.rollout import Rollout
from ninefold.edge.unit import Unit
from ninefold.kernel.clock import SystemClock
from ninefold.testing.bundles import FEATURES, small_graph, small_payload
from ninefold.vocabulary.batch import ColumnBatch, make_batch
from ninefold.vocabulary.desired import Fallback

MACHINES, TAGS, HZ, SECONDS, PART_S = 100, 10, 10, 20, 4
SIGNALS = ("part", "torque", "speed", *(f"extra_{i}" for i in range(TAGS - 3)))
START = 1_790_000_000_000_000


def batches(quarter_s: int) -> list[ColumnBatch]:
    """Return what a source gives in batches of 250 ms: floats with full noise, the part as text."""
    rng = np.random.default_rng(1)
    found = []
    steps = list(range(SECONDS * HZ))
    for first in range(0, len(steps), quarter_s):
        rows = []
        for step in steps[first : first + quarter_s]:
            t = START + step * 1_000_000 // HZ
            rows.append((t, step // (HZ * PART_S)))
        n = MACHINES * TAGS * len(rows)
        tag = np.tile(np.arange(MACHINES * TAGS), len(rows))
        times = np.repeat([t for t, _ in rows], MACHINES * TAGS)
        value = 40 + rng.normal(0, 3, n)
        is_part = tag % TAGS == 0
        text = np.full(n, None, object)
        text[is_part] = np.repeat([str(p) for _, p in rows], MACHINES)
        value[is_part] = np.nan
        found.append(make_batch(tag, times, times + 2000, value, text=text))
    return found


LATENCIES_MS: list[float] = []  # from a batch to the decisions that it completes


def columnar(folder: Path, data: list[ColumnBatch]) -> tuple[float, int]:
    """Return CPU seconds and decisions of the agent's pipeline."""
    plan = ReadPlan(tuple(PlannedTag(s, f"m{m}", f"{m}.{s}") for m in range(MACHINES) for s in SIGNALS))
    payload = read_payload(small_payload())
    decisions = 0
    with Queue(folder / "agent.db", "bench") as queue:
        pipeline = Pipeline("bench", plan, queue, SystemClock(), lambda _: payload)
        pipeline.rollout = Rollout("active", active=payload.digest)
        pipeline.judge.active = Unit(payload, Fallback())
        pipeline._follow()
        begun = time.process_time()
        for number, batch in enumerate(data):
            at = time.perf_counter()
            judged = pipeline.take(batch).judged
            if judged:
                LATENCIES_MS.append((time.perf_counter() - at) * 1e3)
            decisions += sum(len(j.acted) for j in judged)
            if number % 2:
                pipeline.commit()
        pipeline.commit()
        return time.process_time() - begun, decisions


class PerMessage:
    """The same work, a call for each message."""

    def __init__(self, folder: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session = onnxruntime.InferenceSession(small_graph(), options, providers=["CPUExecutionProvider"])
        self.db = sqlite3.connect(folder / "messages.db", isolation_level=None)
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=FULL")
        self.db.execute("CREATE TABLE entry (n INTEGER PRIMARY KEY, body TEXT)")
        self.last: dict[tuple[int, str], float] = {}
        self.part: dict[int, str] = {}
        self.sums: dict[int, list[float]] = {}
        self.lines: list[str] = []
        self.decisions = 0

    def message(self, machine: int, signal: str, t: int, value: float, text: str | None, quality: int) -> None:
        """Take one sample."""
        if quality == 2:
            return
        self.lines.append(json.dumps({"a": machine, "s": signal, "t": t, "v": text or value, "q": quality}))
        if signal == "part":
            if text is not None and self.part.get(machine) != text:
                if machine in self.part:
                    self.decide(machine)
                self.part[machine] = text
                self.sums[machine] = [0.0, 0.0, 0.0, 0.0]
            return
        self.last[machine, signal] = value
        sums = self.sums.get(machine)
        if sums is not None and signal == "torque":
            sums[0] += value
            sums[1] += 1
        elif sums is not None and signal == "speed":
            sums[2] += value
            sums[3] += 1

    def decide(self, machine: int) -> None:
        """Score the part that ended."""
        a, n, b, m = self.sums[machine]
        row = np.array([[a / max(n, 1), b / max(m, 1)]], np.float32)
        [score] = self.session.run(None, {"input": row})
        self.lines.append(json.dumps({"a": machine, "score": float(score[0]), "alarm": bool(score[0] >= 0.5)}))
        self.decisions += 1

    def commit(self) -> None:
        """Keep what came in one transaction."""
        self.db.execute("INSERT INTO entry (body) VALUES (?)", ("\n".join(self.lines),))
        self.lines = []


def per_message(folder: Path, data: list[ColumnBatch]) -> tuple[float, int]:
    """Return CPU seconds and decisions of the plain loop."""
    side = PerMessage(folder)
    spent = 0.0
    for number, batch in enumerate(data):
        rows = list(
            zip(
                (batch.tag // TAGS).tolist(), [SIGNALS[t % TAGS] for t in batch.tag.tolist()],
                batch.source_time.tolist(), batch.value.tolist(), batch.text.tolist(), batch.quality.tolist(),
                strict=True,
            )
        )  # fmt: skip  # a message handler gets Python values: making them is not counted
        begun = time.process_time()
        for row in rows:
            side.message(*row)
        if number % 2:
            side.commit()
        spent += time.process_time() - begun
    side.db.close()
    return spent, side.decisions


def queue_rate(folder: Path, data: list[ColumnBatch]) -> float:
    """Return samples a second, wall, that the durable queue takes: one packed batch of a second in each commit."""
    seconds = [data[i : i + 4] for i in range(0, len(data), 4)]
    from ninefold.vocabulary.batch import join

    whole = [join(s) for s in seconds]
    begun = time.perf_counter()
    with Queue(folder / "rate.db", "bench") as queue:
        for batch in whole:
            queue.commit([Batch("raw", pack_batch(batch), len(batch), 0, 1)])
    return sum(len(b) for b in whole) / (time.perf_counter() - begun)


def memory_mb() -> dict[str, float]:
    """Return the resident memory of a process with the agent and one model at work, without and with OPC UA."""
    code = """
import sys, tempfile
from pathlib import Path
from ninefold.edge.report import rss_mb
import ninefold.edge.agent
core = rss_mb()
from ninefold.bundle.payload import read_payload
from ninefold.edge.unit import Unit
from ninefold.vocabulary.desired import Fallback
unit = Unit(read_payload(Path(sys.argv[1]).read_bytes()), Fallback())
model = rss_mb()
import asyncua
print(core, model, rss_mb())
"""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "payload"
        path.write_bytes(small_payload())
        done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    core, model, opcua = (float(v) for v in done.stdout.split())
    return {"agent": round(core, 1), "with one model": round(model, 1), "with asyncua": round(opcua, 1)}


def main() -> None:
    """Measure and report."""
    data = batches(HZ // 4 or 1)
    samples = sum(len(b) for b in data)
    decided: dict[str, int] = {}

    def side(name: str) -> float:
        with tempfile.TemporaryDirectory() as folder:
            measure = columnar if name == "columnar" else per_message
            cpu, decided[name] = measure(Path(folder), data)
        return cpu / samples * 1e6

    with tempfile.TemporaryDirectory() as folder:
        columnar(Path(folder), data[:20])  # imports are not the pipeline
    found = alternate({n: lambda n=n: side(n) for n in ("columnar", "per message")}, 5)
    with tempfile.TemporaryDirectory() as folder:
        rate = queue_rate(Path(folder), data)
    wire = sum(len(pack_batch(b)) for b in data) / samples
    ratio = [b / a for a, b in zip(found["columnar"], found["per message"], strict=True)]
    figures: dict[str, object] = {
        "us_per_sample": spread(found["columnar"]),
        "us_per_sample_per_message": spread(found["per message"]),
        "times_less": spread(ratio),
        "batch_to_100_decisions_ms": spread(LATENCIES_MS),
        "samples": samples,
        "decisions": decided,
        "features": list(FEATURES),
        "wire_bytes_per_sample": round(wire, 2),
        "queue_samples_per_s": round(rate),
        "rss_mb": memory_mb(),
    }
    what = "edge pipeline after decode, CPU us a sample: prepare, window, infer, encode, durable commit"
    report("edge_pipeline", what, figures, ["numpy", "onnxruntime"])


if __name__ == "__main__":
    main()
