"""The steps that examine a model: planned from the files, run on stored tables, repeatable, and told when nothing fits."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.development.validation.made import a_model, machining, material

from ninefold.development.validation.examining import drawn
from ninefold.development.validation.step import STEPS
from ninefold.kernel.blobs import Blobs
from ninefold.kernel.errors import InvalidInput
from ninefold.kernel.records import encode
from ninefold.kernel.steps import Evidence, Task
from ninefold.kernel.view import Facet, View
from ninefold.testing.bundles import FEATURES, small_graph
from ninefold.testing.steps import context, evidence, parquet
from ninefold.vocabulary.columns import Array
from ninefold.vocabulary.model import TEST, Candidate, Leaderboard, SplitSummary

EXAMINATIONS = {s.name: s for s in STEPS if s.name not in {"measurement", "verdict", "approval"}}
N = 1200


def _blob(blobs: Blobs, array: Array) -> str:
    out = io.BytesIO()
    np.save(out, array, allow_pickle=False)
    return blobs.put(out.getvalue())


def _inputs(folder: Path, blobs: Blobs, **changes: Array) -> dict[str, Evidence]:
    """Return six machines' rows whose torque decides, in training and test, with out-of-fold scores."""
    rng = np.random.default_rng(1)
    torque = rng.normal(46, 6, N)
    keys = {"asset": np.array([f"m{i % 6}" for i in range(N)], object), "frame": np.array([f"p{i}" for i in range(N)], object),
            "t": (1_790_000_000_000_000 + np.arange(N) * 60_000_000).astype(np.int64)}  # fmt: skip
    label = (torque + rng.normal(0, 3, N) > 50).astype(float)
    label[::11] = np.nan
    features = {**keys, "variant": np.array(["L", "M"], object)[np.arange(N) // 6 % 2], "torque_mean": torque,
                "speed_mean": rng.normal(1500, 60, N)}  # fmt: skip
    roles = changes.get("roles", np.where(np.arange(N) < 700, np.arange(N) % 5, TEST).astype(np.int8))
    score = changes.get("score", (1 / (1 + np.exp(-(0.2 * torque - 10)))).astype(np.float32))
    kept, onnx = _blob(blobs, roles), blobs.put(small_graph())
    split = SplitSummary("time", kept, {}, {}, 5)
    row = Candidate("linear-1", "linear", {}, "finished", out_of_fold=_blob(blobs, score))
    board = Leaderboard("average_precision", True, FEATURES, (row,), "linear-1", "", split, 1.0, 1.0, "")  # noqa: FBT003 - a record
    return {
        "model": evidence("model:m", a_model(onnx, kept, FEATURES), onnx, kept), "candidates": evidence("candidates:m", board),
        "features": evidence("features:r", {"rows": N}, parquet(blobs, folder, changes.get("features", features))),
        "labels": evidence("labels:r", {"rows": N}, parquet(blobs, folder, {**keys, "label": label})),
    }  # fmt: skip


@pytest.mark.parametrize("name", sorted(EXAMINATIONS))
def test_every_examination_is_planned_for_each_model(name: str) -> None:
    """Its inputs are the model, its rows and labels; conformal answers also need the out-of-fold scores."""
    step = EXAMINATIONS[name]
    view = View([Facet("model:m#train", "train", {"use_case": "UC-x", "dataset": "recipe:r"})], {}, 0)
    [task] = step.plan(view, lambda _n: None)  # type: ignore[arg-type,return-value]  # nothing is asked
    assert isinstance(task, Task)
    assert (task.name, task.of, dict(task.facets)) == (f"{name}:m", ("model",), {})
    expected = {"model": "model:m", "features": "features:r", "labels": "labels:r"}
    assert dict(task.results) == expected | ({"candidates": "candidates:m"} if name == "conformal" else {})


@pytest.mark.parametrize("name", sorted(EXAMINATIONS))
def test_every_examination_is_repeatable_and_has_a_canonical_body(name: str, tmp_path: Path) -> None:
    """The same inputs and generator give the same bytes; no NaN is left in them."""
    blobs = Blobs(tmp_path / "blobs")
    inputs = _inputs(tmp_path, blobs)
    results = [EXAMINATIONS[name].run(Task(f"{name}:m"), context(tmp_path, inputs, blobs)) for _ in range(2)]
    assert results[0].kind == f"{name}@1"
    assert encode(f"{name}@1", results[0].body) == encode(f"{name}@1", results[1].body)


@pytest.mark.parametrize("name", sorted(EXAMINATIONS))
def test_without_test_rows_nothing_is_examined(name: str, tmp_path: Path) -> None:
    """Training rows are no evidence."""
    blobs = Blobs(tmp_path / "blobs")
    inputs = _inputs(tmp_path, blobs, roles=np.zeros(N, np.int8))
    with pytest.raises(InvalidInput, match="There are no test rows"):
        EXAMINATIONS[name].run(Task(f"{name}:m"), context(tmp_path, inputs, blobs))


def test_out_of_fold_scores_of_other_rows_are_refused(tmp_path: Path) -> None:
    """They would calibrate an interval on something else."""
    blobs = Blobs(tmp_path / "blobs")
    inputs = _inputs(tmp_path, blobs, score=np.zeros(10, np.float32))
    with pytest.raises(InvalidInput, match="10 out-of-fold predictions and 1200 rows"):
        EXAMINATIONS["conformal"].run(Task("conformal:m"), context(tmp_path, inputs, blobs))
    board: Any = {**inputs["candidates"].plain}
    board["candidates"] = [{**board["candidates"][0], "out_of_fold": blobs.put(b"noise")}]
    changed = {**inputs, "candidates": evidence("candidates:m", board)}
    with pytest.raises(InvalidInput, match="cannot be read"):
        EXAMINATIONS["conformal"].run(Task("conformal:m"), context(tmp_path, changed, blobs))


def test_rows_are_drawn_of_each_class_as_many() -> None:
    """Rare positives are all taken; a number is drawn evenly; few rows are all taken; the order is that of the rows."""
    made = machining(np.random.default_rng(2))
    places = drawn(made, 500)
    assert len(places) == 500
    assert made.truth[places].sum() == min(int(made.truth.sum()), 250)
    assert (np.diff(places) > 0).all()
    assert len(drawn(made, 10_000)) == len(made.truth)
    x = np.arange(1000.0)
    assert len(drawn(material({"x": x}, x, lambda m: m[:, 0], kind="regression"), 100)) == 100
