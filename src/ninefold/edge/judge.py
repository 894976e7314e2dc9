"""The active bundle and a candidate on the same rows: whose decision is acted on, and what the comparison learns."""

import hashlib
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

import msgspec
import numpy as np

from ninefold.bundle.scorer import Scored
from ninefold.edge.evidence import MAX_LATENCIES, Seen
from ninefold.edge.unit import Unit
from ninefold.kernel.errors import NinefoldError
from ninefold.vocabulary.columns import Array, Columns, length


class Judged(NamedTuple):
    """What one push gave of one bundle. `acted` marks the decisions that alarms and writes follow."""

    unit: Unit
    role: str  # active | shadow | canary
    scored: Scored
    acted: Array
    latency_ms: float


def in_canary(asset: str, share: float, assets: Iterable[str]) -> bool:
    """Return whether an asset belongs to the canary: by the hash of its name, so that a replay gives the same split.

    With a share above 0 at least the asset with the smallest hash belongs to it.
    """
    if share <= 0:
        return False
    return _place(asset) < share or asset == min(assets, key=_place)


def _place(asset: str) -> float:
    return int(hashlib.sha256(asset.encode()).hexdigest()[:8], 16) / 2**32


class Judge:
    """Active and candidate at work. Not for several threads."""

    def __init__(self, assets: tuple[str, ...], timer: Callable[[], float] = time.perf_counter) -> None:
        self._assets, self._timer = assets, timer
        self.active: Unit | None = None
        self.candidate: Unit | None = None
        self.share = 0.0  # of the assets on which the candidate is acted on
        self.stopped = False  # nothing is acted on
        self.failures: dict[str, str] = {}  # digest -> why a bundle could not take rows; taken by the pipeline

    def push(self, rows: Columns, now: int, seen: Seen, before_ms: float = 0.0) -> tuple[list[Judged], Seen]:
        """Return the decisions of both on rows of `Prepare`, and what was seen of the candidate.

        `before_ms` is the time that these rows had taken until here.
        """
        if not length(rows):
            return [], seen
        judged = []
        for unit, role in ((self.active, "active"), (self.candidate, self._candidate_role)):
            if unit is None:
                continue
            begun = self._timer()
            try:
                scored = unit.push(rows, now)
            except NinefoldError as error:  # the rows do not fit this bundle: the other one goes on
                self.failures[unit.digest] = str(error)
                continue
            took_ms = before_ms + (self._timer() - begun) * 1e3
            if length(scored.decisions):
                judged.append(Judged(unit, role, scored, self._acted(scored, role), took_ms))
        if self.candidate is not None:
            seen = self._learn(judged, seen)
        return judged, seen

    @property
    def _candidate_role(self) -> str:
        return "canary" if self.share > 0 else "shadow"

    def _acted(self, scored: Scored, role: str) -> Array:
        assets = scored.decisions["asset"].tolist()
        if self.stopped or role == "shadow":
            return np.zeros(len(assets), np.bool_)
        canary = np.array([in_canary(a, self.share, self._assets) for a in assets], np.bool_)
        return canary if role == "canary" else ~canary

    def _learn(self, judged: list[Judged], seen: Seen) -> Seen:
        """Count the parts of the candidate; compare those that both judged."""
        mine = next((j for j in judged if j.unit is self.candidate), None)
        if mine is None:
            return seen
        found = mine.scored.decisions
        other = {}
        for j in judged:
            if j.unit is self.active:
                keys = _keys(j.scored.decisions)
                alarms, by = j.scored.decisions["alarm"].tolist(), j.scored.decisions["by"].tolist()
                other = dict(zip(keys, zip(alarms, by, strict=True), strict=True))
        comparison, active_by_model = seen.comparison, seen.active_by_model
        for key, alarm in zip(_keys(found), found["alarm"].tolist(), strict=True):
            if key in other:
                comparison = comparison.add(key[0], candidate=bool(alarm), active=bool(other[key][0]))
                active_by_model += other[key][1] == "model"
        count = length(found)
        by_model = seen.by_model + int(np.count_nonzero(found["by"] == "model"))
        latencies = (*seen.latencies_ms, *([mine.latency_ms] * count))[-MAX_LATENCIES:]
        return msgspec.structs.replace(
            seen, parts=seen.parts + count, by_model=by_model, active_by_model=active_by_model,
            latencies_ms=latencies, comparison=comparison,
        )  # fmt: skip


def _keys(decisions: Columns) -> list[tuple[str, str]]:
    return [(str(a), str(f)) for a, f in zip(decisions["asset"].tolist(), decisions["frame"].tolist(), strict=True)]
