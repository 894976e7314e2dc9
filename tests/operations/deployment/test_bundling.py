"""The bundle step: a payload that a device opens, checks and runs, the same each time."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ninefold.bundle.opening import check_device, open_scorer
from ninefold.bundle.payload import read_payload
from ninefold.kernel.blobs import Blobs
from ninefold.kernel.errors import InvalidInput, Refused
from ninefold.kernel.steps import Blocked, Evidence, Task
from ninefold.kernel.view import Facet, View
from ninefold.operations.deployment.bundling import BundleStep
from ninefold.stats.drift import DriftReference
from ninefold.testing.bundles import FEATURES, RECIPE, RECIPE_FACETS, raw_rows, small_graph, small_stream
from ninefold.testing.steps import context, evidence, parquet
from ninefold.vocabulary.columns import length
from ninefold.vocabulary.conformal import Conformal, ConformalLevel, ConformalRule
from ninefold.vocabulary.criterion import MetricSpec
from ninefold.vocabulary.dataset import DataColumn, DatasetVersion
from ninefold.vocabulary.features import ParityCertificate
from ninefold.vocabulary.model import TEST, Model, Parity
from ninefold.vocabulary.monitor import Monitor, Monitors

TASK = Task("bundle:tool-failure")
MONITOR = Monitor({"features": {}, "blocks": 20, "rows": 50.0, "blocks_per_day": 4.0}, 50)


def certificate(*, equal: bool) -> ParityCertificate:
    """Return a certificate of parity."""
    return ParityCertificate("r", "duckdb", equal, (), 10, 10, ("m1", "m2"), False, 1e-9, 3)  # noqa: FBT003 - a field


def dataset(rows: int) -> DatasetVersion:
    """Return what is known of the raw rows."""
    columns = (DataColumn("torque", "number", "N.m"), DataColumn("speed", "number", "{rev}/min"))
    return DatasetVersion("cell", "samples", rows, columns, None, None, ("m1", "m2"), "0" * 64)


def inputs(folder: Path, blobs: Blobs, **changes: Evidence) -> Mapping[str, Evidence]:
    """Return the evidence of a bundle: 400 parts of two machines, the last hundred of each for the test."""
    raw = raw_rows(parts=400)
    raw = {**raw, "torque": 40 + np.random.default_rng(3).normal(0, 5, length(raw))}
    rows = small_stream().push(raw)
    kept = io.BytesIO()
    np.save(kept, np.where(np.arange(length(rows)) % 399 < 300, 0, TEST).astype(np.int8), allow_pickle=False)
    roles, onnx = blobs.put(kept.getvalue()), blobs.put(small_graph())
    parity = Parity(passed=True, rows=10, cases={}, largest_difference=0.0, tolerance=1e-5)
    model = Model("tool-failure", "linear-1", "binary", FEATURES, 0.5, onnx, 1.0, parity, 0, (), roles)
    monitor = MetricSpec("REQ-x", "input-drift", "drift", ("runtime",), {"states": ["producing"]})
    found = {
        "inputs": evidence("recipe:r#inputs", RECIPE_FACETS["inputs"]),
        "features": evidence("recipe:r#features", RECIPE_FACETS["features"]),
        "monitor:REQ-x/input-drift": evidence("REQ-x#metric/input-drift", monitor),
        "model": evidence("model:tool-failure", model, onnx, roles),
        "profile": evidence("profile:r", {"rows": 4}),
        "parity": evidence("parity:r", certificate(equal=True)),
        "drift": evidence("monitor:tool-failure", Monitors("tool-failure", {"REQ-x/input-drift": MONITOR})),
        "rows": evidence("features:r", {"rows": 1}, parquet(blobs, folder, rows)),
        "data": evidence("dataset:cell", dataset(length(raw)), parquet(blobs, folder, raw)),
    }
    return {**found, **changes}


def build(folder: Path, **changes: Evidence) -> tuple[Any, bytes]:
    """Return the record's body and the payload."""
    blobs = Blobs(folder / "blobs")
    result = BundleStep().run(TASK, context(folder, inputs(folder, blobs, **changes), blobs))
    assert result.kind == "bundle@1"
    assert result.blobs == (result.body.payload,)
    return result.body, blobs.read(result.body.payload)


def test_a_device_opens_and_checks_it(tmp_path: Path) -> None:
    """Golden rows pass through model and recipe, and a scorer decides on the same raw rows."""
    body, data = build(tmp_path)
    payload = read_payload(data)
    assert payload.digest == body.payload
    result = check_device(payload)
    assert (result.passed, result.scored, result.computed) == (True, body.golden_scores, body.golden_rows)
    assert body.golden_rows > 100
    raw = raw_rows(parts=400)
    decisions = open_scorer(payload).push(raw, int(raw["t"].max())).decisions
    assert length(decisions) == 2 * 399


def test_the_same_evidence_gives_the_same_bytes(tmp_path: Path) -> None:
    """Built twice in two places, the digest is one."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert build(tmp_path / "a")[1] == build(tmp_path / "b")[1]


def test_the_contract_and_the_drift_reference_come_from_training_rows(tmp_path: Path) -> None:
    """Medians and blocks of the rows that the model was trained on, and the criteria to watch."""
    body, data = build(tmp_path)
    payload = read_payload(data)
    torque = payload.manifest.contract.features[0]
    assert torque.name == "torque_mean"
    assert torque.centre == pytest.approx(40.0, abs=0.5)
    assert torque.spread == pytest.approx(2.5, rel=0.2)
    reference = DriftReference.from_plain(payload.profile)
    assert reference.blocks == body.reference_blocks == 12
    assert payload.profile["profile"] == {"rows": 4}
    assert [m.criterion for m in payload.manifest.monitors] == ["input-drift"]
    assert payload.drift == {"REQ-x/input-drift": MONITOR}
    signals = {s.name: s.unit for s in payload.manifest.contract.inputs}
    assert signals == {"part": "", "speed": "{rev}/min", "torque": "N.m"}


def test_answers_that_the_model_file_asks_for_are_in_the_bundle(tmp_path: Path) -> None:
    """The edges of the level that validation calibrated; a share that had too few rows is refused with why."""
    level = ConformalLevel(0.9, {}, least=0.3, most=0.6)
    calibrated = Conformal("binary", 500, 200, (level,), ("500 rows are too few for a share of 0.95",))
    asked = {"answer": evidence("model:tool-failure#answer", {"conformal": 0.9}),
             "conformal": evidence("conformal:tool-failure", calibrated)}  # fmt: skip
    body, data = build(tmp_path, **asked)
    payload = read_payload(data)
    assert (body.conformal, payload.manifest.decide.conformal) == (0.9, ConformalRule(0.9, least=0.3, most=0.6))
    assert len(payload.golden.answers["answer"]) == body.golden_scores
    assert check_device(payload).passed
    none = {**asked, "answer": evidence("model:tool-failure#answer", {"conformal": 0.95})}
    with pytest.raises(InvalidInput, match=r"no conformal answers at 0\.95: 500 rows are too few"):
        build(tmp_path, **none)


def test_only_a_model_that_asks_waits_for_its_calibration() -> None:
    """The others' bundles have the key that they had."""
    recipe = Facet("recipe:r#inputs", "inputs", {})
    plain = Facet("model:m#train", "train", {"use_case": "UC-x", "dataset": "recipe:r"})
    answer = Facet("model:m#answer", "answer", {"conformal": 0.9})
    [before] = BundleStep().plan(View([recipe, plain], {}, 0), lambda _n: None)
    [asked] = BundleStep().plan(View([recipe, plain, answer], {}, 0), lambda _n: None)
    assert isinstance(before, Task)
    assert isinstance(asked, Task)
    assert asked.facets.items() - before.facets.items() == {("answer", "model:m#answer")}
    assert asked.results.items() - before.results.items() == {("conformal", "conformal:m")}


def test_what_only_the_centre_can_do_is_refused(tmp_path: Path) -> None:
    """A column of a Python step, by its name."""
    step = {"op": "python", "function": "mine.py:lift", "columns": ["torque_lift"]}
    python = {"keys": RECIPE.keys, "steps": [*RECIPE.steps, step]}
    with pytest.raises(Refused, match="makes torque_lift in Python, at the centre only"):
        build(tmp_path, features=evidence("recipe:r#features", python))


def test_a_failed_certificate_is_refused(tmp_path: Path) -> None:
    """What differs between batch and stream is not shipped."""
    with pytest.raises(Refused, match="parity:r did not pass"):
        build(tmp_path, parity=evidence("parity:r", certificate(equal=False)))


def test_rows_of_another_model_are_refused(tmp_path: Path) -> None:
    """Roles and rows must be as many."""
    blobs = Blobs(tmp_path / "blobs")
    few = parquet(blobs, tmp_path, small_stream().push(raw_rows(parts=9)))
    with pytest.raises(InvalidInput, match="798 roles do not fit 16 feature rows"):
        build(tmp_path, rows=evidence("features:r", {}, few))


def test_too_little_training_gives_no_drift_reference(tmp_path: Path) -> None:
    """The bundle says so; everything else is there."""
    blobs = Blobs(tmp_path / "blobs")
    few = parquet(blobs, tmp_path, small_stream().push(raw_rows(parts=9)))
    kept = io.BytesIO()
    np.save(kept, np.zeros(16, np.int8), allow_pickle=False)
    model = {**inputs(tmp_path, blobs)["model"].plain, "roles": blobs.put(kept.getvalue())}
    body, data = build(tmp_path, rows=evidence("features:r", {}, few), model=evidence("model:m", model))
    assert body.reference_blocks == 0
    assert "blocks" not in read_payload(data).profile


def _view(*facets: Facet) -> View:
    train = Facet("model:m#train", "train", {"use_case": "UC-x", "dataset": "recipe:r"})
    return View([train, *facets], {}, 0)


def _planned(view: View) -> Any:
    [item] = BundleStep().plan(view, lambda _n: None)
    return item


def test_a_bundle_reads_the_metrics_that_are_watched_and_no_threshold() -> None:
    """A changed drift limit, which is a threshold, leaves the bundle as it is."""
    specs = [
        MetricSpec("REQ-x", "input-drift", "drift", ("runtime",)),
        MetricSpec("REQ-x", "latency", "input_to_decision_p99_ms", ("deployment",)),
        MetricSpec("REQ-y", "recall", "recall", ("runtime",)),
    ]
    facets = [Facet(f"{s.requirement}#metric/{s.criterion}", "metric", s) for s in specs]
    facets += [
        Facet("REQ-x#index", "index", {"links": [{"to": "UC-x"}]}),
        Facet("REQ-y#index", "index", {"links": [{"to": "UC-y"}]}),
        Facet("recipe:r#inputs", "inputs", {"cell": "dataset:cell", "log": "events:log"}),
    ]
    task = _planned(_view(*facets))
    assert dict(task.facets) == {
        "inputs": "recipe:r#inputs", "features": "recipe:r#features",
        "monitor:REQ-x/input-drift": "REQ-x#metric/input-drift",
    }  # fmt: skip
    assert dict(task.results) == {"model": "model:m", "profile": "profile:r", "parity": "parity:r",
                                  "rows": "features:r", "data": "dataset:cell", "drift": "monitor:m"}  # fmt: skip


def test_a_model_of_an_absent_recipe_is_blocked() -> None:
    """The reason names the recipe."""
    item = _planned(_view())
    assert isinstance(item, Blocked)
    assert item.reason == "recipe r is in no file"
