"""The reference of training rows: blocks of one asset, quartiles as float32 holds them, and tables read by content."""

from pathlib import Path

import numpy as np
import pytest

from ninefold.bundle.reference import blocks_of, drift_reference, feature_of
from ninefold.bundle.tables import first_rows, read_parquet
from ninefold.kernel.blobs import Blobs
from ninefold.kernel.errors import InvalidInput
from ninefold.testing.steps import parquet
from ninefold.vocabulary.columns import Columns

DAY = 86_400_000_000


def rows(count: int, assets: tuple[str, ...] = ("m1", "m2")) -> Columns:
    """Return `count` rows of each asset, ten a day, in no order."""
    rng = np.random.default_rng(5)
    order = rng.permutation(count * len(assets))
    asset = np.repeat(np.array(assets, object), count)[order]
    t = np.tile(np.arange(count, dtype=np.int64) * DAY // 10, len(assets))[order]
    return {"asset": asset, "t": t, "x": rng.normal(size=len(t))}


def test_a_block_is_of_one_asset_in_order_of_time() -> None:
    """Whatever the order of the rows; what fills no block is left out."""
    given = rows(130)
    numbers = blocks_of(given, 50)
    assert np.unique(numbers).tolist() == [-1, 0, 1, 2, 3]
    for number in range(4):
        mine = numbers == number
        assert mine.sum() == 50
        assert len(set(given["asset"][mine])) == 1
        assert np.ptp(given["t"][mine]) == 49 * DAY // 10


def test_blocks_a_day_are_those_of_one_asset() -> None:
    """Two assets make twice the blocks on as many days; each is watched by itself."""
    one, two = drift_reference(rows(500, ("m1",)), ["x"]), drift_reference(rows(500), ["x"])
    assert (one.blocks, two.blocks) == (10, 20)
    assert one.blocks_per_day == two.blocks_per_day == pytest.approx(0.2)


def test_what_gives_no_reference_is_named() -> None:
    """Too few rows, no rows, and a feature that is not there."""
    for count in (0, 60):
        with pytest.raises(InvalidInput, match="There is no reference for drift"):
            drift_reference(rows(count, ("m1",)), ["x"])
    with pytest.raises(InvalidInput, match="There is no feature 'y'"):
        drift_reference(rows(200), ["y"])


def test_a_feature_knows_where_its_values_lie() -> None:
    """Median, spread and ends, exact in float32; without numbers nothing is said."""
    found = feature_of("x", np.array([0.1, 1.0, 2.0, 3.0, np.nan, np.inf, 4.0]), "N.m")
    assert (found.unit, found.centre, found.high) == ("N.m", 2.0, 4.0)
    assert found.low == float(np.float32(0.1))
    assert found.spread == pytest.approx(2.0 / (2 * 0.67449), rel=1e-4)
    for values in (np.array(["a"], object), np.array([np.nan]), np.empty(0)):
        assert feature_of("x", values).centre is None


def test_a_table_is_read_by_content(tmp_path: Path) -> None:
    """A blob has no suffix; times become whole microseconds and null its place."""
    blobs = Blobs(tmp_path / "blobs")
    when = np.array(["2026-01-01T00:00:00.000001", "2026-01-01T00:00:01"], "datetime64[us]")
    given = {"asset": np.array(["m2", "m1"], object), "ts": when, "x": np.array([1.5, np.nan])}
    found = read_parquet(blobs.get(parquet(blobs, tmp_path, given)))
    assert found["ts"].tolist() == when.astype(np.int64).tolist()
    assert found["asset"].tolist() == ["m2", "m1"]
    assert np.isnan(found["x"][1])


def test_the_first_rows_are_of_the_first_asset(tmp_path: Path) -> None:
    """The earliest ones, with the wanted columns only; a hostile name is quoted, not run."""
    blobs = Blobs(tmp_path / "blobs")
    path = blobs.get(parquet(blobs, tmp_path, {**rows(20), "y": np.zeros(40)}))
    found = first_rows(path, "asset", "t", ["x", "t"], 5)
    assert list(found) == ["asset", "t", "x"]
    assert set(found["asset"]) == {"m1"}
    assert found["t"].tolist() == [n * DAY // 10 for n in range(5)]
    with pytest.raises(InvalidInput, match="The table cannot be read"):
        first_rows(path, "asset", "t", ['x" FROM read_parquet($1); DROP TABLE x; --'], 5)
