"""What each criterion would show at every threshold, out of fold, and how likely the test set then passes it.

The true rate is not known: it is drawn from its posterior (Jeffreys' prior) given the out-of-fold counts, and the
test set's counts from it. A lottery is so printed as one, instead of a point value that looks safe.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ninefold.criteria.episodes import episode_curve
from ninefold.criteria.metrics import find
from ninefold.criteria.operating import OperatingClock
from ninefold.criteria.params import read_params
from ninefold.criteria.planning import rate_pass_probability, share_pass_probability
from ninefold.criteria.subjects import Episodes
from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.columns import Columns, Floats
from ninefold.vocabulary.criterion import CriterionSpec, MetricSpec

_GRID = 400
_LEVEL = 0.95


class Wanted(NamedTuple):
    """A criterion with its metric, and whether the decision must satisfy it or minimises it."""

    metric: MetricSpec
    criterion: CriterionSpec
    satisfy: bool

    @property
    def name(self) -> str:
        """REQ-x/ID."""
        return f"{self.metric.requirement}/{self.metric.criterion}"


class Curve(NamedTuple):
    """One criterion over thresholds; arrays of shape (n_thresholds,)."""

    wanted: Wanted
    values: Floats  # point values, NaN where there is none
    probability: Floats | None  # that the test set passes; None when it is not predicted
    note: str

    @property
    def holds(self) -> Floats:
        """Whether the point value meets the threshold."""
        threshold = self.wanted.criterion.threshold
        return np.array([bool(np.isfinite(v) and threshold.holds(float(v))) for v in self.values])


@dataclass(frozen=True)
class OutOfFold:
    """The rows that folds predicted, and how large the test set is. Arrays and columns are (n_rows,)."""

    rows: Columns  # asset, t, label, and the column of the tool life when there is one
    score: Floats
    test_rows: int
    test_weeks: float  # machine-weeks
    events: Columns | None = None  # asset, t: when they occurred
    clock: OperatingClock | None = None
    reset: str | None = None  # the column at whose change a held alarm ends


def curve_of(wanted: Wanted, data: OutOfFold, thresholds: Floats) -> Curve:
    """Return a criterion's curve.

    Raises:
        InvalidInput: the metric or its parameters are unknown, or it needs events and the recipe's label names none.
    """
    metric = find(wanted.metric.metric, wanted.metric.params)
    params = read_params(wanted.metric.metric, metric.params, wanted.metric.params)
    if metric.kind == "episode":
        return _by_episode(wanted, data, thresholds, params)
    return _by_sample(wanted, data, thresholds)


def _by_episode(wanted: Wanted, data: OutOfFold, thresholds: Floats, params: dict[str, object]) -> Curve:
    if data.events is None:
        message = f"{wanted.name} counts events, but the recipe's label comes from none."
        raise InvalidInput(message, hint="Let the recipe's label name its events, or use unit: sample.")
    subject = Episodes.of(
        data.rows, data.events, data.clock, score=data.score, reset=data.reset, label="label"
    )  # fmt: skip
    found = episode_curve(subject, thresholds, lead=params["lead"], hold=params["hold"], clock=params["clock"])  # type: ignore[arg-type]  # read_params has read them
    scale = data.test_weeks / found.exposure if found.exposure > 0 else 0.0
    if wanted.metric.metric == "recall":
        return share_curve(wanted, found.caught.astype(float), np.full(len(thresholds), float(found.events)), scale)
    return rate_curve(wanted, found.false_alarms.astype(float), found.exposure, data.test_weeks)


def _by_sample(wanted: Wanted, data: OutOfFold, thresholds: Floats) -> Curve:
    known = ~np.isnan(data.rows["label"])
    y, score = data.rows["label"][known], data.score[known]
    scale = data.test_rows / max(len(data.score), 1)
    order = np.argsort(score)
    place = np.searchsorted(score[order], thresholds, side="left")
    positives = np.concatenate([[0.0], np.cumsum(y[order])])
    hits = positives[-1] - positives[place]
    alarms = (len(y) - place).astype(np.float64)
    total, misses = positives[-1], positives[place]
    name = wanted.metric.metric
    if name == "recall":
        return share_curve(wanted, hits, np.full(len(thresholds), total), scale)
    if name == "precision":
        return share_curve(wanted, hits, alarms, scale)
    if name == "accuracy":
        return share_curve(wanted, len(y) - (alarms - hits) - misses, np.full(len(thresholds), float(len(y))), scale)
    if name == "f1":
        with np.errstate(invalid="ignore", divide="ignore"):
            return Curve(wanted, 2 * hits / (alarms + total), None, "no probability is predicted for this metric")
    raise InvalidInput(
        f"{wanted.name} measures {name}, which no threshold changes or which is not measured out of fold.",
        hint="Satisfy or minimise recall, precision, accuracy, f1 or false_alarms_per_machine_week.",
    )


def share_curve(wanted: Wanted, successes: Floats, trials: Floats, scale: float) -> Curve:
    """Return the curve of a share; `scale` is the size of the test set over that of the rows out of fold."""
    with np.errstate(invalid="ignore", divide="ignore"):
        values = np.where(trials > 0, successes / trials, np.nan)
    bound = wanted.metric.bound
    if bound is None or bound.method != "wilson" or wanted.criterion.threshold.op != ">=":
        return Curve(wanted, values, None, "without a Wilson bound no probability is predicted")
    expected = np.rint(trials * scale).astype(int)
    grid = (np.arange(_GRID) + 0.5) / _GRID
    limit = wanted.criterion.threshold.value
    passes = {int(n): share_pass_probability(int(n), grid, limit, bound.level) for n in np.unique(expected)}
    log_weights = np.outer(successes - 0.5, np.log(grid)) + np.outer(trials - successes - 0.5, np.log1p(-grid))
    probability = _expected(log_weights, np.stack([passes[int(n)] for n in expected]))
    note = f"about {int(np.median(expected))} in the test set"
    if int(np.median(expected)) < wanted.criterion.min_samples:
        note += f", fewer than the {wanted.criterion.min_samples} of min_samples: the verdict would be insufficient"
        probability = np.where(expected < wanted.criterion.min_samples, 0.0, probability)
    return Curve(wanted, values, probability, note)


def rate_curve(wanted: Wanted, counts: Floats, exposure: float, test_exposure: float) -> Curve:
    """Return the curve of a rate per machine-week."""
    values = counts / exposure if exposure > 0 else np.full(len(counts), np.nan)
    bound = wanted.metric.bound
    if bound is None or bound.method != "poisson" or wanted.criterion.threshold.op != "<=" or exposure <= 0:
        return Curve(wanted, values, None, "without a Poisson bound no probability is predicted")
    limit = wanted.criterion.threshold.value
    grid = (np.arange(_GRID) + 0.5) / _GRID * 3 * limit  # a rate beyond three times the limit never passes
    passes = rate_pass_probability(test_exposure, grid, limit, bound.level)
    log_weights = np.outer(counts - 0.5, np.log(grid)) - grid[None, :] * exposure
    probability = _expected(log_weights, np.broadcast_to(passes, log_weights.shape))
    probability = np.where(values > 2.5 * limit, 0.0, probability)
    return Curve(wanted, values, probability, f"{test_exposure:.0f} machine-weeks in the test set")


def _expected(log_weights: Floats, passes: Floats) -> Floats:
    weights = np.exp(log_weights - log_weights.max(axis=1, keepdims=True))
    return np.asarray((weights * passes).sum(axis=1) / weights.sum(axis=1))
