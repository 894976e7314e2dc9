"""Metrics of scored rows with weights, their bootstrap, and who wins: the best, or the smallest that ties with it."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from ninefold.vocabulary.columns import Array, Floats

RESAMPLES = 100
TIE = 0.05  # a candidate ties with the best unless it does worse in more than 95 % of paired resamples


class Scored(NamedTuple):
    """Labels and scores in descending order of score, prepared once for many weightings."""

    y: Floats  # (n,), 0 or 1
    s: Floats
    order: Array  # of the rows as they came
    ends: Array  # the last place of each run of equal scores


def scored(y: Floats, s: Floats) -> Scored:
    """Return labels and scores, prepared."""
    order = np.argsort(-s, kind="stable")
    ranked = s[order]
    ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True)) if len(s) else np.empty(0, np.int64)
    return Scored(y[order], ranked, order, ends)


def average_precision(data: Scored, weights: Floats) -> float:
    """Return the mean precision over recall steps; NaN without positives."""
    hits = np.cumsum(weights * data.y)[data.ends]
    alarms = np.cumsum(weights)[data.ends]
    if not hits.size or hits[-1] <= 0:
        return float("nan")
    gained = np.diff(hits, prepend=0.0)
    return float(np.sum(gained * hits / np.maximum(alarms, 1e-12)) / hits[-1])


def auc(data: Scored, weights: Floats) -> float:
    """Return the area under the ROC curve; NaN with one class."""
    hits = np.cumsum(weights * data.y)[data.ends]
    false = np.cumsum(weights * (1 - data.y))[data.ends]
    if not hits.size or hits[-1] <= 0 or false[-1] <= 0:
        return float("nan")
    steps = np.diff(false, prepend=0.0) * (hits + np.concatenate([[0.0], hits[:-1]])) / 2
    return float(np.sum(steps) / (hits[-1] * false[-1]))


def log_loss(data: Scored, weights: Floats) -> float:
    """Return the mean negative log likelihood; scores are kept 1e-7 away from 0 and 1."""
    s = np.clip(data.s, 1e-7, 1 - 1e-7)
    return _mean(-(data.y * np.log(s) + (1 - data.y) * np.log1p(-s)), weights)


def brier(data: Scored, weights: Floats) -> float:
    """Return the mean squared error of the score."""
    return _mean((data.s - data.y) ** 2, weights)


def _mean(losses: Floats, weights: Floats) -> float:
    total = float(weights.sum())
    return float((losses * weights).sum() / total) if total > 0 else float("nan")


class Measure(NamedTuple):
    """A metric of a race."""

    compute: Callable[[Scored, Floats], float]
    higher_is_better: bool


METRICS: Mapping[str, Measure] = {
    "average_precision": Measure(average_precision, higher_is_better=True),
    "auc": Measure(auc, higher_is_better=True),
    "log_loss": Measure(log_loss, higher_is_better=False),
    "brier": Measure(brier, higher_is_better=False),
}


def resamples(groups: int, rng: np.random.Generator) -> Iterator[Floats]:
    """Yield how often each group is drawn: cluster bootstrap, groups with replacement, rows follow their group."""
    for _ in range(RESAMPLES):
        yield np.bincount(rng.integers(0, groups, groups), minlength=groups).astype(np.float64)


class Standing(NamedTuple):
    """A candidate's metric over the same resamples as all others."""

    point: float
    low: float
    high: float
    behind: float | None  # share of resamples in which it does worse than the best


def standings(
    y: Floats, scores: Mapping[str, Floats], groups: Array, metric: str, rng: np.random.Generator
) -> dict[str, Standing]:
    """Return the standing of every candidate, best first. All are measured on the same rows and the same resamples."""
    measure = METRICS[metric]
    _, codes = np.unique(groups, return_inverse=True)
    prepared = {name: scored(y, s) for name, s in scores.items()}
    sorted_codes = {name: codes[data.order] for name, data in prepared.items()}
    values: dict[str, list[float]] = {name: [] for name in scores}
    for drawn_groups in resamples(int(codes.max(initial=-1)) + 1, rng):
        for name, data in prepared.items():
            values[name].append(measure.compute(data, drawn_groups[sorted_codes[name]]))
    sign = 1.0 if measure.higher_is_better else -1.0
    points = {name: measure.compute(data, np.ones(len(y))) for name, data in prepared.items()}
    ranked = sorted(points, key=lambda name: (-sign * points[name], name))
    result = {}
    for name in ranked:
        drawn, best = np.array(values[name]), np.array(values[ranked[0]])
        valid = ~(np.isnan(drawn) | np.isnan(best))
        low, high = np.quantile(drawn[valid], (0.025, 0.975)) if valid.any() else (float("nan"), float("nan"))
        behind = float(np.mean(sign * (drawn - best)[valid] < 0)) if valid.any() else 0.0
        result[name] = Standing(points[name], float(low), float(high), None if name == ranked[0] else behind)
    return result


def winner_of(table: Mapping[str, Standing], size_kb: Mapping[str, float]) -> tuple[str, str]:
    """Return the winner's name and the sentence that says why. Size decides among ties: it is repeatable, and on one
    row it also orders the latencies.
    """
    best = next(iter(table))
    ties = [n for n, s in table.items() if s.behind is None or s.behind <= 1 - TIE]
    winner = min(ties, key=lambda n: (size_kb[n], n))
    if winner == best:
        others = f"; {len(ties) - 1} tie with it and are larger" if len(ties) > 1 else ""
        return winner, f"{winner} has the best score{others}."
    worse = table[winner].behind or 0.0
    return (
        winner,
        f"{winner} is the smallest that ties with the best, {best} (worse in {worse:.0%} of paired resamples).",
    )
