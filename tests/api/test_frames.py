"""Tables of pandas and Polars: nothing is lost on the way in and out, and what would be is refused."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from ninefold.api.frames import from_frame, to_frame
from ninefold.kernel.errors import InvalidInput

COLUMNS = {
    "t": np.array([1_767_225_600_000_001, 1_767_225_600_000_000], np.int64),
    "x": np.array([1.5, np.nan]),
    "word": np.array(["é <b>", None], object),
}
BERLIN = timezone(timedelta(hours=1))


@pytest.mark.job("data/frames", against="real", what="pandas and Polars")
@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_columns_come_back_as_they_went(library: str) -> None:
    """Microseconds, missing numbers and missing words included; the order of rows and columns stays."""
    frame = to_frame(COLUMNS, {"t"}, library)
    back, times = from_frame(frame)
    assert (list(back), times) == (["t", "x", "word"], ("t",))
    assert back["t"].tolist() == COLUMNS["t"].tolist()
    assert np.array_equal(back["x"], COLUMNS["x"], equal_nan=True)
    assert back["word"].tolist() == ["é <b>", None]


def test_the_library_is_the_one_that_is_asked_for() -> None:
    """Times carry their zone; a missing number is null in Polars."""
    assert str(to_frame(COLUMNS, {"t"}, "pandas")["t"].dtype) == "datetime64[us, UTC]"
    polars = to_frame(COLUMNS, {"t"}, "polars")
    assert polars["t"].dtype == pl.Datetime("us", "UTC")
    assert polars["x"].null_count() == 1
    assert set(to_frame(COLUMNS, {"t"}, "columns")) == set(COLUMNS)


def test_a_named_index_is_a_column_and_times_without_a_name_are_refused() -> None:
    """An index is not lost in silence; the numbers of filtered rows are none."""
    frame = pd.DataFrame({"ts": pd.date_range("2026-01-01", periods=3), "x": [1.0, 2.0, 3.0]})
    columns, times = from_frame(frame.set_index("ts"))
    assert (list(columns), times) == (["ts", "x"], ("ts",))
    assert list(from_frame(frame[frame["x"] > 1])[0]) == ["ts", "x"]
    with pytest.raises(InvalidInput, match="has no name"):
        from_frame(frame.set_index("ts").rename_axis(None))


def test_a_library_nobody_knows_is_refused() -> None:
    """With those that are known."""
    with pytest.raises(InvalidInput, match=r"'dask'.*pandas, polars, columns"):
        to_frame(COLUMNS, (), "dask")


@pytest.mark.parametrize("make", [pd.Series, pl.Series], ids=["pandas", "polars"])
def test_moments_of_another_zone_are_the_same_moment(make: Callable[..., Any]) -> None:
    """One o'clock in Berlin is midnight UTC; a moment without a zone is UTC."""
    series = make([datetime(2026, 1, 1, 1, tzinfo=BERLIN)])
    frame = pd.DataFrame({"t": series}) if make is pd.Series else pl.DataFrame({"t": series})
    naive = type(frame)({"t": [datetime(2026, 1, 1)]})  # noqa: DTZ001 - a moment without a zone is the case
    assert from_frame(frame)[0]["t"].tolist() == from_frame(naive)[0]["t"].tolist() == [1_767_225_600_000_000]


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"n": pd.array([1, None], "Int64"), "f": pd.array([True, None], "boolean"), "c": pd.Categorical(["a", None])}),
        pl.DataFrame({"n": [1, None], "f": [True, None], "c": pl.Series(["a", None], dtype=pl.Categorical)}),
    ],
    ids=["pandas", "polars"],
)  # fmt: skip
def test_nullable_numbers_flags_and_categories_are_read(frame: Any) -> None:
    """A null becomes NaN or None, a flag 1 or 0."""
    columns, times = from_frame(frame)
    assert times == ()
    assert np.array_equal(columns["n"], [1.0, np.nan], equal_nan=True)
    assert np.array_equal(columns["f"], [1.0, np.nan], equal_nan=True)
    assert columns["c"].tolist() == ["a", None]


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (pd.DataFrame({"t": [pd.Timestamp("2026-01-01"), pd.NaT]}), "without a time"),
        (pd.DataFrame({"x": [1.0, float("inf")]}), "infinity"),
        (pd.DataFrame({"x": [2**53 + 1]}), "2^53"),
        (pl.DataFrame({"x": [-(2**60)]}), "2^53"),
        (pd.DataFrame({"x": pd.array([2**60, None], "Int64")}), "2^53"),
        (pd.DataFrame({"x": ["a", 1]}), "of the type int"),
        (pl.DataFrame({"x": [[1, 2]]}), "of the type"),
        (pd.DataFrame([[1, 2]], columns=["x", "x"]), "stands twice"),
        (pd.DataFrame({1: [2.0]}), "no name of a column"),
        (pd.DataFrame({"x": []}), "no rows"),
        (pd.DataFrame(), "no rows"),
        ({"x": [1.0], "y": [1.0, 2.0]}, "differ in shape"),
        ({"x": np.zeros((2, 2))}, "no table"),
        ([1, 2], "no table"),
        ("x", "no table"),
    ],
)
def test_what_would_be_lost_is_refused(frame: Any, said: str) -> None:
    """With the column and the value."""
    with pytest.raises(InvalidInput) as error:
        from_frame(frame)
    assert said in str(error.value)
