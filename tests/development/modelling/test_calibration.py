"""Calibration: the right method is chosen out of fold, and its nodes give what it says, bit for float32 bit."""

import io
from pathlib import Path

import numpy as np
import pytest
from tests.development.modelling.test_step import FILE, Bench

from ninefold.bundle.tables import read_parquet
from ninefold.development.modelling.calibration import (
    OWN,
    Calibrator,
    calibrate,
    calibrated_graph,
    choose,
    fit,
    losses_of,
)
from ninefold.development.modelling.entrant import Entrant
from ninefold.development.modelling.files import ModelFiles
from ninefold.development.modelling.parity import Graph, compare
from ninefold.development.modelling.step import Candidates, Models, OperatingPoints
from ninefold.kernel.errors import InvalidFile, InvalidInput
from ninefold.testing.bundles import small_graph
from ninefold.vocabulary.columns import Array

N = 6000
ODD = np.array([0.0, 1e-9, 1e-4, 0.5, 1 - 1e-4, 1 - 1e-7, 1.0])
CALIBRATORS = [
    Calibrator("temperature", 0.4), Calibrator("temperature", 3.0), Calibrator("sigmoid", 1.7, -2.0), Calibrator("sigmoid", 0.2, 0.3),
    Calibrator("isotonic", knots=((0.01, 0.002), (0.2, 0.1), (0.5, 0.45), (0.51, 0.8), (0.9, 0.97))),
]  # fmt: skip


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def _world(bend: float, shift: float = 0.0, seed: int = 1) -> tuple[Array, Array, Array, Array]:
    """Return labels, scores whose true logit is `bend` times theirs plus a shift, folds, and groups of ten rows."""
    rng = np.random.default_rng(seed)
    logit = rng.normal(-1.5, 1.5, N)
    y = (rng.random(N) < _sigmoid(bend * logit + shift)).astype(float)
    return y, _sigmoid(logit), np.arange(N) * 5 // N, np.arange(N) // 10


@pytest.mark.parametrize(
    ("bend", "shift", "method"), [(1.0, 0.0, "none"), (0.5, 0.0, "temperature"), (1.0, -1.5, "sigmoid")]
)
def test_the_simplest_method_that_is_enough_is_chosen(bend: float, shift: float, method: str) -> None:
    """Right scores stay; too steep ones get a temperature; shifted ones a sigmoid: isotonic is never within need."""
    found, calibrator, crossed = choose(*_world(bend, shift))
    assert found.method == calibrator.method == method
    assert found.losses.keys() == {"none", "temperature", "sigmoid", "isotonic"}
    assert "log loss out of fold" in found.reason
    y, raw, _, _ = _world(bend, shift)
    assert losses_of(y, crossed).mean() <= losses_of(y, raw).mean() + 1e-9


def test_a_step_that_no_sigmoid_follows_is_isotonic() -> None:
    """Low scores never, middle ones always, high ones half of the time: still rising only in parts."""
    rng = np.random.default_rng(2)
    raw = rng.random(N)
    y = (rng.random(N) < np.where(raw < 0.3, 0.02, np.where(raw < 0.9, 0.5, 0.52))).astype(float)
    found, calibrator, _ = choose(y, raw, np.arange(N) % 5, np.arange(N))
    assert found.method == "isotonic"
    assert calibrator.apply(np.array([0.1]))[0] == pytest.approx(0.02, abs=0.02)
    assert calibrator.apply(np.array([0.6]))[0] == pytest.approx(0.5, abs=0.04)


def test_each_fold_is_read_by_a_calibrator_of_the_others() -> None:
    """Labels of one fold turned round change the calibrated scores of the other folds, never its own."""
    y, raw, folds, groups = _world(0.5)
    turned = np.where(folds == 2, 1 - y, y)
    a, b = fit("sigmoid", y[folds != 2], raw[folds != 2]), fit("sigmoid", turned[folds != 2], raw[folds != 2])
    assert a == b
    _, _, before = choose(y, raw, folds, groups)
    assert before[folds == 2] == pytest.approx(
        fit("temperature", y[folds != 2], raw[folds != 2]).apply(raw[folds == 2])
    )


def test_classes_get_a_temperature() -> None:
    """Probabilities that are too sure of themselves are softened; the order of the classes stays."""
    rng = np.random.default_rng(3)
    logits = rng.normal(0, 1.5, (N, 4))
    right = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    y = (right.cumsum(axis=1) > rng.random(N)[:, None]).argmax(axis=1).astype(float)
    sure = right**2 / (right**2).sum(axis=1, keepdims=True)
    found, calibrator, crossed = choose(y, sure, np.arange(N) % 5, np.arange(N))
    assert found.method == "temperature"
    assert found.scale == pytest.approx(2.0, rel=0.1)
    assert (calibrator.apply(sure).argmax(axis=1) == sure.argmax(axis=1)).all()
    assert crossed.sum(axis=1) == pytest.approx(np.ones(N))


@pytest.mark.job("validation/calibration", against="real", what="ONNX Runtime")
@pytest.mark.parametrize("calibrator", CALIBRATORS, ids=lambda c: f"{c.method} {c.scale:g}")
def test_the_nodes_give_what_the_calibrator_says(calibrator: Calibrator) -> None:
    """A graph of one feature whose scores cover 0 to 1; the largest difference is that of float32."""
    plain = small_graph((1.0,), 0.0)
    x = np.linspace(-20, 20, 20_001, dtype=np.float32)[:, None]
    native = calibrator.apply(_sigmoid(x[:, 0].astype(np.float64)))
    graph = Graph(calibrated_graph(plain, calibrator))
    parity = compare(graph, x, native, {"test": len(x)})
    assert parity.passed, parity.note
    assert (np.diff(graph.scores(x)[np.argsort(Graph(plain).scores(x), kind="stable")]) >= 0).all()
    assert np.isnan(calibrator.apply(np.array([np.nan]))[0])


@pytest.mark.parametrize("calibrator", CALIBRATORS, ids=lambda c: f"{c.method} {c.scale:g}")
def test_calibrated_scores_keep_the_order_and_stay_shares(calibrator: Calibrator) -> None:
    """No two scores become equal, so that a threshold still tells them apart."""
    found = calibrator.apply(ODD)
    assert (np.diff(found) > 0).all()
    assert found.min() >= 0.0
    assert found.max() <= 1.0
    assert OWN < 0.01


def _entrant(raw: Array) -> Entrant:
    rng = np.random.default_rng(4)
    probe = rng.normal(0, 3, (500, 1)).astype(np.float32)
    onnx = small_graph((1.0,), 0.0)
    made = Entrant("linear", {}, 1.0, "linear-1", "finished", scores=raw.copy(), onnx=onnx, probe=probe,
                   native=_sigmoid(probe[:, 0].astype(np.float64)), cases={"test": 500})  # fmt: skip
    made.parity = compare(Graph(onnx), probe, made.native, made.cases)
    return made


def test_a_candidate_is_calibrated_as_a_whole() -> None:
    """Graph, out-of-fold and native scores together, behind the gate; unlabelled rows too, and no row without a fold."""
    y, raw, folds, groups = _world(1.0, -1.5)
    y[::7] = np.nan
    roles = np.where(np.arange(N) < 5000, folds, -1)
    raw[roles < 0] = np.nan
    made = _entrant(raw)
    found = calibrate(made, y, roles, groups)
    assert found.method == "sigmoid"
    assert made.parity.passed
    assert made.parity.rows == 500
    assert Graph(made.onnx).scores(made.probe) == pytest.approx(made.native, abs=1e-5)
    assert np.isnan(made.scores[roles < 0]).all()
    assert np.isfinite(made.scores[roles >= 0]).all()
    known = (roles >= 0) & ~np.isnan(y)
    assert made.scores[known].mean() == pytest.approx(y[known].mean(), abs=0.01)


def test_a_candidate_whose_gate_does_not_pass_stays_raw() -> None:
    """Native scores that the graph never gave: nothing of it is changed, and the reason is kept."""
    y, raw, folds, groups = _world(1.0, -1.5)
    made = _entrant(raw)
    made.native = made.native[::-1].copy()
    before = made.onnx
    found = calibrate(made, y, folds, groups)
    assert (found.method, made.onnx) == ("none", before)
    assert "does not pass the parity gate" in found.reason
    assert made.scores == pytest.approx(raw)


def test_what_did_not_finish_is_left_alone() -> None:
    """A candidate that failed has no scores to calibrate."""
    assert calibrate(Entrant("linear", {}, 1.0, outcome="failed"), np.zeros(3), np.zeros(3, int), np.arange(3)) is None


def test_few_positives_offer_a_temperature_only() -> None:
    """Twenty positives: no curve is fitted to them."""
    y, raw, folds, groups = _world(1.0)
    y = np.where(np.cumsum(y) <= 20, y, 0.0)
    found, _, _ = choose(y, raw, folds, groups)
    assert found.losses.keys() == {"none", "temperature"}


def test_scores_upside_down_are_never_turned() -> None:
    """A sigmoid that falls would turn the meaning of the score; it is not offered."""
    y, raw, folds, groups = _world(-1.0)
    assert fit("sigmoid", y, raw) is None
    found, _, _ = choose(y, raw, folds, groups)
    assert "sigmoid" not in found.losses


def test_noise_is_no_graph() -> None:
    """Bytes that onnx cannot read."""
    with pytest.raises(InvalidInput, match="cannot be calibrated"):
        calibrated_graph(b"noise", CALIBRATORS[0])


def _bench(folder: Path) -> Bench:
    """Return a plant whose failures come by half beyond a torque, which a straight logit cannot follow."""
    bench = Bench(folder, f"calibration: choose\n{FILE}".replace("[linear, lightgbm]", "[linear]"))
    bench.data(2500)
    table = read_parquet(bench.blobs.get(bench.evidence["features:parts"].blobs[0]))
    labels = read_parquet(bench.blobs.get(bench.evidence["labels:parts"].blobs[0]))
    rng = np.random.default_rng(5)
    table["torque"] = rng.normal(0, 2, len(table["t"]))
    labels["label"] = (rng.random(len(table["t"])) < np.where(table["torque"] > 1, 0.5, 0.02)).astype(float)
    bench.bring("features:parts", {"features": ["torque", "speed"]}, table)
    bench.bring("labels:parts", {}, labels)
    return bench


def test_a_race_ships_the_calibrated_graph(tmp_path: Path) -> None:
    """From the model file to the model: every candidate says how it was calibrated, and the gate holds at the threshold."""
    bench = _bench(tmp_path)
    board = bench.run(Candidates()).body
    rows = [c for c in board.candidates if c.outcome == "finished"]
    assert all(c.calibration is not None and c.calibration.method == "isotonic" for c in rows)
    bench.run(OperatingPoints())
    model = bench.run(Models()).body
    row = board.candidate(model.candidate)
    assert model.parity.passed
    assert model.label_flips == 0
    scores = np.load(io.BytesIO(bench.blobs.read(row.out_of_fold)), allow_pickle=False)
    labels = read_parquet(bench.blobs.get(bench.evidence["labels:parts"].blobs[0]))["label"]
    high = np.isfinite(scores) & (scores > 0.4)
    assert labels[high].mean() == pytest.approx(scores[high].mean(), abs=0.05)


def test_a_word_that_is_no_way_to_calibrate_is_a_problem_of_the_file() -> None:
    """That nothing is calibrated without being asked is shown with the three steps."""
    with pytest.raises(InvalidFile, match="calibration"):
        ModelFiles().facets(f"calibration: always\n{FILE}", "models/m.yaml")
