"""What was done to machines: the entries of maintenance logs and the repairs reported here, as far as they are known.

Logs are read as they were last taken as a dataset; only a stretch of time is read, and never more than some rows.
"""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from ninefold.bundle.tables import rows_between
from ninefold.fleet.service import FleetService
from ninefold.kernel.errors import NotFound
from ninefold.kernel.plan import Plan
from ninefold.vocabulary.dataset import DatasetVersion
from ninefold.vocabulary.triage import REPAIR, Repair

MOST = 2000  # entries of one log, and repairs, that are looked at
_DATASET = "dataset:"
_STEP_US = 600_000_000  # ends of a stretch are rounded to it, so that a page that is drawn again reads nothing again
_KEPT = 32


class Did(NamedTuple):
    """One thing that was done; `word` is the log's own for it, "" for a repair that was reported here."""

    asset: str
    at: int  # µs UTC
    word: str


class Upkeep(NamedTuple):
    """What is known of a stretch of time."""

    done: tuple[Did, ...]  # in order of time
    until: int = 0  # µs UTC of the last entry of the logs; 0 when none was taken
    lacking: str = ""  # why a log could not be read
    cut: bool = False  # only the latest entries of the stretch are here

    def of(self, asset: str) -> tuple[Did, ...]:
        """Return what was done to one machine."""
        return tuple(d for d in self.done if d.asset == asset)


def upkeep(plan: Plan, service: FleetService, start: int, end: int) -> Upkeep:
    """Return what was done between two moments (µs UTC).

    A log whose content was erased is named in `lacking`: a live page goes on without it.

    Raises:
        InvalidInput: a log is no table.
    """
    found, until, lacking, cut = list(_repairs(service, start, end)), 0, "", False
    for log in _logs(plan):
        try:
            blob = service.blobs.get(log.parquet)
        except NotFound as error:
            lacking = f"{log.name}: {error.message}"
            continue
        until = max(until, log.last or 0)
        entries = _entries(blob, start // _STEP_US, -(-end // _STEP_US))
        found, cut = [*found, *entries], cut or len(entries) >= MOST
    inside = [d for d in found if start <= d.at <= end]
    return Upkeep(tuple(sorted(inside, key=lambda d: (d.at, d.asset, d.word))), until, lacking, cut)


def _logs(plan: Plan) -> Iterator[DatasetVersion]:
    """Yield the logs of events that the project takes, as they were last taken."""
    for name, status in plan.statuses.items():
        if name.startswith(_DATASET) and status.last is not None and status.last.data is not None:
            version = status.last.body(DatasetVersion)
            columns = {c.name for c in version.columns}
            if version.kind == "events" and {"asset", "event", "occurred"} <= columns:
                yield version


@lru_cache(maxsize=_KEPT)
def _entries(blob: Path, first: int, last: int) -> tuple[Did, ...]:
    """Return the entries of a log; its file is named by its content, so it never changes."""
    rows = rows_between(blob, "occurred", first * _STEP_US, last * _STEP_US, ("asset", "event"), MOST)
    columns = (rows["asset"].tolist(), rows["occurred"].tolist(), rows["event"].tolist())
    return tuple(Did(str(a), int(t), str(e)) for a, t, e in zip(*columns, strict=True))


def _repairs(service: FleetService, start: int, end: int) -> Iterator[Did]:
    for record in service.store.of_kind(REPAIR, MOST):
        if record.data is not None and start <= record.time <= end:
            yield Did(record.body(Repair).asset, record.time, "")
