"""The number of events that a bound needs is known before there is a model."""

import pytest

from ninefold.design.availability.labels import counts_events, label_needs
from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.criterion import Bound, CriterionSpec, MetricSpec, Threshold

WILSON = Bound("lower", "wilson", 0.95)


def pair(threshold=0.70, min_samples=0, bound=WILSON, metric="recall"):
    where = ("validation",)
    return (
        MetricSpec("REQ-x", "recall", metric, where, bound=bound),
        CriterionSpec("REQ-x", "recall", Threshold(">=", threshold), min_samples),
    )


def test_bound_needs_more_than_it_says():
    """A lower bound of 0.98 at 0.975 needs 189 events without a miss, 280 with one."""
    needs = label_needs("UC-x", [pair(0.98, bound=Bound("lower", "wilson", 0.975))])
    assert needs.needed == 189
    assert needs.needs[0].misses["1"] == 280


def test_min_samples_counts_when_it_is_larger():
    """A person asked for 100; of these 78 must be caught."""
    needs = label_needs("UC-x", [pair(0.70, 100)])
    assert (needs.needed, needs.needs[0].hits) == (100, 78)


def test_largest_need_decides():
    """Two criteria are judged on the same events."""
    assert label_needs("UC-x", [pair(0.70, 100), pair(0.98)]).needed == label_needs("UC-x", [pair(0.98)]).needed


def test_criterion_without_bound_needs_what_it_says():
    """No bound, no statistics: the minimum is the need."""
    need = label_needs("UC-x", [pair(bound=None, min_samples=7)]).needs[0]
    assert (need.needed, need.hits) == (7, None)


def test_no_criterion_needs_nothing():
    """A use case without requirements is not told a number."""
    assert label_needs("UC-x", []).needed == 0


def test_impossible_threshold_is_refused():
    """A recall of 100 % is shown by no number of events."""
    with pytest.raises(InvalidInput):
        label_needs("UC-x", [pair(1.0)])


def test_only_metrics_of_events_count():
    """False alarms are no labels."""
    assert counts_events(pair()[0])
    assert not counts_events(pair(metric="false_alarms_per_machine_week")[0])
