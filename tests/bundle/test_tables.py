"""Rows of a Parquet file between two moments: only so many, in order, never the whole file."""

from pathlib import Path

import duckdb
import pytest

from ninefold.bundle.tables import rows_between
from ninefold.kernel.errors import InvalidInput


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of a hundred events, one a second, out of order, and one without a time."""
    path = tmp_path_factory.mktemp("log") / "log"
    rows = "SELECT 'm' || (i % 3) AS asset, CAST(i * 1000000 AS BIGINT) AS occurred FROM range(100) t(i)"
    with duckdb.connect() as db:
        db.execute(
            f"COPY (FROM ({rows} UNION ALL SELECT 'm9', NULL) ORDER BY occurred % 7) TO '{path}' (FORMAT parquet)"
        )
    return path


def test_the_latest_rows_of_a_stretch_in_order(log: Path) -> None:
    """Both ends belong to it; what has no time is in no stretch."""
    found = rows_between(log, "occurred", 10_000_000, 30_000_000, ("asset",), 3)
    assert found["occurred"].tolist() == [28_000_000, 29_000_000, 30_000_000]
    assert found["asset"].tolist() == ["m1", "m2", "m0"]
    assert len(rows_between(log, "occurred", 0, 10**12, ("asset",), 500)["asset"]) == 100


def test_a_column_that_is_not_there_is_told(log: Path) -> None:
    """A log is written by others."""
    with pytest.raises(InvalidInput, match="cannot be read"):
        rows_between(log, "occurred", 0, 1, ('no such "column',), 3)
