"""Tables of Parquet: only some rows of a stretch, and what the tasks of one run read again and again."""

from pathlib import Path

import duckdb
import pytest

from ninefold.bundle import keeping, tables
from ninefold.bundle.keeping import kept_tables
from ninefold.bundle.tables import read_parquet, rows_between
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


def test_a_run_reads_a_table_once(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns that a task adds are its own; nobody can change what the next one gets."""
    reads = []
    query = tables._query
    monkeypatch.setattr(tables, "_query", lambda path, sql: reads.append(path) or query(path, sql))
    with kept_tables():
        first = read_parquet(log)
        first["label"] = first["occurred"]
        second = read_parquet(log)
        with pytest.raises(ValueError, match="read-only"):
            second["asset"][0] = "m7"
    assert list(second) == ["asset", "occurred"]
    assert len(reads) == 1
    read_parquet(log)["asset"][0] = "m7"
    assert len(reads) == 2, "outside of a run nothing is kept"


def test_a_run_keeps_only_so_much(log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two tables the latest; of one that is too large, none."""
    other = tmp_path / "other"
    other.write_bytes(log.read_bytes())
    reads = []
    query = tables._query
    monkeypatch.setattr(tables, "_query", lambda path, sql: reads.append(path) or query(path, sql))
    monkeypatch.setattr(keeping, "MOST_KEPT", 101 * (8 + 50 + 8))
    with kept_tables():
        for path in (log, other, other, log):
            read_parquet(path)
        assert reads == [log, other, log]
        monkeypatch.setattr(keeping, "MOST_KEPT", 1)
        read_parquet(other)
        read_parquet(other)
        assert reads == [log, other, log, other, other]
