"""Sensor faults: each does what its sentence says, and what is none is refused by its name."""

import numpy as np
import pytest

from ninefold.criteria.faults import FAULTS, SUITE, Line, disturbed, in_order, problems
from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.columns import Array
from ninefold.vocabulary.criterion import SensorFaults

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


@pytest.mark.parametrize(("fault", "size", "message"), [("melt", 1.0, "no sensor fault 'melt'"), ("bias", 0.0, "above 0"), ("bias", np.nan, "above 0"), ("bias", 11.0, "at most 10, found 11")])  # fmt: skip
def test_unknown_faults_and_sizes_are_named(fault: str, size: float, message: str) -> None:
    """An answer that is none is refused where it enters."""
    with pytest.raises(InvalidInput, match=message):
        _under(fault, size)


def test_a_fault_that_disturbs_otherwise_needs_a_new_number_of_the_suite() -> None:
    """What was measured under faults is stale exactly when this number is another one: raise both together."""
    found = {fault: [np.nanmean(x := _under(fault, 0.5)), np.nanstd(x)] for fault in FAULTS}
    pinned = {
        "noise": [39.821382, 3.839639], "dropout": [39.538711, 3.761492], "stuck": [39.326881, 4.192321],
        "bias": [40.839291, 3.836775], "ramp": [40.839291, 3.832153], "delay": [39.82093, 3.860832],
        "quantise": [39.856667, 3.843105],
    }  # fmt: skip
    assert SUITE == "1"
    assert found == {fault: pytest.approx(figures) for fault, figures in pinned.items()}


def test_a_choice_of_faults_has_one_spelling() -> None:
    """The order of faults and signals says nothing; a list of features is a sensor for each."""
    one = SensorFaults(("stuck", "dropout"), 0.5, ("speed", "torque"))
    other = SensorFaults(("dropout", "stuck"), 0.5, {"torque": ("torque",), "speed": ("speed",)})
    assert in_order(one) == in_order(other)
    assert in_order(one).worst_of == ("dropout", "stuck")
    assert in_order(SensorFaults(("bias",))) == SensorFaults(("bias",))


@pytest.mark.parametrize(
    ("faults", "at", "message"),
    [
        pytest.param(SensorFaults(()), ("worst_of",), "No sensor fault is named", id="none"),
        pytest.param(SensorFaults(("stuk",)), ("worst_of", 0), "no sensor fault 'stuk'", id="unknown"),
        pytest.param(SensorFaults(("bias", "bias")), ("worst_of", 1), "'bias' stands twice", id="twice"),
        pytest.param(SensorFaults(("bias",), -1.0), ("size",), "at most 10, found -1", id="size"),
        pytest.param(SensorFaults(("bias",), 1.0, ("a", "a")), ("signals", 1), "'a' stands twice", id="signal"),
        pytest.param(SensorFaults(("bias",), 1.0, {"s": ()}), ("signals", "s"), "behind no feature", id="no feature"),
    ],
)
def test_what_is_wrong_with_a_choice_is_told_at_its_field(
    faults: SensorFaults, at: tuple[object, ...], message: str
) -> None:
    """With a hint that begins with a verb."""
    [(path, said, hint)] = problems(faults)
    assert path == at
    assert message in said
    assert hint.split()[0] in {"Name", "Use", "Remove", "Give"}
