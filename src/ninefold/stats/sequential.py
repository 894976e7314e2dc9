"""The sequential drift test: an e-detector on block scores, averaged over features, with a yearly false-alarm budget.

For each of the last 64 blocks as a possible start of a change, a Bayes factor compares the blocks since then with the
reference. Their sum is the evidence. With a growing reference the mean time to a false alarm is at least `limit`
blocks for independent Gaussian blocks, under any dependence between features; with a frozen one this is shown by
simulation only (benchmarks/false_alarms.py). Blocks must be long enough that their scores are nearly independent.
"""

import math
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from ninefold.stats.drift import DriftReference

Floats = NDArray[np.float64]
Mode = Literal["frozen", "growing"]

WINDOW = 64
WEIGHTS = (0.5, 0.25, 0.25)  # of level, spread and skew
FROZEN_FROM = 40  # blocks of reference; below, blocks join the reference as they pass
PROVISIONAL_BELOW = 14
MARGIN = 2.0  # limit / blocks in a year: 1 left no margin when products mix
_PRIORS = (0.1, 1.0, 10.0)


def limit(budget_per_year: float, blocks_per_year: float) -> float:
    """Return the evidence at which to alarm for a budget of false alarms a year."""
    return MARGIN * blocks_per_year / budget_per_year


def yearly_rate(evidence: float, blocks_per_year: float) -> float:
    """Return the yearly false-alarm budget at which this evidence would just alarm; small means strong evidence."""
    return MARGIN * blocks_per_year / max(evidence, 1.0)


def bayes_factor(shift: Floats, within: Floats, size: Floats, blocks: Floats, scatter: Floats) -> Floats:
    """Return the evidence for a shift of the mean score against none; all arguments broadcast.

    `shift` is window mean minus reference mean, `within` the window's sum of squares about its mean over `size`
    blocks, `scatter` the reference's over `blocks` blocks.
    """
    effective = size * blocks / (size + blocks)
    exponent = (blocks + size - 1) / 2
    q = effective * shift * shift / (scatter + within)
    log_q = np.log(1 + q)
    total = np.zeros(np.broadcast_shapes(np.shape(q), np.shape(exponent)))
    for prior in _PRIORS:
        spread = 1 + effective * prior
        total += np.exp(np.minimum(exponent * (log_q - np.log(1 + q / spread)) - 0.5 * np.log(spread), 600.0))
    return total / len(_PRIORS)


class Detector:
    """The state of the test over features. Push one block at a time; restart the feature that is blamed.

    `practical` (in standard deviations of a row) silences windows whose level shifted less: it only lowers evidence.
    """

    def __init__(
        self, mean: Floats, scatter: Floats, blocks: int, rows: float, *, practical: float = 0.0,
        mode: Mode | None = None, weights: tuple[float, ...] = WEIGHTS,
    ) -> None:  # fmt: skip
        self.mode: Mode = mode or ("frozen" if blocks >= FROZEN_FROM else "growing")
        self.practical = practical
        self.time = 0  # blocks pushed
        self._rows = rows
        self._weights = np.array(weights[: mean.shape[1]])
        self._blocks, self._mean, self._scatter = blocks, mean.copy(), scatter.copy()
        self._born = np.zeros(len(mean), dtype=np.int64)  # the first start that counts, by feature
        self._recent = np.empty((0, *mean.shape))
        self._before: list[tuple[int, Floats, Floats]] = []  # the reference at each start, when it grows
        self.evidence = np.zeros(len(mean))  # by feature, (n_features,)

    @classmethod
    def of(cls, reference: DriftReference, *, practical: float = 0.0) -> Self:
        """Return a detector on a reference, frozen from 40 blocks on, growing below."""
        return cls(reference.mean, reference.scatter, reference.blocks, reference.rows, practical=practical)

    @property
    def provisional(self) -> bool:
        """Whether the reference is so short that an alarm is only a hint."""
        return self._blocks < PROVISIONAL_BELOW

    @property
    def total(self) -> float:
        """The evidence over all features, held against `limit`."""
        return float(self.evidence.mean()) if len(self.evidence) else 0.0

    def push(self, scores: Floats) -> float:
        """Take the scores `(n_features, 3)` of the next block and return the evidence over all features.

        A feature without a value (NaN) counts as unchanged in this block: absence is another monitor's business.
        """
        scores = np.where(np.isnan(scores), self._mean, scores)
        self._before = [*self._before, (self._blocks, self._mean, self._scatter)][-WINDOW:]
        self._recent = np.concatenate([self._recent[-(WINDOW - 1) :], scores[None]])
        if self.mode == "growing":
            self._grow(scores)
        self.time += 1
        self.evidence = self._evidence()
        return self.total

    def _grow(self, scores: Floats) -> None:
        count = self._blocks + 1
        mean = self._mean + (scores - self._mean) / count
        scatter = self._scatter + (scores - self._mean) * (scores - mean)
        self._blocks, self._mean, self._scatter = count, mean, np.maximum(scatter, (count - 1) / self._rows)

    def _evidence(self) -> Floats:
        starts = len(self._recent)
        size = np.arange(starts, 0, -1.0)[:, None, None]
        blocks, mean, scatter = self._reference(starts)
        centred = self._recent - self._mean
        sums = np.cumsum(centred[::-1], axis=0)[::-1]
        within = np.maximum(np.cumsum((centred**2)[::-1], axis=0)[::-1] - sums**2 / size, 0.0)
        shift = sums / size + (self._mean - mean)
        factor = bayes_factor(shift, within, size, blocks, scatter) @ self._weights
        alive = (self.time - starts + np.arange(starts))[:, None] >= self._born
        if self.practical > 0:
            alive &= np.abs(shift[:, :, 0]) >= self.practical
        return np.asarray((factor * alive).sum(axis=0), dtype=np.float64)

    def _reference(self, starts: int) -> tuple[Floats, Floats, Floats]:
        if self.mode == "frozen":
            return np.array(float(self._blocks)), self._mean, self._scatter
        kept = self._before[-starts:]
        blocks = np.array([float(b) for b, _, _ in kept])[:, None, None]
        return blocks, np.stack([m for _, m, _ in kept]), np.stack([s for _, _, s in kept])

    def blame(self, count: int = 3) -> list[int]:
        """Return the features with the most evidence, strongest first."""
        return [int(i) for i in np.argsort(-self.evidence, kind="stable")[:count]]

    def restart(self, feature: int) -> None:
        """Forget the starts so far of one feature: its alarm is raised and must not be raised again for them."""
        self._born[feature] = self.time
        self.evidence[feature] = 0.0

    def state(self) -> dict[str, Any]:
        """Return plain values from which `resume` goes on as if never stopped."""
        before = [[b, m.tolist(), s.tolist()] for b, m, s in self._before] if self.mode == "growing" else []
        return {
            "mode": self.mode, "practical": self.practical, "time": self.time, "rows": self._rows,
            "weights": self._weights.tolist(), "blocks": self._blocks, "mean": self._mean.tolist(),
            "scatter": self._scatter.tolist(), "born": self._born.tolist(), "recent": self._recent.tolist(),
            "before": before, "evidence": self.evidence.tolist(),
        }  # fmt: skip

    @classmethod
    def resume(cls, state: dict[str, Any]) -> Self:
        """Return the detector whose `state` this is."""
        mean, scatter = np.array(state["mean"], dtype=float), np.array(state["scatter"], dtype=float)
        new = cls(mean, scatter, state["blocks"], state["rows"], practical=state["practical"], mode=state["mode"],
                  weights=tuple(state["weights"]))  # fmt: skip
        new.time = state["time"]
        new._born = np.array(state["born"], dtype=np.int64)
        new._recent = np.array(state["recent"], dtype=float).reshape(-1, *mean.shape)
        new._before = [(b, np.array(m), np.array(s)) for b, m, s in state["before"]]
        new.evidence = np.array(state["evidence"], dtype=float)
        return new


def smallest_shift(
    reference: DriftReference, evidence: float, days: float = 7.0, practical: float = 0.0
) -> dict[str, float]:
    """Return by feature the level shift (in standard deviations of a row) whose expected evidence reaches the limit.

    It is the shift that is found within `days` about half the time, when only this feature moves. PSI is about its
    square. Infinite when no block ends within `days`.
    """
    size = math.floor(min(days * reference.blocks_per_day, WINDOW))
    need = evidence * len(reference.features)
    found = {n: _smallest(f.scatter[0], reference.blocks, size, need) for n, f in reference.features.items()}
    return {n: max(shift, practical) for n, shift in found.items()}


def blocks_to_find(reference: DriftReference, evidence: float, shift: float) -> dict[str, float]:
    """Return by feature after how many blocks a level shift (sd of a row) is found about half the time.

    Infinite when more than the window of 64 blocks would be needed.
    """
    need, sizes = evidence * len(reference.features), range(1, WINDOW + 1)
    out = {}
    for name, feature in reference.features.items():
        enough = (w for w in sizes if _expected(shift, feature.scatter[0], reference.blocks, w) >= need)
        out[name] = float(next(enough, math.inf))
    return out


def _smallest(scatter: float, blocks: int, size: int, need: float) -> float:
    if size < 1:
        return math.inf
    low, high = 0.0, 64.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if _expected(middle, scatter, blocks, size) >= need else (middle, high)
    return high


def _expected(shift: float, scatter: float, blocks: int, size: int) -> float:
    """Return the evidence of one feature when each window's mean and scatter are just what they are expected to be."""
    sizes = np.arange(1.0, size + 1)
    within = (sizes - 1) * scatter / (blocks - 1)
    factors = bayes_factor(np.array(shift), within, sizes, np.array(float(blocks)), np.array(scatter))
    return WEIGHTS[0] * float(factors.sum())
