"""The worst of sensor faults: measured in each case with its bound, judged by the worst, which is named."""

import numpy as np
import pytest

from ninefold.criteria import Case, measure, measure_worst
from ninefold.criteria.judging import judge
from ninefold.criteria.subjects import Readings, Samples
from ninefold.criteria.worst import UNDISTURBED
from ninefold.kernel.errors import InvalidInput
from ninefold.stats.intervals import wilson
from ninefold.vocabulary.criterion import Bound, CriterionSpec, MetricSpec, SensorFaults, Threshold
from ninefold.vocabulary.measurement import Measurement

N = 400
TRUE = (np.arange(N) % 2 == 0).astype(float)
FAULTS = SensorFaults(("stuck", "dropout"))
RECALL = MetricSpec("R", "c", "recall", ("validation",), bound=Bound("lower", "wilson"), faults=FAULTS)


def caught(share: float, silent: int = 0) -> Samples:
    """Return rows of which a share of the positives is found; the last ones got no score."""
    score = np.where((TRUE == 1) & (np.arange(N) < share * N), 0.9, 0.1)
    score[N - silent :] = np.nan
    return Samples(TRUE, score, score >= 0.5)


def recall(*cases: tuple[str, str, float]) -> Measurement:
    """Return the recall under some faults; without a fault it is 0.95."""
    return measure_worst(RECALL, caught(0.95), (Case(fault, signal, caught(share)) for fault, signal, share in cases))


def test_each_case_has_its_bound_and_the_worst_is_the_whole() -> None:
    """Recounted by Wilson; what it is without a fault stands in the detail."""
    found = recall(("stuck", "speed", 0.9), ("dropout", "torque", 0.6), ("stuck", "torque", 0.7))
    assert [(c.fault, c.signal) for c in found.cases] == [
        ("dropout", "torque"),
        ("stuck", "torque"),
        ("stuck", "speed"),
    ]
    assert found.overall == found.cases[0].estimate
    assert found.overall.bound == pytest.approx(float(wilson(120, 200, 0.95, "lower")))
    assert found.detail[UNDISTURBED] == pytest.approx(0.95)


def test_the_worst_decides_and_is_named() -> None:
    """The same measurement passes one limit and fails another; nothing is measured again."""
    found = recall(("stuck", "speed", 0.9), ("dropout", "torque", 0.6))
    passed = judge(CriterionSpec("R", "c", Threshold(">=", 0.5), 100), found)
    failed = judge(CriterionSpec("R", "c", Threshold(">=", 0.7), 100), found)
    assert (passed.outcome, failed.outcome) == ("pass", "fail")
    assert failed.overall.reason == (
        "Under dropout of torque, the worst of 2 sensor faults: the lower 95% bound 0.5421 is not >= 0.7."
    )
    assert failed.overall.where == {}
    assert [(c.where, c.outcome) for c in failed.cases] == [
        ({"fault": "dropout", "signal": "torque"}, "fail"), ({"fault": "stuck", "signal": "speed"}, "pass"),
    ]  # fmt: skip


def test_too_few_samples_are_told_with_how_many_are_missing() -> None:
    """As of any criterion; the worst case is named all the same."""
    verdict = judge(CriterionSpec("R", "c", Threshold(">=", 0.5), 250), recall(("bias", "torque", 0.9)))
    assert (verdict.outcome, verdict.overall.needed) == ("insufficient", 250)
    assert (
        "bias of torque, the worst of 1 sensor faults: 200 of 250 samples; 50 more would decide"
        in verdict.overall.reason
    )


def test_of_a_figure_that_is_better_when_lower_the_worst_is_the_highest() -> None:
    """A root mean squared error; both signs of a bias were tried."""
    spec = MetricSpec("R", "c", "rmse", ("validation",), bound=Bound("upper", "bootstrap"), faults=FAULTS)
    truth = np.linspace(0, 10, N)
    noise = np.random.default_rng(1).normal(0, 1, N)
    cases = [Case("bias", name, Samples(truth, truth + noise + by)) for name, by in (("a", 0.5), ("b", 3.0))]
    found = measure_worst(spec, Samples(truth, truth + noise), cases)
    assert (found.cases[0].signal, found.unit) == ("b", "[target]")
    verdict = judge(CriterionSpec("R", "c", Threshold("<=", 2.0)), found)
    assert (verdict.outcome, verdict.cases[0].where["signal"], verdict.cases[1].outcome) == ("fail", "b", "pass")


def test_rows_without_an_answer_are_no_alarm_and_leave_a_figure_of_scores() -> None:
    """As on the device: nothing is alarmed on no score; the note says how many."""
    missed = measure_worst(RECALL, caught(0.95), [Case("dropout", "torque", caught(0.95, silent=N))])
    assert (missed.overall.value, missed.overall.samples) == (0.0, 200)
    assert missed.overall.note == f"no answer to {N} rows"
    brier = MetricSpec("R", "c", "brier", ("validation",), faults=FAULTS)
    some = measure_worst(brier, caught(0.95), [Case("dropout", "torque", caught(0.95, silent=100))]).overall
    assert some.samples == 300
    none = measure_worst(brier, caught(0.95), [Case("dropout", "torque", caught(0.95, silent=N))])
    verdict = judge(CriterionSpec("R", "c", Threshold("<=", 0.2)), none)
    assert verdict.outcome == "insufficient"
    assert f"dropout of torque, the worst of 1 sensor faults: nothing is measured: no answer to {N} rows" in (
        verdict.overall.reason
    )


def test_what_cannot_be_measured_under_faults_is_refused() -> None:
    """A metric that sees no rows, an unknown fault, no case at all, and faults where none are planted."""
    readings = MetricSpec("R", "c", "input_to_decision_p99_ms", ("validation",), faults=FAULTS)
    with pytest.raises(InvalidInput, match="not measured on rows, so no sensor fault"):
        measure(readings, Readings({}))
    unknown = MetricSpec("R", "c", "recall", ("validation",), faults=SensorFaults(("melt",)))
    with pytest.raises(InvalidInput, match="no sensor fault 'melt'"):
        measure_worst(unknown, caught(0.9), [])
    with pytest.raises(InvalidInput, match="R/c names no fault that can happen here"):
        recall()
    with pytest.raises(InvalidInput, match="R/c is about the worst of its sensor faults"):
        measure(RECALL, caught(0.9))
