"""Metrics of scored rows with weights, their paired bootstrap, and who wins: the best, or the cheapest that ties.

Scores are of shape (n,), or (n, classes) for a multiclass task, whose labels are places in the classes.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, NamedTuple

import numpy as np

from ninefold.stats.ranking import Ranking
from ninefold.vocabulary.columns import Array, Floats
from ninefold.vocabulary.task import TaskKind

RESAMPLES = 100
TIE = 0.05  # a candidate ties with the best unless it does worse in more than 95 % of paired resamples
AS_FAST, AS_FAST_US = 1.5, 50.0  # times the fastest, and us beyond: within it row times do not tell candidates apart
_CHUNK = 250_000  # weights held at once, by each thread
_THREADS = 2

Statistic = Callable[[Floats], Floats]  # weights (n_resamples, n_groups) -> (n_resamples,)


class Measure(NamedTuple):
    """A metric of a race: a function of sums over rows, or one of their order."""

    kinds: tuple[TaskKind, ...]
    better: Literal["higher", "lower"]
    sums: Callable[[Floats, Floats], Floats] | None  # (labels, scores) -> (n_rows, n_sums)
    value: Callable[[Floats], Floats] | None  # (n_resamples, n_sums) -> (n_resamples,)
    ranked: Callable[[Ranking], Statistic] | None = None

    @property
    def higher_is_better(self) -> bool:
        """Which way is better."""
        return self.better == "higher"

    def statistic(self, y: Floats, s: Floats, codes: Array) -> Statistic:
        """Return the metric as a function of how often each group is drawn; `codes` are the groups of the rows."""
        if self.ranked is not None:
            return _of_order(self.ranked(Ranking(y == 1, s)), codes)
        assert self.sums is not None  # noqa: S101 - a measure is the one or the other
        assert self.value is not None  # noqa: S101 - as above
        rows, value = self.sums(y, s), self.value
        sums = np.stack([np.bincount(codes, weights=column) for column in rows.T], axis=1) if len(y) else rows
        return lambda weights: value(np.asarray(weights @ sums, np.float64))

    def point(self, y: Floats, s: Floats) -> float:
        """Return the metric of all rows; NaN when it is undefined."""
        return float(self.statistic(y, s, np.arange(len(y)))(np.ones((1, len(y))))[0])


def _of_order(statistic: Statistic, codes: Array) -> Statistic:
    def in_chunks(weights: Floats) -> Floats:
        size = max(1, _CHUNK // max(len(codes), 1))
        parts = [statistic(weights[i : i + size][:, codes]) for i in range(0, len(weights), size)]
        return np.concatenate(parts)

    return in_chunks


def _ratio(a: Floats, b: Floats) -> Floats:
    return np.asarray(np.divide(a, b, out=np.full(np.shape(a), np.nan), where=b > 0), np.float64)


def _mean(sums: Floats) -> Floats:
    return _ratio(sums[:, 1], sums[:, 0])


def _columns(*columns: Floats) -> Floats:
    return np.stack([np.ones(len(columns[0])), *columns], axis=1)


def _log_losses(y: Floats, s: Floats) -> Floats:
    """Return negative log likelihoods; scores are kept 1e-7 away from 0 and 1."""
    likely = s[np.arange(len(y)), y.astype(int)] if s.ndim == 2 else np.where(y == 1, s, 1 - s)
    return _columns(-np.log(np.clip(likely, 1e-7, 1 - 1e-7)))


def _errors(y: Floats, s: Floats) -> Floats:
    return _columns(np.abs(s - y), (s - y) ** 2, y, y**2)


def _squares(y: Floats, s: Floats) -> Floats:
    return _columns((s - y) ** 2)


def _rmse(sums: Floats) -> Floats:
    return np.sqrt(_ratio(sums[:, 2], sums[:, 0]))


def _r2(sums: Floats) -> Floats:
    total = sums[:, 4] - _ratio(sums[:, 3] ** 2, sums[:, 0])
    return 1 - _ratio(sums[:, 2], np.where(total > 1e-12 * np.abs(sums[:, 4]), total, 0.0))


def _right(y: Floats, s: Floats) -> Floats:
    return _columns((s.argmax(axis=1) == y).astype(np.float64))


def _confusion(y: Floats, s: Floats) -> Floats:
    """Return by class whether a row is a hit, is of it, is said to be of it: (n_rows, 3 * classes)."""
    classes = np.arange(s.shape[1])
    true, said = y[:, None] == classes, s.argmax(axis=1)[:, None] == classes
    return np.concatenate([true & said, true, said], axis=1).astype(np.float64)


def _macro_f1(sums: Floats) -> Floats:
    """Return the mean F1 over the classes that occur, in labels or answers."""
    hits, true, said = np.split(sums, 3, axis=1)
    each = _ratio(2 * hits, true + said)
    return _ratio(np.nansum(each, axis=1), np.isfinite(each).sum(axis=1).astype(np.float64))


METRICS: Mapping[str, Measure] = {
    "average_precision": Measure(("binary",), "higher", None, None, lambda r: r.average_precision),
    "auc": Measure(("binary",), "higher", None, None, lambda r: r.auc),
    "log_loss": Measure(("binary", "multiclass"), "lower", _log_losses, _mean),
    "brier": Measure(("binary",), "lower", _squares, _mean),
    "rmse": Measure(("regression",), "lower", _errors, _rmse),
    "mae": Measure(("regression",), "lower", _errors, _mean),
    "r2": Measure(("regression",), "higher", _errors, _r2),
    "macro_f1": Measure(("multiclass",), "higher", _confusion, _macro_f1),
    "accuracy": Measure(("multiclass",), "higher", _right, _mean),
}


def resamples(groups: int, rng: np.random.Generator) -> Floats:
    """Return how often each group is drawn, (RESAMPLES, groups): groups with replacement, rows follow their group."""
    drawn = [np.bincount(rng.integers(0, groups, groups), minlength=groups) for _ in range(RESAMPLES)]
    return np.stack(drawn).astype(np.float64)


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
    n_groups = int(codes.max(initial=-1)) + 1
    weights, ones = resamples(n_groups, rng), np.ones((1, n_groups))
    statistics = {name: measure.statistic(y, s, codes) for name, s in scores.items()}
    with ThreadPoolExecutor(_THREADS) as pool:  # numpy lets go of the interpreter while it sums
        values = dict(zip(statistics, pool.map(lambda statistic: statistic(weights), statistics.values()), strict=True))
    sign = 1.0 if measure.higher_is_better else -1.0
    points = {name: float(statistic(ones)[0]) for name, statistic in statistics.items()}
    ranked = sorted(points, key=lambda name: (-sign * points[name], name))
    result = {}
    for name in ranked:
        drawn, best = values[name], values[ranked[0]]
        valid = ~(np.isnan(drawn) | np.isnan(best))
        low, high = np.quantile(drawn[valid], (0.025, 0.975)) if valid.any() else (float("nan"), float("nan"))
        behind = float(np.mean(sign * (drawn - best)[valid] < 0)) if valid.any() else 0.0
        result[name] = Standing(points[name], float(low), float(high), None if name == ranked[0] else behind)
    return result


class Price(NamedTuple):
    """What a candidate costs where it runs."""

    row_us: float  # one row through the graph
    size_kb: float


def winner_of(table: Mapping[str, Standing], price: Mapping[str, Price]) -> tuple[str, str]:
    """Return the winner's name and the sentence that says why.

    Among ties the cheapest wins: of those whose row takes no more than 1.5 times the fastest's and 50 us, the smallest.
    Times nearer to each other than that differ from run to run, and no machine waits for 50 us.
    """
    best = next(iter(table))
    ties = [n for n, s in table.items() if s.behind is None or s.behind <= 1 - TIE]
    fast_enough = AS_FAST * min(price[n].row_us for n in ties) + AS_FAST_US
    winner = min((n for n in ties if price[n].row_us <= fast_enough), key=lambda n: (price[n].size_kb, n))
    if winner == best:
        others = f"; {len(ties) - 1} tie with it and cost more" if len(ties) > 1 else ""
        return winner, f"{winner} has the best score{others}."
    worse = table[winner].behind or 0.0
    cost = f"{price[winner].row_us:.0f} us a row, {price[winner].size_kb:.0f} kB"
    why = f"{winner} is the cheapest ({cost}) that ties with the best, {best}"
    return winner, f"{why} (worse in {worse:.0%} of paired resamples)."
