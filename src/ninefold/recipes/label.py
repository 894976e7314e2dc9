"""The label block: from frames and events to 1 (the event comes within the horizon), 0 (it does not) or null.

A table that holds its own answer in a column needs neither events nor horizon: see `label_column`. How long something
still lasts is counted to its end: see `label_remaining`.

An event has three times: when it occurred, was reported and was known. A label looks forward from the frame's end, but
only through events that were known at the as-of time.
"""

from collections.abc import Callable, Mapping
from typing import Literal

import msgspec
import numpy as np

from ninefold.kernel.decode import nearest
from ninefold.kernel.errors import InvalidInput
from ninefold.recipes.operations.frames import us
from ninefold.recipes.table import NO_TIME, entities, null_mask, plain, times
from ninefold.vocabulary.columns import Array, Columns, Floats, Times, length
from ninefold.vocabulary.quantity import Duration
from ninefold.vocabulary.task import TaskKind

Operating = Callable[[Times], Floats]  # µs UTC -> seconds of operation since any fixed moment; never falls

EVENT_COLUMNS = ("asset", "event", "occurred", "known")
PLANNED = "planned_change"
AVERTED = "averted"


class Label(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the model shall say: of an event in advance, from a column of the rows, or how long it still lasts."""

    source: str = msgspec.field(name="from")  # input of events, or of the column
    event: str = ""  # the kind that is announced, or until which it lasts
    horizon: tuple[Duration, Duration] | None = None  # from and to, after the frame's end, both included
    clock: Literal["operating", "calendar"] = "calendar"
    at: Literal["frame_end"] = "frame_end"
    planned_change: Literal["negative", "censored"] = "negative"
    unlabelled: Literal["censored", "negative"] = "censored"
    averted: Literal["exclude", "negative", "positive"] = "exclude"
    mature_after: Duration = Duration(0.0)
    learn: tuple[Duration, Duration] | None = (
        None  # the part of the horizon that is 1; the rest up to the event is null
    )
    column: str = ""  # instead of events: the column of the rows that holds the answer
    known_with: tuple[str, ...] = ()  # columns that are known only with the answer, such as its causes
    kind: Literal["binary", "multiclass", "regression", "remaining"] = "binary"
    columns: dict[str, str] = {}  # instead of one column: class -> the column that is 1 for it
    until: Literal["", "end_of_group"] = ""  # of kind remaining, instead of an event: the last frame of its group
    group: str = "asset"  # what ends: the asset, or a context column such as tool_life
    unit: Literal["frames", "s", "min", "h", "d"] = "frames"  # of kind remaining
    cap: float | None = None  # of kind remaining, in its unit: a longer life counts as this one

    def __post_init__(self) -> None:
        if wrong := _wrong(self):
            raise ValueError(wrong)

    @property
    def task(self) -> TaskKind:
        """The kind of task that the label sets."""
        return "regression" if self.kind == "remaining" else self.kind

    @property
    def ahead(self) -> tuple[float, float]:
        """The horizon of a label of events, in seconds."""
        return (0.0, 0.0) if self.horizon is None else self.horizon

    @property
    def told(self) -> frozenset[str]:
        """The columns that say the answer, which no feature may be made of."""
        return frozenset({self.column, *self.columns.values(), *self.known_with} - {""})


_OF_EVENTS: dict[str, object] = {
    "horizon": None, "clock": "calendar", "planned_change": "negative", "unlabelled": "censored",
    "averted": "exclude", "mature_after": 0.0, "learn": None,
}  # fmt: skip
_OF_REMAINING: dict[str, object] = {"until": "", "group": "asset", "unit": "frames", "cap": None}


def _set(label: Label, fields: Mapping[str, object]) -> str:
    """Return the fields that were given something else than their default."""
    return ", ".join(sorted(n for n in fields if getattr(label, n) != fields[n]))


def _wrong(label: Label) -> str:
    """Return what is wrong with a label, or nothing."""
    if label.kind == "remaining":
        return _wrong_remaining(label)
    if named := _set(label, _OF_REMAINING):
        return f"{named} belongs to a label of kind remaining"
    if label.columns and label.kind != "multiclass":
        return "columns: belongs to a label of kind multiclass"
    if label.kind != "binary":
        if label.event or bool(label.column) == bool(label.columns):
            also = " or columns:" if label.kind == "multiclass" else ""
            return f"a label of kind {label.kind} names column:{also}"
        if len(label.columns) == 1 or len(set(label.columns.values())) != len(label.columns) or "" in label.columns:
            return "columns: names at least two classes, each with a column of its own"
    elif bool(label.event) == bool(label.column):
        return "a label names either event: (with a horizon) or column:"
    if not label.event:
        named = _set(label, _OF_EVENTS)
        return f"{named} belongs to a label of events, not to one of a column" if named else ""
    return _wrong_horizon(label)


def _wrong_horizon(label: Label) -> str:
    if label.horizon is None:
        return "a label of events needs a horizon, such as [5 min, 2 h]"
    low, high = label.horizon
    if not 0 <= low <= high:
        return f"the horizon runs from {low:g} s to {high:g} s; it must begin at 0 s or later and not end before"
    if label.learn is not None and not low <= label.learn[0] <= label.learn[1] <= high:
        first, last = label.learn
        return f"learn runs from {first:g} s to {last:g} s; it must lie within the horizon"
    return "mature_after cannot be negative" if label.mature_after < 0 else ""


def _wrong_remaining(label: Label) -> str:
    if label.told:
        return "a label of kind remaining is counted, not read from a column"
    if bool(label.event) == bool(label.until):
        return "a label of kind remaining names either event: or until: end_of_group"
    if named := _set(label, {n: d for n, d in _OF_EVENTS.items() if n != "clock"}):
        return f"{named} belongs to a label that announces an event, not to one of kind remaining"
    if label.clock == "operating" and label.unit == "frames":
        return "frames are counted without a clock: give a unit of time, or leave out clock"
    if label.event and label.group != "asset":
        return "group: belongs to until: end_of_group; an event ends what its asset was doing"
    if not label.group:
        return "group: names asset or a context column"
    if label.cap is not None and not 0 < label.cap < float("inf"):
        return f"the cap is {label.cap:g}; it must be above 0"
    return ""


def label_frames(
    label: Label, frames: Columns, events: Columns, operating: Operating | None, *, as_of: int | None = None
) -> dict[str, Array]:
    """Return asset, frame, t (as in `frames`), label (1, 0 or NaN) and event (its id, or None), one row per frame.

    `events` has asset, event (its kind; or kind, with event as its id), occurred and known (µs), and may have reported,
    id and outcome. `as_of` is the
    moment of labelling, by default the latest time in frames and known events.

    Raises:
        InvalidInput: a column is missing, or the label runs on the operating clock and none is given.
    """
    for name in EVENT_COLUMNS:
        if name not in events:
            raise InvalidInput(f"label: the events have no column {name!r}.", hint=nearest(name, events))
    clock = clock_of(label, operating)
    t = times("t", frames["t"])
    log = EventLog(label, events, clock, as_of, t)
    state = np.full(len(t), np.nan)
    found = np.full(len(t), None, dtype=object)
    matured = clock(np.full(1, max(log.as_of - us(label.mature_after), 0)))[0] - clock(t) >= label.ahead[1]
    state[matured | (label.unlabelled == "negative")] = 0.0
    who = entities("asset", frames["asset"])
    for asset in set(who.tolist()) - {None}:
        rows = np.flatnonzero(np.asarray(who == asset, dtype=bool))
        _label_asset(label, log, asset, clock(t[rows]), rows, state, found)
    return {"asset": frames["asset"], "frame": frames["frame"], "t": t, "label": state, "event": found}


def clock_of(label: Label, operating: Operating | None) -> Operating:
    """Return the clock of a label: µs UTC to seconds.

    Raises:
        InvalidInput: it runs on the operating clock, and none is given.
    """
    if label.clock == "calendar":
        return lambda moments: moments / 1e6
    if operating is None:
        raise InvalidInput(
            "label: it runs on the operating clock, but no calendar is given.",
            hint="Write calendar.yaml, or set clock: calendar.",
        )
    return operating


class EventLog:
    """The events that were known in time, by kind and asset, each group in order of occurrence."""

    def __init__(self, label: Label, events: Columns, clock: Operating, as_of: int | None, t: Times) -> None:
        rows = length(events)
        occurred, known = times("occurred", events["occurred"]), times("known", events["known"])
        latest = max(int(t.max(initial=0)), int(known.max(initial=0)))
        self.as_of = latest if as_of is None else as_of
        self.asset = entities("asset", events["asset"])
        kind = kinds_of_events(events)
        own = events.get("event") if "kind" in events else events.get("id")
        self.ids = np.array([f"event-{i}" for i in range(rows)], dtype=object) if own is None else entities("id", own)
        outcome = plain("outcome", events["outcome"]) if "outcome" in events else np.full(rows, None, dtype=object)
        usable = (occurred != NO_TIME) & (known != NO_TIME) & (known <= self.as_of) & ~null_mask(self.asset)
        wanted = usable & _equal(kind, label.event)
        # a failure that was prevented is often typed as another kind, such as operator_change: its outcome says it
        self.averted = usable & _equal(outcome, AVERTED)
        self.failures = wanted & ~self.averted
        self.planned = usable & _equal(kind, PLANNED)
        self.when = np.full(rows, np.nan)
        self.when[usable] = clock(occurred[usable])
        self.order = np.lexsort((np.arange(rows), occurred))

    def of(self, mask: Array, asset: str) -> Array:
        """Return the rows of a kind and an asset, in order of occurrence."""
        rows = self.order
        chosen: Array = rows[mask[rows] & _equal(self.asset[rows], asset)]
        return chosen


def kinds_of_events(events: Columns) -> Array:
    """Return what each event is: the column `kind` where there is one (`event` is then an id), else `event`."""
    return plain("kind", events["kind"]) if "kind" in events else plain("event", events["event"])


def _equal(array: Array, value: str) -> Array:
    return np.asarray(array == value, dtype=bool) if array.dtype == object else np.zeros(len(array), bool)


def _label_asset(
    label: Label, log: EventLog, asset: str, now: Floats, rows: Array, state: Floats, found: Array
) -> None:
    low, high = label.ahead
    if label.planned_change == "censored":
        hit, _ = _next(log, log.of(log.planned, asset), now, 0.0, high)
        state[rows[hit]] = np.nan
    hit, which = _next(log, log.of(log.averted, asset), now, 0.0 if label.averted == "exclude" else low, high)
    state[rows[hit]] = {"exclude": np.nan, "negative": 0.0, "positive": 1.0}[label.averted]
    if label.averted == "positive":
        found[rows[hit]] = log.ids[which[hit]]
    failures = log.of(log.failures, asset)
    if label.learn is not None:
        hit, _ = _next(log, failures, now, 0.0, high)
        state[rows[hit]] = np.nan
    hit, which = _next(log, failures, now, *(label.learn or label.ahead))
    state[rows[hit]] = 1.0
    found[rows[hit]] = log.ids[which[hit]]


def _next(log: EventLog, events: Array, now: Floats, low: float, high: float) -> tuple[Array, Array]:
    """Return which frames have an event in [now + low, now + high], and the row of the first one."""
    if not len(events):
        return np.zeros(len(now), bool), np.zeros(len(now), np.intp)
    when = log.when[events]
    place = _first_at_least(when, now, low)
    inside = place < len(events)
    which = events[np.minimum(place, len(events) - 1)]
    return inside & (log.when[which] - now <= high), which


def _first_at_least(when: Floats, now: Floats, low: float) -> Array:
    """Return the first place where when - now >= low; the difference decides, not a rounded sum."""
    place = np.searchsorted(when, now + low)
    back = np.maximum(place - 1, 0)
    place = np.where((place > 0) & (when[back] - now >= low), back, place)
    ahead = np.minimum(place, len(when) - 1)
    moved: Array = np.where((place < len(when)) & (when[ahead] - now < low), place + 1, place)
    return moved
