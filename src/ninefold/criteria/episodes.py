"""Alarm episodes against events: which failures were announced in time, and which alarms were false.

An alarm is raised at the first positive row of an asset and held until the tool is changed or `hold` has passed; a row
that is still positive then raises the next one. It announces an event when it was raised within the lead window before
it. Earlier ones are false (and the event missed); later ones, up to the row in which the event falls, are neither.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ninefold.criteria.subjects import Episodes
from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.columns import Array, Floats

Clock = Literal["operating", "calendar"]
Lead = tuple[float, float]  # seconds, shortest and longest

LEAD: Lead = (0.0, 7200.0)
HOLD = 7200.0


@dataclass(frozen=True)
class Tally:
    """One evaluation. Row numbers are those of the subject's own arrays."""

    caught: Array  # bool, (n_events,)
    alarms: Array  # rows that raised an alarm, in order of asset and time
    false: Array  # bool, one per alarm
    unknown: Array  # bool, one per alarm: what followed is not known


@dataclass(frozen=True)
class EpisodeCurve:
    """Counts by threshold, each `(n_thresholds,)`; a row is positive when its score is at least the threshold."""

    thresholds: Floats
    caught: Array
    false_alarms: Array
    alarms: Array
    events: int
    exposure: float  # machine-weeks


class EpisodeIndex:
    """Rows sorted by asset and time, with all that does not depend on the decisions worked out once."""

    def __init__(self, subject: Episodes, lead: Lead = LEAD, hold: float = HOLD, clock: Clock = "operating") -> None:
        """Sort and match.

        Raises:
            InvalidInput: the lead window is not 0 <= shortest <= longest, or the hold is not positive.
        """
        if not 0 <= lead[0] <= lead[1] or not hold > 0:
            message = f"The lead window is {lead[0]:g} to {lead[1]:g} s and an alarm is held for {hold:g} s."
            raise InvalidInput(message, hint="Give 0 <= shortest <= longest lead, and a hold above 0.")
        events = subject.events
        times = _micros(subject.op_t) if clock == "operating" else subject.t
        at = _micros(events.op_t) if clock == "operating" else events.t
        names, codes = np.unique(np.concatenate([_text(subject.asset), _text(events.asset)]), return_inverse=True)
        row_asset, event_asset = codes[: len(times)], codes[len(times) :]
        self.order = np.lexsort((subject.t, row_asset))
        self._known = np.ones(len(times), bool) if subject.known is None else subject.known[self.order].astype(bool)
        asset = row_asset[self.order]
        changed = asset[1:] != asset[:-1]
        if subject.reset is not None:
            life = _text(subject.reset[self.order])
            changed |= life[1:] != life[:-1]
        self._starts = np.flatnonzero(np.concatenate([[True], changed])) if len(times) else np.zeros(0, np.int64)
        self._ends = np.append(self._starts[1:], len(times))
        self._life = np.repeat(np.arange(len(self._starts)), self._ends - self._starts)
        self._set_key(times[self.order], round(hold * 1e6))
        life = self._event_life((asset, subject.t[self.order], event_asset, events.t), len(names), subject)
        self._match(at, (round(lead[0] * 1e6), round(lead[1] * 1e6)), life)

    def _set_key(self, times: Array, hold: int) -> None:
        """Make one rising key of life and time (µs), with gaps so wide that a held alarm cannot leave its life."""
        if (np.diff(times)[np.diff(self._life) == 0] < 0).any():
            raise InvalidInput("Operating time runs backwards within an asset.", hint="Take it from OperatingClock.")
        first = times[self._starts]
        offsets = np.zeros(len(first), dtype=np.int64)
        if len(first):
            offsets[1:] = np.cumsum(times[self._ends - 1] - first + hold + 1)[:-1]
        self._shift = offsets - first  # by life: from a time to its key
        self._key = times + self._shift[self._life]
        self._next = np.searchsorted(self._key, self._key + hold)

    def _event_life(self, by_asset: tuple[Array, Array, Array, Array], assets: int, subject: Episodes) -> Array:
        """Return the life of each event, -1 where its asset has no row before it (nothing could announce it)."""
        asset, t, event_asset, event_t = by_asset
        first, last = np.searchsorted(asset, np.arange(assets)), np.searchsorted(asset, np.arange(assets), "right")
        life = np.full(len(event_t), -1, dtype=np.int64)
        named = subject.events.reset
        lives = None if subject.reset is None else _text(subject.reset[self.order])
        for number, (code, time) in enumerate(zip(event_asset.tolist(), event_t.tolist(), strict=True)):
            begin, end = int(first[code]), int(last[code])
            row = begin + int(np.searchsorted(t[begin:end], time, side="right")) - 1
            if named is not None and lives is not None:
                rows = begin + np.flatnonzero(lives[begin:end] == str(named[number]))
                row = int(rows[0]) if len(rows) else -1
            if row >= begin:
                life[number] = self._life[row]
        return life

    def _match(self, at: Array, lead: tuple[int, int], life: Array) -> None:
        some = life >= 0
        low = high = end = self._due = np.zeros(len(at), dtype=np.int64)
        if len(self._starts):
            of = np.maximum(life, 0)
            base = self._due = at + self._shift[of]
            low = np.searchsorted(self._key, base - lead[1])
            high = np.searchsorted(self._key, base - lead[0], side="right")
            end = np.searchsorted(self._key, base) + 1  # with the row in which the event falls
            low, high, end = (np.clip(edge, self._starts[of], self._ends[of]) for edge in (low, high, end))
        self._low, self._high = np.where(some, low, 0), np.where(some, high, 0)
        marks = np.zeros(len(self._key) + 1, dtype=np.int64)
        np.add.at(marks, self._low, 1)
        np.add.at(marks, np.where(some, np.maximum(end, self._high), 0), -1)
        self._excused = np.cumsum(marks)[:-1] > 0

    def raised(self, positive: Array) -> Array:
        """Return the sorted positions at which an alarm is raised, for positive rows in sorted order.

        All lives advance together, one alarm a step: few steps, since an alarm is held for hours.
        """
        rows = np.flatnonzero(positive)
        if len(rows) == 0:
            return rows
        place = np.append(rows, len(positive))
        current, ends = place[np.searchsorted(rows, self._starts)], self._ends
        alarms = []
        while True:
            inside = current < ends
            current, ends = current[inside], ends[inside]
            if len(current) == 0:
                break
            alarms.append(current)
            current = place[np.searchsorted(rows, self._next[current])]
        return np.sort(np.concatenate(alarms))

    def _counts(self, positive: Array) -> tuple[Array, Array, Array, Array]:
        alarms = self.raised(positive)
        caught = np.searchsorted(alarms, self._low) < np.searchsorted(alarms, self._high)
        unknown = ~self._known[alarms] & ~self._excused[alarms]
        return caught, alarms, ~self._excused[alarms] & ~unknown, unknown

    def tally(self, decision: Array) -> Tally:
        """Return what decisions (bool, in the subject's own row order) caught and falsely raised."""
        caught, alarms, false, unknown = self._counts(decision.astype(bool)[self.order])
        return Tally(caught, self.order[alarms], false, unknown)

    def leads(self, decision: Array) -> Floats:
        """Return the seconds from the first alarm in an event's lead window to the event, (n_events,); NaN: missed."""
        alarms = self.raised(decision.astype(bool)[self.order])
        first = np.searchsorted(alarms, self._low)
        found = np.full(len(self._low), np.nan)
        caught = first < np.searchsorted(alarms, self._high)
        found[caught] = (self._due[caught] - self._key[alarms[first[caught]]]) / 1e6
        return found

    def curve(self, score: Floats, thresholds: Floats, exposure: float) -> EpisodeCurve:
        """Return the counts for every threshold."""
        ordered = score[self.order]
        counts = np.zeros((3, len(thresholds)), dtype=np.int64)
        for column, threshold in enumerate(thresholds.tolist()):
            caught, alarms, false, _ = self._counts(ordered >= threshold)
            counts[:, column] = caught.sum(), false.sum(), len(alarms)
        return EpisodeCurve(thresholds, counts[0], counts[1], counts[2], len(self._low), exposure)


def episode_curve(
    subject: Episodes, thresholds: Floats, *, lead: Lead = LEAD, hold: float = HOLD, clock: Clock = "operating"
) -> EpisodeCurve:
    """Return caught events and false alarms of `subject.score` for every threshold, for choosing an operating point.

    Raises:
        InvalidInput: the subject has no score.
    """
    if subject.score is None:
        raise InvalidInput("The episodes carry no score.", hint="Give `score` to search for a threshold.")
    return EpisodeIndex(subject, lead, hold, clock).curve(subject.score, thresholds, subject.exposure)


def _micros(seconds: Floats) -> Array:
    return np.rint(seconds * 1e6).astype(np.int64)


def _text(values: Array) -> Array:
    return values.astype(str, copy=False)
