"""Labels that mature: what became of each alarm of a model, once its horizon and the log's delay are over.

An alarm that was acted on leaves no failure: the log says averted, and so does the outcome; it is not a false alarm.
"""

from typing import NamedTuple

import numpy as np

from ninefold.criteria.operating import OperatingClock
from ninefold.kernel.errors import InvalidInput
from ninefold.kernel.sqlite import SqliteStore
from ninefold.operations.monitoring.episodes import Held, episodes, put_changes
from ninefold.operations.monitoring.models import Log, Watched
from ninefold.recipes import Label
from ninefold.vocabulary.alarm import AlarmEpisode, AlarmOutcome, judge
from ninefold.vocabulary.calendar import Calendar
from ninefold.vocabulary.columns import Floats, Times

LOG = "log"  # who judged: the maintenance log
AVERTED = "averted"


class Matured(NamedTuple):
    """How many alarms got an outcome now, and how many still wait for theirs."""

    outcomes: dict[str, int]
    waiting: int


def mature(store: SqliteStore, watched: Watched, log: Log, calendar: Calendar | None, now: int) -> Matured:
    """Give every alarm of a model its outcome from the log, where that is known by now; a person's stays.

    Raises:
        InvalidInput: the model has no label, or its label runs on the operating clock and there is no calendar.
    """
    label = watched.label
    if label is None:
        raise InvalidInput(f"{watched.model} has no label.", hint="Add the block `label` to its recipe.")
    open_ = [h for h in episodes(store, now) if h.episode.cause == watched.model and h.episode.outcome is None]
    changes: list[tuple[Held, AlarmEpisode]] = []
    counts: dict[str, int] = {}
    for held in open_:
        outcome = outcome_of(held.episode, label, log, calendar)
        if outcome is not None:
            changes.append((held, judge(held.episode, outcome, LOG)))
            counts[outcome] = counts.get(outcome, 0) + 1
    if changes:
        put_changes(store, changes, "step:outcomes", now)
    return Matured(counts, len(open_) - len(changes))


def outcome_of(episode: AlarmEpisode, label: Label, log: Log, calendar: Calendar | None) -> AlarmOutcome | None:
    """Return what the log says of an alarm; None while its horizon or `mature_after` is not over.

    confirmed: the event came within the horizon; averted: somebody acted in it; unknown: the log begins after the
    alarm or says nothing of its machine; false: nothing of that.

    Raises:
        InvalidInput: the label runs on the operating clock and there is no calendar.
    """
    if label.clock == "operating" and calendar is None:
        raise InvalidInput("The label runs on the operating clock.", hint="Write calendar.yaml.")
    clock = OperatingClock(calendar) if calendar is not None and label.clock == "operating" else None
    seen = log.as_of - round(float(label.mature_after) * 1e6)
    if seen <= episode.raised or _after_s(episode.raised, np.array([seen]), clock)[0] < float(label.ahead[1]):
        return None
    events = log.events
    mine = np.asarray(events["asset"] == episode.asset, bool)
    occurred = np.asarray(events["occurred"], np.float64)
    if not mine.any() or np.nanmin(occurred) > episode.raised:
        return "unknown"
    later = mine & (occurred > episode.raised)
    times = occurred[later].astype(np.int64)
    within = _after_s(episode.raised, times, clock) <= float(label.ahead[1])
    kinds = events["event"][later][within]
    said = events["outcome"][later][within] if "outcome" in events else np.full(len(kinds), None)
    if (said == AVERTED).any():
        return "averted"
    return "confirmed" if (kinds == label.event).any() else "false"


def _after_s(moment: int, times: Times, clock: OperatingClock | None) -> Floats:
    """Return how long after a moment times lie, in seconds of the label's clock."""
    if clock is None:
        return np.asarray((times - moment) / 1e6, np.float64)
    begun = float(clock.seconds(np.array([moment]))[0])
    return np.asarray(clock.seconds(times) - begun, np.float64)
