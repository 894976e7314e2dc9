"""Whether the data that a use case needs are there: a verdict for each need, what was measured, and who must act."""

from typing import Literal

import msgspec

Readiness = Literal["available", "partial", "missing"]


class Finding(msgspec.Struct, frozen=True):
    """One check of one source. `measured` and `needed` are in the same unit (UCUM); None where there is no number."""

    check: str  # connector | reachable | assets | rows | history | rate | gaps | coverage | nulls | fresh | clock | ...
    result: Literal["pass", "fail", "unknown"]
    why: str  # one sentence for a person
    measured: float | None = None
    needed: float | None = None
    unit: str = "1"


class SourceFindings(msgspec.Struct, frozen=True):
    """What one connection gives for one need."""

    connection: str
    connector: str
    findings: tuple[Finding, ...]

    @property
    def failed(self) -> int:
        """The number of checks that are not passed."""
        return sum(f.result != "pass" for f in self.findings)


class NeedVerdict(msgspec.Struct, frozen=True):
    """The verdict on one need."""

    signal: str
    kind: Literal["signal", "event"]
    verdict: Readiness
    reason: str  # one sentence
    action: str = ""  # who must do what; "" when available
    owner: str = ""  # of the gap: a connection, or the use case
    sources: tuple[SourceFindings, ...] = ()
    labels: int | None = None  # of an event: how many there are
    labels_needed: int | None = None
    labels_on: int | None = None  # µs UTC, when they will be there at today's rate


class GapMap(msgspec.Struct, frozen=True):
    """Which share of each day inside the operating states has samples, by asset; signals with the same times share one.

    A share is 0 to 1, or None where nothing was to be measured; `stops` are the numbers of days without work.
    """

    connection: str
    signals: tuple[str, ...]
    days: tuple[str, ...]  # ISO dates in the plant's zone
    stops: tuple[int, ...]
    assets: dict[str, tuple[float | None, ...]]


class Availability(msgspec.Struct, frozen=True):
    """The verdicts on all needs of a use case at a moment."""

    use_case: str
    verdict: Readiness  # the worst
    needs: tuple[NeedVerdict, ...]
    now: int  # µs UTC, the moment that freshness was measured against
    gap_maps: tuple[GapMap, ...] = ()


class LabelNeed(msgspec.Struct, frozen=True):
    """The events that one criterion's bound needs in the rows that judge it."""

    requirement: str
    criterion: str
    needed: int  # max(min_samples, what the bound needs without a miss)
    hits: int | None  # of `needed`, to reach the threshold; None when there is no bound
    misses: dict[str, int] = {}  # misses -> events needed with so many


class LabelNeeds(msgspec.Struct, frozen=True):
    """All label needs of a use case; `needed` is the largest."""

    use_case: str
    needed: int
    needs: tuple[LabelNeed, ...] = ()
