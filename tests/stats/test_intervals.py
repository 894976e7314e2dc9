"""Bounds of shares and rates against published tables, and their coverage by simulation."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninefold.stats.intervals import (
    binomial_at_least,
    gamma_above,
    gamma_quantile,
    normal_quantile,
    poisson_at_most,
    poisson_bound,
    wilson,
)

LEVELS = st.sampled_from([0.8, 0.9, 0.95, 0.975, 0.99])


def test_normal_quantile_is_the_tabulated_one() -> None:
    """Table values to six digits."""
    assert normal_quantile(0.95) == pytest.approx(1.6448536)
    assert normal_quantile(0.975) == pytest.approx(1.9599640)


def test_wilson_equals_the_published_example() -> None:
    """15 of 148, two-sided 95 %: Newcombe, Stat. Med. 17 (1998) 857, gives 0.0624 to 0.1605."""
    low, high = (float(wilson(15, 148, 0.975, side)) for side in ("lower", "upper"))
    assert (round(low, 4), round(high, 4)) == (0.0624, 0.1605)


def test_wilson_without_trials_says_nothing() -> None:
    """The bounds of no trials are 0 and 1; of all or no successes the far edge is exact."""
    assert (float(wilson(0, 0, 0.95, "lower")), float(wilson(0, 0, 0.95, "upper"))) == (0.0, 1.0)
    assert (float(wilson(0, 9, 0.95, "lower")), float(wilson(9, 9, 0.95, "upper"))) == (0.0, 1.0)


@given(st.integers(1, 3000), st.data(), LEVELS)
@settings(max_examples=50)
def test_wilson_bounds_rise_with_hits_and_enclose_the_share(n: int, data: st.DataObject, level: float) -> None:
    """More hits never lower a bound; lower <= share <= upper; misses mirror hits."""
    k = data.draw(st.integers(0, n - 1))
    low, high = wilson([k, k + 1], n, level, "lower"), wilson([k, k + 1], n, level, "upper")
    assert low[0] <= low[1]
    assert high[0] <= high[1]
    assert low[0] <= k / n + 1e-12
    assert k / n <= high[0] + 1e-12
    assert float(wilson(n - k, n, level, "upper")) == pytest.approx(1 - low[0])


@pytest.mark.parametrize(
    ("degrees", "above", "value"),
    [(2, 0.05, 5.991465), (10, 0.05, 18.307038), (10, 0.95, 3.940299), (100, 0.05, 124.342113), (1, 0.01, 6.634897)],
)
def test_gamma_quantile_gives_the_chi_square_table(degrees: int, above: float, value: float) -> None:
    """A chi-square of d degrees is twice a gamma of d/2; NIST table values."""
    assert 2 * gamma_quantile(degrees / 2, above) == pytest.approx(value, rel=1e-6)


@given(st.floats(0.3, 50_000), st.floats(0.001, 0.999))
@settings(max_examples=80)
def test_gamma_quantile_inverts_the_distribution(shape: float, above: float) -> None:
    """The share above the quantile is the one asked for."""
    assert gamma_above(shape, gamma_quantile(shape, above)) == pytest.approx(above, rel=1e-7)


@pytest.mark.parametrize(
    ("count", "low", "high"), [(0, 0.0, 3.6889), (1, 0.0253, 5.5716), (10, 4.7954, 18.3904), (50, 37.1110, 65.9188)]
)
def test_poisson_bounds_are_garwoods(count: int, low: float, high: float) -> None:
    """Two-sided 95 % limits of a Poisson count, Garwood 1936."""
    assert poisson_bound(count, 1.0, 0.975, "lower") == pytest.approx(low, abs=2e-4)
    assert poisson_bound(count, 1.0, 0.975, "upper") == pytest.approx(high, abs=2e-4)


def test_poisson_without_exposure_says_nothing() -> None:
    """No exposure leaves the rate open from 0 to infinity."""
    assert poisson_bound(0, 0.0, 0.95, "lower") == 0.0
    assert math.isinf(poisson_bound(3, 0.0, 0.95, "upper"))


@given(st.integers(0, 2000), st.floats(0.1, 500), LEVELS)
@settings(max_examples=50)
def test_poisson_bounds_rise_with_the_count_and_fall_with_exposure(count: int, exposure: float, level: float) -> None:
    """One more event raises both bounds, more exposure lowers the upper one."""
    for side in ("lower", "upper"):
        assert poisson_bound(count, exposure, level, side) < poisson_bound(count + 1, exposure, level, side)
    assert poisson_bound(count, 2 * exposure, level, "upper") < poisson_bound(count, exposure, level, "upper")
    assert poisson_bound(count, exposure, level, "lower") <= count / exposure


def test_poisson_upper_bound_covers_by_exact_sum() -> None:
    """By the exact distribution the upper 95 % bound falls below the true rate in at most 5 % of cases."""
    for mean in (0.5, 3.0, 17.3, 80.0):
        bounds = np.array([poisson_bound(k, 1.0, 0.95, "upper") for k in range(300)])
        wrong = sum(math.exp(-mean + k * math.log(mean) - math.lgamma(k + 1)) for k in range(300) if bounds[k] < mean)
        assert wrong <= 0.05 + 1e-12


def test_wilson_lower_bound_covers_by_exact_sum() -> None:
    """The lower 95 % bound is approximate: by the exact distribution it exceeds the share in 2 to 7.6 % of cases."""
    for share in (0.5, 0.7, 0.82):
        for n in (60, 100, 129, 400):
            terms = binomial_at_least_terms(n, share)
            wrong = float(terms[wilson(np.arange(n + 1), n, 0.95, "lower") > share].sum())
            assert 0.02 < wrong < 0.076


def binomial_at_least_terms(n: int, share: float) -> np.ndarray:
    """Return the binomial probabilities of 0 to n hits."""
    logs = [math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) for k in range(n + 1)]
    k = np.arange(n + 1)
    return np.exp(np.array(logs) + k * math.log(share) + (n - k) * math.log(1 - share))


@given(st.integers(1, 200), st.data(), st.floats(0.01, 0.99))
@settings(max_examples=40)
def test_binomial_tail_is_the_sum_of_its_terms(n: int, data: st.DataObject, share: float) -> None:
    """P(X >= k) equals the plain sum."""
    k = data.draw(st.integers(0, n))
    assert float(binomial_at_least(k, n, share)) == pytest.approx(binomial_at_least_terms(n, share)[k:].sum(), abs=1e-9)


def test_poisson_tail_is_the_sum_of_its_terms() -> None:
    """P(X <= 85) at a mean of 92 equals the plain sum; below 0 it is 0."""
    plain = sum(math.exp(-92 + k * math.log(92) - math.lgamma(k + 1)) for k in range(86))
    assert float(poisson_at_most(85, 92.0)) == pytest.approx(plain)
    assert float(poisson_at_most(-1, 1.0)) == 0.0
