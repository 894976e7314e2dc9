"""What a metric is measured on: numpy columns, checked once where they enter."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from ninefold.criteria.operating import OperatingClock
from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.columns import Array, Columns, Floats, Times, length

WEEK_S = 604_800.0


def _same_length(what: str, columns: Mapping[str, Array | None]) -> None:
    try:
        length({name: array for name, array in columns.items() if array is not None})
    except ValueError as error:
        raise InvalidInput(f"The columns of {what} do not fit: {error}.", hint="Give one value a row.") from error


@dataclass(frozen=True)
class Samples:
    """Labelled rows: truth against score (or prediction) and decision. Every array is `(n_rows,)`.

    With `classes` truth and decision are places in it, and the score is `(n_rows, n_classes)`.
    """

    y: Floats  # 0 or 1, the true number, or the place of the true class; NaN where the label is not known (yet)
    score: Floats | None = None  # probability, the predicted number, or the probability of each class
    decision: Array | None = None  # bool; with classes the place of the predicted class
    slices: Columns = field(default_factory=dict)  # text or whole numbers, by column name
    groups: Array | None = None  # rows of one group are resampled together
    time: Times | None = None  # µs UTC
    classes: tuple[str, ...] = ()  # of a task with more than two outcomes

    def __post_init__(self) -> None:
        wide = self.score is not None and bool(self.classes)
        if self.score is not None and wide and self.score.shape != (len(self.y), len(self.classes)):
            message = f"The scores have the shape {self.score.shape} for {len(self.classes)} classes."
            raise InvalidInput(message, hint="Give one probability a row and class.")
        columns = {"y": self.y, "score": None if wide else self.score, "decision": self.decision}
        _same_length("the samples", {**columns, "groups": self.groups, "time": self.time, **self.slices})

    def known(self) -> "Samples":
        """Return the rows whose label is known."""
        return self if not np.isnan(self.y).any() else self.rows(~np.isnan(self.y))

    def rows(self, mask: Array) -> "Samples":
        """Return the rows that a mask selects."""
        slices = {name: column[mask] for name, column in self.slices.items()}
        score = None if self.score is None else self.score[mask]
        decision = None if self.decision is None else self.decision[mask]
        groups = None if self.groups is None else self.groups[mask]
        time = None if self.time is None else self.time[mask]
        return Samples(self.y[mask], score, decision, slices, groups, time, self.classes)


@dataclass(frozen=True)
class Events:
    """Things that should be announced. Every array is `(n_events,)`."""

    asset: Array
    t: Times  # when it occurred, µs UTC
    op_t: Floats  # the same in operating seconds
    reset: Array | None = None  # tool life in which it occurred; by default that of the last row before it

    def __post_init__(self) -> None:
        _same_length("the events", {"asset": self.asset, "t": self.t, "op_t": self.op_t, "reset": self.reset})


@dataclass(frozen=True)
class Episodes:
    """Decisions over time on several assets, and the events that they should announce. Row arrays are `(n_rows,)`.

    Rows may stand in any order. `exposure` is in machine-weeks of calendar time.
    """

    asset: Array
    t: Times  # when the decision is there: the frame's end, µs UTC
    op_t: Floats  # the same in operating seconds
    events: Events
    exposure: float
    decision: Array | None = None  # bool: is the alarm condition met
    score: Floats | None = None  # for curves over thresholds; NaN raises nothing
    reset: Array | None = None  # tool life; a held alarm ends when it changes
    known: Array | None = None  # bool: False where what followed is not known (censored, averted); by default all True
    slices: Columns = field(default_factory=dict)

    def __post_init__(self) -> None:
        columns = {"asset": self.asset, "t": self.t, "op_t": self.op_t, "decision": self.decision}
        rest = {"score": self.score, "reset": self.reset, "known": self.known}
        _same_length("the rows", {**columns, **rest, **self.slices})
        if not (np.isfinite(self.exposure) and self.exposure >= 0):
            raise InvalidInput(f"The exposure is {self.exposure} machine-weeks.", hint="Give a number from 0 up.")

    @classmethod
    def of(
        cls,
        rows: Columns,
        events: Columns,
        clock: OperatingClock | None = None,
        *,
        decision: Array | None = None,
        score: Floats | None = None,
        reset: str | None = None,
        by: tuple[str, ...] = (),
        label: str | None = None,
    ) -> "Episodes":
        """Return the episodes of feature rows (`asset`, `t`) and events (`asset`, `t`).

        Events outside the span of the rows' own asset are left out: nothing could have announced them. `reset` and
        `label` name columns of `rows`; where the label is NaN an alarm is neither right nor false.

        Raises:
            InvalidInput: a column is absent.
        """
        for name in ("asset", "t", *by, *(n for n in (reset, label) if n)):
            if name not in rows:
                raise InvalidInput(f"The rows have no column {name!r}.", hint=f"Use one of: {', '.join(rows)}.")
        asset, t = rows["asset"], rows["t"]
        names, codes = np.unique(asset.astype(str, copy=False), return_inverse=True)
        first, last = np.full(len(names), np.iinfo(np.int64).max), np.full(len(names), np.iinfo(np.int64).min)
        np.minimum.at(first, codes, t)
        np.maximum.at(last, codes, t)
        place = np.clip(np.searchsorted(names, events["asset"].astype(str)), 0, max(len(names) - 1, 0))
        inside = np.zeros(len(events["t"]), dtype=bool)
        if len(names):
            same = names[place] == events["asset"].astype(str)
            inside = same & (events["t"] >= first[place]) & (events["t"] <= last[place])
        when = events["t"][inside]
        found = Events(events["asset"][inside], when, _operating(clock, when))
        exposure = float(((last - first) / 1e6).sum()) / WEEK_S if len(names) else 0.0
        known = None if label is None else ~np.isnan(rows[label])
        life = None if reset is None else rows[reset]
        slices = {name: rows[name] for name in by}
        return cls(asset, t, _operating(clock, t), found, exposure, decision, score, life, known, slices)


def _operating(clock: OperatingClock | None, times: Times) -> Floats:
    return np.asarray(times / 1e6, dtype=np.float64) if clock is None else clock.seconds(times)


@dataclass(frozen=True)
class Readings:
    """Repeated measurements of named quantities, in the unit of the name: `{"input_to_decision_ms": (n,)}`."""

    values: Mapping[str, Floats]
    per_day: float | None = None  # readings a day


@dataclass(frozen=True)
class Shares:
    """Counted parts of wholes by name: `{"fallback": (12, 3000)}`, hits of all."""

    counts: Mapping[str, tuple[int, int]]
    per_day: float | None = None


@dataclass(frozen=True)
class DriftEvidence:
    """Where a drift detector stands after its latest block."""

    evidence: float  # over all features; `stats.sequential.Detector.total`
    blocks: int  # blocks watched
    blocks_per_year: float
    effective_rows_per_day: float
    smallest_shift: float  # in standard deviations of a row, found within a week about half the time
    provisional: bool = False  # the reference has fewer than 14 blocks


Subject: TypeAlias = Samples | Episodes | Readings | Shares | DriftEvidence
Params: TypeAlias = Mapping[str, Any]
