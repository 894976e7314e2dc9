"""The one-way mirror: what the records hold is made to stand in MLflow, once, however often and wherever it breaks off.

The outbox is the difference between the records and what the server lists under this store's tags; nothing is kept
beside the two, so nothing can disagree with them. The digest is the truth: where the server differs, it is corrected or
it is said. Runs and models without our tags belong to others and are never touched.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ninefold.kernel.blobs import Blobs
from ninefold.kernel.canonical import digest
from ninefold.kernel.errors import InvalidInput, NotFound, Refused, VerificationError
from ninefold.kernel.progress import Progress
from ninefold.kernel.sqlite import SqliteStore
from ninefold.surface.table import Cell, Table
from ninefold.tracking.mlflow.client import MlflowClient
from ninefold.tracking.mlflow.outgoing import OutgoingRun
from ninefold.tracking.mlflow.server import ServerRuns

RECORD, CONTENT, STORE, COMPLETE = "ninefold.record", "ninefold.content", "ninefold.store", "ninefold.complete"
MOST_BYTES = 1 << 30  # of one artefact; a larger one is told by its digest only
PROXIED = "mlflow-artifacts:"
LEASE_S = 3600.0
_METRICS, _PARAMS = 500, 100  # in one request; MLflow takes 1,000 values and 100 parameters


@dataclass
class Mirrored:
    """What a mirror did, in rows of (what, done, why)."""

    rows: list[tuple[Cell, ...]] = field(default_factory=list)
    known: int = 0
    runs: dict[str, str] = field(default_factory=dict)  # record -> run of MLflow

    @property
    def problems(self) -> int:
        """How many things are otherwise than they should be, and could not be corrected."""
        return sum(row[1] in {"differs", "refused"} for row in self.rows)

    def table(self) -> Table:
        """Return what was sent, corrected, or found to differ."""
        note = f"{sum(r[1] == 'sent' for r in self.rows)} sent, {self.known} there already, {self.problems} problem(s)."
        return Table("", ("what", "mirror", "why"), tuple(self.rows), (note,), f"Nothing to send: {note}")


def mirror_runs(
    client: MlflowClient, store: SqliteStore, blobs: Blobs, progress: Progress, experiment: str,
    runs: Sequence[OutgoingRun],
) -> Mirrored:  # fmt: skip
    """Make each run stand in an experiment exactly once; one that was begun and not completed is completed.

    Raises:
        Refused: another process mirrors to the same server.
        ConnectorError: the server fails on the way; a repetition goes on.
    """
    lease = store.lease(digest({"mirror": client.host, "experiment": experiment}), LEASE_S)
    if lease is None:
        raise Refused(f"Another process mirrors to {client.host}.", hint="Wait for it to end, then repeat.")
    try:
        return _mirrored(_Mirror(client, store, blobs, _experiment(client, experiment)), progress, runs)
    finally:
        store.release(lease)


def _mirrored(mirror: "_Mirror", progress: Progress, runs: Sequence[OutgoingRun]) -> Mirrored:
    done = Mirrored()
    there, twice = mirror.listed()
    for record in twice:
        done.rows.append((record[:12], "differs", "it stands there more than once; the oldest counts"))
    for run in runs:
        progress.say(run.name)
        found = there.get(run.record)
        if found is not None and found.complete == run.content:
            done.known += 1
            done.runs[run.record] = found.id
            if why := _difference(run, found):
                done.rows.append((run.name, "differs", f"{why}; the record {run.record[:12]} is the truth"))
            continue
        try:
            done.runs[run.record] = mirror.send(run, found, done)
        except InvalidInput as error:  # a bound of the server's: this run cannot stand there, the others can
            done.rows.append((run.name, "refused", error.message))
            continue
        done.rows.append((run.name, "sent", "begun before and completed now" if found else ""))
    return done


@dataclass(frozen=True)
class _There:
    """A run of ours as the server lists it."""

    id: str
    complete: str
    params: dict[str, str]
    metrics: dict[str, float]
    root: str  # of its artefacts


class _Mirror:
    def __init__(self, client: MlflowClient, store: SqliteStore, blobs: Blobs, experiment: str) -> None:
        self.client, self.store, self.blobs, self.experiment = client, store, blobs, experiment

    def listed(self) -> tuple[dict[str, _There], list[str]]:
        """Return our runs by record, and the records that stand there more than once."""
        found: dict[str, _There] = {}
        twice = []
        where = f"tags.`{STORE}` = '{self.store.origin}'"
        for info, data in ServerRuns(self.client).pages(self.experiment, where):
            tags = {str(t["key"]): str(t.get("value", "")) for t in data.get("tags", ())}
            record = tags.get(RECORD, "")
            if record in found:
                twice.append(record)
                continue
            params = {str(p["key"]): str(p.get("value", "")) for p in data.get("params", ())}
            metrics = {str(m["key"]): float(m.get("value", 0.0)) for m in data.get("metrics", ())}
            found[record] = _There(
                str(info["run_id"]), tags.get(COMPLETE, ""), params, metrics, str(info.get("artifact_uri", ""))
            )
        return found, twice

    def send(self, run: OutgoingRun, found: _There | None, done: Mirrored) -> str:
        """Create a run, or go on with it, and return its id; the tag that says complete is set last."""
        write = self.client.write
        tags = run.tags | {RECORD: run.record, CONTENT: run.content, STORE: self.store.origin}
        if found is None:
            named = [{"key": k, "value": tags[k]} for k in (RECORD, CONTENT, STORE)]
            body = {"experiment_id": self.experiment, "run_name": run.name, "start_time": run.started_ms, "tags": named}
            info = write("runs/create", body)["run"]["info"]
            id, root = str(info["run_id"]), str(info.get("artifact_uri", ""))
        else:
            id, root = found.id, found.root
        for batch in _batches(run, tags, self._odd_there(run, found)):
            write("runs/log-batch", {"run_id": id, **batch})
        self._files(run, root, done)
        write("runs/update", {"run_id": id, "status": run.status, "end_time": run.ended_ms, "run_name": run.name})
        write("runs/set-tag", {"run_id": id, "key": COMPLETE, "value": run.content})
        return id

    def _odd_there(self, run: OutgoingRun, found: _There | None) -> set[tuple[str, int, int]]:
        """Return (key, ms, step) of the values without a number that a run holds there already.

        MLflow takes the same value twice, but refuses the same NaN twice.
        """
        if found is None:
            return set()
        odd = {k for k, v, _, _ in run.metrics if not math.isfinite(v)} & found.metrics.keys()
        points = [p for key in sorted(odd) for p in ServerRuns(self.client).values(found.id, key)]
        return {(p.metric, p.time // 1000, p.step) for p in points if not math.isfinite(p.value)}

    def _files(self, run: OutgoingRun, root: str, done: Mirrored) -> None:
        if not root.startswith(PROXIED):
            done.rows.append((run.name, "left out", "the server takes no artefacts through itself; digests only"))
            return
        folder = root.removeprefix(PROXIED).lstrip("/")
        self.client.upload(f"{folder}/ninefold/record.json", run.json)
        for path, blob in run.files.items():
            try:
                file = self.blobs.get(blob)
            except (NotFound, VerificationError) as error:
                done.rows.append((run.name, "left out", f"{path}: {error.message}"))
                continue
            if file.stat().st_size > MOST_BYTES:
                done.rows.append((run.name, "left out", f"{path} is larger than {MOST_BYTES >> 20} MiB"))
                continue
            self.client.upload(f"{folder}/{path}", file)


def _batches(run: OutgoingRun, tags: dict[str, str], left: set[tuple[str, int, int]]) -> Iterator[dict[str, Any]]:
    """Yield what is logged in one request each; logging the same again changes nothing there."""
    named = [{"key": k, "value": v} for k, v in tags.items()]
    params = [{"key": k, "value": v} for k, v in run.params.items()]
    for start in range(0, len(named), _PARAMS):
        yield {"tags": named[start : start + _PARAMS]}
    for start in range(0, len(params), _PARAMS):
        yield {"params": params[start : start + _PARAMS]}
    wanted = (m for m in run.metrics if (m[0], m[2], m[3]) not in left)
    metrics = [{"key": k, "value": _number(v), "timestamp": t, "step": s} for k, v, t, s in wanted]
    for start in range(0, len(metrics), _METRICS):
        yield {"metrics": metrics[start : start + _METRICS]}


def _number(value: float) -> float | str:
    """Return a number as MLflow's JSON has it: NaN and infinity are words."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _difference(run: OutgoingRun, found: _There) -> str:
    """Return what stands there otherwise than it was sent; what was added there is nobody's business."""
    for name, value in run.params.items():
        if found.params.get(name) != value:
            return f"the parameter {name} was changed there"
    last: dict[str, tuple[int, int, float]] = {}
    for name, number, time, step in run.metrics:
        last[name] = max(last.get(name, (step, time, number)), (step, time, number))
    for name, (_, _, number) in last.items():
        there = found.metrics.get(name)
        if there is None or (there != number and math.isfinite(number)):
            return f"the metric {name} was changed there"
    return ""


def _experiment(client: MlflowClient, name: str) -> str:
    """Return the id of an experiment; it is created when it is not there."""
    try:
        return str(client.get("experiments/get-by-name", experiment_name=name)["experiment"]["experiment_id"])
    except NotFound:
        pass
    try:
        return str(client.write("experiments/create", {"name": name})["experiment_id"])
    except InvalidInput:  # another one was faster, or it cannot be created: the look says which
        return str(client.get("experiments/get-by-name", experiment_name=name)["experiment"]["experiment_id"])
