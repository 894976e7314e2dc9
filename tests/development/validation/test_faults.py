"""Sensor faults: each does what its sentence says, and the suite names the sensor that matters."""

import numpy as np
import pytest
from tests.development.validation.made import machining, material, sigmoid

from ninefold.development.validation.faults import FAULTS, Line, disturbed, suite
from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.columns import Array

N = 300
ROWS = {"asset": np.array([f"m{i % 3}" for i in range(N)], object), "t": np.arange(N)[::-1].astype(np.int64)}
LINE = Line.of(ROWS)
VALUES = np.random.default_rng(5).normal(40.0, 4.0, N)


def _of(asset: str) -> Array:
    """Return the places of an asset's rows in the order of time."""
    places = np.flatnonzero(ROWS["asset"] == asset)
    return places[np.argsort(ROWS["t"][places])]


def _under(fault: str, size: float = 1.0) -> Array:
    return disturbed(VALUES, LINE, fault, 4.0, np.random.default_rng(0), size)


def test_each_fault_does_what_it_says() -> None:
    """In the order of time of each asset, whatever the order of the rows."""
    mine = _of("m1")
    own = VALUES[mine]
    assert np.isnan(_under("dropout")).all()
    assert np.isnan(_under("dropout", 0.3)).mean() == pytest.approx(0.3, abs=0.08)
    assert (_under("stuck")[mine] == own[0]).all()
    assert _under("bias") == pytest.approx(VALUES + 2.0)
    ramp = _under("ramp")[mine] - own
    assert (ramp[0], ramp[-1]) == (0.0, pytest.approx(4.0))
    assert (np.diff(ramp) > 0).all()
    assert (_under("delay")[mine][5:] == own[:-5]).all()
    assert (_under("delay")[mine][:5] == own[0]).all()
    assert np.allclose(_under("quantise") % 2.0, 0.0)
    assert (_under("noise") - VALUES).std() == pytest.approx(1.0, rel=0.15)
    assert set(FAULTS) == {"noise", "dropout", "stuck", "bias", "ramp", "delay", "quantise"}


def test_a_fault_is_the_same_with_the_same_generator() -> None:
    """So a suite can be repeated."""
    assert (_under("noise") == _under("noise")).all()


def test_text_can_only_drop_out() -> None:
    """A scanner that reads nothing; it has no spread to drift by."""
    text = np.array(["L"] * N, object)
    assert disturbed(text, LINE, "dropout", 0.0, np.random.default_rng(0)).tolist() == [None] * N
    with pytest.raises(InvalidInput, match="Text has no bias"):
        disturbed(text, LINE, "bias", 0.0, np.random.default_rng(0))


@pytest.mark.parametrize(("fault", "size", "message"), [("melt", 1.0, "no sensor fault 'melt'"), ("bias", 0.0, "above 0"), ("bias", np.nan, "above 0")])  # fmt: skip
def test_unknown_faults_and_sizes_are_named(fault: str, size: float, message: str) -> None:
    """An answer that is none is refused where it enters."""
    with pytest.raises(InvalidInput, match=message):
        _under(fault, size)


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
