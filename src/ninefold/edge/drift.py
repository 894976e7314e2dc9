"""Drift on the device: each asset watched by itself in blocks of parts, against the reference in the bundle.

The evidence needs no centre. The budget of false alarms does: it is the policy that the centre delivered last, and it
belongs to all assets of this device together. Without any policy the evidence is recorded and nothing is raised.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
import numpy as np

from ninefold.bundle.manifest import Contract
from ninefold.bundle.monitors import blocks_per_year, in_states, rate_per_year, reference_of
from ninefold.kernel.errors import InvalidInput
from ninefold.stats.blocks import BlockStream
from ninefold.stats.drift import DriftReference
from ninefold.stats.sequential import Detector, limit, smallest_shift
from ninefold.vocabulary.alarm import Signal
from ninefold.vocabulary.columns import Columns, Floats, take
from ninefold.vocabulary.monitor import Monitor
from ninefold.vocabulary.policy import Policy
from ninefold.vocabulary.window import DriftState

PREFIX = "drift:"  # of an episode's cause
_SIGNALS = 3


class Breach(NamedTuple):
    """The evidence of one asset that reached the budget."""

    asset: str
    monitor: str  # REQ/ID
    signals: tuple[Signal, ...]
    reason: str


@dataclass
class _Watch:
    """One monitor on one asset."""

    stream: BlockStream
    detector: Detector
    sums: Floats  # of the watched features and those of the contract, over the block that is being filled
    known: Floats
    rows: int = 0
    signals: tuple[Signal, ...] = ()  # of the last full block
    evidence: float = 0.0  # at its end


class Drift:
    """The monitors of one bundle at work on all assets of a device."""

    def __init__(self, monitors: Mapping[str, Monitor], contract: Contract, assets: int) -> None:
        """Read the references.

        Raises:
            InvalidInput: one cannot be read.
        """
        self._monitors = dict(monitors)
        self._references = {name: reference_of(m) for name, m in monitors.items()}
        self._centres = {
            f.name: (f.centre, f.spread) for f in contract.features if f.centre is not None and f.spread
        }  # fmt: skip
        self._assets = max(assets, 1)
        self._watches: dict[tuple[str, str], _Watch] = {}
        self._resets: dict[str, int] = {}

    @property
    def monitors(self) -> dict[str, Monitor]:
        """What is watched, by REQ/ID."""
        return self._monitors

    def add(self, features: Columns, policy: Policy | None) -> list[Breach]:
        """Take the feature rows of decided parts and return what reached its budget with a full block."""
        found = []
        for name, monitor in self._monitors.items():
            rows = take(features, in_states(features, monitor.states))
            absent = [n for n in monitor.features if n not in rows]
            if absent:
                continue  # the windows count what is missing; absence is another monitor's business
            for asset in sorted(set(rows["asset"].tolist())):
                mine = take(rows, rows["asset"] == asset)
                found += self._asset(name, asset, mine, policy)
        return found

    def _asset(self, name: str, asset: str, rows: Columns, policy: Policy | None) -> list[Breach]:
        reference, size = self._references[name], self._monitors[name].block
        watch = self._watch(name, asset)
        found, start, total = [], 0, len(rows["asset"])
        while start < total:
            part = take(rows, np.arange(start, min(start + size - watch.rows, total)))
            start += len(part["asset"])
            values = {n: np.asarray(part[n], np.float64) for n in reference.features}
            blocks = watch.stream.push(values)
            self._sum(watch, part, reference)
            for scores in blocks:
                watch.evidence = watch.detector.push(scores)
                watch.signals = self._signals(watch, scores, reference)
                watch.sums, watch.known, watch.rows = self._zeros(reference), self._zeros(reference), 0
                found += self._judge(name, asset, watch, policy)
        return found

    def _judge(self, name: str, asset: str, watch: _Watch, policy: Policy | None) -> list[Breach]:
        budget = _budget(policy, name)
        rate = rate_per_year(self._references[name], watch.evidence, self._assets)
        if budget is None or rate > budget:
            return []
        size = self._monitors[name].block
        reason = f"this evidence would alarm at {rate:.2g} a year, budget {budget:g}; blocks of {size} parts"
        if watch.detector.provisional:
            reason += "; provisional: the reference is short"
        watch.detector.restart(watch.detector.blame(1)[0])
        return [Breach(asset, name, watch.signals, reason)]

    def follow(self, policy: Policy) -> list[str]:
        """Begin anew for the assets whose baseline was resumed since; returns them."""
        changed = sorted(a for a, n in policy.resets.items() if n > self._resets.get(a, 0))
        for key in [k for k in self._watches if k[1] in changed]:
            del self._watches[key]
        self._resets |= {a: policy.resets[a] for a in changed}
        return changed

    def standing(self, asset: str, policy: Policy | None) -> dict[str, DriftState]:
        """Return how the monitors of an asset stand, for its window."""
        found = {}
        for name, monitor in self._monitors.items():
            watch = self._watches.get((name, asset))
            if watch is None or not watch.detector.time:
                continue
            reference, total = self._references[name], watch.evidence
            budget = _budget(policy, name)
            found[name] = DriftState(
                rate_per_year(reference, total, self._assets), total, watch.signals, monitor.effective_rows_per_day,
                None if budget is None else smallest(reference, budget, self._assets, monitor.practical_shift),
                budget, watch.detector.time, watch.detector.provisional,
            )  # fmt: skip
        return found

    def _watch(self, name: str, asset: str) -> _Watch:
        if (name, asset) not in self._watches:
            monitor, reference = self._monitors[name], self._references[name]
            detector = Detector.of(reference, practical=monitor.practical_shift)
            stream = BlockStream(reference, monitor.block)
            self._watches[name, asset] = _Watch(stream, detector, self._zeros(reference), self._zeros(reference))
        return self._watches[name, asset]

    def _names(self, reference: DriftReference) -> list[str]:
        return [*reference.features, *(n for n in self._centres if n not in reference.features)]

    def _zeros(self, reference: DriftReference) -> Floats:
        return np.zeros(len(self._names(reference)))

    def _sum(self, watch: _Watch, rows: Columns, reference: DriftReference) -> None:
        for place, name in enumerate(self._names(reference)):
            if name in rows and rows[name].dtype != object:
                values = np.asarray(rows[name], np.float64)
                values = values[np.isfinite(values)]
                watch.sums[place] += values.sum()
                watch.known[place] += len(values)
        watch.rows += len(rows["asset"])

    def _signals(self, watch: _Watch, scores: Floats, reference: DriftReference) -> tuple[Signal, ...]:
        """Return the three strongest signals of a block: the watched features first, then what moved with them.

        `weight` is the shift of the level in standard deviations of a row.
        """
        names = self._names(reference)
        with np.errstate(invalid="ignore", divide="ignore"):
            means = dict(zip(names, (watch.sums / watch.known).tolist(), strict=True))
        shifts = dict(zip(reference.features, (scores[:, 0] - reference.mean[:, 0]).tolist(), strict=True))
        blamed = [list(reference.features)[i] for i in watch.detector.blame(len(shifts))]
        strongest = [(name, shifts[name]) for name in blamed]
        beside = []
        for name, (centre, spread) in self._centres.items():
            if name not in shifts and math.isfinite(means[name]) and centre is not None and spread:
                beside.append((name, (means[name] - centre) / spread))
        strongest += sorted(beside, key=lambda pair: -abs(pair[1]))
        return tuple(
            Signal(n, means[n] if math.isfinite(means[n]) else None, abs(s), "low" if s < 0 else "high")
            for n, s in strongest[:_SIGNALS]
            if math.isfinite(s)
        )

    def state(self) -> bytes:
        """Return what a restart needs to go on in mid-block."""
        kept = [
            _Kept(name, asset, w.stream.state(), w.detector.state(), w.sums.tolist(), w.known.tolist(), w.rows,
                  w.signals, w.evidence)
            for (name, asset), w in sorted(self._watches.items())
        ]  # fmt: skip
        return msgspec.msgpack.encode(_State(kept, self._resets))

    def restore(self, state: bytes) -> None:
        """Go on where a state of the same monitors was taken.

        Raises:
            InvalidInput: it is damaged or of other monitors.
        """
        try:
            kept = msgspec.msgpack.decode(state, type=_State)
            watches = {}
            for k in kept.watches:
                reference, size = self._references[k.monitor], self._monitors[k.monitor].block
                stream = BlockStream.resume(reference, size, k.stream)
                sums, known = np.array(k.sums, float), np.array(k.known, float)
                if len(sums) != len(self._names(reference)):
                    raise ValueError("other features")
                watches[k.monitor, k.asset] = _Watch(
                    stream, Detector.resume(k.detector), sums, known, k.rows, k.signals, k.evidence
                )
        except (msgspec.MsgspecError, KeyError, TypeError, ValueError) as error:
            raise InvalidInput(f"The state of the drift monitors cannot be used: {error}.") from None
        self._watches, self._resets = watches, kept.resets


def _budget(policy: Policy | None, name: str) -> float | None:
    """Return the budget of a monitor; None when the centre told none, or what is no number of alarms."""
    budget = None if policy is None else policy.limits.get(name)
    return budget if budget is not None and math.isfinite(budget) and budget > 0 else None


class _Kept(msgspec.Struct):
    monitor: str
    asset: str
    stream: dict[str, Any]
    detector: dict[str, Any]
    sums: Sequence[float]
    known: Sequence[float]
    rows: int
    signals: tuple[Signal, ...]
    evidence: float


class _State(msgspec.Struct):
    watches: list[_Kept]
    resets: dict[str, int]


def smallest(reference: DriftReference, budget: float, assets: int, practical: float) -> float | None:
    """Return the smallest level shift (sd of a row) found within a week under a budget; None when none is."""
    need = limit(budget, blocks_per_year(reference)) * assets
    found = min(smallest_shift(reference, need, practical=practical).values(), default=math.inf)
    return found if math.isfinite(found) else None
