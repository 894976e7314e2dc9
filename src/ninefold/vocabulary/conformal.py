"""Conformal answers: intervals, sets or bands that hold the truth in a chosen share of cases, and whether they did."""

import msgspec

SHARES = (0.8, 0.9, 0.95)  # of cases in which an answer shall hold the truth
SIDES = ("negative", "positive")  # the values of a binary answer


class ConformalRule(msgspec.Struct, frozen=True):
    """How a device makes an answer that holds the truth in a share `wanted` of cases, as in `ConformalLevel`."""

    wanted: float
    width: float | None = None
    least: float | None = None
    most: float | None = None


class Coverage(msgspec.Struct, frozen=True):
    """How often the truth was inside on the test rows, with the two-sided 95 % interval of that share.

    The interval takes rows (or, with several assets, assets) as independent; NaN-free: None where too few.
    """

    rows: int
    covered: int
    share: float
    low: float | None
    high: float | None


class ConformalLevel(msgspec.Struct, frozen=True):
    """One wanted share, what it takes, and what it gave.

    Regression: prediction +- `width`. Classes: every class whose probability is at least `least`. Binary: `least` and
    `most` are the edges of the band: at or above `least` it may be a positive, at or below `most` a negative.
    """

    wanted: float
    coverage: dict[str, Coverage]  # "all", and for binary "positive" and "negative"
    width: float | None = None  # half, in the target's unit
    least: float | None = None
    most: float | None = None
    sizes: dict[str, float] = {}  # share of rows whose answer holds 0, 1, 2 ... values
    mean_size: float | None = None


class Conformal(msgspec.Struct, frozen=True):
    """Split-conformal answers calibrated on out-of-fold predictions and tried on the test rows."""

    kind: str  # of task
    calibrated_on: int  # rows
    tested_on: int
    levels: tuple[ConformalLevel, ...]
    notes: tuple[str, ...] = ()
    of: dict[str, str] = {}
