"""Metrics by sample: each labelled row counts once."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ninefold.criteria.metrics.metric import (
    Finding,
    Method,
    Metric,
    Need,
    Request,
    days_of,
    resampled_estimate,
    share_estimate,
    slice_masks,
)
from ninefold.criteria.params import Param, count, one_of
from ninefold.criteria.subjects import Samples
from ninefold.kernel.errors import InvalidInput
from ninefold.stats.bootstrap import from_sums, resample, resample_kinds
from ninefold.stats.ranking import Ranking
from ninefold.vocabulary.columns import Floats
from ninefold.vocabulary.measurement import Estimate

_LOWER = ("log_loss", "brier", "mae", "rmse")  # the lower, the better
_FEW = 50  # kinds of row up to which they are drawn by kind
_UNIT = Param("sample: each row counts once", one_of("sample"), "sample")
_REPEATS = Param("the number of resamples, such as 1000", count, 1000)

Sums = Callable[[Samples], Floats]  # (n_rows, n_sums)
Function = Callable[[Floats], Floats]  # (n_resamples, n_sums) -> (n_resamples,)
Counted = Callable[[Samples], float]  # what min_samples counts


def _divide(a: Any, b: Any) -> Floats:
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    out: Floats = np.full(np.broadcast_shapes(a.shape, b.shape), np.nan)
    np.divide(a, b, out=out, where=b != 0)
    return out


def _parts(request: Request, subject: Samples) -> Iterator[tuple[dict[str, str], Samples]]:
    known = subject.known()
    yield {}, known
    # slices are listed from all rows, so that one without a single label is seen as such
    for where, mask in slice_masks(subject.slices, request.by, len(subject.y)):
        yield where, subject.rows(mask).known()


def _binary(subject: Samples) -> Floats:
    if not np.isin(subject.y, (0.0, 1.0)).all():
        wrong = subject.y[~np.isin(subject.y, (0.0, 1.0))][0]
        raise InvalidInput(f"A label is {wrong:g}; this metric needs 0 and 1.", hint="Give NaN for an unknown label.")
    return subject.y


def _scores(subject: Samples) -> Floats:
    if subject.score is None:
        raise InvalidInput("The samples carry no score.", hint="Give the model's scores or predictions.")
    if not np.isfinite(subject.score).all():
        count_ = int((~np.isfinite(subject.score)).sum())
        raise InvalidInput(f"{count_} scores are not finite.", hint="Leave out the rows without a prediction.")
    return subject.score


def _probability(subject: Samples) -> Floats:
    score = _scores(subject)
    if len(score) and (score.min() < 0 or score.max() > 1):
        raise InvalidInput(f"A score is {score.min():g} or {score.max():g}, no probability.", hint="Calibrate first.")
    return score


def _confusion(subject: Samples) -> Floats:
    """Return `(n_rows, 4)` flags: true and false positive, false and true negative."""
    if subject.decision is None:
        raise InvalidInput("The samples carry no decision.", hint="Apply the model's threshold first.")
    y, d = _binary(subject) == 1, subject.decision.astype(bool)
    return np.stack([y & d, ~y & d, y & ~d, ~y & ~d], axis=1).astype(np.float64)


def _counted(name: str, about: str, hit: tuple[float, ...], of: tuple[float, ...], counts: str) -> Metric:
    """Return a metric that is a share of two sums of confusion counts."""

    def measure(request: Request, subject: Samples) -> Iterator[Finding]:
        for where, part in _parts(request, subject):
            cells = _confusion(part)
            successes, trials = float((cells @ hit).sum()), float((cells @ of).sum())
            if request.bound is not None and request.bound.method == "bootstrap":
                replicates = _resample(request, part, cells, lambda s: _divide(s @ hit, s @ of))
                value = successes / trials if trials else float("nan")
                yield Finding(where, resampled_estimate(value, int(trials), replicates, request.bound))
            else:
                yield Finding(where, share_estimate(successes, trials, request.bound))

    return _metric(name, about, measure, {"labels", "decisions"}, counts, lambda s: (_confusion(s) @ of).sum())


def _resample(request: Request, part: Samples, values: Floats, function: Function) -> Floats:
    repeats = request.params["repeats"]
    if part.groups is None and len(np.unique(values[:1000], axis=0)) < _FEW:
        kinds, counts = np.unique(values, axis=0, return_counts=True)
        if len(kinds) < _FEW:
            return resample_kinds(function, kinds, counts, rng=request.rng, repeats=repeats)
    return resample(from_sums(function, values), len(values), rng=request.rng, repeats=repeats, groups=_codes(part))


def _codes(part: Samples) -> Any:
    return None if part.groups is None else np.unique(part.groups.astype(str), return_inverse=True)[1]


def _summed(name: str, about: str, sums: Sums, function: Function, needs: set[Need], unit: str = "1") -> Metric:
    """Return a metric that is a function of sums over rows."""

    def measure(request: Request, subject: Samples) -> Iterator[Finding]:
        for where, part in _parts(request, subject):
            values = sums(part)
            value = float(function(values.sum(axis=0)[None])[0]) if len(values) else float("nan")
            replicates = None
            if request.bound is not None and np.isfinite(value):
                replicates = _resample(request, part, values, function)
            yield Finding(where, resampled_estimate(value, len(values), replicates, request.bound))

    counted: Counted = lambda s: len(s.y)  # noqa: E731 -- a named one-liner, as the others are inline
    return _metric(name, about, measure, {"labels", *needs}, "rows", counted, unit, ("bootstrap",))


def _ranked(name: str, about: str, statistic: Callable[[Ranking], Callable[[Floats], Floats]]) -> Metric:
    """Return a metric of the order of scores; its samples are the positives."""

    def measure(request: Request, subject: Samples) -> Iterator[Finding]:
        for where, part in _parts(request, subject):
            yield Finding(where, _rank(request, part, statistic))

    positives: Counted = lambda s: float((s.y == 1).sum())  # noqa: E731 -- a named one-liner, as the others are inline
    needs: set[Need] = {"labels", "scores"}
    return _metric(name, about, measure, needs, "positive rows", positives, methods=("bootstrap",))


def _rank(request: Request, part: Samples, statistic: Callable[[Ranking], Callable[[Floats], Floats]]) -> Estimate:
    part = part.rows(np.argsort(-_scores(part), kind="stable"))  # sorted once, so that no resample sorts
    positive = _binary(part) == 1
    of_weights = statistic(Ranking(positive, _scores(part)))
    value = float(of_weights(np.ones((1, len(positive))))[0])
    replicates = None
    if request.bound is not None and np.isfinite(value):
        repeats = request.params["repeats"]
        replicates = resample(of_weights, len(positive), rng=request.rng, repeats=repeats, groups=_codes(part))
    return resampled_estimate(value, int(positive.sum()), replicates, request.bound)


def _metric(
    name: str, about: str, measure: Any, needs: set[Need], counts: str, counted: Counted,
    unit: str = "1", methods: tuple[Method, ...] = ("wilson", "bootstrap"),
) -> Metric:  # fmt: skip
    def per_day(subject: Samples) -> float | None:
        days = days_of(subject.time)
        return None if days is None else float(counted(subject.known())) / days

    return Metric(
        name, about, unit, "lower" if name in _LOWER else "higher", Samples, frozenset(needs),
        frozenset(methods), measure,
        {"unit": _UNIT, "repeats": _REPEATS}, counts=counts, per_day=per_day, detail=_labelled,
    )  # fmt: skip


def _labelled(subject: Samples) -> dict[str, float]:
    return {"labelled_share": float((~np.isnan(subject.y)).mean())} if len(subject.y) else {}


def _errors(subject: Samples) -> Floats:
    error = _scores(subject) - subject.y
    return np.stack([np.ones_like(error), np.abs(error), error**2, subject.y, subject.y**2], axis=1)


def _log_losses(subject: Samples) -> Floats:
    p = np.clip(_probability(subject), 1e-15, 1 - 1e-15)
    loss = -np.where(_binary(subject) == 1, np.log(p), np.log1p(-p))
    return np.stack([np.ones_like(loss), loss], axis=1)


def _briers(subject: Samples) -> Floats:
    square = (_probability(subject) - _binary(subject)) ** 2
    return np.stack([np.ones_like(square), square], axis=1)


def _mean(sums: Floats) -> Floats:
    return _divide(sums[:, 1], sums[:, 0])


def _f1(sums: Floats) -> Floats:
    return _divide(2 * sums[:, 0], 2 * sums[:, 0] + sums[:, 1] + sums[:, 2])


def _r2(sums: Floats) -> Floats:
    total = sums[:, 4] - _divide(sums[:, 3] ** 2, sums[:, 0])
    return 1 - _divide(sums[:, 2], np.where(total > 1e-12 * np.abs(sums[:, 4]), total, 0.0))


def _rmse(sums: Floats) -> Floats:
    return np.sqrt(_divide(sums[:, 2], sums[:, 0]))


_HIT = (1.0, 0.0, 0.0, 0.0)

METRICS = (
    _counted("precision", "share of positive decisions that are right", _HIT, (1, 1, 0, 0), "positive decisions"),
    _counted("recall", "share of positives that are found", _HIT, (1, 0, 1, 0), "positive rows"),
    _counted("accuracy", "share of decisions that are right", (1, 0, 0, 1), (1, 1, 1, 1), "rows"),
    _summed("f1", "harmonic mean of precision and recall", _confusion, _f1, {"decisions"}),
    _ranked("auc", "share of pairs of a positive and a negative in the right order", lambda r: r.auc),
    _ranked("average_precision", "mean precision over the steps of recall", lambda r: r.average_precision),
    _summed("log_loss", "mean negative log-likelihood of the label", _log_losses, _mean, {"scores"}),
    _summed("brier", "mean squared error of the probability", _briers, _mean, {"scores"}),
    _summed("mae", "mean absolute error, in the target's unit", _errors, _mean, {"scores"}, "[target]"),
    _summed("rmse", "root mean squared error, in the target's unit", _errors, _rmse, {"scores"}, "[target]"),
    _summed("r2", "share of the target's variance that is explained", _errors, _r2, {"scores"}),
)
