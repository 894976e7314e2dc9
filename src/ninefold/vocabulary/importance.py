"""Importance: what a model loses without each feature, and which features spoke loudest for single rows."""

import msgspec


class FeatureImportance(msgspec.Struct, frozen=True):
    """One feature: the loss of the metric when its values are shuffled among the rows."""

    feature: str
    loss: float | None  # mean over the repeats; above 0 the feature helps
    spread: float | None  # standard deviation over the repeats
    low: float | None  # two-sided 95 % interval of the mean loss over rows; None when there are too few units
    high: float | None


class Reason(msgspec.Struct, frozen=True):
    """One feature's part in the score of one row: what the score loses with the feature at its median."""

    feature: str
    value: float | None  # None when it is null or text
    weight: float
    direction: str  # high | low


class RowReasons(msgspec.Struct, frozen=True):
    """Why one test row got its score."""

    asset: str
    frame: str
    t: int  # end of the frame, µs UTC
    score: float
    truth: str  # "" when unknown
    reasons: tuple[Reason, ...]  # the loudest first


class Importance(msgspec.Struct, frozen=True):
    """Permutation importance on the test rows, and the reasons of the rows with the highest scores."""

    metric: str
    higher_is_better: bool
    clean: float | None
    rows: int
    repeats: int
    features: tuple[FeatureImportance, ...]  # the most important first
    reasons: tuple[RowReasons, ...] = ()
    of: dict[str, str] = {}
