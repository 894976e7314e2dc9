"""Slices: where among its test rows a model errs more than elsewhere. What was found is a hypothesis, not a verdict."""

import msgspec


class Slice(msgspec.Struct, frozen=True):
    """Rows in which every column of `where` has its value or lies in its range."""

    where: dict[str, str]
    error: str  # wrong | missed | false alarm | far off
    rows: int  # that can show the error: positives for missed, negatives for false alarm
    errors: int
    share: float
    lower: float  # one-sided Wilson bound of the share at the level that allows for all the slices looked at
    elsewhere: float  # share among the rows outside the slice


class ErrorKind(msgspec.Struct, frozen=True):
    """One way to err, over all test rows."""

    about: str
    rows: int
    errors: int


class Slices(msgspec.Struct, frozen=True):
    """All one- and two-way slices of a model's test rows, and those that err more than the rest.

    `level` holds for the search as a whole: each of the `looked_at` slices is bounded at 1 - (1 - level) / looked_at.
    """

    errors: dict[str, ErrorKind]
    columns: dict[str, int]  # column -> its values or ranges
    looked_at: int  # slices with enough rows, times the kinds of error
    small: int  # slices that were left out as too small
    fewest: int  # rows that a slice needs
    level: float
    found: tuple[Slice, ...]  # the surest first
    left_out: dict[str, str] = {}  # column -> why
    of: dict[str, str] = {}
