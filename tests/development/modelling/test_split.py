"""Rows to roles: no group is cut, no training row lies within a gap of what is predicted."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninefold.development.modelling.specification import RowSplit, Split, TimeSplit
from ninefold.development.modelling.split import divide, group_codes
from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.model import TEST, UNUSED
from ninefold.vocabulary.quantity import Duration, Share

GAP_S = 7200
TIME = Split(time=TimeSplit(Share(0.25), Duration(GAP_S)), keep_whole=("tool_life",))


@settings(max_examples=30)
@given(st.integers(0, 2**31), st.integers(2, 6), st.floats(0.1, 0.5), st.integers(0, 20_000))
def test_a_split_by_time_keeps_lives_whole_and_gaps_free(seed: int, folds: int, share: float, gap_s: int) -> None:
    """Several machines, lives of unequal length, rows in no order."""
    rng = np.random.default_rng(seed)
    n = 3000
    asset = rng.integers(0, 3, n)
    t = np.sort(rng.integers(0, 30 * 86_400, n)) * 1_000_000
    life = np.zeros(n)
    for a in range(3):
        life[asset == a] = np.cumsum(rng.random((asset == a).sum()) < 0.03)
    order = rng.permutation(n)
    context = {"asset": np.array([f"m{a}" for a in asset], object)[order], "t": t[order], "tool_life": life[order]}
    y = (rng.random(n) < 0.3).astype(float)
    split = Split(time=TimeSplit(Share(share), Duration(gap_s)), keep_whole=("tool_life",), folds=folds)
    rows = divide(context, y, split, rng)
    for group in np.unique(rows.groups):
        assert len({int(r) for r in rows.roles[rows.groups == group] if r != UNUSED}) <= 1
    cut = int(t.min() + (1 - share) * (t.max() - t.min()))
    assert (context["t"][rows.roles >= 0] <= cut - gap_s * 1e6).all()
    assert (rows.roles[context["t"] > cut] == TEST).all()
    for fold in range(folds):
        fit, predict = rows.fit_rows(fold, y), rows.predict_rows(fold)
        assert not set(rows.groups[fit]) & set(rows.groups[predict])
        start = rows.edges[fold - 1] if fold else -(2**62)
        times = context["t"][fit]
        assert ((times <= start - gap_s * 1e6) | (times > rows.edges[fold] + gap_s * 1e6)).all()
    assert sum(len(rows.predict_rows(k)) for k in range(folds)) == (rows.roles >= 0).sum()


def test_unlabelled_rows_are_predicted_but_never_trained_on(cell: Callable[..., Any]) -> None:
    """A censored row has a role like any other."""
    data = cell()
    data.y[::10] = np.nan
    rows = divide(data.context, data.y, TIME, np.random.default_rng(0))
    assert np.isnan(data.y[rows.predict_rows(0)]).any()
    for fold in (None, 0, 1):
        assert not np.isnan(data.y[rows.fit_rows(fold, data.y)]).any()


def test_file_order_can_stand_for_time() -> None:
    """The last quarter in file order is the test."""
    y = np.tile([0.0, 1.0], 500)
    rows = divide({}, y, Split(order=RowSplit(Share(0.25))), np.random.default_rng(0))
    assert (rows.roles[750:] == TEST).all()
    assert sorted(set(rows.roles[:750].tolist())) == [0, 1, 2, 3, 4]
    assert (np.diff(rows.roles[:750]) >= 0).all()


def test_a_group_split_draws_whole_groups(cell: Callable[..., Any]) -> None:
    """The share holds for groups, and the draw is repeatable."""
    data = cell()
    split = Split(group=RowSplit(Share(0.25)), keep_whole=("tool_life",))
    rows, again = (divide(data.context, data.y, split, np.random.default_rng(4)) for _ in range(2))
    assert (rows.roles == again.roles).all()
    for group in np.unique(rows.groups):
        assert len(set(rows.roles[rows.groups == group].tolist())) == 1
    assert len(np.unique(rows.groups[rows.roles == TEST])) == 15


def test_a_stratified_split_keeps_the_share_of_positives() -> None:
    """Within one row in each part."""
    y = (np.arange(1000) % 20 == 0).astype(float)
    rows = divide({}, y, Split(stratified=RowSplit(Share(0.2)), folds=4), np.random.default_rng(1))
    assert y[rows.roles == TEST].sum() == 10
    assert [int(y[rows.roles == k].sum()) for k in range(4)] == [10, 10, 10, 10]


def test_equal_life_numbers_on_two_machines_are_two_groups() -> None:
    """A life number counts per asset."""
    asset = np.array(["m1", "m1", "m2", None], dtype=object)
    codes = group_codes({"asset": asset, "tool_life": np.array([1.0, 1.0, 1.0, 1.0])}, ["tool_life"], 4)
    assert codes[0] == codes[1]
    assert len(set(codes.tolist())) == 3


@pytest.mark.parametrize(
    ("context", "y", "split", "message"),
    [
        ({}, [0.0, 1.0] * 50, TIME, "no such column"),
        ({}, [0.0, 1.0] * 50, Split(time=TimeSplit(Share(0.2))), "needs the column 't'"),
        ({}, [0.0, 2.0] * 50, Split(order=RowSplit(Share(0.2))), "found 2"),
        ({}, [0.0] * 100, Split(order=RowSplit(Share(0.2))), "only label 0"),
        ({}, [np.nan] * 100, Split(order=RowSplit(Share(0.2))), "no labelled rows"),
        ({}, [], Split(order=RowSplit(Share(0.2))), "no test rows"),
        ({"t": np.array([], np.int64)}, [], Split(time=TimeSplit(Share(0.2))), "no test rows"),
        ({"t": np.arange(100)}, [0.0, 1.0] * 50, Split(time=TimeSplit(Share(0.2), Duration(60))), "no labelled rows"),
    ],
    ids=["column", "no time", "no binary label", "one class", "unlabelled", "empty", "empty in time", "gap over all"],
)
def test_what_cannot_be_divided_says_why(context: Any, y: list[float], split: Split, message: str) -> None:
    """Each with its own message."""
    with pytest.raises(InvalidInput, match=message):
        divide(context, np.array(y), split, np.random.default_rng(0))
