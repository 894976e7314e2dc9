"""A use case: what could be done with machine learning on which machines, how it is scored, and the data it needs."""

from typing import Literal

import msgspec

from ninefold.vocabulary.quantity import Duration

Stage = Literal["idea", "candidate", "selected", "development", "production", "retired"]
Answer = bool | Literal["unknown"]


class DataNeed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One signal or kind of event that a use case needs, and how much of it, how densely and how fresh.

    `rate_hz`, `history`, `max_gap` and `fresh` are limits that the data must meet inside the operating states of
    `when` (all states when it is empty). `per_class` is the number of events needed; "derived" takes it from the
    requirement's bound.
    """

    signal: str
    assets: str = "*"  # a glob over ISA-95 paths: cell-1/*
    kind: Literal["signal", "event"] = "signal"
    from_: str = msgspec.field(name="from", default="")  # the connection, when only one will do
    rate_hz: float | None = None
    history: Duration | None = None  # s
    max_gap: Duration | None = None  # s
    fresh: Duration | None = None  # s
    when: tuple[str, ...] = ()
    per_class: int | Literal["derived"] | None = None


class Value(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The expected value of a use case, as a range per year, with the calculation that it rests on."""

    per_year: tuple[float, float]
    currency: str  # ISO 4217
    basis: str


class UseCase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The front matter of a use case's file. A score is a number, a range, or "unknown"."""

    id: str
    owner: str  # a role or a key, never a person's name
    stage: Stage = "idea"
    title: str = ""
    scores: dict[str, float | tuple[float, float] | Literal["unknown"]] = {}
    value: Value | None = None
    gates: dict[str, Answer] = {}
    data_needs: tuple[DataNeed, ...] = ()


class UseCaseIndex(msgspec.Struct, frozen=True):
    """What lists, graphs and the matrix need to know of a use case."""

    id: str
    stage: Stage
    owner: str
    title: str


class Score(msgspec.Struct, frozen=True):
    """A score on the fixed anchors 0 to 5; an exact one has low = high, an unknown one spans them all."""

    low: float
    high: float
    known: bool = True


class Scores(msgspec.Struct, frozen=True):
    """All that a ranking reads of a use case."""

    use_case: str
    scores: dict[str, Score] = {}
    gates: dict[str, Answer] = {}
    value: Value | None = None


class DataNeeds(msgspec.Struct, frozen=True):
    """All that an availability check reads of a use case."""

    use_case: str
    needs: tuple[DataNeed, ...] = ()
