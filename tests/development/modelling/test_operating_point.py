"""The operating point: by joint probability to pass, clear of rounding, and honest when nothing satisfies."""

from typing import Any

import numpy as np
import pytest

from ninefold.development.modelling.curves import Curve, OutOfFold, Wanted, curve_of, rate_curve, share_curve
from ninefold.development.modelling.operating_point import baseline_of, best_of, choose, clear_of, grid_of
from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.criterion import Bound, CriterionSpec, MetricSpec, Threshold
from ninefold.vocabulary.model import OperatingPoint

HOUR_US = 3_600_000_000


def recall(least: float = 0.7, min_samples: int = 0, **params: Any) -> Wanted:
    """Return the recall criterion."""
    bound = Bound("lower", "wilson", 0.95)
    metric = MetricSpec("REQ-x", "recall", "recall", ("validation",), params, (), bound)
    return Wanted(metric, CriterionSpec("REQ-x", "recall", Threshold(">=", least), min_samples), satisfy=True)


def false_alarms(most: float = 2.0) -> Wanted:
    """Return its counter-criterion."""
    bound = Bound("upper", "poisson", 0.95)
    name = "false_alarms_per_machine_week"
    metric = MetricSpec("REQ-x", "false-alarms", name, ("validation",), {"unit": "episode"}, (), bound)
    return Wanted(metric, CriterionSpec("REQ-x", "false-alarms", Threshold("<=", most)), satisfy=False)


EPISODE = {"unit": "episode", "lead": ["5 min", "2 h"], "clock": "calendar"}


def plant(separation: float, weeks: int = 26, seed: int = 3) -> OutOfFold:
    """Return scored rows of two machines, every quarter of an hour, with a failure about every two days."""
    rng = np.random.default_rng(seed)
    n = weeks * 7 * 24 * 4
    t = np.arange(n) * (HOUR_US // 4)
    rows: dict[str, Any] = {"asset": [], "t": [], "label": [], "tool_life": []}
    events: dict[str, Any] = {"asset": [], "t": []}
    scores = []
    for asset in ("m1", "m2"):
        when = (
            np.sort(rng.choice(np.arange(100, n - 10), size=weeks * 7 // 2, replace=False)) * (HOUR_US // 4)
            + HOUR_US // 8
        )
        next_ = np.searchsorted(when, t)
        left = np.append(when, 2**62)[next_] - t
        label = ((left >= 300e6) & (left <= 7200e6)).astype(float)
        scores.append(1 / (1 + np.exp(-(rng.normal(size=n) + separation * label - 4))))
        rows["asset"].append(np.full(n, asset, object))
        rows["t"].append(t)
        rows["label"].append(label)
        rows["tool_life"].append(next_.astype(float))
        events["asset"].append(np.full(len(when), asset, object))
        events["t"].append(when)
    joined = {name: np.concatenate(parts) for name, parts in rows.items()}
    log = {name: np.concatenate(parts) for name, parts in events.items()}
    return OutOfFold(
        joined, np.concatenate(scores).astype(np.float32).astype(float), n // 3, 16.0, log, None, "tool_life"
    )


def test_a_separable_plant_gets_a_probable_point() -> None:
    """Both criteria hold out of fold, and the expectation of each is printed with its probability."""
    point = choose("linear-1", [recall(**EPISODE), false_alarms()], plant(8.0), np.empty(0))
    assert point.satisfied
    assert point.probability is not None
    assert point.probability > 0.9
    assert [e.criterion for e in point.expectations] == ["REQ-x/recall", "REQ-x/false-alarms"]
    assert all(e.probability is not None and e.value is not None for e in point.expectations)
    assert point.threshold == float(np.float32(point.threshold))
    assert "probability" in point.reason


def test_a_hopeless_plant_gets_the_best_point_and_is_told_so() -> None:
    """It is no exception: the body says what is missed."""
    point = choose("linear-1", [recall(0.999, **EPISODE), false_alarms(0.001)], plant(0.5), np.empty(0))
    assert not point.satisfied
    assert point.probability is not None
    assert point.probability < 0.01
    assert "where >= 0.999 is asked" in point.reason


def test_a_lower_recall_threshold_moves_the_point() -> None:
    """With less recall asked, fewer false alarms are taken."""
    data = plant(3.0)
    strict, lax = (choose("c", [recall(r, **EPISODE), false_alarms(40)], data, np.empty(0)) for r in (0.85, 0.4))
    assert lax.expectations[1].value is not None
    assert strict.expectations[1].value is not None
    assert strict.threshold < lax.threshold
    assert strict.expectations[1].value > lax.expectations[1].value


@pytest.mark.job("modelling/operating-point", against="cases", what="known answers")
def test_the_predicted_probability_is_the_frequency_of_passes() -> None:
    """Counts drawn anew at the true rate, judged by the Wilson bound: Monte Carlo agrees within its error."""
    from ninefold.criteria.planning import hits_needed

    rng = np.random.default_rng(11)
    rate, trials, n_test = 0.82, 4000, 129
    curve = share_curve(recall(0.75), np.array([rate * trials]), np.array([float(trials)]), n_test / trials)
    needed = hits_needed(n_test, 0.75)
    assert needed == 105
    assert curve.probability is not None
    assert curve.probability[0] == pytest.approx((rng.binomial(n_test, rate, 40_000) >= needed).mean(), abs=0.02)


def test_few_counts_make_a_probability_less_certain() -> None:
    """The same point value from a tenth of the events is worth less."""
    many, few = (
        share_curve(recall(0.7), np.array([0.85 * n]), np.array([float(n)]), 120 / n) for n in (400.0, 40.0)
    )  # fmt: skip
    assert many.probability is not None
    assert few.probability is not None
    assert many.probability[0] > few.probability[0] > 0.5


def test_too_few_expected_samples_are_no_pass() -> None:
    """min_samples beyond what the test set will hold makes the verdict insufficient; the note says it."""
    curve = share_curve(recall(0.7, min_samples=100), np.array([95.0]), np.array([100.0]), 0.3)
    assert curve.probability is not None
    assert curve.probability[0] == 0
    assert "fewer than the 100" in curve.note


def test_an_alarm_rate_far_beyond_its_limit_never_passes() -> None:
    """And one far below nearly always does."""
    curve = rate_curve(false_alarms(2.0), np.array([10.0, 1000.0, 100_000.0]), 100.0, 40.0)
    assert curve.probability is not None
    assert curve.probability[0] > 0.999
    assert curve.probability[1] == curve.probability[2] == 0


def test_sample_metrics_are_counted_at_each_threshold() -> None:
    """Recall and precision by row, on rows with a label."""
    y = np.array([0, 1, 0, 1, np.nan])
    score = np.array([0.1, 0.4, 0.5, 0.9, 0.95])
    data = OutOfFold({"label": y}, score, 5, 0.0)
    assert curve_of(recall(), data, np.array([0.45, 0.3])).values.tolist() == [0.5, 1.0]
    precision = recall()
    precision = precision._replace(metric=MetricSpec("REQ-x", "p", "precision", ("validation",)))
    assert curve_of(precision, data, np.array([0.45, 0.3])).values.tolist() == pytest.approx([0.5, 2 / 3])


def test_what_no_threshold_changes_is_refused() -> None:
    """A decision cannot satisfy AUC."""
    metric = recall()._replace(metric=MetricSpec("REQ-x", "auc", "auc", ("validation",)))
    with pytest.raises(InvalidInput, match="which no threshold changes"):
        curve_of(metric, OutOfFold({"label": np.array([0.0, 1.0])}, np.array([0.1, 0.9]), 1, 0.0), np.array([0.5]))


def test_an_episode_metric_without_events_is_refused() -> None:
    """The recipe's label must name them."""
    data = OutOfFold({"label": np.array([0.0, 1.0])}, np.array([0.1, 0.9]), 1, 0.0)
    with pytest.raises(InvalidInput, match="comes from none"):
        choose("c", [recall(**EPISODE)], data, np.empty(0))


def test_the_rule_is_shown_beside_the_model() -> None:
    """On the same rows, under the same criteria."""
    data = plant(8.0)
    fires = data.rows["label"] == 1
    found = baseline_of("torque_lift > 1.5", fires, [recall(**EPISODE), false_alarms()], data)
    assert found.rule == "torque_lift > 1.5"
    assert found.expectations[0].value == pytest.approx(1.0, abs=0.05)


def test_the_threshold_keeps_away_from_the_final_models_scores() -> None:
    """Same decisions out of fold, and no score of the parity gate within reach of rounding."""
    score = np.array([0.1, 0.2, 0.3, 0.4])
    native = np.array([0.2500001, 0.29])
    threshold = clear_of(0.25, score, native)
    assert 0.2 < threshold <= 0.3
    assert np.abs(native - threshold).min() > 0.01


@pytest.mark.parametrize("score", [[0.5], [0.5, 0.5], [0.1, 0.1, 0.7], [0.0, 1.0]], ids=str)
def test_few_distinct_scores_still_give_a_threshold(score: list[float]) -> None:
    """Down to a single one."""
    grid = grid_of(np.array(score))
    assert len(grid) >= 1
    assert np.isfinite(grid).all()


def test_no_scores_are_refused() -> None:
    """There is nothing to choose on."""
    data = OutOfFold({"label": np.empty(0)}, np.empty(0), 0, 0.0)
    with pytest.raises(InvalidInput, match="no out-of-fold predictions"):
        choose("c", [recall()], data, np.empty(0))


def test_without_bounds_the_point_value_decides() -> None:
    """No probability is invented."""
    metric = MetricSpec("REQ-x", "recall", "recall", ("validation",))
    wanted = [Wanted(metric, CriterionSpec("REQ-x", "recall", Threshold(">=", 0.5)), satisfy=True)]
    data = OutOfFold({"label": np.array([0.0, 1.0, 0.0, 1.0])}, np.array([0.1, 0.2, 0.3, 0.9]), 4, 0.0)
    point = choose("c", wanted, data, np.empty(0))
    assert point.probability is None
    assert point.satisfied
    assert isinstance(curve_of(wanted[0], data, np.array([0.5])), Curve)


@pytest.mark.parametrize(
    ("probabilities", "satisfied", "chosen"),
    [
        ((0.5, 0.9, 0.9), (True, True, True), "small"),
        ((0.9, 0.905, 0.2), (True, True, True), "winner"),
        ((0.0, 0.0, 0.0), (False, False, True), "small"),
        ((0.0, 0.0, 0.0), (False, False, False), "winner"),
        ((None, None, None), (False, True, False), "large"),
    ],
    ids=["more probable", "as probable", "only one satisfies", "none", "no probability"],
)
def test_another_candidate_than_the_winner_may_pass_more_probably(
    probabilities: tuple[float | None, ...], satisfied: tuple[bool, ...], chosen: str
) -> None:
    """The race ranks rows; the criteria count episodes. Among equals the winner, then the smallest."""
    names = ("winner", "large", "small")
    points = [
        OperatingPoint(name, 0.5, "out_of_fold", p, satisfied=s, expectations=(), reason="Because.")
        for name, p, s in zip(names, probabilities, satisfied, strict=True)
    ]
    best = best_of(points, {"winner": 5.0, "large": 9.0, "small": 1.0}, "winner")
    assert best.candidate == chosen
    assert ("is taken before winner" in best.reason) == (chosen != "winner")
