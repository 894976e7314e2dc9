"""Labels that mature: confirmed, averted, false, unknown, or not yet; and the counts at run time."""

from typing import Any

import numpy as np
import pytest
from tests.operations.monitoring.conftest import HOUR, NOW, Raise

from ninefold.kernel.errors import InvalidInput
from ninefold.kernel.records import Draft, encode
from ninefold.kernel.sqlite import SqliteStore
from ninefold.operations.monitoring.episodes import episodes, judged
from ninefold.operations.monitoring.models import Log, Watched
from ninefold.operations.monitoring.outcomes import mature, outcome_of
from ninefold.operations.monitoring.runtime import record_runtime, runtime_of
from ninefold.recipes import Label
from ninefold.vocabulary.alarm import AlarmEpisode
from ninefold.vocabulary.calendar import Calendar
from ninefold.vocabulary.quantity import Duration
from ninefold.vocabulary.window import WINDOW, Window

DAY = 24 * HOUR
HORIZON = (Duration(300), Duration(7200))
LABEL = Label("log", "tool_failure", HORIZON, mature_after=Duration(86400))
EPISODE = AlarmEpisode("a" * 64, "m1", "tool-failure", "cleared", NOW)


def log(*rows: tuple[str, str, float, str | None], until: float = 48) -> Log:
    """Return a log of (asset, kind, hours after the alarm, outcome) that reaches so many hours after it."""
    before = ("m1", "planned_change", -100.0, None)
    asset, event, hours, outcome = (np.array(c, object) for c in zip(before, *rows, strict=True))
    occurred = np.array([NOW + round(h * HOUR) for h in hours.tolist()], np.int64)
    return Log({"asset": asset, "event": event, "occurred": occurred, "known": occurred, "outcome": outcome},
               NOW + round(until * HOUR))  # fmt: skip


@pytest.mark.parametrize(
    ("found", "outcome"),
    [
        (log(("m1", "tool_failure", 1.5, "confirmed")), "confirmed"),
        (log(("m1", "operator_change", 1.5, "averted")), "averted"),
        (log(("m1", "tool_failure", 2.5, "confirmed")), "false"),
        (log(("m2", "tool_failure", 1.5, "confirmed")), "false"),
        (log(("m1", "planned_change", 1.0, None)), "false"),
        (log(("m1", "tool_failure", 1.5, "confirmed"), until=25.9), None),
        (log(("m1", "tool_failure", 1.5, "confirmed"), until=-1), None),
    ],
)  # fmt: skip
def test_the_log_says_what_an_alarm_was(found: Log, outcome: str | None) -> None:
    """Within two hours; only when the horizon and a day more are over."""
    assert outcome_of(EPISODE, LABEL, found, None) == outcome


def test_a_log_that_begins_later_or_lacks_the_machine_says_nothing() -> None:
    """Unknown is an outcome, not a guess."""
    later = log()
    later.events["occurred"][:] = NOW + HOUR
    assert outcome_of(EPISODE, LABEL, later, None) == "unknown"
    other = log()
    other.events["asset"][:] = "m9"
    assert outcome_of(EPISODE, LABEL, other, None) == "unknown"


def test_the_horizon_runs_while_the_plant_works() -> None:
    """A shift that ends an hour after the alarm: a failure in the next morning's first hour is within two hours."""
    label = Label("log", "tool_failure", HORIZON, clock="operating")
    calendar = Calendar("UTC", {"day": "06:00-08:00"})
    seven = NOW - NOW % DAY + 7 * HOUR
    episode = AlarmEpisode("a" * 64, "m1", "tool-failure", "cleared", seven)

    def said(hours: float) -> Any:
        found = log(("m1", "tool_failure", (seven - NOW) / HOUR + hours, "confirmed"), until=100)
        return outcome_of(episode, label, found, calendar)

    assert (said(23.5), said(24.5)) == ("confirmed", "false")
    with pytest.raises(InvalidInput, match="operating clock"):
        outcome_of(episode, label, log(), None)


WATCHED = Watched("tool-failure", "UC-x", "r", LABEL, "dataset:log", ("dataset:log",))


@pytest.mark.job("monitoring/outcomes", against="cases", what="evidence made for the test, in a real store")
def test_alarms_mature_once_and_a_persons_word_stays(store: SqliteStore, raised: Raise) -> None:
    """Averted is not false; drift has no label; what is not known yet waits."""
    raised("a" * 64, "m1", "tool-failure", NOW)
    raised("b" * 64, "m1", "tool-failure", NOW + 40 * HOUR)
    raised("c" * 64, "m1", "tool-failure", NOW - HOUR)
    raised("d" * 64, "m1")
    judged(store, "c" * 64, "false", "person-1", NOW)
    found = log(("m1", "operator_change", 1.5, "averted"))
    done = mature(store, WATCHED, found, None, NOW + 3 * DAY)
    assert (done.outcomes, done.waiting) == ({"averted": 1}, 1)
    again = mature(store, WATCHED, found, None, NOW + 3 * DAY)
    assert (again.outcomes, again.waiting) == ({}, 1)
    outcomes = {h.episode.id[0]: h.episode.outcome for h in episodes(store, NOW + 3 * DAY)}
    assert outcomes == {"a": "averted", "b": None, "c": "false", "d": None}
    with pytest.raises(InvalidInput, match="has no label"):
        mature(store, WATCHED._replace(label=None), found, None, NOW)


def test_a_model_in_service_is_counted_by_machine_and_week(store: SqliteStore, raised: Raise) -> None:
    """Two machines for a week each: one false alarm is .5 a machine-week, one that waits counts in the bound only."""
    for asset in ("m1", "m2"):
        window = Window(asset, "producing", "b", 1, NOW - 7 * DAY, NOW, 50)
        store.put([Draft(WINDOW, encode(WINDOW, window), "agent@1", "device:gateway-1", NOW)])
    raised("a" * 64, "m1", "tool-failure", NOW - DAY)
    raised("b" * 64, "m2", "tool-failure", NOW - DAY)
    judged(store, "a" * 64, "false", "person-1", NOW)
    found = log(("m1", "tool_failure", -90.0, None), ("m1", "tool_failure", -80.0, None), until=0)
    runtime = runtime_of(store, WATCHED, found, 100, NOW)
    assert runtime.machine_weeks == pytest.approx(2.0)
    assert (runtime.alarms, runtime.outcomes, runtime.pending) == (2, {"false": 1}, 1)
    assert runtime.false_per_machine_week == pytest.approx(0.5)
    assert runtime.upper == pytest.approx(6.296 / 2, rel=1e-3)  # Garwood: 6.296 for two counted
    assert (runtime.events, runtime.needed) == (2, 100)
    assert runtime.enough_at == NOW + 49 * 7 * DAY
    assert record_runtime(store, runtime, "a", NOW) == record_runtime(store, runtime, "a", NOW + 1)


def test_nothing_in_service_gives_no_rate(store: SqliteStore) -> None:
    """No window, no exposure, no division."""
    runtime = runtime_of(store, WATCHED, log(), 100, NOW)
    assert (runtime.machine_weeks, runtime.false_per_machine_week, runtime.upper) == (0.0, None, None)
    assert (runtime.events, runtime.enough_at) == (0, None)
