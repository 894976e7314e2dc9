"""Metrics by sample of two outcomes, and what they share with more than two: each labelled row counts once."""

from collections.abc import Callable, Iterator

import numpy as np

from ninefold.criteria.metrics.metric import Finding, Metric, Need, Request, resampled_estimate, share_estimate
from ninefold.criteria.metrics.sampling import (
    Counted,
    Sums,
    codes,
    decisions,
    divide,
    mean,
    metric,
    parts,
    resampled,
    scores,
    summed,
)
from ninefold.criteria.subjects import Samples
from ninefold.kernel.errors import InvalidInput
from ninefold.stats.bootstrap import resample
from ninefold.stats.ranking import Ranking
from ninefold.vocabulary.columns import Floats
from ninefold.vocabulary.measurement import Estimate


def _binary(subject: Samples) -> Floats:
    if subject.classes:
        message = f"The samples are of {len(subject.classes)} classes; this metric needs two outcomes."
        raise InvalidInput(message, hint="Use macro_f1, class_recall, accuracy or log_loss.")
    if not np.isin(subject.y, (0.0, 1.0)).all():
        wrong = subject.y[~np.isin(subject.y, (0.0, 1.0))][0]
        raise InvalidInput(f"A label is {wrong:g}; this metric needs 0 and 1.", hint="Give NaN for an unknown label.")
    return subject.y


def _probability(subject: Samples) -> Floats:
    score = scores(subject)
    if score.size and (score.min() < 0 or score.max() > 1):
        raise InvalidInput(f"A score is {score.min():g} or {score.max():g}, no probability.", hint="Calibrate first.")
    return score


def _confusion(subject: Samples) -> Floats:
    """Return `(n_rows, 4)` flags: true and false positive, false and true negative."""
    d = decisions(subject).astype(bool)
    y = _binary(subject) == 1
    return np.stack([y & d, ~y & d, y & ~d, ~y & ~d], axis=1).astype(np.float64)


def _right(subject: Samples) -> Floats:
    """Return `(n_rows, 4)` flags as `_confusion` does, of classes only whether the decision is right or wrong."""
    if not subject.classes:
        return _confusion(subject)
    right = decisions(subject) == subject.y
    none = np.zeros(len(right), dtype=bool)
    return np.stack([right, ~right, none, none], axis=1).astype(np.float64)


def _counted(
    name: str, about: str, hit: tuple[float, ...], of: tuple[float, ...], counts: str, flags: Sums = _confusion
) -> Metric:
    """Return a metric that is a share of two sums of confusion counts."""

    def measure(request: Request, subject: Samples) -> Iterator[Finding]:
        for where, part in parts(request, subject):
            cells = flags(part)
            successes, trials = float((cells @ hit).sum()), float((cells @ of).sum())
            if request.bound is not None and request.bound.method == "bootstrap":
                replicates = resampled(request, part, cells, lambda s: divide(s @ hit, s @ of))
                value = successes / trials if trials else float("nan")
                yield Finding(where, resampled_estimate(value, int(trials), replicates, request.bound))
            else:
                yield Finding(where, share_estimate(successes, trials, request.bound))

    return metric(name, about, measure, {"labels", "decisions"}, counts, lambda s: (flags(s) @ of).sum())


def _ranked(name: str, about: str, statistic: Callable[[Ranking], Callable[[Floats], Floats]]) -> Metric:
    """Return a metric of the order of scores; its samples are the positives."""

    def measure(request: Request, subject: Samples) -> Iterator[Finding]:
        for where, part in parts(request, subject):
            yield Finding(where, _rank(request, part, statistic))

    positives: Counted = lambda s: float((s.y == 1).sum())  # noqa: E731 -- a named one-liner, as the others are inline
    needs: set[Need] = {"labels", "scores"}
    return metric(name, about, measure, needs, "positive rows", positives, methods=("bootstrap",))


def _rank(request: Request, part: Samples, statistic: Callable[[Ranking], Callable[[Floats], Floats]]) -> Estimate:
    _binary(part)
    part = part.rows(np.argsort(-scores(part), kind="stable"))  # sorted once, so that no resample sorts
    positive = part.y == 1
    of_weights = statistic(Ranking(positive, scores(part)))
    value = float(of_weights(np.ones((1, len(positive))))[0])
    replicates = None
    if request.bound is not None and np.isfinite(value):
        repeats = request.params["repeats"]
        replicates = resample(of_weights, len(positive), rng=request.rng, repeats=repeats, groups=codes(part))
    return resampled_estimate(value, int(positive.sum()), replicates, request.bound)


def _log_losses(subject: Samples) -> Floats:
    p = np.clip(_probability(subject), 1e-15, 1 - 1e-15)
    if subject.classes:
        loss = -np.log(np.take_along_axis(p, subject.y.astype(np.intp)[:, None], axis=1)[:, 0])
        return np.stack([np.ones_like(loss), loss], axis=1)
    loss = -np.where(_binary(subject) == 1, np.log(p), np.log1p(-p))
    return np.stack([np.ones_like(loss), loss], axis=1)


def _briers(subject: Samples) -> Floats:
    y = _binary(subject)
    square = (_probability(subject) - y) ** 2
    return np.stack([np.ones_like(square), square], axis=1)


def _f1(sums: Floats) -> Floats:
    return divide(2 * sums[:, 0], 2 * sums[:, 0] + sums[:, 1] + sums[:, 2])


_HIT = (1.0, 0.0, 0.0, 0.0)

METRICS = (
    _counted("precision", "share of positive decisions that are right", _HIT, (1, 1, 0, 0), "positive decisions"),
    _counted("recall", "share of positives that are found", _HIT, (1, 0, 1, 0), "positive rows"),
    _counted("accuracy", "share of decisions that are right", (1, 0, 0, 1), (1, 1, 1, 1), "rows", _right),
    summed("f1", "harmonic mean of precision and recall", _confusion, _f1, {"decisions"}),
    _ranked("auc", "share of pairs of a positive and a negative in the right order", lambda r: r.auc),
    _ranked("average_precision", "mean precision over the steps of recall", lambda r: r.average_precision),
    summed("log_loss", "mean negative log-likelihood of the label", _log_losses, mean, {"scores"}, direction="lower"),
    summed("brier", "mean squared error of the probability", _briers, mean, {"scores"}, direction="lower"),
)
