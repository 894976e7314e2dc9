"""Reliability: whether scores mean what they say, and where answers and truth part."""

import msgspec


class ReliabilityBin(msgspec.Struct, frozen=True):
    """Test rows of neighbouring scores: what was foretold, and what came, with a two-sided 95 % interval."""

    rows: int
    foretold: float  # mean score (classes: mean probability of the predicted class)
    seen: float  # share of positives (classes: of right answers; regression: mean of the target)
    low: float | None
    high: float | None


class ErrorQuantiles(msgspec.Struct, frozen=True):
    """How prediction minus truth is distributed, in the target's unit."""

    shares: tuple[float, ...]
    values: tuple[float, ...]


class Reliability(msgspec.Struct, frozen=True):
    """The reliability curve of a model on its test rows, and its confusion or its errors."""

    kind: str  # of task
    rows: int
    bins: tuple[ReliabilityBin, ...]  # by rising score, of about equal rows
    calibration_error: float | None  # mean distance of foretold and seen, weighted by rows
    labels: tuple[str, ...] = ()  # of the confusion, in its order
    confusion: tuple[tuple[int, ...], ...] = ()  # truth (rows) by answer (columns)
    errors: ErrorQuantiles | None = None  # regression
    of: dict[str, str] = {}
