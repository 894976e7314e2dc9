"""Profiles against numpy, on files with outliers, nulls, constants and nothing at all."""

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from ninefold.development.data.profile import profile
from ninefold.kernel.canonical import canonical
from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.profile import Histogram


def written(path: Path, **columns: Any) -> Path:
    con = duckdb.connect()
    con.register("rows", columns)
    con.execute(f"COPY (SELECT * FROM rows) TO '{path / 'f.parquet'}'")
    con.close()
    return path / "f.parquet"


def test_moments_quantiles_and_bins_agree_with_numpy(tmp_path: Path) -> None:
    """Normal values with nulls; every row is in a bin, below, above or null."""
    rng = np.random.default_rng(5)
    x = rng.normal(40, 5, 20_000)
    x[:500] = np.nan
    found = profile(written(tmp_path, x=x, asset=np.full(20_000, "m1", dtype=object)))
    column = found.columns[0]
    known = x[500:]
    assert (found.rows, column.name, column.nulls) == (20_000, "x", 500)
    assert column.mean == pytest.approx(known.mean(), rel=1e-9)
    assert column.std == pytest.approx(known.std(ddof=1), rel=1e-9)
    assert (column.min, column.max) == (known.min(), known.max())
    for share, value in column.quantiles.items():
        assert value == pytest.approx(np.quantile(known, float(share)), abs=0.05)
    bins = column.histogram
    assert bins is not None
    counts = np.histogram(known[(known >= bins.low) & (known <= bins.high)], bins.edges)[0]
    assert np.abs(counts - np.array(bins.counts)).max() <= 1, "a value on an edge may round to either side"
    assert sum(bins.counts) + bins.under + bins.over == 19_500
    assert 0.015 < (bins.under + bins.over) / 19_500 < 0.025
    assert column.distinct == pytest.approx(19_500, rel=0.1)


def test_one_outlier_does_not_empty_the_bins(tmp_path: Path) -> None:
    """Bins between minimum and maximum would hold all but one value in the first."""
    x = np.append(np.arange(1000.0), 1e12)
    bins = profile(written(tmp_path, x=x)).columns[0].histogram
    assert bins is not None
    assert bins.high < 1000
    assert min(bins.counts) > 40
    assert bins.over >= 1


@pytest.mark.parametrize("values", [[3.0] * 5, [0.0], [np.nan, 7.0]])
def test_a_constant_has_its_values_in_one_bin(tmp_path: Path, values: list[float]) -> None:
    """Also with one row."""
    column = profile(written(tmp_path, x=np.array(values))).columns[0]
    assert column.histogram is not None
    assert max(column.histogram.counts) == np.isfinite(values).sum()
    assert column.quantiles["0.50"] == np.nanmax(values)


def test_text_has_its_most_frequent_values(tmp_path: Path) -> None:
    """Ties in alphabetical order; nulls apart."""
    v = np.array(["M"] * 3 + ["L", "H"] + [None], dtype=object)
    column = profile(written(tmp_path, variant=v), ["variant"]).column("variant")
    assert column is not None
    assert (column.top, column.nulls, column.other) == ((("M", 3), ("H", 1), ("L", 1)), 1, 0)


def test_a_column_without_values_and_a_file_without_rows(tmp_path: Path) -> None:
    """No histogram, no moments; and a body that has its canonical bytes."""
    found = profile(written(tmp_path, x=np.full(3, np.nan), y=np.array([1.0, np.inf, np.nan])))
    assert (found.columns[0].histogram, found.columns[0].nulls, found.columns[0].mean) == (None, 3, None)
    assert found.columns[1].nulls == 2, "infinity is no value"
    assert canonical(found)
    assert profile(written(tmp_path, x=np.empty(0))).rows == 0


def test_the_same_file_gives_the_same_profile(tmp_path: Path) -> None:
    """Bit by bit: a profile that changed by itself would make its dependents stale."""
    path = written(tmp_path, x=np.random.default_rng(1).normal(1e6, 1, 300_000))
    assert canonical(profile(path)) == canonical(profile(path))


def test_a_wrong_column_is_named(tmp_path: Path) -> None:
    """With the nearest; and a bound on the bins."""
    path = written(tmp_path, torque=np.ones(3))
    with pytest.raises(InvalidInput, match=r"no column 'torqe'.*'torque'"):
        profile(path, ["torqe"])
    with pytest.raises(InvalidInput, match="2 to 200 bins"):
        profile(path, bins=1)


def test_edges_are_one_more_than_counts() -> None:
    """The last one is exactly the upper edge."""
    assert Histogram(0.0, 0.3, (1, 2, 3)).edges == (0.0, 0.09999999999999999, 0.19999999999999998, 0.3)
