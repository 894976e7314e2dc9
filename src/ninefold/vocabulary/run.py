"""A run: what a person tried in a notebook, or what another tracking system holds of such a trial."""

from typing import Any, Literal

import msgspec

RunOutcome = Literal["finished", "failed", "killed", "running"]


class Artefact(msgspec.Struct, frozen=True):
    """A file of a run. Without a digest it was not read; `note` says why."""

    name: str
    size: int  # bytes
    digest: str = ""  # sha256
    note: str = ""


class Origin(msgspec.Struct, frozen=True):
    """Where a run that was imported stands."""

    system: Literal["mlflow"]
    experiment: str
    run: str  # its id there


class Run(msgspec.Struct, frozen=True):
    """Parameters, metrics and artefacts of one trial. It is nobody's verdict: no gate reads it."""

    name: str
    outcome: RunOutcome
    started: int  # µs UTC
    ended: int | None  # None while another system says that it still runs
    params: dict[str, Any] = {}
    metrics: dict[str, float | None] = {}  # the last value of each; None for NaN and infinity
    tags: dict[str, str] = {}
    artefacts: tuple[Artefact, ...] = ()
    points: int = 0  # rows of the history
    history: str = ""  # blob: packed columns metric, step, time, value; "" when each metric was logged once
    reason: str = ""  # why it did not finish
    notes: tuple[str, ...] = ()  # what could not be kept as it was
    origin: Origin | None = None
