"""A dataset version: rows of a source as they were when they were read, kept as one hashed Parquet file."""

from typing import Literal

import msgspec


class DataColumn(msgspec.Struct, frozen=True):
    """One column of a dataset."""

    name: str
    type: Literal["number", "text", "time"]  # DOUBLE, VARCHAR, BIGINT µs UTC
    unit: str = ""  # UCUM; "" for text
    nulls: int = 0


class SourceFile(msgspec.Struct, frozen=True):
    """One file that was read. The name is relative to the project, or bare when it lies outside."""

    name: str
    size: int  # bytes
    digest: str  # sha256


class DatasetVersion(msgspec.Struct, frozen=True):
    """What is known of a dataset without opening it. Rows are sorted by asset and time."""

    name: str
    kind: Literal["samples", "events"]
    rows: int
    columns: tuple[DataColumn, ...]
    first: int | None  # µs UTC; None when no row has a time
    last: int | None
    assets: tuple[str, ...]
    parquet: str  # digest of the blob
    source: tuple[SourceFile, ...] = ()
    time_from: Literal["source", "row order"] = "source"  # times from the row order are invented
