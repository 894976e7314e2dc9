"""A measurement: how large a metric is, with its confidence bound and the samples it rests on. It judges nothing."""

import msgspec

from ninefold.vocabulary.criterion import Bound


class Estimate(msgspec.Struct, frozen=True):
    """A value with its bound, for the whole or for one slice.

    `value` and `bound` are None when the samples give none; `note` then says why. `bound` is the one-sided limit on
    the side that the metric's specification names; `opposite` is the one on the other side, by which a failure shows.
    """

    value: float | None
    bound: float | None
    samples: int  # what min_samples counts: events for recall, machine-weeks' alarms are not samples
    successes: float | None = None  # events caught, false alarms counted: the numerator of a rate
    exposure: float | None = None  # the denominator of a rate: events, or machine-weeks
    note: str = ""
    opposite: float | None = None


class SliceEstimate(msgspec.Struct, frozen=True):
    """The estimate of one slice: the rows in which every column of `where` has its value."""

    where: dict[str, str]
    estimate: Estimate


class CaseEstimate(msgspec.Struct, frozen=True):
    """The estimate while one sensor has one fault."""

    fault: str
    signal: str
    estimate: Estimate


class Confusion(msgspec.Struct, frozen=True):
    """How often each class was told as each class: `counts[i][j]` rows of class i were told as class j."""

    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


class Measurement(msgspec.Struct, frozen=True):
    """What one criterion's metric measured on one subject (`of`: role -> content, filled by the runner)."""

    requirement: str
    criterion: str
    metric: str
    unit: str  # UCUM, "1" for shares
    overall: Estimate
    slices: tuple[SliceEstimate, ...] = ()
    rate_per_day: float | None = None  # samples a day, from which the date of a decision is told
    detail: dict[str, float] = {}  # figures of the metric itself: effective rows a day, smallest shift
    of: dict[str, str] = {}
    bound: Bound | None = None  # how the estimates' bounds were made
    confusion: Confusion | None = None  # of a task with classes, when the metric looks at decisions; without a fault
    cases: tuple[CaseEstimate, ...] = ()  # each sensor fault, the worst first: `overall` is the estimate of the first
