"""Alarm episodes at the centre: transitions, refusals, expiry, and what a device says afterwards."""

import msgspec
import pytest
from tests.operations.monitoring.conftest import HOUR, NOW, Raise

from ninefold.kernel.errors import NotFound, Refused
from ninefold.kernel.records import Draft, encode
from ninefold.kernel.sqlite import SqliteStore
from ninefold.operations.monitoring.episodes import acknowledged, cleared, episodes, find, is_open, judged, shelved
from ninefold.operations.monitoring.pages import alarms_table
from ninefold.operations.monitoring.policy import resets_of
from ninefold.operations.monitoring.triage import ended
from ninefold.vocabulary.alarm import EPISODE, AlarmEpisode

ID = "a" * 64


def test_an_alarm_is_acknowledged_cleared_and_judged(store: SqliteStore, raised: Raise) -> None:
    """Each transition is a record of its own; the latest one holds, with what was said before."""
    raised()
    assert acknowledged(store, "aaaa", "person-1", NOW).state == "acknowledged"
    assert cleared(store, ID, "person-2", "looked at it", NOW + 1).state == "cleared"
    after = judged(store, ID, "averted", "person-1", NOW + 2)
    assert (after.state, after.outcome, after.acknowledged_by, after.judged_by) == (
        "cleared", "averted", "person-1", "person-1",
    )  # fmt: skip
    assert len(store.of_kind(EPISODE)) == 4
    [held] = episodes(store, NOW + 3)
    assert (held.episode, held.raised_by) == (after, "device:gateway-1")
    assert alarms_table([held], everything=False).rows == ()
    assert len(alarms_table([held], everything=True).rows) == 1
    assert judged(store, ID, "confirmed", "person-3", NOW + 4).outcome == "confirmed"


def test_what_the_life_cycle_does_not_have_is_refused(store: SqliteStore, raised: Raise) -> None:
    """Twice acknowledged, shelved into the past, acted on after the end, or no such alarm."""
    raised()
    acknowledged(store, ID, "p", NOW)
    with pytest.raises(Refused, match="is acknowledged; it cannot acknowledge"):
        acknowledged(store, ID, "p", NOW)
    with pytest.raises(Refused, match="until a moment that has passed"):
        shelved(store, ID, "p", NOW - 1, "later", NOW)
    cleared(store, ID, "p", "", NOW)
    for act in (lambda: cleared(store, ID, "p", "", NOW), lambda: shelved(store, ID, "p", NOW + HOUR, "", NOW)):
        with pytest.raises(Refused, match="is cleared; it cannot"):
            act()
    for id in ("ffff", ""):
        with pytest.raises(NotFound, match="No alarm found"):
            acknowledged(store, id, "p", NOW)
    raised("ab" * 32, "m4")
    with pytest.raises(NotFound, match="2 alarms found"):
        acknowledged(store, "a", "p", NOW)


def test_a_shelved_alarm_is_raised_again_when_its_time_is_over(store: SqliteStore, raised: Raise) -> None:
    """Nothing has to run for that."""
    raised()
    shelved(store, ID, "p", NOW + HOUR, "a part is ordered", NOW)
    assert find(store, ID, NOW + HOUR - 1).episode.state == "shelved"
    assert find(store, ID, NOW + HOUR).episode.state == "raised"
    assert acknowledged(store, ID, "p", NOW + HOUR).state == "acknowledged"


def test_a_device_takes_back_nothing_that_a_person_said(store: SqliteStore, raised: Raise) -> None:
    """Its own clearing comes later and knows neither outcome nor acknowledgement; a late one opens nothing again."""
    first = raised()
    acknowledged(store, ID, "person-1", NOW)
    judged(store, ID, "confirmed", "person-1", NOW)
    over = msgspec.structs.replace(first, state="cleared", cleared=NOW + 1, reason="the baseline is resumed")
    for late in (over, first):
        store.put([Draft(EPISODE, encode(EPISODE, late), "agent@1", "device:gateway-1", NOW + 1)])
    [held] = episodes(store, NOW + 2)
    assert not is_open(held.episode)
    assert (held.episode.outcome, held.episode.acknowledged_by) == ("confirmed", "person-1")


def test_alarms_stand_by_asset_and_cause(store: SqliteStore, raised: Raise) -> None:
    """m2 before m3, and an erased one is not there."""
    raised("c" * 64, "m3")
    raised("d" * 64, "m2", "tool-failure")
    raised("e" * 64, "m2")
    assert [(h.episode.asset, h.episode.cause) for h in episodes(store, NOW)] == [
        ("m2", "drift:REQ-x/input-drift"), ("m2", "tool-failure"), ("m3", "drift:REQ-x/input-drift"),
    ]  # fmt: skip


def test_a_drift_alarm_that_is_cleared_lets_its_detectors_begin_anew(store: SqliteStore, raised: Raise) -> None:
    """Otherwise the device would hold the episode open and stay silent; other alarms have no detectors."""
    raised()
    raised("d" * 64, "m2", "tool-failure")
    ended(store, ID, "p", "known", NOW)
    ended(store, "d" * 64, "p", "", NOW)
    assert resets_of(store) == {"m3": 1}
    assert [h.episode.state for h in episodes(store, NOW)] == ["cleared", "cleared"]


def test_an_erased_body_is_left_out(store: SqliteStore, raised: Raise) -> None:
    """What was erased for good is no alarm."""
    raised()
    [held] = episodes(store, NOW)
    store.erase(held.record.content, "asked for", "p", NOW)
    assert episodes(store, NOW) == []
    assert isinstance(held.episode, AlarmEpisode)
