"""Measurement and verdict: recounted by hand, on test rows only, through the session that the device uses."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.development.validation.plant import MINUTE, PARTS, RECALL, Plant

from ninefold.development.validation.measuring import MeasurementStep, VerdictStep
from ninefold.kernel.errors import InvalidInput
from ninefold.kernel.steps import Blocked, Task
from ninefold.kernel.view import Facet, View
from ninefold.testing.steps import context, evidence, parquet
from ninefold.vocabulary.calendar import Calendar
from ninefold.vocabulary.criterion import CriterionSpec, MetricSpec, Threshold
from ninefold.vocabulary.model import TEST, Model
from ninefold.vocabulary.verdict import Verdict


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    return Plant(tmp_path)


def test_recall_is_counted_on_test_rows_only(plant: Plant) -> None:
    """The failures after the 1200th part, recounted with a loop; those before are no evidence."""
    found = plant.measure(RECALL).overall
    scores = 1 / (1 + np.exp(-(0.2 * plant.features["torque_mean"] - 10)))
    caught = total = 0
    for asset, when in zip(plant.events["asset"], plant.events["occurred"], strict=True):
        mine = (plant.features["asset"] == asset) & (plant.roles == TEST)
        if not plant.t[mine].min() <= when <= plant.t[mine].max():
            continue
        ahead = when - plant.t
        warned = mine & (scores >= 0.5) & (ahead >= 5 * MINUTE) & (ahead <= 120 * MINUTE)
        caught, total = caught + int(warned.any()), total + 1
    assert (found.samples, found.successes) == (total, caught)
    assert total == 4
    assert found.bound is not None
    assert found.bound < 1.0


def test_invented_times_foretell_nothing(plant: Plant) -> None:
    """Rows in the order of a file have no rate a day, and no false alarms a week; a metric by sample has its value."""
    by_sample = MetricSpec("REQ-x", "recall", "recall", ("validation",), {"unit": "sample"})
    kept = parquet(plant.blobs, plant.folder, plant.features)
    invented = evidence("features:r", {"rows": 1, "time_from": "row order"}, kept)
    timed, untimed = plant.measure(by_sample), plant.measure(by_sample, features=invented)
    assert (timed.rate_per_day is None, untimed.rate_per_day) == (False, None)
    assert timed.overall == untimed.overall
    with pytest.raises(InvalidInput, match="recall counts by time, and the times of these rows are invented"):
        plant.measure(RECALL, features=invented)


def test_slices_are_measured_by_their_column(plant: Plant) -> None:
    """Every event belongs to the variant that was made when it came."""
    measured = plant.measure(RECALL)
    assert {s.where["variant"] for s in measured.slices} == {"H", "L"}
    assert sum(s.estimate.samples for s in measured.slices) == measured.overall.samples


def test_false_alarms_count_machine_weeks(plant: Plant) -> None:
    """Exposure is the calendar time of both machines in the test rows."""
    spec = MetricSpec("REQ-x", "false-alarms", "false_alarms_per_machine_week", ("validation",), {"clock": "calendar"})
    found = plant.measure(spec).overall
    assert found.exposure == pytest.approx(2 * (PARTS - 1210 - 1) * 10 / (7 * 24 * 60))
    assert found.value is not None
    assert found.value < 0.5


def test_an_averted_failure_is_neither_missed_nor_false(plant: Plant) -> None:
    """Its alarm was acted on: the event leaves the count, its rows have no label, and nothing is called false."""
    outcome = np.full(len(plant.events["asset"]), "confirmed", object)
    outcome[-1] = "averted"
    plant.events["outcome"] = outcome
    near = (plant.events["occurred"][-1] - plant.t >= 0) & (plant.events["occurred"][-1] - plant.t < 130 * MINUTE)
    plant.labels["label"][near & (plant.features["asset"] == plant.events["asset"][-1])] = np.nan
    assert plant.measure(RECALL).overall.samples == 3
    spec = MetricSpec("REQ-x", "false-alarms", "false_alarms_per_machine_week", ("validation",), {"clock": "calendar"})
    assert plant.measure(spec).overall.successes == 0


def test_sample_metrics_use_labels_of_test_rows(plant: Plant) -> None:
    """Precision by row, recounted."""
    spec = MetricSpec("REQ-x", "precision", "precision", ("validation",), {"unit": "sample"})
    found = plant.measure(spec).overall
    scores = 1 / (1 + np.exp(-(0.2 * plant.features["torque_mean"] - 10)))
    warned = (scores >= 0.5) & (plant.roles == TEST)
    assert found.value == pytest.approx(plant.labels["label"][warned].mean())


def test_the_operating_clock_follows_the_calendar(plant: Plant) -> None:
    """A plant that works a minute a day: what lies an hour apart by the calendar is the same operating second."""
    params = {"unit": "episode", "lead": ["0 s", "1 s"], "hold": "1 s"}
    spec = MetricSpec("REQ-x", "recall", "recall", ("validation",), params)
    none = plant.measure(spec).overall.successes
    calendar = evidence("calendar", Calendar("UTC", {"only": "00:00-00:01"}))
    assert none == 0
    assert (plant.measure(spec, calendar=calendar).overall.successes or 0) > 0


@pytest.mark.job("monitoring/centre", against="cases", what="generated inputs")
def test_drift_is_small_evidence_in_control_and_strong_after_a_shift(plant: Plant) -> None:
    """The same plant, and one whose speed falls by two spreads in the test rows of one machine."""
    spec = MetricSpec("REQ-x", "drift", "drift", ("runtime",), {"features": ["speed_mean"], "states": ["producing"]})
    quiet = plant.measure(spec)
    moved = (plant.features["asset"] == "m2") & (plant.roles == TEST)
    plant.features["speed_mean"] = np.where(moved, plant.features["speed_mean"] - 20, plant.features["speed_mean"])
    loud = plant.measure(spec)
    assert quiet.overall.value is not None
    assert loud.overall.value is not None
    assert quiet.overall.value > 1 > loud.overall.value
    assert quiet.detail["effective_rows_per_day"] > 0
    assert quiet.detail["smallest_shift_sd_in_a_week"] > 0


def test_features_that_wander_are_left_out_unless_named(plant: Plant) -> None:
    """The budget of false alarms holds for independent blocks only; what is named is watched all the same."""
    day = np.sin(np.arange(PARTS) / 150)
    plant.features["torque_mean"] = np.tile(day, 2)
    quiet = plant.measure(MetricSpec("REQ-x", "drift", "drift", ("runtime",))).overall.value
    named = plant.measure(MetricSpec("REQ-x", "drift", "drift", ("runtime",), {"features": ["torque_mean"]}))
    assert quiet is not None
    assert named.overall.value is not None
    assert named.overall.value < quiet
    plant.features["speed_mean"] = np.tile(day, 2)
    with pytest.raises(InvalidInput, match="each wanders from block to block"):
        plant.measure(MetricSpec("REQ-x", "drift", "drift", ("runtime",)))


def test_rows_outside_the_states_are_not_watched(plant: Plant) -> None:
    """A shift while the machine idles is no drift."""
    moved = np.arange(2 * PARTS) % 2 == 0
    plant.features["speed_mean"] = np.where(moved & (plant.roles == TEST), 0.0, plant.features["speed_mean"])
    plant.features["state"] = np.where(moved, "idle", "producing").astype(object)
    spec = MetricSpec("REQ-x", "drift", "drift", ("runtime",), {"features": ["speed_mean"], "states": ["producing"]})
    value = plant.measure(spec).overall.value
    assert value is not None
    assert value > 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: p.__setattr__("roles", p.roles[:-1]), "have 4000, 4000 and 3999 rows"),
        (lambda p: p.__setattr__("roles", np.zeros(2 * PARTS, np.int8)), "There are no test rows"),
        (lambda p: p.features.pop("variant"), "no column 'variant'"),
        (lambda p: p.features.pop("torque_mean"), "feature torque_mean is not among"),
        (lambda p: p.events.pop("occurred"), "no column 'occurred'"),
    ],
    ids=["roles", "no test", "slice", "feature", "events"],
)
def test_what_does_not_fit_is_named(plant: Plant, change: Any, message: str) -> None:
    """Nothing is measured on rows that belong to something else."""
    change(plant)
    with pytest.raises(InvalidInput, match=message):
        plant.measure(RECALL)


def test_blobs_that_are_no_tables_are_named(plant: Plant) -> None:
    """Noise for Parquet, for roles, and a record with two blobs."""
    noise = plant.blobs.put(b"noise")
    with pytest.raises(InvalidInput, match="The table cannot be read"):
        plant.measure(RECALL, features=evidence("features:r", {}, noise))
    with pytest.raises(InvalidInput, match="features:r holds 2 tables"):
        plant.measure(RECALL, features=evidence("features:r", {}, noise, plant.blobs.put(b"more")))
    model = plant.inputs(RECALL)["model"].body(Model)
    changed = {**plant.inputs(RECALL)["model"].plain, "roles": noise}
    assert model.roles != noise
    with pytest.raises(InvalidInput, match="roles of the rows of m cannot be read"):
        plant.measure(RECALL, model=evidence("model:m", changed))


def test_a_verdict_holds_the_bound_against_the_threshold(plant: Plant) -> None:
    """Three of four is not enough evidence for 0.7; nobody is told that it passes."""
    measured = plant.measure(RECALL)
    criterion = CriterionSpec("REQ-x", "recall", Threshold(">=", 0.7), 100)
    inputs = {
        "criterion": evidence("REQ-x#criterion/recall", criterion),
        "measurement": evidence("measurement:m", measured),
    }
    result = VerdictStep().run(Task("verdict:m/REQ-x/recall"), context(plant.folder, inputs))
    verdict: Verdict = result.body
    assert (result.kind, verdict.outcome) == ("verdict@1", "insufficient")
    assert "4 of 100 samples" in verdict.overall.reason
    assert verdict.overall.needed == 100


def _view(*specs: MetricSpec, label: bool = True) -> View:
    facets = [
        Facet("model:m#train", "train", {"use_case": "UC-x", "dataset": "recipe:r"}),
        Facet("recipe:r#inputs", "inputs", {"cell": "dataset:cell", "log": "events:maintenance-log"}),
        Facet("REQ-x#index", "index", {"links": [{"to": "UC-x"}]}),
        Facet("UC-x#index", "index", {"links": []}),
        Facet("calendar", "calendar", Calendar("UTC")),
    ]
    if label:
        facets.append(Facet("recipe:r#label", "label", {"from": "log", "event": "tool_failure"}))
    facets += [Facet(f"{s.requirement}#metric/{s.criterion}", "metric", s) for s in specs]
    return View(facets, {}, 0)


def _planned(view: View) -> Any:
    def ask(_name: str) -> Any:
        raise AssertionError

    [item] = MeasurementStep().plan(view, ask)
    return item


def test_a_measurement_reads_no_threshold() -> None:
    """Its inputs are the metric, the label, the calendar, the model, its rows and the events."""
    task = _planned(_view(MetricSpec("REQ-x", "recall", "recall", ("validation",), {"unit": "episode"})))
    assert task.name == "measurement:m/REQ-x/recall"
    assert dict(task.facets) == {"metric": "REQ-x#metric/recall", "label": "recipe:r#label", "calendar": "calendar"}
    assert dict(task.results) == {"model": "model:m", "features": "features:r", "labels": "labels:r",
                                  "events": "dataset:maintenance-log"}  # fmt: skip
    assert task.of == ("model",)


def test_drift_reads_neither_labels_of_events_nor_calendar() -> None:
    """It is planned although it holds at run time only."""
    task = _planned(_view(MetricSpec("REQ-x", "drift", "drift", ("runtime",))))
    assert set(task.facets) == {"metric"}
    assert "events" not in task.results


@pytest.mark.parametrize(
    ("spec", "label", "reason"),
    [
        (MetricSpec("REQ-x", "r", "no-such-metric", ("validation",)), True, "There is no metric"),
        (MetricSpec("REQ-x", "r", "recall", ("validation",), {"unit": "episode"}), False, "has no label with events"),
        (MetricSpec("REQ-x", "r", "input_to_decision_p99_ms", ("validation",)), True, "is measured on the device"),
    ],
    ids=["unknown", "no events", "device"],
)
def test_what_cannot_be_measured_is_blocked_with_its_reason(spec: MetricSpec, label: bool, reason: str) -> None:
    """The plan says so before anything runs."""
    item = _planned(_view(spec, label=label))
    assert isinstance(item, Blocked)
    assert reason in item.reason


def test_criteria_of_other_use_cases_and_places_are_not_judged_here() -> None:
    """Only requirements that link to the model's use case, and only what holds in validation."""
    specs = [
        MetricSpec("REQ-y", "recall", "recall", ("validation",)),
        MetricSpec("REQ-x", "l", "recall", ("deployment",)),
    ]
    assert list(MeasurementStep().plan(_view(*specs), lambda _n: None)) == []
    assert list(VerdictStep().plan(_view(*specs), lambda _n: None)) == []
