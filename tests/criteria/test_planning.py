"""Planning figures against the tables that the requirements were written with."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninefold.criteria.planning import (
    alarms_allowed,
    hits_needed,
    label_need,
    pass_probability,
    rate_pass_probability,
    samples_for_power,
    samples_needed,
    samples_table,
    share_pass_probability,
)
from ninefold.kernel.errors import InvalidInput
from ninefold.stats.intervals import poisson_bound, wilson
from ninefold.vocabulary.criterion import Bound, CriterionSpec, Threshold


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [(0.98, [189, 280, 361, 437, 581, 718]), (0.95, [73, 110, 142, 173, 230, 284]), (0.90, [35, 53, 69, 84, 113, 140])],
)
def test_samples_by_misses_equal_the_two_sided_table(threshold: float, expected: list[int]) -> None:
    """Two-sided 95 % is one-sided 97.5 %."""
    assert list(samples_table(threshold, 0.975).values()) == expected


def test_hits_needed_of_the_milling_cell() -> None:
    """129 failures at .75: 105 one-sided, 107 two-sided."""
    assert hits_needed(129, 0.75, 0.95) == 105
    assert hits_needed(129, 0.75, 0.975) == 107
    assert hits_needed(3, 0.9) is None
    assert hits_needed(0, 0.5) is None


def test_alarms_allowed_by_a_bound_of_two_a_week() -> None:
    """Eight machines over a quarter of 180 days: 85 alarms, 1.65 a machine-week."""
    exposure = 8 * 45 / 7
    allowed = alarms_allowed(2.0, exposure)
    assert allowed == 85
    assert allowed / exposure == pytest.approx(1.65, abs=0.005)
    assert alarms_allowed(2.0, 1.0) is None
    assert alarms_allowed(2.0, 0.0) is None


@given(st.floats(0.1, 20), st.floats(0.5, 300), st.sampled_from([0.9, 0.95]))
@settings(max_examples=40)
def test_alarms_allowed_is_the_last_that_holds(limit: float, exposure: float, level: float) -> None:
    """One more breaks the bound."""
    allowed = alarms_allowed(limit, exposure, level)
    if allowed is None:
        assert poisson_bound(0, exposure, level, "upper") > limit
    else:
        assert poisson_bound(allowed, exposure, level, "upper") <= limit
        assert poisson_bound(allowed + 1, exposure, level, "upper") > limit


@given(st.floats(0.05, 0.99), st.integers(0, 20), st.sampled_from([0.9, 0.95, 0.975]))
@settings(max_examples=40)
def test_samples_needed_is_the_first_that_holds(threshold: float, misses: int, level: float) -> None:
    """One fewer does not reach the threshold, and more misses never need fewer."""
    n = samples_needed(threshold, level, misses)
    assert wilson(n - misses, n, level, "lower") >= threshold
    assert n == misses + 1 or wilson(n - 1 - misses, n - 1, level, "lower") < threshold
    assert samples_needed(threshold, level, misses + 1) > n


def test_power_at_the_threshold_is_about_half_and_needs_more() -> None:
    """A model just good enough on average at the table's n passes about half the time; power needs about twice that."""
    assert float(share_pass_probability(442, np.array(0.97), 0.95, 0.975)) == pytest.approx(0.5, abs=0.1)
    assert samples_for_power(0.95, 0.97, 0.975) == pytest.approx(849, rel=0.08)
    assert samples_for_power(0.90, 0.95, 0.975) == pytest.approx(254, rel=0.12)
    assert samples_for_power(0.95, 0.95) is None


def test_pass_probability_is_what_a_simulation_shows() -> None:
    """Recall .82 of 129 at .75, and 1.5 alarms a week at 2: drawn 20,000 times."""
    rng = np.random.default_rng(0)
    hits = rng.binomial(129, 0.82, 20_000)
    share = float((wilson(hits, 129, 0.95, "lower") >= 0.75).mean())
    assert float(share_pass_probability(129, np.array([0.82]), 0.75)[0]) == pytest.approx(share, abs=0.015)
    alarms = rng.poisson(1.5 * 51.4, 20_000)
    rate = float((alarms <= (alarms_allowed(2.0, 51.4) or 0)).mean())
    assert float(rate_pass_probability(51.4, np.array([1.5]), 2.0)[0]) == pytest.approx(rate, abs=0.015)


def test_pass_probability_without_a_chance_is_zero() -> None:
    """Three samples cannot show .9, a day cannot show two a week."""
    assert share_pass_probability(3, np.array([1.0]), 0.9).tolist() == [0.0]
    assert rate_pass_probability(0.1, np.array([0.0]), 2.0).tolist() == [0.0]


@pytest.mark.parametrize("threshold", [0.0, 1.0, 1.5])
def test_impossible_threshold_is_refused(threshold: float) -> None:
    """No bound reaches 1."""
    with pytest.raises(InvalidInput, match="threshold is"):
        samples_needed(threshold)


RECALL, LOWER = Threshold(">=", 0.70), Bound("lower", "wilson")
ALARMS, UPPER = Threshold("<=", 2.0), Bound("upper", "poisson")


def test_label_need_of_the_milling_cell() -> None:
    """Seven events without a miss reach .70; the criterion asks for a hundred; power asks for more."""
    need = label_need(CriterionSpec("R", "recall", RECALL, 100), LOWER, expected=0.82)
    assert (need.needed, need.min_samples) == (100, 100)
    assert dict(need.by_misses)[0] == 7
    assert need.for_power is not None
    assert float(share_pass_probability(need.for_power, np.array(0.82), 0.70)) >= 0.8
    assert label_need(CriterionSpec("R", "recall", RECALL, 30), None).needed == 30
    with pytest.raises(InvalidInput, match="poisson upper bound"):
        label_need(CriterionSpec("R", "fa", ALARMS), UPPER)


def test_pass_probability_averages_over_what_the_truth_may_be() -> None:
    """Simulated: draw the truth from what 300 of 370 and 250 alarms in 154 weeks leave open, then the test."""
    rng = np.random.default_rng(1)
    hits = rng.binomial(129, rng.beta(300.5, 70.5, 40_000))
    share = float((wilson(hits, 129, 0.95, "lower") >= 0.70).mean())
    assert pass_probability(RECALL, LOWER, 129, np.array([300]), 370)[0] == pytest.approx(share, abs=0.01)
    alarms = rng.poisson(51.4 * rng.gamma(250.5, 1 / 154.3, 40_000))
    rate = float((alarms <= 85).mean())
    assert pass_probability(ALARMS, UPPER, 51.4, np.array([250]), 154.3)[0] == pytest.approx(rate, abs=0.01)


def test_pass_probability_moves_with_what_was_seen() -> None:
    """More caught is better, more alarms are worse; too few events, or no bound in reach, pass never."""
    shares = pass_probability(RECALL, LOWER, 129, np.arange(200, 371, 10), 370, 100)
    rates = pass_probability(ALARMS, UPPER, 51.4, np.arange(0, 500, 20), 154.3)
    assert (np.diff(shares) >= -1e-12).all()
    assert (np.diff(rates) <= 1e-12).all()
    assert pass_probability(RECALL, LOWER, 99, np.array([370]), 370, 100).tolist() == [0.0]
    assert pass_probability(ALARMS, UPPER, 0.5, np.array([0]), 154.3).tolist() == [0.0]
    assert pass_probability(ALARMS, UPPER, 51.4, np.array([0]), 0.0).tolist() == [0.0]


def test_pass_probability_of_another_kind_is_refused() -> None:
    """The message names the bound."""
    with pytest.raises(InvalidInput, match="bootstrap lower bound"):
        pass_probability(RECALL, Bound("lower", "bootstrap"), 100, np.array([1]), 10)
