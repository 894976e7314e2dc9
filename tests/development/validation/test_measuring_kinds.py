"""Measurements of models that tell a number or a class: recounted by hand, through the session that the device uses."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ninefold.development.validation.measuring import MeasurementStep
from ninefold.kernel.blobs import Blobs
from ninefold.kernel.errors import InvalidInput
from ninefold.kernel.steps import Task
from ninefold.testing.bundles import FEATURES, class_graph, number_graph
from ninefold.testing.steps import context, evidence, parquet
from ninefold.vocabulary.columns import Array
from ninefold.vocabulary.criterion import Bound, MetricSpec
from ninefold.vocabulary.measurement import Measurement
from ninefold.vocabulary.model import TEST, Model, Parity
from ninefold.vocabulary.task import AlarmRule

ROWS, ASSETS = 400, 20
GRADES = ("low", "middle", "high")


class Works:
    """Twenty assets, twenty rows each; torque decides what is asked, with an error of its own in each asset."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.blobs = folder, Blobs(folder / "blobs")
        self.rng = np.random.default_rng(5)
        asset = np.repeat(np.array([f"m{i}" for i in range(ASSETS)], object), ROWS // ASSETS)
        t = np.arange(ROWS).astype(np.int64) * 60_000_000
        self.torque = self.rng.uniform(30, 60, ROWS)
        self.features: dict[str, Array] = {
            "asset": asset, "frame": np.array([str(i) for i in range(ROWS)], object), "t": t,
            "torque_mean": self.torque, "speed_mean": np.full(ROWS, 1500.0),
        }  # fmt: skip
        self.roles = np.where(np.arange(ROWS) % 2 == 0, TEST, 0).astype(np.int8)

    def measure(self, spec: MetricSpec, label: Array, onnx: bytes, **model: Any) -> Measurement:
        """Return what the step measures of a model."""
        roles = io.BytesIO()
        np.save(roles, self.roles, allow_pickle=False)
        kept, graph = self.blobs.put(roles.getvalue()), self.blobs.put(onnx)
        parity = Parity(passed=True, rows=10, cases={}, largest_difference=0.0, tolerance=1e-5)
        fields: dict[str, Any] = {"task": "regression", **model}
        body = Model("m", "linear-1", features=FEATURES, threshold=None, onnx=graph, size_kb=1.0, parity=parity,
                     label_flips=0, limits=(), roles=kept, **fields)  # fmt: skip
        keys = {n: self.features[n] for n in ("asset", "frame", "t")}
        nobody = np.full(ROWS, None, object)
        tables = {"features": self.features, "labels": {**keys, "label": label, "event": nobody}}
        inputs = {n: evidence(f"{n}:r", {"rows": 1}, parquet(self.blobs, self.folder, c)) for n, c in tables.items()}
        inputs |= {"metric": evidence("REQ-x#metric/c", spec), "model": evidence("model:m", body, graph, kept)}
        result = MeasurementStep().run(Task("measurement:m/REQ-x/c"), context(self.folder, inputs, self.blobs))
        found: Measurement = result.body
        return found


@pytest.fixture
def works(tmp_path: Path) -> Works:
    return Works(tmp_path)


def spec(metric: str, bound: Bound | None = None, by: tuple[str, ...] = (), **params: Any) -> MetricSpec:
    return MetricSpec("REQ-x", "c", metric, ("validation",), params, by, bound)


def test_errors_of_a_number_are_bounded_by_asset(works: Works) -> None:
    """On test rows whose life is known; the graph says 60 - torque."""
    error = np.repeat(works.rng.normal(0, 3, ASSETS), ROWS // ASSETS)
    life = np.where(np.arange(ROWS) < 40, np.nan, 60 - works.torque - error)
    found = works.measure(spec("rmse", Bound("upper", "bootstrap")), life, number_graph())
    tested = (works.roles == TEST) & ~np.isnan(life)
    rmse = np.sqrt((error[tested] ** 2).mean())
    assert found.overall.value == pytest.approx(rmse, abs=1e-4)
    assert (found.overall.samples, found.detail["groups"], found.unit) == (180, 18.0, "[target]")
    assert found.overall.bound is not None
    assert found.overall.bound > rmse * 1.1  # eighteen assets, not 180 rows
    late = works.measure(spec("late_warning_share", tolerance=1, within=15), life, number_graph())
    near = tested & (life <= 15)
    assert late.overall.value == pytest.approx((error[near] > 1).mean())
    assert late.overall.samples == near.sum()


def grades(torque: Array) -> Array:
    return np.select([torque < 42, torque > 48], ["low", "high"], "middle").astype(object)


def test_classes_are_recounted_with_their_confusion(works: Works) -> None:
    """The label is text; the slice `class` is the true class, and rows without one are in none."""
    told = grades(works.torque)
    label = grades(works.torque + works.rng.normal(0, 2, ROWS))
    label[:40] = None
    found = works.measure(
        spec("class_recall", Bound("lower", "wilson"), ("class",)), label, class_graph(), task="multiclass", classes=GRADES,
        alarm=AlarmRule(classes=("high",)),
    )  # fmt: skip
    tested = (works.roles == TEST) & np.array([v is not None for v in label])
    assert found.confusion is not None
    for i, truth in enumerate(GRADES):
        for j, said in enumerate(GRADES):
            assert found.confusion.counts[i][j] == (tested & (label == truth) & (told == said)).sum()
    recall = {c: (tested & (label == c) & (told == c)).sum() / (tested & (label == c)).sum() for c in GRADES}
    assert {s.where["class"]: s.estimate.value for s in found.slices} == pytest.approx(recall)
    assert found.overall.value in recall.values()
    accuracy = works.measure(spec("accuracy"), label, class_graph(), task="multiclass", classes=GRADES)
    assert accuracy.overall.value == pytest.approx((told == label)[tested].mean())


def test_a_label_that_the_model_does_not_tell_is_refused(works: Works) -> None:
    """A class that came later than the model; or the decision of two outcomes asked of three."""
    label = grades(works.torque)
    label[0] = "split"
    with pytest.raises(InvalidInput, match="'split' is no class of the model"):
        works.measure(spec("accuracy"), label, class_graph(), task="multiclass", classes=GRADES)
    with pytest.raises(InvalidInput, match="needs two outcomes"):
        works.measure(spec("recall"), grades(works.torque), class_graph(), task="multiclass", classes=GRADES)
