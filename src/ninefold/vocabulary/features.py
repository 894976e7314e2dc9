"""Features and labels of a recipe, row for row: what they hold without opening their Parquet files."""

from typing import Literal

import msgspec

from ninefold.vocabulary.task import TaskKind


class Features(msgspec.Struct, frozen=True):
    """The rows of a recipe: asset, frame, t (frame end, µs UTC), t_start, context and feature columns."""

    recipe: str
    rows: int
    features: tuple[str, ...]  # what a model may learn from, in order
    context: tuple[str, ...]  # carried for slices, splits and fallback; no features
    assets: tuple[str, ...]
    first: int | None  # t of the first row, µs UTC
    last: int | None
    nulls: dict[str, int]  # feature -> rows without it
    parquet: str  # digest of the blob
    centre_only: tuple[str, ...] = ()  # columns that no edge can make
    time_from: Literal["source", "row order"] = "source"  # of the rows' dataset; times from the row order are invented


class Labels(msgspec.Struct, frozen=True):
    """The labels of a recipe's rows, in the same order: asset, frame, t, label, event.

    The label is 1, 0 or null (binary), a number or null (regression), or a text or null (multiclass).
    """

    recipe: str
    event: str  # the kind that is announced, or the column that says it
    rows: int
    positive: int  # of kind binary; 0 of another kind
    negative: int
    unknown: int  # censored, not yet mature, or excluded
    events: int  # events of the kind, known by then
    announced: int  # of these, how many at least one row announces
    as_of: int  # µs UTC, the moment of labelling: the latest time in rows and known events
    parquet: str  # digest of the blob
    kind: TaskKind = "binary"
    classes: dict[str, int] = {}  # of kind multiclass: class -> rows
    low: float | None = None  # of kind regression: the smallest label, and the largest
    high: float | None = None
    capped: int = 0  # of kind regression: rows at the cap


class ParityCheck(msgspec.Struct, frozen=True):
    """One engine against the reference."""

    engine: str  # batch | stream | restarted
    rows: int
    equal: bool
    largest: float  # difference, as a share of the column's scale
    column: str = ""
    differences: tuple[str, ...] = ()


class ParityCertificate(msgspec.Struct, frozen=True):
    """Whether DuckDB, numpy in batch, in stream and restarted in mid-window give the same features."""

    recipe: str
    reference: str  # duckdb
    equal: bool
    checks: tuple[ParityCheck, ...]
    rows_in: int  # rows of the dataset that were used
    rows_of: int  # rows of the dataset
    assets: tuple[str, ...]  # whose rows were used
    sampled: bool  # whether it was a part of the dataset
    tolerance: float
    cuts: int  # of the stream, at random places
    of: dict[str, str] = {}
