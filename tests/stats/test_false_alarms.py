"""The yearly false-alarm budget on a few simulated years; the full number is benchmarks/false_alarms.py."""

import numpy as np
import pytest

from ninefold.stats.intervals import poisson_bound
from ninefold.testing.in_control import Process, autoregressive, watch


@pytest.mark.parametrize("correlation", [0.0, 0.8])
@pytest.mark.job("monitoring/budget", against="simulator", what="simulated in-control years")
def test_upper_bound_of_the_yearly_rate_is_within_the_budget(correlation: float) -> None:
    """Twelve in-control years, reference estimated from 40 days: the upper 95 % bound is at most one alarm a year."""
    process = Process(correlation, rows=200, features=8)
    watched = watch(process, 12, np.random.default_rng(31), budget=1.0)
    assert poisson_bound(int(watched.alarms.sum()), 12.0, 0.95, "upper") <= 1.0
    assert 0 < watched.effective_rows_per_day <= 200
    assert 0 < watched.smallest_shift < 2


def test_a_tight_limit_would_break_the_budget() -> None:
    """The same plants with a limit for 60 alarms a year do alarm: the simulation can fail."""
    watched = watch(Process(rows=200, features=8), 12, np.random.default_rng(31), budget=60.0)
    assert poisson_bound(int(watched.alarms.sum()), 12.0, 0.95, "upper") > 1.0


@pytest.mark.parametrize(("correlation", "days"), [(0.0, 10), (0.8, 40)])
def test_a_shift_is_found_soon(correlation: float, days: int) -> None:
    """A shift of .4 sd in one of eight features: median within ten days, autocorrelated within forty."""
    process = Process(correlation, rows=200, features=8, days=60)
    watched = watch(process, 10, np.random.default_rng(32), shift=0.4)
    assert np.median(np.where(np.isnan(watched.first_alarm), np.inf, watched.first_alarm)) <= days


def test_simulated_rows_have_the_stated_correlation() -> None:
    """Variance 1 and the lag-1 correlation asked for, equal to the plain recursion."""
    x = autoregressive(np.random.default_rng(0), 200_000, 0.8)
    assert x.var() == pytest.approx(1, abs=0.03)
    assert np.corrcoef(x[1:], x[:-1])[0, 1] == pytest.approx(0.8, abs=0.01)
    noise = np.random.default_rng(0).normal(size=50)
    plain = [noise[0]]
    for e in noise[1:]:
        plain.append(0.8 * plain[-1] + e)
    assert np.allclose(autoregressive(np.random.default_rng(0), 50, 0.8), np.array(plain) * 0.6)
