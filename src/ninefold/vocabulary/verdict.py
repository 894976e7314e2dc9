"""A verdict: a measurement held against a threshold. Only `pass` opens a gate."""

import msgspec

from ninefold.vocabulary.criterion import Outcome, Threshold
from ninefold.vocabulary.measurement import Estimate


class Judgement(msgspec.Struct, frozen=True):
    """The outcome for the whole or for one slice, with what an insufficient one still needs."""

    outcome: Outcome
    estimate: Estimate
    reason: str  # one sentence for a person
    where: dict[str, str] = {}  # the slice, or the fault and its signal; empty for the whole
    needed: int | None = None  # samples that would decide, when insufficient and known
    days: float | None = None  # days until they are there at today's rate


class Verdict(msgspec.Struct, frozen=True):
    """The judgement on one criterion of one subject (`of`: role -> content, filled by the runner)."""

    requirement: str
    criterion: str
    metric: str
    outcome: Outcome  # with required slices taken in
    threshold: Threshold
    overall: Judgement
    slices: tuple[Judgement, ...] = ()
    of: dict[str, str] = {}
    cases: tuple[Judgement, ...] = ()  # of a criterion on sensor faults: each of them, the worst first; it is `overall`
