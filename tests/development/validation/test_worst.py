"""A criterion on sensor faults over the whole step: planted in the test rows of a plant, scored as on the device."""

from pathlib import Path

import numpy as np
import pytest
from tests.development.validation.plant import RECALL, Plant

import ninefold.development.validation.measuring as step
from ninefold.criteria.worst import UNDISTURBED
from ninefold.development.validation.measuring import MeasurementStep
from ninefold.development.validation.worst import planned
from ninefold.kernel.errors import InvalidInput
from ninefold.kernel.steps import Task
from ninefold.kernel.view import Facet, View
from ninefold.vocabulary.criterion import Bound, MetricSpec, SensorFaults
from ninefold.vocabulary.model import TEST

ALL = SensorFaults(("stuck", "bias"))
BY_ROW = MetricSpec(
    "REQ-x", "sturdy", "recall", ("validation",), {"unit": "sample"}, bound=Bound("lower", "wilson"), faults=ALL
)


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Plant:
    return Plant(tmp_path_factory.mktemp("plant"))


@pytest.mark.job("validation/sensor-faults", against="cases", what="made faults")
def test_the_sensor_that_the_model_follows_is_the_worst(plant: Plant) -> None:
    """Torque that is stuck at its first value announces nothing; recounted by hand, for each machine."""
    found = plant.measure(BY_ROW)
    assert {(c.fault, c.signal) for c in found.cases} == {
        (fault, name) for fault in ALL.worst_of for name in ("torque_mean", "speed_mean")
    }
    worst = found.cases[0]
    assert (worst.fault, worst.signal) == ("stuck", "torque_mean")
    tested = plant.roles == TEST
    positives = int((tested & (plant.labels["label"] == 1)).sum())
    assert (worst.estimate.successes, worst.estimate.samples) == (0, positives)
    scores = 1 / (1 + np.exp(-(0.2 * plant.features["torque_mean"] - 10)))
    undisturbed = (scores >= 0.5)[tested & (plant.labels["label"] == 1)].mean()
    assert found.detail[UNDISTURBED] == pytest.approx(undisturbed)
    assert all(c.estimate.value == pytest.approx(undisturbed) for c in found.cases if c.signal == "speed_mean")


def test_episodes_are_counted_under_faults_as_well(plant: Plant) -> None:
    """A stuck sensor announces no failure; the events that count are the same."""
    spec = MetricSpec("REQ-x", "sturdy", "recall", RECALL.where, RECALL.params, (), RECALL.bound, ALL)
    found = plant.measure(spec)
    assert (found.overall.successes, found.overall.samples) == (0, 4)
    assert found.detail[UNDISTURBED] > 0


def test_features_of_one_sensor_fail_together(plant: Plant) -> None:
    """A sensor by its name, with what stands behind it: one case for each fault."""
    both = SensorFaults(("bias", "dropout"), 2.0, {"drive": ("torque_mean", "speed_mean")})
    found = plant.measure(MetricSpec("REQ-x", "c", "recall", ("validation",), {"unit": "sample"}, faults=both))
    assert [(c.fault, c.signal) for c in found.cases] == [("dropout", "drive"), ("bias", "drive")]
    assert "no answer to 1580 rows" in found.cases[0].estimate.note


@pytest.mark.parametrize(
    ("faults", "message", "hint"),
    [
        pytest.param(SensorFaults(("bias",), 1.0, ("torque_meen",)),
                     "REQ-x/c plants faults in 'torque_meen', which the model m does not read.", "torque_mean",
                     id="unread"),
        pytest.param(SensorFaults(("bias",), 1.0, {"drive": ("torque_mean", "wear")}),
                     "REQ-x/c plants faults in 'wear' of drive, which the model m does not read.", "Use", id="grouped"),
        pytest.param(SensorFaults(("dropout", "bias"), 1.0, ("variant",)),
                     "REQ-x/c plants bias in 'variant', which is text.", "Name dropout", id="text"),
        pytest.param(SensorFaults(("stuck", "noise"), 1.0, ("still",)),
                     "plants noise (noise of a quarter of the training spread) in 'still', which does not vary",
                     "Take", id="constant"),
    ],
)  # fmt: skip
def test_a_signal_that_a_fault_cannot_befall_is_named(faults: SensorFaults, message: str, hint: str) -> None:
    """One that the model does not read, text that should drift, and what never varied in training."""
    spreads = {"torque_mean": 1.0, "variant": None, "still": 0.0}
    with pytest.raises(InvalidInput) as caught:
        planned(faults, "REQ-x/c", "m", spreads)
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_without_named_signals_each_feature_fails_as_it_can() -> None:
    """Text drops out; what does not vary in training is left out."""
    spreads = {"torque_mean": 1.0, "variant": None, "still": 0.0}
    cases = planned(SensorFaults(("dropout", "bias")), "REQ-x/c", "m", spreads)
    assert [(f, s) for f, s, _ in cases] == [
        ("dropout", "torque_mean"), ("bias", "torque_mean"), ("dropout", "variant")
    ]  # fmt: skip


def test_it_is_measured_again_exactly_when_suite_rows_model_or_metric_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of the suite stands in the key of its task and in no other; the threshold in neither."""
    plain = MetricSpec("REQ-x", "plain", "recall", ("validation",))
    other, before = _tasks(BY_ROW, plain)
    assert (before.params, other.params) == ({"suite": step.SUITE}, None)
    assert set(before.facets) == {"metric"}
    assert set(before.results) == {"model", "features", "labels"}
    monkeypatch.setattr(step, "SUITE", "2")
    same, after = _tasks(BY_ROW, plain)
    assert (after.params, same) == ({"suite": "2"}, other)


def _tasks(*specs: MetricSpec) -> list[Task]:
    facets = [
        Facet("model:m#train", "train", {"use_case": "UC-x", "dataset": "recipe:r"}),
        Facet("recipe:r#inputs", "inputs", {"cell": "dataset:cell"}),
        Facet("REQ-x#index", "index", {"links": [{"to": "UC-x"}]}),
        *(Facet(f"REQ-x#metric/{s.criterion}", "metric", s) for s in specs),
    ]
    planned_ = list(MeasurementStep().plan(View(facets, {}, 0), lambda _n: None))
    assert all(isinstance(t, Task) for t in planned_)
    return planned_


def test_the_same_key_gives_the_same_measurement(tmp_path: Path) -> None:
    """Noise is drawn from the generator of the task, so a measurement can be repeated."""
    spec = MetricSpec("REQ-x", "c", "recall", ("validation",), {"unit": "sample"}, faults=SensorFaults(("noise",)))
    assert Plant(tmp_path).measure(spec).cases == Plant(tmp_path).measure(spec).cases
