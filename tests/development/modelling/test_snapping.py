"""Snapped thresholds keep every float32 input on its side."""

import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninefold.development.modelling.snapping import snap, snapped_text, trees_of
from ninefold.kernel.errors import InvalidInput

ZERO = np.float32(1e-35)


@settings(max_examples=200)
@given(st.floats(-(2.0**99), 2.0**99), st.floats(-(2.0**99), 2.0**99, width=32))
def test_a_snapped_threshold_decides_every_float32_as_before(threshold: float, x: float) -> None:
    """Outside the band that LightGBM reads as zero."""
    if abs(x) > ZERO and abs(threshold) > ZERO:
        assert (x <= snap(np.array([threshold]))[0]) == (x <= threshold)


@settings(max_examples=100)
@given(st.floats(-1e30, 1e30))
def test_neighbours_of_a_threshold_stay_on_their_sides(threshold: float) -> None:
    """One float32 below, at and above."""
    snapped = snap(np.array([threshold]))[0]
    assert float(np.float32(snapped)) == snapped
    near = np.float32(threshold)
    for x in (np.nextafter(near, np.float32(-np.inf)), near, np.nextafter(near, np.float32(np.inf))):
        if abs(x) > ZERO and abs(threshold) > ZERO:
            assert (float(x) <= snapped) == (float(x) <= threshold)


@pytest.mark.parametrize(("threshold", "left"), [(1e-35, True), (1e-36, True), (0.0, True), (-1e-35, False)])
def test_all_of_the_zero_band_goes_the_way_of_zero(threshold: float, left: bool) -> None:
    """A runtime compares the value itself, LightGBM compares zero."""
    snapped = np.float32(snap(np.array([threshold]))[0])
    band = np.array([-ZERO, -ZERO / 2, 0, ZERO / 2, ZERO], np.float32)
    assert ((band <= snapped) == left).all()


def test_predictions_are_bit_equal_after_snapping() -> None:
    """The text is read back, and every score is the same number."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(2000, 5)).astype(np.float32)
    x[rng.random(x.shape) < 0.05] = np.nan
    y = (np.nan_to_num(x[:, 0]) + np.nan_to_num(x[:, 1]) > 0.1).astype(float)
    booster = lightgbm.train({"objective": "binary", "verbosity": -1, "num_threads": 1}, lightgbm.Dataset(x, y), 30)
    snapped = lightgbm.Booster(model_str=snapped_text(booster.model_to_string()))
    assert (booster.predict(x) == snapped.predict(x)).all()
    for tree in trees_of(snapped_text(booster.model_to_string())):
        assert (tree.threshold == tree.threshold.astype(np.float32)).all()


def test_a_categorical_split_is_refused() -> None:
    """The graph would not hold it exactly."""
    rng = np.random.default_rng(3)
    x = rng.integers(0, 6, size=(800, 2)).astype(np.float32)
    y = np.isin(x[:, 0], (1, 4)).astype(float)
    data = lightgbm.Dataset(x, y, categorical_feature=[0], params={"verbosity": -1, "num_threads": 1})
    text = lightgbm.train({"objective": "binary", "verbosity": -1, "num_threads": 1}, data, 5).model_to_string()
    with pytest.raises(InvalidInput, match="splits on a category"):
        trees_of(text)
