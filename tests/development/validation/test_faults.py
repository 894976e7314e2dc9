"""Sensor faults: the suite names the sensor that matters."""

import numpy as np
import pytest
from tests.development.validation.made import machining, material, sigmoid

from ninefold.criteria.faults import FAULTS
from ninefold.development.validation.faults import suite


@pytest.mark.job("validation/sensor-faults", against="cases", what="made faults")
def test_the_sensor_that_the_model_follows_is_the_worst() -> None:
    """Torque decides: without it nothing is left; speed does nothing; what never varies is named and left out."""
    found = suite(machining(np.random.default_rng(6)))
    assert found.metric == "auc"
    assert found.worst is not None
    assert (found.worst.feature, found.worst.value) == ("torque", None)
    by = {(e.feature, e.fault): e for e in found.effects}
    assert by["torque", "stuck"].value == pytest.approx(0.5, abs=0.06)
    assert all(e.change == 0.0 for e in found.effects if e.feature == "speed")
    assert len(found.effects) == 2 * len(FAULTS)
    assert found.left_out == {"still": "does not vary in training"}
    noisy = by["torque", "noise"]
    assert noisy.value is not None
    assert noisy.bound is not None
    assert 0.5 < noisy.bound < noisy.value < found.clean
    biased = by["torque", "bias"]
    assert biased.change == pytest.approx(0.0, abs=1e-9)  # the order of the scores stays; the alarms do not
    assert biased.alarms > found.clean_alarms


def test_a_number_gets_worse_upwards() -> None:
    """For a regression the worst fault has the largest error, and its bound lies above it."""
    x = np.random.default_rng(7).normal(0, 1, 1000)
    found = suite(material({"x": x, "y": x[::-1].copy()}, x, lambda m: m[:, 0] + 0.01 * m[:, 1], kind="regression"))
    values = [e.value for e in found.effects if e.value is not None]
    assert values == sorted(values, reverse=True)
    worst = next(e for e in found.effects if e.value is not None)
    assert worst.bound > worst.value
    assert (found.metric, found.higher_is_better) == ("rmse", False)


def test_no_labelled_row_gives_no_figure() -> None:
    """The suite runs all the same and says nothing that it does not know."""
    x = np.arange(200.0)
    found = suite(material({"x": x}, np.full(200, np.nan), lambda m: sigmoid(m[:, 0])))
    assert found.clean is None
    assert all(e.value is None for e in found.effects)
