"""Our inference server beside MLServer's and MLflow's: CPU of the server's processes per request, start, memory.

One model for all: 200 boosted trees over 20 features as ONNX. Ours with its defaults: limits, a token, metrics. The
peers with theirs: no token, no limits. MLServer has a runtime of a few lines around ONNX Runtime and no extra worker
process (that is cheaper for it); MLflow serves its ONNX flavour. The bare loop is the least that answers: no limits, no
token, no metrics, no checks, one write a read. The raw loop is ONNX Runtime alone in this process.
Sides are measured in turn, over eight connections from a load generator in a process of its own.
"""

import base64
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from bench import alternate, peer, report, spread

from ninefold.bundle.golden import make_golden
from ninefold.bundle.manifest import Contract, Feature
from ninefold.bundle.payload import write_payload
from ninefold.bundle.session import Session
from ninefold.development.modelling.trainers.contract import LearningTask
from ninefold.development.modelling.trainers.lightgbm import TRAINER
from ninefold.testing.bundles import RECIPE_FACETS
from ninefold.testing.serving import Shop

FEATURES = tuple(f"f{i:02}" for i in range(20))
ROUNDS, CONNECTIONS = 5, 8
MLSERVER = ("mlserver==1.7.1", "onnxruntime==1.23.2", "numpy<2.3")
MLFLOW = ("mlflow==3.14.0", "onnx==1.19.1", "onnxruntime==1.23.2")
RUNTIME = """
import onnxruntime
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceResponse

class Onnx(MLModel):
    async def load(self):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session = onnxruntime.InferenceSession("model.onnx", options, providers=["CPUExecutionProvider"])
        return True

    async def predict(self, payload):
        rows = NumpyCodec.decode_input(payload.inputs[0])
        [score] = self.session.run(["score"], {self.session.get_inputs()[0].name: rows})
        return InferenceResponse(model_name=self.name, outputs=[NumpyCodec.encode_output("score", score)])
"""
BARE = """
import asyncio, sys
import httptools, msgspec, numpy as np, onnxruntime, uvloop

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
options.add_session_config_entry("session.intra_op.allow_spinning", "0")
session = onnxruntime.InferenceSession("model.onnx", options, providers=["CPUExecutionProvider"])
name = session.get_inputs()[0].name

class Protocol(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.parser = transport, httptools.HttpRequestParser(self)
    def data_received(self, data):
        self.parser.feed_data(data)
    def on_body(self, body):
        self.body = body
    def on_message_complete(self):
        tensor = msgspec.json.decode(self.body)["inputs"][0]
        rows = np.array(tensor["data"], np.float32).reshape(tensor["shape"])
        [score] = session.run(["score"], {name: rows})
        out = {"name": "score", "datatype": "FP32", "shape": score.shape, "data": score.tolist()}
        body = msgspec.json.encode({"model_name": "bench", "outputs": [out]})
        self.transport.write(b"HTTP/1.1 200 OK\\r\\ncontent-length: %d\\r\\n\\r\\n%b" % (len(body), body))

async def main():
    await asyncio.get_running_loop().create_server(Protocol, "127.0.0.1", 18099)
    await asyncio.Event().wait()

uvloop.run(main())
"""
SAVE = """
import sys, mlflow, numpy as np, onnx
from mlflow.models import ModelSignature
from mlflow.types import Schema, TensorSpec
inputs = Schema([TensorSpec(np.dtype(np.float32), (-1, 20))])
mlflow.onnx.save_model(onnx.load(sys.argv[1]), sys.argv[2], signature=ModelSignature(inputs=inputs))
"""


def trained() -> bytes:
    """Return the model as ONNX."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(5000, 20)).astype(np.float32)
    y = (x[:, 0] + x[:, 1] * x[:, 2] + rng.normal(0, 0.5, 5000) > 1).astype(np.float64)
    task = LearningTask(kind="binary", rows=5000, positives=int(y.sum()), features=20)
    params = {"rounds": 200, "num_leaves": 31, "learning_rate": 0.05, "min_data_in_leaf": 20}
    return TRAINER.fit(task, params, x, y, 1, 1).export()


def posted(path: str, body: bytes, *fields: str) -> bytes:
    """Return a request as bytes."""
    lines = (f"POST {path} HTTP/1.1", "Host: here", "Content-Type: application/json", *fields,
             f"Content-Length: {len(body)}", "", "")  # fmt: skip
    return "\r\n".join(lines).encode() + body


class Side:
    """A server: its process, its port, and what it is asked."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process, self.port = process, port

    def tree(self) -> list[int]:
        """Return the process and all that it started."""
        parents: dict[int, list[int]] = {}
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                parents.setdefault(int(path.read_text().rpartition(")")[2].split()[1]), []).append(
                    int(path.parent.name)
                )
            except OSError:
                continue
        found, todo = [], [self.process.pid]
        while todo:
            found.append(todo.pop())
            todo += parents.get(found[-1], [])
        return found

    def cpu(self) -> float:
        """Return the CPU seconds of the tree."""
        total = 0.0
        for pid in self.tree():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += sum(int(f) for f in fields[11:15]) / os.sysconf("SC_CLK_TCK")
        return total

    def memory_mb(self) -> dict[str, float]:
        """Return resident and proportional memory of the tree."""
        totals = {"rss": 0.0, "pss": 0.0}
        for pid in self.tree():
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                name = line.partition(":")[0].lower()
                if name in totals:
                    totals[name] += int(line.split()[1]) / 1024
        return {k: round(v, 1) for k, v in totals.items()}

    def us_per_request(self, request: bytes, count: int) -> float:
        """Return the CPU microseconds of the tree for one request."""
        asked = {"port": self.port, "request": base64.b64encode(request).decode(), "count": count,
                 "connections": CONNECTIONS}  # fmt: skip
        before = self.cpu()
        script = str(Path(__file__).with_name("serving_load.py"))
        done = subprocess.run(
            [sys.executable, script], input=json.dumps(asked), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(done.stdout + done.stderr)
        return (self.cpu() - before) / count * 1e6

    def end(self) -> None:
        """End the tree."""
        pids = self.tree()
        for pid in reversed(pids):
            subprocess.run(["/bin/kill", "-TERM", str(pid)], check=False, capture_output=True)
        self.process.wait(30)


def started(command: list[str], port: int, ready: Callable[[], bool], folder: Path) -> tuple[Side, dict[str, float]]:
    """Return a server once it answers, with the wall and CPU seconds that it took."""
    begun = time.perf_counter()
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, text=True)
    side = Side(process, port)
    while not ready():
        if process.poll() is not None or time.perf_counter() - begun > 180:
            raise SystemExit((folder / "log").read_text()[-4000:])
        time.sleep(0.02)
    return side, {"wall_s": round(time.perf_counter() - begun, 2), "cpu_s": round(side.cpu(), 2)}


def answers(port: int, path: str, body: bytes) -> Callable[[], bool]:
    """Return a question whether a server answers with 200."""

    def ask() -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return ask


def ours(folder: Path, onnx: bytes) -> tuple[Shop, Side, dict[str, float]]:
    """Return our server."""
    contract = Contract((), tuple(Feature(f, centre=0.0, spread=1.0, low=-3.0, high=3.0) for f in FEATURES))
    golden = make_golden(Session(onnx, FEATURES), contract)
    payload = write_payload(name="bench", onnx=onnx, recipe=RECIPE_FACETS, profile={}, contract=contract,
                            threshold=0.5, golden=golden)  # fmt: skip
    shop = Shop(folder / "ours")
    shop.put("bench", shop.made(payload, 1))
    begun = time.perf_counter()
    shop.start("--poll", "1")
    wall = time.perf_counter() - begun
    if shop.process is None:
        raise SystemExit(shop.said)
    side = Side(shop.process, shop.port)
    return shop, side, {"wall_s": round(wall, 2), "cpu_s": round(side.cpu(), 2)}


def bare(folder: Path, onnx: bytes, body: bytes) -> tuple[Side, dict[str, float]]:
    """Return the least that can answer: it shows what the machine makes of 42 us at this moment."""
    (folder / "model.onnx").write_bytes(onnx)
    return started([sys.executable, "-c", BARE], 18099, answers(18099, "/", body), folder)


def mlserver(folder: Path, onnx: bytes, body: bytes) -> tuple[Side, dict[str, float]]:
    """Return MLServer."""
    python = peer("mlserver", *MLSERVER)
    (folder / "model.onnx").write_bytes(onnx)
    (folder / "served.py").write_text(RUNTIME)
    (folder / "model-settings.json").write_text(json.dumps({"name": "bench", "implementation": "served.Onnx"}))
    settings = {"http_port": 18081, "grpc_port": 18082, "metrics_port": 18083, "host": "127.0.0.1",
                "parallel_workers": 0, "debug": False}  # fmt: skip
    (folder / "settings.json").write_text(json.dumps(settings))
    command = [str(python.with_name("mlserver")), "start", "."]
    return started(command, 18081, answers(18081, "/v2/models/bench/infer", body), folder)


def mlflow(folder: Path, onnx: bytes, body: bytes) -> tuple[Side, dict[str, float]]:
    """Return MLflow's server of a model."""
    python = peer("mlflow-serve", *MLFLOW)
    (folder / "model.onnx").write_bytes(onnx)
    subprocess.run([str(python), "-c", SAVE, "model.onnx", "saved"], cwd=folder, check=True, capture_output=True)
    command = [str(python), "-m", "mlflow", "models", "serve", "-m", "saved", "-p", "18090", "-h", "127.0.0.1",
               "--env-manager", "local"]  # fmt: skip
    os.environ["PATH"] = f"{python.parent}:{os.environ['PATH']}"
    return started(command, 18090, answers(18090, "/invocations", body), folder)


def raw(session: Session, rows: np.ndarray, count: int) -> float:
    """Return the CPU microseconds of ONNX Runtime alone for one call."""
    run, output, feed = session._session.run, [session._output], {session._input: rows}
    begun = time.process_time()
    for _ in range(count):
        run(output, feed)
    return (time.process_time() - begun) / count * 1e6


def main() -> None:
    """Measure and report."""
    onnx = trained()
    session = Session(onnx, FEATURES)
    rows = np.random.default_rng(2).normal(size=(100, 20)).astype(np.float32)

    def v2(count: int, name: str, **fields: object) -> bytes:
        tensor = {"name": name, "datatype": "FP32", "shape": [count, 20], "data": rows[:count].ravel().tolist()}
        return json.dumps({"inputs": [tensor], **fields}).encode()

    wanted = [{"name": n, "parameters": {"binary_data": True}} for n in ("score", "alarm")]
    sent = {"name": "features", "datatype": "FP32", "shape": [100, 20], "parameters": {"binary_data_size": rows.nbytes}}
    head = json.dumps({"inputs": [sent], "outputs": wanted}).encode()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shop, side, start = ours(folder, onnx)
        token, path = f"Authorization: Bearer {shop.token}", "/v2/models/bench/infer"
        split = f"Inference-Header-Content-Length: {len(head)}"
        tensors = posted(path, head + rows.tobytes(), token, split)
        sides: dict[str, Callable[[], float]] = {
            "ONNX Runtime alone, 1 row": lambda: raw(session, rows[:1], 3000),
            "ONNX Runtime alone, 100 rows": lambda: raw(session, rows, 300),
            "ninefold, 1 row JSON": lambda: side.us_per_request(posted(path, v2(1, "features"), token), 8000),
            "ninefold, 100 rows JSON": lambda: side.us_per_request(posted(path, v2(100, "features"), token), 800),
            "ninefold, 100 rows binary": lambda: side.us_per_request(tensors, 1500),
        }  # fmt: skip
        figures: dict[str, object] = {
            "model": f"200 trees, 20 features, {len(onnx) // 1000} kB",
            "ninefold, start": start, "ninefold, memory after start, MB": side.memory_mb(),
        }  # fmt: skip
        peers: dict[str, Side] = {}
        for label, begin, one, hundred, where, counts in (
            ("bare loop", bare, v2(1, "x"), v2(100, "x"), "/", (8000, 800)),
            ("MLServer", mlserver, v2(1, "x"), v2(100, "x"), path, (300, 150)),
            ("MLflow", mlflow, *(json.dumps({"inputs": rows[:n].tolist()}).encode() for n in (1, 100)), "/invocations",
             (150, 80)),
        ):  # fmt: skip
            own = folder / label
            own.mkdir()
            try:
                other, start = begin(own, onnx, one)
            except (SystemExit, subprocess.CalledProcessError, OSError) as error:
                figures[label] = f"did not run here: {str(error)[-300:]}"
                continue
            peers[label] = other
            figures |= {f"{label}, start": start, f"{label}, memory after start, MB": other.memory_mb()}
            for rows_, body, count in (("1 row", one, counts[0]), ("100 rows", hundred, counts[1])):
                sides[f"{label}, {rows_} JSON"] = lambda o=other, b=body, c=count, w=where: o.us_per_request(
                    posted(w, b), c
                )
        for measure in sides.values():
            measure()  # warm
        found = alternate(sides, ROUNDS)
        figures["ninefold, memory after load, MB"] = side.memory_mb()
        for other in peers.values():
            other.end()
        shop.stop()
    figures |= {f"{n}, server CPU us a request": spread(v) for n, v in found.items()}
    share = [
        a / b for a, b in zip(found["ONNX Runtime alone, 100 rows"], found["ninefold, 100 rows binary"], strict=True)
    ]
    figures["share of the raw loop, 100 rows binary"] = spread(share)
    for label in [p for p in peers if p != "bare loop"]:
        for size in ("1 row", "100 rows"):
            best = "1 row JSON" if size == "1 row" else "100 rows binary"
            ratio = [a / b for a, b in zip(found[f"{label}, {size} JSON"], found[f"ninefold, {best}"], strict=True)]
            figures[f"times less than {label}, {size}"] = spread(ratio)
    ratio = [a / b for a, b in zip(found["ninefold, 1 row JSON"], found["bare loop, 1 row JSON"], strict=True)]
    figures["times the bare loop, 1 row JSON"] = spread(ratio)
    figures["targets"] = "1 row <= 100 us; share >= 0.7; start <= 1.5 s, <= 100 MB"
    report(
        "serving",
        __doc__.partition("\n\n")[2].replace("\n", " ").strip(),
        figures,
        ["onnxruntime", "httptools", "uvloop"],
    )


if __name__ == "__main__":
    main()
