"""Metrics against their definitions, and the registry's answers to what it does not know."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninefold.criteria import metrics
from ninefold.criteria.measuring import measure
from ninefold.criteria.subjects import DriftEvidence, Readings, Samples, Shares
from ninefold.kernel.canonical import canonical
from ninefold.kernel.errors import InvalidInput
from ninefold.stats.intervals import wilson
from ninefold.vocabulary.criterion import Bound, MetricSpec

LOWER = Bound("lower", "wilson", 0.95)
BOOT = Bound("lower", "bootstrap", 0.95)


def spec(metric: str, bound: Bound | None = None, by: tuple[str, ...] = (), **params: object) -> MetricSpec:
    """Return a specification of a metric."""
    return MetricSpec("REQ-x", "c", metric, ("validation",), params, by, bound)


def value(metric: str, subject: Samples) -> float | None:
    """Return the value over the whole."""
    return measure(spec(metric), subject).overall.value


Y = np.array([1, 1, 1, 0, 0, 0, 0, 0.0])
D = np.array([1, 1, 0, 1, 0, 0, 0, 0], dtype=bool)


def test_decision_metrics_by_hand() -> None:
    """Two of three found, two of three decisions right, six of eight decided right."""
    subject = Samples(Y, decision=D)
    assert value("recall", subject) == pytest.approx(2 / 3)
    assert value("precision", subject) == pytest.approx(2 / 3)
    assert value("f1", subject) == pytest.approx(2 / 3)
    assert value("accuracy", subject) == pytest.approx(6 / 8)


SCORED = st.lists(st.tuples(st.booleans(), st.integers(1, 99)), min_size=3, max_size=40)


@given(SCORED)
@settings(max_examples=40)
@pytest.mark.job("validation/metrics", against="real", what="scikit-learn")
def test_score_metrics_equal_scikit_learn(rows: list[tuple[bool, int]]) -> None:
    """On any labels and scores, ties included; undefined values are None."""
    sk = pytest.importorskip("sklearn.metrics")
    y, s = np.array([float(r[0]) for r in rows]), np.array([r[1] / 100 for r in rows])
    subject = Samples(y, score=s)
    assert value("brier", subject) == pytest.approx(sk.brier_score_loss(y, s))
    assert value("log_loss", subject) == pytest.approx(sk.log_loss(y, s, labels=[0, 1]))
    assert value("mae", subject) == pytest.approx(sk.mean_absolute_error(y, s))
    assert value("rmse", subject) == pytest.approx(sk.root_mean_squared_error(y, s))
    both = 0 < y.sum() < len(y)
    assert value("auc", subject) == (pytest.approx(sk.roc_auc_score(y, s)) if both else None)
    assert value("r2", subject) == (pytest.approx(sk.r2_score(y, s)) if both else None)
    expected = pytest.approx(sk.average_precision_score(y, s)) if y.any() else None
    assert value("average_precision", subject) == expected


def test_unlabelled_rows_are_left_out_and_told() -> None:
    """NaN labels do not count as negatives."""
    subject = Samples(np.append(Y, [np.nan, np.nan]), decision=np.append(D, [True, False]))
    found = measure(spec("precision", LOWER), subject)
    assert found.overall.samples == 3
    assert found.detail == {"labelled_share": 0.8}


BY_SAMPLE = [m for m in metrics.REGISTRY if m.subject is Samples]
OF_CLASSES = {"macro_f1", "class_recall", "class_precision"}


@pytest.mark.parametrize("name", [m.name for m in BY_SAMPLE])
def test_no_rows_give_no_value(name: str) -> None:
    """An empty test set measures nothing, and says so."""
    empty = Samples(np.zeros(0), np.zeros(0), np.zeros(0, dtype=bool))
    if name in OF_CLASSES:
        empty = Samples(np.zeros(0), np.zeros((0, 2)), np.zeros(0), classes=("a", "b"))
    bound = BOOT if "bootstrap" in metrics.find(name, {}).bounds else LOWER
    estimate = measure(spec(name, bound), empty).overall
    assert (estimate.value, estimate.bound, estimate.samples) == (None, None, 0)
    assert estimate.note


@pytest.mark.parametrize("name", [m.name for m in BY_SAMPLE if "bootstrap" in m.bounds])
def test_every_sample_metric_has_a_bootstrap_bound_around_its_value(name: str) -> None:
    """Lower bound < value < opposite bound; the same again with the same seed; and with groups."""
    rng = np.random.default_rng(0)
    y = (rng.random(300) < 0.4).astype(float)
    score = np.clip(0.3 + 0.3 * y + 0.15 * rng.normal(size=300), 0.01, 0.99)
    for groups in (None, np.repeat(np.arange(60), 5)):
        subject = Samples(y, score, score > 0.5, groups=groups)
        if name in OF_CLASSES:
            both = np.stack([1 - score, score], axis=1)
            subject = Samples(y, both, both.argmax(axis=1), groups=groups, classes=("a", "b"))
        found = measure(spec(name, BOOT), subject).overall
        assert found.value is not None
        assert found.bound is not None
        assert found.opposite is not None
        assert found.bound < found.value < found.opposite
        assert found == measure(spec(name, BOOT), subject).overall


def test_wilson_bounds_rest_on_what_the_metric_counts() -> None:
    """Recall counts positives, precision positive decisions."""
    found = measure(spec("recall", LOWER), Samples(Y, decision=D)).overall
    assert (found.samples, found.successes, found.exposure) == (3, 2.0, 3.0)
    assert found.bound == pytest.approx(float(wilson(2, 3, 0.95, "lower")))
    assert found.opposite == pytest.approx(float(wilson(2, 3, 0.95, "upper")))


def test_slices_are_every_combination_that_occurs() -> None:
    """Also one whose labels are all unknown: it must not vanish."""
    subject = Samples(
        np.array([1, 1, 0, np.nan]),
        decision=np.array([True, False, False, True]),
        slices={"variant": np.array(["L", "L", "M", "H"], dtype=object), "cell": np.array([1, 1, 2, 1])},
    )
    one_way = measure(spec("recall", LOWER, ("variant",)), subject)
    assert {s.where["variant"]: s.estimate.samples for s in one_way.slices} == {"H": 0, "L": 2, "M": 0}
    two_way = measure(spec("recall", LOWER, ("variant", "cell")), subject)
    assert [s.where for s in two_way.slices] == [
        {"variant": "H", "cell": "1"}, {"variant": "L", "cell": "1"}, {"variant": "M", "cell": "2"},
    ]  # fmt: skip


@given(st.integers(0, 2**32))
@settings(max_examples=20)
def test_slices_of_one_column_add_up_to_the_whole(seed: int) -> None:
    """Successes and samples of the slices sum to those of the whole."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 200))
    subject = Samples(rng.integers(0, 2, n).astype(float), decision=rng.random(n) < 0.5,
                      slices={"v": rng.choice(["a", "b", "c"], n).astype(object)})  # fmt: skip
    for name in ("recall", "precision", "accuracy"):
        found = measure(spec(name, LOWER, ("v",)), subject)
        assert sum(s.estimate.samples for s in found.slices) == found.overall.samples
        assert sum(s.estimate.successes or 0 for s in found.slices) == found.overall.successes


def test_rate_per_day_counts_what_min_samples_counts() -> None:
    """Three positives in two days are 1.5 a day for recall, eight rows four a day for accuracy."""
    time = np.linspace(0, 2 * 86_400e6, 8).astype(np.int64)
    subject = Samples(Y, decision=D, time=time)
    assert measure(spec("recall"), subject).rate_per_day == pytest.approx(1.5)
    assert measure(spec("accuracy"), subject).rate_per_day == pytest.approx(4.0)


def test_latency_quantile_and_its_distribution_free_bound() -> None:
    """The bound is an order statistic above the value; it covers the true p99 in at least 93 % of 400 runs."""
    rng = np.random.default_rng(1)
    truth, covered = -np.log(0.01), 0
    limit = Bound("upper", "wilson", 0.95)
    for _ in range(400):
        found = measure(spec("input_to_decision_p99_ms", limit),
                        Readings({"input_to_decision_ms": rng.exponential(size=1000)})).overall  # fmt: skip
        assert found.bound is not None
        assert found.value is not None
        assert found.bound >= found.value
        covered += found.bound >= truth
    assert covered / 400 >= 0.93


def test_latency_of_few_readings_has_a_value_but_no_bound() -> None:
    """Fifty readings say nothing about the slowest one in a hundred."""
    readings = Readings({"input_to_decision_ms": np.arange(50.0)})
    found = measure(spec("input_to_decision_p99_ms", Bound("upper", "wilson")), readings).overall
    assert (found.value, found.bound) == (49.0, None)
    assert "too few readings" in found.note


def test_shares_and_drift_are_measured() -> None:
    """A counted share with its bound, and the evidence as a yearly budget."""
    found = measure(spec("fallback_share", Bound("upper", "wilson")), Shares({"fallback": (3, 300)})).overall
    assert found.value == 0.01
    drift = measure(spec("drift", states=["producing"]), DriftEvidence(1460.0, 5, 365.0, 55.0, 0.3))
    assert drift.overall.value == 0.5
    assert drift.detail == {"effective_rows_per_day": 55.0, "evidence": 1460.0, "smallest_shift_sd_in_a_week": 0.3}
    idle = measure(spec("drift"), DriftEvidence(0.0, 0, 365.0, 55.0, float("inf"), provisional=True))
    assert idle.overall.value is None
    assert "smallest_shift_sd_in_a_week" not in idle.detail


def test_measurement_has_a_canonical_form() -> None:
    """Nothing that a record refuses: no NaN, no infinity, no numpy scalar."""
    subject = Samples(Y, D.astype(float), D, {"v": np.array(list("aabbaabb"), dtype=object)})
    for metric in BY_SAMPLE:
        bound = BOOT if "bootstrap" in metric.bounds else LOWER
        of = (
            replace(subject, score=None, decision=D.astype(float), classes=("a", "b"))
            if metric.name in OF_CLASSES
            else subject
        )
        assert canonical(measure(spec(metric.name, bound, ("v",)), of))


@pytest.mark.parametrize(
    ("given_", "words", "hint"),
    [
        (spec("recal"), "no metric 'recal'", "recall"),
        (spec("recall", unit="epsiode"), "no unit 'epsiode'", "Use sample or episode"),
        (spec("recall", unit="episode", led=["5 min", "2 h"]), "no parameter 'led'", "lead"),
        (spec("recall", unit="episode", lead=["2 h", "5 min"]), "lead of metric recall", "shortest and longest"),
        (spec("recall", unit="episode", lead="2 h"), "expected two durations", "shortest and longest"),
        (spec("recall", unit="episode", hold="2 furlongs"), "unknown unit", "Write how long"),
        (spec("recall", unit="episode", clock="wall"), "one of operating, calendar", "Write operating"),
        (spec("drift", false_alarms_per_year=1), "no parameter 'false_alarms_per_year'", "Use one of"),
        (spec("drift", practical_shift=-1), "a number from 0 up", "Write the level shift"),
        (spec("drift", block=True), "a whole number", "Write rows"),
        (spec("auc", LOWER), "no wilson bound", "bootstrap"),
        (spec("drift", LOWER), "no wilson bound", "Leave out the bound"),
        (spec("recall", Bound("lower", "wilson", 95.0)), "level is 95", "as 0.95"),
        (spec("f1", repeats=0), "from 1 up", "Write the number"),
    ],
)
def test_wrong_specifications_are_refused_with_a_hint(given_: MetricSpec, words: str, hint: str) -> None:
    """What was found, and the nearest right thing."""
    with pytest.raises(InvalidInput, match=words) as error:
        metrics.check(given_)
    assert hint in error.value.hint


@pytest.mark.parametrize(
    ("given_", "subject", "words"),
    [
        (spec("recall"), Samples(Y), "no decision"),
        (spec("auc"), Samples(Y), "no score"),
        (spec("auc"), Samples(Y, np.full(8, np.nan)), "8 scores are not finite"),
        (spec("auc"), Samples(Y * 2, Y), "A label is 2"),
        (spec("brier"), Samples(Y, Y * 3), "no probability"),
        (spec("recall", by=("variant",)), Samples(Y, decision=D), "no slice column 'variant'"),
        (spec("recall"), Readings({}), "measured on Samples, not on Readings"),
        (spec("inference_p99_ms"), Readings({"inferense_ms": Y}), "no readings of inference_ms"),
        (spec("inference_p99_ms"), Readings({"inference_ms": -Y}), "negative or infinite"),
        (spec("fallback_share"), Shares({"fallback": (4, 3)}), "counts 4 of 3"),
        (spec("fallback_share"), Shares({}), "Nothing counted 'fallback'"),
    ],
)
def test_unfit_subjects_are_refused(given_: MetricSpec, subject: Samples, words: str) -> None:
    """The message names what lacks."""
    with pytest.raises(InvalidInput, match=words):
        measure(given_, subject)


def test_a_thousand_slices_are_enough() -> None:
    """An id column is no slice."""
    subject = Samples(np.zeros(1500), decision=np.zeros(1500, dtype=bool), slices={"id": np.arange(1500)})
    with pytest.raises(InvalidInput, match="gives 1500 slices"):
        measure(spec("accuracy", by=("id",)), subject)


def test_every_metric_is_complete() -> None:
    """Unique by name and kind, described, and with a parameter description that follows 'Write'."""
    keys = [(m.name, m.kind) for m in metrics.REGISTRY]
    assert len(set(keys)) == len(keys)
    for metric in metrics.REGISTRY:
        assert metric.about
        assert metric.needs
        assert all(p.about for p in metric.params.values())


def test_every_metric_and_parameter_is_in_the_reference() -> None:
    """docs/criteria.md names them all."""
    page = (Path(__file__).parents[2] / "docs" / "criteria.md").read_text(encoding="utf-8")
    for metric in metrics.REGISTRY:
        name, _, quantile = metric.name.partition("_p")
        assert f"`{metric.name}`" in page or (f"`{name}" in page and f"_p{quantile}" in page), metric.name
        assert all(f"`{param}`" in page or param == "unit" for param in metric.params)


def test_late_distinct_rows_do_not_break_the_resampling_by_kind() -> None:
    """Equal rows first and thousands of different ones later: drawn by row, in bounded memory."""
    rng = np.random.default_rng(0)
    y = np.concatenate([np.zeros(1500), (rng.random(3000) < 0.5)]).astype(float)
    score = np.concatenate([np.full(1500, 0.2), rng.random(3000)])
    found = measure(spec("brier", Bound("upper", "bootstrap"), repeats=50), Samples(y, score)).overall
    assert found.bound is not None
    assert found.value is not None
    assert found.bound > found.value
