"""What the agent tells the centre: decisions as columns, and few records: episodes, windows, its state, writes."""

import os
import platform
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import numpy as np

from ninefold.connectors.contract import WriteReport
from ninefold.edge.judge import Judged
from ninefold.edge.queue import Batch
from ninefold.edge.rollout import Rollout, criteria_of
from ninefold.kernel.columnar import pack
from ninefold.kernel.records import Draft, Input, encode
from ninefold.vocabulary.alarm import EPISODE, AlarmEpisode
from ninefold.vocabulary.columns import Array, length
from ninefold.vocabulary.desired import REPORTED, Reported
from ninefold.vocabulary.window import WINDOW, Window

WRITE = "write@1"
STEP = "agent@1"
_DECISION = ("id", "asset", "frame", "t", "as_of", "by", "score", "label", "alarm", "quality", "good",
             "age_s", "cause")  # fmt: skip
_ANSWER = ("low", "high", "answer")  # of a bundle with conformal answers


def decisions_batch(judged: Judged) -> Batch:
    """Return decisions with the feature rows that they were made on, for the prediction lane."""
    found = judged.scored.decisions
    rows = length(found)
    columns: dict[str, Array] = {name: found[name] for name in _DECISION}
    columns |= {name: found[name] for name in _ANSWER if name in found}
    columns["bundle"], columns["role"] = _repeated(judged.unit.digest, rows), _repeated(judged.role, rows)
    columns["acted"] = judged.acted
    for name, array in judged.scored.features.items():
        if name not in {"asset", "frame", "t"}:
            columns[f"feature.{name}"] = array
    return Batch("prediction", pack(columns), rows, int(found["t"].min()), int(found["t"].max()))


def _repeated(text: str, rows: int) -> Array:
    out = np.empty(rows, object)
    out[:] = text
    return out


def bundle_input(rollout: Rollout, digest: str) -> tuple[Input, ...]:
    """Return the bundle's record as an input, when a document named it; also while another one is rolled out."""
    return tuple(Input("bundle", b.record, b.content) for b in rollout.known if b.digest == digest)


def episode_draft(episode: AlarmEpisode, device: str, now: int, inputs: tuple[Input, ...] = ()) -> Draft:
    """Return the record of an episode after a transition."""
    return Draft(EPISODE, encode(EPISODE, episode), STEP, f"device:{device}", now, inputs, as_of=episode.raised)


def window_draft(window: Window, device: str, now: int, inputs: tuple[Input, ...] = ()) -> Draft:
    """Return the record of a full window."""
    return Draft(WINDOW, encode(WINDOW, window), STEP, f"device:{device}", now, inputs, as_of=window.last)


def write_draft(report: WriteReport, device: str, now: int, inputs: tuple[Input, ...] = ()) -> Draft:
    """Return the record of what was written to a machine, accepted or refused."""
    return Draft(WRITE, encode(WRITE, report), STEP, f"device:{device}", now, inputs)


def latency(times_ms: Sequence[float]) -> dict[str, float]:
    """Return the median and the 99th percentile of latencies in ms; nothing for none."""
    if not times_ms:
        return {}
    p50, p99 = np.percentile(times_ms, [50, 99]).tolist()
    return {"p50_ms": p50, "p99_ms": p99}


def reported_draft(rollout: Rollout, device: str, now: int, measured: dict[str, float]) -> Draft:
    """Return the record of what this device runs."""
    document = rollout.document
    body = Reported(
        f"edge:{device}", document.key if document else "", rollout.state or "stopped", rollout.reason,
        rollout.active, rollout.candidate, rollout.previous, rollout.seen.parts,
        tuple(criteria_of(rollout).values()), device_class(), {**measured, "rss_mb": rss_mb()}, version(),
    )  # fmt: skip
    inputs = (Input("desired", document.record, document.content),) if document else ()
    return Draft(REPORTED, encode(REPORTED, body), STEP, f"device:{device}", now, inputs)


def device_class() -> dict[str, str]:
    """Return what kind of device this is: what a measured latency is worth elsewhere."""
    return {"machine": platform.machine(), "cores": str(os.cpu_count()), "python": platform.python_version()}


def version() -> str:
    """Return the version of the installed agent."""
    return metadata.version("ninefold")


def rss_mb() -> float:
    """Return the memory of this process in MB; 0 where /proc is absent."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
