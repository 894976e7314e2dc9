"""Verdicts: what passes, fails, and is insufficient, and what is said about it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninefold.criteria.judging import judge, worst
from ninefold.criteria.measuring import measure
from ninefold.criteria.metrics.metric import rate_estimate, share_estimate
from ninefold.criteria.subjects import Samples
from ninefold.vocabulary.criterion import Bound, CriterionSpec, MetricSpec, Outcome, Threshold
from ninefold.vocabulary.measurement import Estimate, Measurement, SliceEstimate
from ninefold.vocabulary.verdict import Verdict

LOWER, UPPER = Bound("lower", "wilson"), Bound("upper", "poisson")
RECALL = Threshold(">=", 0.70)
LIMIT = Threshold("<=", 2.0)
NOW = 1_780_272_000_000_000  # 2026-06-01


def shares(
    caught: int, events: int, min_samples: int = 0, rate: float | None = None, **slices: tuple[int, int]
) -> Verdict:
    """Return the verdict on a recall of 0.70."""
    parts = tuple(SliceEstimate({"variant": n}, share_estimate(*c, LOWER)) for n, c in slices.items())
    measured = Measurement("R", "c", "recall", "1", share_estimate(caught, events, LOWER), parts, rate, bound=LOWER)
    return judge(CriterionSpec("R", "c", RECALL, min_samples), measured, NOW)


def rates(alarms: int, weeks: float, min_samples: int = 0) -> Verdict:
    """Return the verdict on two false alarms a week."""
    measured = Measurement("R", "c", "fa", "/wk", rate_estimate(alarms, weeks, UPPER), bound=UPPER)
    return judge(CriterionSpec("R", "c", LIMIT, min_samples), measured, NOW)


def test_the_bound_must_pass_not_the_point() -> None:
    """95 of 129 is .736, its bound .668: with a hundred events asked for, that fails."""
    assert shares(105, 129, 100).outcome == "pass"
    assert shares(95, 129, 100).outcome == "fail"
    assert "0.6682" in shares(95, 129, 100).overall.reason


def test_too_few_samples_are_insufficient_however_good() -> None:
    """99 of 99 do not pass when a hundred are asked for."""
    verdict = shares(99, 99, 100, rate=2.0)
    assert verdict.outcome == "insufficient"
    assert verdict.overall.needed == 100
    assert verdict.overall.days == pytest.approx(0.5)
    assert verdict.overall.reason == "99 of 100 samples; 1 more would decide, about 2026-06-01 at today's rate."


def test_without_min_samples_only_the_opposite_bound_fails() -> None:
    """Between the bounds the evidence is insufficient; far below the threshold it fails."""
    assert shares(7, 10).outcome == "insufficient"
    assert shares(40, 50).outcome == "insufficient"
    assert shares(45, 50).outcome == "pass"
    assert shares(20, 50).outcome == "fail"


def test_false_alarms_of_few_hours_are_insufficient_not_failed() -> None:
    """One alarm in a tenth of a week excludes nothing; forty in ten weeks do."""
    assert rates(1, 0.1).outcome == "insufficient"
    assert rates(85, 51.43).outcome == "pass"
    assert rates(40, 10).outcome == "fail"


@pytest.mark.job("validation/insufficient", against="cases", what="known answers")
def test_insufficient_says_how_many_more_at_the_observed_share() -> None:
    """40 of 50: 63 at this share would decide; the verdict there is pass, one fewer is not."""
    verdict = shares(40, 50, rate=0.5)
    needed = verdict.overall.needed
    assert needed is not None
    assert shares(round(0.8 * needed), needed).outcome == "pass"
    assert verdict.overall.days == pytest.approx((needed - 50) / 0.5)
    assert "more would decide, about 2026-" in verdict.overall.reason


def test_nothing_measured_is_insufficient_and_says_the_least_that_decides() -> None:
    """No events: with no miss, seven would show .70."""
    verdict = shares(0, 0)
    assert verdict.outcome == "insufficient"
    assert verdict.overall.needed == 7
    assert "no samples" in verdict.overall.reason


def test_exactly_at_the_threshold_no_number_decides() -> None:
    """The verdict says so instead of naming a number."""
    verdict = shares(7, 10)
    assert verdict.overall.needed is None
    assert "no number of samples decides" in verdict.overall.reason


def test_slice_ignores_min_samples_and_decides_by_its_bound() -> None:
    """Variant H with six failures is insufficient, L with 74 of 77 passes, M fails outright; report slices inform."""
    verdict = shares(105, 129, 100, 2.0, L=(74, 77), M=(10, 43), H=(5, 6))
    assert {j.where["variant"]: j.outcome for j in verdict.slices} == {"L": "pass", "M": "fail", "H": "insufficient"}
    assert verdict.outcome == "pass"
    small = verdict.slices[2]
    assert small.needed is not None
    assert small.days == pytest.approx((small.needed - 6) / (2.0 * 6 / 129))


@pytest.mark.parametrize(("slice_", "expected"), [((74, 77), "pass"), ((5, 6), "insufficient"), ((10, 43), "fail")])
@pytest.mark.job("validation/slices", against="cases", what="known answers")
def test_required_slices_take_part_in_the_outcome(slice_: tuple[int, int], expected: Outcome) -> None:
    """The worst of whole and required slices."""
    parts = (SliceEstimate({"variant": "H"}, share_estimate(*slice_, LOWER)),)
    measured = Measurement("R", "c", "recall", "1", share_estimate(110, 129, LOWER), parts, bound=LOWER)
    assert judge(CriterionSpec("R", "c", RECALL, 100, "required"), measured).outcome == expected


def test_without_bound_the_value_decides() -> None:
    """A latency measured on the device passes by its value once there are samples enough."""
    for value, samples, expected in ((40.0, 200, "pass"), (60.0, 200, "fail"), (40.0, 20, "insufficient")):
        measured = Measurement("R", "c", "input_to_decision_p99_ms", "ms", Estimate(value, None, samples))
        assert judge(CriterionSpec("R", "c", Threshold("<=", 50), 100), measured).outcome == expected


def test_bound_that_could_not_be_made_is_insufficient() -> None:
    """A bootstrap of too few samples gives none, and the note is told."""
    estimate = Estimate(0.9, None, 3, note="too few samples for a bootstrap bound")
    measured = Measurement("R", "c", "auc", "1", estimate, bound=Bound("lower", "bootstrap"))
    verdict = judge(CriterionSpec("R", "c", Threshold(">=", 0.8), 1), measured)
    assert verdict.outcome == "insufficient"
    assert "too few samples" in verdict.overall.reason


def test_drift_alarms_when_evidence_reaches_the_budget() -> None:
    """The limit is in the criterion: the same measurement passes a budget of one a year and fails one of four."""
    measured = Measurement("R", "c", "drift", "/a", Estimate(2.0, None, 9))
    assert judge(CriterionSpec("R", "c", Threshold(">=", 1)), measured).outcome == "pass"
    assert judge(CriterionSpec("R", "c", Threshold(">=", 4)), measured).outcome == "fail"


def test_changed_threshold_judges_the_same_measurement() -> None:
    """A bootstrap measurement is judged again without being measured again."""
    rng = np.random.default_rng(0)
    y = (rng.random(400) < 0.3).astype(float)
    spec = MetricSpec("R", "c", "auc", ("validation",), {}, (), Bound("lower", "bootstrap"))
    measured = measure(spec, Samples(y, rng.normal(size=400) + y))
    outcomes = [judge(CriterionSpec("R", "c", Threshold(">=", t)), measured).outcome for t in (0.6, 0.76, 0.95)]
    assert outcomes == ["pass", "insufficient", "fail"]
    near = judge(CriterionSpec("R", "c", Threshold(">=", 0.74)), measured)
    assert near.overall.needed is None or near.overall.needed > 0


@given(st.integers(0, 300), st.data(), st.integers(0, 200), st.floats(0.05, 0.95), st.sampled_from([">=", "<="]))
@settings(max_examples=80)
def test_verdict_follows_its_rules(events: int, data: st.DataObject, least: int, limit: float, op: str) -> None:
    """Pass only with the bound, fail only with samples; a stricter threshold never improves the outcome."""
    caught = data.draw(st.integers(0, events))
    bound = Bound("lower" if op == ">=" else "upper", "wilson")
    measured = Measurement("R", "c", "recall", "1", share_estimate(caught, events, bound), bound=bound)
    verdict = judge(CriterionSpec("R", "c", Threshold(op, limit), least), measured)
    overall = verdict.overall
    if verdict.outcome == "pass":
        assert events >= least
        assert overall.estimate.bound is not None
        assert verdict.threshold.holds(overall.estimate.bound)
    if verdict.outcome == "fail":
        assert events >= least
        assert events > 0
    if overall.needed is not None:
        assert overall.needed > events
    stricter = Threshold(op, limit * 0.9 if op == "<=" else limit + 0.1 * (1 - limit))
    order = ("fail", "insufficient", "pass")
    again = judge(CriterionSpec("R", "c", stricter, least), measured)
    assert order.index(again.outcome) <= order.index(verdict.outcome)


def test_worst_is_fail_then_insufficient() -> None:
    """One failed slice is not hidden by an insufficient one."""
    assert worst(["pass", "insufficient", "fail"]) == "fail"
    assert worst(["pass", "insufficient"]) == "insufficient"
    assert worst(["pass"]) == "pass"


def test_nothing_measured_by_a_bootstrap_names_no_number() -> None:
    """Without a value there is no rate to go on from."""
    measured = Measurement("R", "c", "auc", "1", Estimate(None, None, 0, note="x"), bound=Bound("lower", "bootstrap"))
    verdict = judge(CriterionSpec("R", "c", Threshold(">=", 0.8)), measured)
    assert (verdict.outcome, verdict.overall.needed) == ("insufficient", None)
    assert verdict.overall.reason == "nothing is measured: x."
