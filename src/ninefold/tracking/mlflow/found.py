"""A run as MLflow tells it, from a server or from a folder; and what can be asked of either."""

from collections.abc import Iterator
from typing import Any, Protocol

import msgspec

from ninefold.kernel.errors import ConnectorError
from ninefold.tracking.history import Point
from ninefold.vocabulary.run import Artefact, RunOutcome

OUTCOMES: dict[str, RunOutcome] = {
    "FINISHED": "finished", "FAILED": "failed", "KILLED": "killed", "RUNNING": "running", "SCHEDULED": "running",
}  # fmt: skip


class FoundRun(msgspec.Struct, frozen=True):
    """What a list of runs tells of one. The account that ran it is not among it."""

    experiment: str  # its name
    id: str
    name: str
    status: str
    started: int  # µs UTC
    ended: int | None
    params: dict[str, str]
    points: tuple[Point, ...]  # the last value of each metric
    tags: dict[str, str]


class BrokenRun(msgspec.Struct, frozen=True):
    """A run that cannot be read, and why; the others can."""

    id: str
    reason: str


class RunSource(Protocol):
    """Where runs of MLflow are read: a server, or a folder that it wrote."""

    def runs(self, experiment: str | None) -> Iterator[FoundRun | BrokenRun]:
        """Yield the runs that are not deleted, of one experiment or of all, the oldest first within an experiment.

        Raises:
            NotFound: no experiment has the name. ConnectorError: it cannot be read.
        """

    def history(self, run: FoundRun, metric: str) -> list[Point]:
        """Return all values of a metric."""

    def artefacts(self, run: FoundRun, most: int) -> list[Artefact]:
        """Return the files of a run with their digests; one larger than `most` bytes has none, and says so."""


def found_run(info: Any, data: Any, experiment: str) -> FoundRun:
    """Return a run from the two halves of a server's answer.

    Raises:
        ConnectorError: the answer has another form.
    """
    try:
        points = tuple(point(m) for m in data.get("metrics", ()))
        return FoundRun(
            experiment, str(info.get("run_id") or info["run_uuid"]), str(info.get("run_name") or ""),
            str(info.get("status", "")), 1000 * int(info.get("start_time") or 0),
            1000 * int(info["end_time"]) if info.get("end_time") else None,
            {str(p["key"]): str(p.get("value", "")) for p in data.get("params", ())}, points,
            {str(t["key"]): str(t.get("value", "")) for t in data.get("tags", ())},
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConnectorError(f"A run of {experiment} is told in an unknown form: {error!r}.") from None


def point(metric: Any) -> Point:
    """Return one value of a metric; NaN and infinity come as words."""
    time, step = 1000 * int(metric.get("timestamp", 0)), int(metric.get("step", 0))
    return Point(str(metric["key"]), step, time, float(metric.get("value", 0.0)))
