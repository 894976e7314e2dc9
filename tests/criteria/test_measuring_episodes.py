"""Recall and false alarms as measurements, whole and by slice, against the recount."""

import numpy as np
import pytest
from hypothesis import given, settings
from tests.criteria.recount import recount
from tests.criteria.test_episodes import LEAD, H, cell, subjects

from ninefold.criteria.measuring import measure
from ninefold.criteria.subjects import Episodes
from ninefold.kernel.canonical import canonical
from ninefold.kernel.errors import InvalidInput
from ninefold.stats.intervals import poisson_bound, wilson
from ninefold.vocabulary.criterion import Bound, MetricSpec

PARAMS = {"unit": "episode", "lead": ["5 min", "2 h"], "clock": "operating"}


def recall(by: tuple[str, ...] = (), method: str = "wilson") -> MetricSpec:
    """Return the milling cell's recall."""
    return MetricSpec("REQ-x", "recall", "recall", ("validation",), PARAMS, by, Bound("lower", method))


def false_alarms(by: tuple[str, ...] = (), params: dict[str, object] | None = None) -> MetricSpec:
    """Return the milling cell's false alarms."""
    name = "false_alarms_per_machine_week"
    return MetricSpec("REQ-x", "fa", name, ("validation",), params or PARAMS, by, Bound("upper", "poisson"))


def _decided(subject: Episodes, decision: np.ndarray, **slices: np.ndarray) -> Episodes:
    return Episodes(subject.asset, subject.t, subject.op_t, subject.events, subject.exposure, decision,
                    subject.score, subject.reset, subject.known, slices)  # fmt: skip


@given(subjects())
@settings(max_examples=60)
def test_measurements_equal_the_recount(subject: Episodes) -> None:
    """Value, bound and counts of both metrics."""
    assert subject.score is not None
    decided = _decided(subject, subject.score >= 0.6)
    caught, false, _ = recount(subject, (subject.score >= 0.6).tolist(), LEAD, 2 * H)
    events = len(subject.events.t)
    found, rate = measure(recall(), decided).overall, measure(false_alarms(), decided).overall
    assert found.samples == events
    assert rate.successes == false
    assert rate.bound == pytest.approx(poisson_bound(false, 2.0, 0.95, "upper"))
    if events:
        assert found.value == pytest.approx(caught / events)
        assert found.bound == pytest.approx(float(wilson(caught, events, 0.95, "lower")))
    else:
        assert found.value is None


@given(subjects())
@settings(max_examples=30)
def test_false_alarms_of_slices_add_up_to_the_whole(subject: Episodes) -> None:
    """Alarms and machine-weeks of the slices sum to those of the whole; so do events that any row precedes."""
    assert subject.score is not None
    variant = np.where(np.arange(len(subject.t)) % 3 == 0, "L", "M").astype(object)
    decided = _decided(subject, subject.score >= 0.6, variant=variant)
    whole = measure(false_alarms(("variant",)), decided)
    assert sum(s.estimate.successes or 0 for s in whole.slices) == whole.overall.successes
    if len(subject.t):
        assert sum(s.estimate.exposure or 0 for s in whole.slices) == pytest.approx(2.0)
    events = measure(recall(("variant",)), decided)
    assert sum(s.estimate.samples for s in events.slices) <= events.overall.samples


def test_event_belongs_to_the_slice_of_the_row_before_it() -> None:
    """A failure while variant H runs is H's, though L follows."""
    subject = cell([float(m) for m in range(0, 400, 10)], [300])
    variant = np.array(["H"] * 31 + ["L"] * 9, dtype=object)
    found = measure(recall(("variant",)), _decided(subject, np.arange(40) == 25, variant=variant))
    assert {s.where["variant"]: s.estimate.samples for s in found.slices} == {"H": 1, "L": 0}


def test_default_lead_of_false_alarms_is_the_hold() -> None:
    """Without a lead window an alarm up to two hours before a failure is not false."""
    subject = cell([float(m) for m in range(0, 400, 10)], [300])
    decided = _decided(subject, np.isin(np.arange(40), [2, 25]))
    assert measure(false_alarms(params={"unit": "episode"}), decided).overall.successes == 1


def test_rates_tell_events_and_machine_weeks_a_day() -> None:
    """Events a day for recall, machine-weeks a day for false alarms."""
    subject = cell([0.0, 1440.0 * 7], [1440.0])
    decided = _decided(subject, np.array([False, False]))
    assert measure(recall(), decided).rate_per_day == pytest.approx(1 / 7)
    assert measure(false_alarms(), decided).rate_per_day == pytest.approx(1 / 7)


def test_bootstrap_by_asset_and_no_rows() -> None:
    """A cluster bound exists; nothing measured has a canonical form too."""
    rng = np.random.default_rng(0)
    subject = cell([float(m) for m in range(0, 4000, 10)], sorted(rng.choice(4000, 30, replace=False).tolist()))
    decided = _decided(subject, rng.random(400) < 0.05)
    assert measure(recall((), "bootstrap"), decided).overall.value is not None
    empty = cell([], [])
    for specification in (recall(), false_alarms(), recall((), "bootstrap")):
        assert canonical(measure(specification, _decided(empty, np.zeros(0, dtype=bool))))


def test_episodes_without_decision_are_refused() -> None:
    """The message says what to do."""
    with pytest.raises(InvalidInput, match="carry no decision"):
        measure(recall(), cell([0.0], []))
