"""Thresholds explored out of fold agree with the recorded operating point."""

from pathlib import Path

import pytest
from tests import small_cell

from ninefold.development.modelling.exploring import explored
from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.model import OperatingPoint


def test_at_the_threshold_in_use_it_says_what_the_record_says(derived_once: Path) -> None:
    """To the last digit, criterion by criterion; counts and lead times belong to the same events."""
    with small_cell.opened(derived_once) as composer:
        session = composer.session
        record = session.status()["operating-point:tool-failure"].last
        assert record is not None
        point, found = record.body(OperatingPoint), explored(record, session.store, session.blobs)
        told = found.at(found.chosen)
        with pytest.raises(InvalidInput, match="finite"):
            found.at(float("nan"))
    wanted = {e.criterion: (e.value, e.probability) for e in point.expectations}
    assert {s.criterion: (s.value, s.probability) for s in told.standings} == wanted
    assert told.probability == point.probability
    assert told.caught is not None
    assert told.events
    assert told.weeks
    assert told.caught / told.events == wanted["REQ-tool-failure-warning/recall"][0]
    assert (told.false_alarms or 0) / told.weeks == wanted["REQ-tool-failure-warning/false-alarms"][0]
    assert told.leads is not None
    assert 300 <= told.leads[0] <= told.leads[1] <= told.leads[2] <= 7200  # the lead window of the requirement


def test_beyond_every_score_nothing_is_caught(derived_once: Path) -> None:
    """And below every score every row alarms."""
    with small_cell.opened(derived_once) as composer:
        session = composer.session
        record = session.status()["operating-point:tool-failure"].last
        assert record is not None
        found = explored(record, session.store, session.blobs)
    high, low = found.at(2.0), found.at(-1.0)
    assert (high.caught, high.false_alarms, high.leads, high.alarming) == (0, 0, None, 0.0)
    assert low.alarming == 1.0
    assert (low.false_alarms or 0) > 0
