"""A record in MLflow's words: names that it allows, values within its bounds, and what stands for evidence there."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from ninefold.kernel.blobs import Blobs
from ninefold.kernel.records import Record
from ninefold.tracking.history import unpack_history
from ninefold.vocabulary.model import Model
from ninefold.vocabulary.run import Run
from ninefold.vocabulary.verdict import Verdict

LONGEST_PARAM, LONGEST_TAG, LONGEST_KEY = 6000, 5000, 250
MOST_SENT = 100_000  # values of metrics of one run
STATUS = {"finished": "FINISHED", "failed": "FAILED", "killed": "KILLED", "running": "RUNNING"}
_ALLOWED = re.compile(r"[^\w\-. /]", re.ASCII)


class OutgoingRun(msgspec.Struct, frozen=True):
    """What is to stand in MLflow for one record."""

    record: str
    content: str
    name: str
    status: str
    started_ms: int
    ended_ms: int
    params: dict[str, str]
    metrics: tuple[tuple[str, float, int, int], ...]  # key, value, ms, step
    tags: dict[str, str]
    files: dict[str, str]  # path among the artefacts -> blob
    json: bytes  # the record's content, as it is hashed


def outgoing_run(record: Record, blobs: Blobs) -> OutgoingRun:
    """Return a logged run as MLflow would hold it.

    Raises:
        NotFound, VerificationError: its history is not there or was altered.
    """
    run = record.body(Run)
    points: Iterable[tuple[str, float, int, int]]
    if run.history:
        table = unpack_history(blobs.read(run.history))
        ms = (table["time"] // 1000).tolist()
        points = zip(table["metric"].tolist(), table["value"].tolist(), ms, table["step"].tolist(), strict=True)
    else:
        points = ((n, v, (run.ended or run.started) // 1000, 0) for n, v in run.metrics.items() if v is not None)
    keys = allowed_names([*run.metrics, *run.params, *run.tags])
    files = {f"files/{a.name}": a.digest for a in run.artefacts if a.digest in record.blobs}
    return OutgoingRun(
        record.id, record.content, run.name, STATUS[run.outcome], run.started // 1000, (run.ended or 0) // 1000,
        {keys[n]: _param(v) for n, v in run.params.items()},
        tuple((keys[m], v, t, s) for m, v, t, s in list(points)[:MOST_SENT]),
        {keys[n]: v[:LONGEST_TAG] for n, v in run.tags.items()}, files, record.data or b"",
    )  # fmt: skip


def outgoing_model(record: Record, verdicts: Mapping[str, Verdict]) -> OutgoingRun:
    """Return a model as a run: what it is as parameters, the figures of its verdicts as metrics, outcomes as tags."""
    model = record.body(Model)
    figures = {name: v.overall.estimate.value for name, v in verdicts.items()}
    keys = allowed_names(verdicts)
    params = {"candidate": model.candidate, "threshold": repr(model.threshold), "features": ", ".join(model.features)}
    tags: dict[str, str] = {f"verdict.{keys[name]}"[:LONGEST_KEY]: v.outcome for name, v in verdicts.items()}
    tags["ninefold.onnx"] = model.onnx
    now = record.time // 1000
    return OutgoingRun(
        record.id, record.content, f"model {model.name}", "FINISHED", now, now,
        {k: v[:LONGEST_PARAM] for k, v in params.items()},
        tuple((keys[n], v, now, 0) for n, v in figures.items() if v is not None), tags,
        {"model/model.onnx": model.onnx}, record.data or b"",
    )  # fmt: skip


def allowed_names(names: Iterable[str]) -> dict[str, str]:
    """Return each name as MLflow allows it: ASCII letters, digits, _ - . / and blank; two that would meet stay two."""
    made: dict[str, str] = {}
    for name in dict.fromkeys(names):
        plain = _ALLOWED.sub("_", name)
        parts = [p for p in plain.split("/") if p.strip() and p not in {".", ".."}]
        plain = "/".join(parts)
        if plain != name or len(name) > LONGEST_KEY:
            mark = hashlib.sha256(name.encode()).hexdigest()[:8]
            plain = f"{plain[: LONGEST_KEY - 9]}_{mark}" if plain else mark
        made[name] = plain
    return made


def _param(value: Any) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text[:LONGEST_PARAM]
