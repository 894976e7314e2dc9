"""Regression and several classes through matrix, split, trainers, parity gate, race and operating point."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ninefold.criteria import Samples, measure
from ninefold.development.modelling.answering import expected_of
from ninefold.development.modelling.curves import OutOfFold, Wanted
from ninefold.development.modelling.entrant import Budgeted, Data
from ninefold.development.modelling.files import ModelFiles
from ninefold.development.modelling.matrix import table_of, targets
from ninefold.development.modelling.parity import Graph, class_flips, compare, label_flips, rule_flips
from ninefold.development.modelling.probe import probe_rows
from ninefold.development.modelling.race import Race
from ninefold.development.modelling.ranking import METRICS, Price, Standing, resamples, standings, winner_of
from ninefold.development.modelling.specification import DecisionSpec, RowSplit, Split, TaskSpec
from ninefold.development.modelling.split import divide
from ninefold.development.modelling.trainers.contract import LearningTask
from ninefold.development.modelling.trainers.forest import EXTRA_TREES, RANDOM_FOREST
from ninefold.development.modelling.trainers.interactions import TRAINER as INTERACTIONS
from ninefold.development.modelling.trainers.lightgbm import TRAINER as LIGHTGBM
from ninefold.development.modelling.trainers.linear import TRAINER as LINEAR
from ninefold.development.modelling.trainers.neighbours import TRAINER as NEIGHBOURS
from ninefold.kernel.errors import InvalidFile, InvalidInput
from ninefold.kernel.progress import Cancel, Silent
from ninefold.vocabulary.criterion import CriterionSpec, MetricSpec, Threshold
from ninefold.vocabulary.quantity import Share
from ninefold.vocabulary.task import AlarmRule

MULTICLASS = TaskSpec("multiclass")
REGRESSION = TaskSpec("regression")
CLASSES = ("a", "b", "c", "d")
GROUPS = Split(group=RowSplit(Share(0.25)), keep_whole=("engine",), folds=3)
BOOSTED = {"rounds": 40, "num_leaves": 15, "learning_rate": 0.1, "min_data_in_leaf": 10}
FOREST = {"trees": 20, "max_leaf_nodes": 40, "min_samples_leaf": 3}
EVERY = [(LINEAR, {"C": 1.0}), (LIGHTGBM, BOOSTED), (RANDOM_FOREST, FOREST), (EXTRA_TREES, FOREST),
         (INTERACTIONS, {"C": 0.3}), (NEIGHBOURS, {"neighbours": 15})]  # fmt: skip
NAMES = ["linear", "lightgbm", "random-forest", "extra-trees", "interactions", "neighbours"]
BALANCED = (LIGHTGBM, BOOSTED | {"balanced": True})


def rows_of(kind: str, n: int = 900, seed: int = 3) -> tuple[Any, Any, dict[str, Any]]:
    """Return a matrix with gaps, the labels of a kind, some unknown, and the engines."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 4)).astype(np.float32)
    x[:, 0] = 300 + 0.3 * x[:, 0]
    raw = x[:, 1] + (x[:, 0] - 300) + 0.1 * rng.normal(size=n)
    cuts = [0] if kind == "binary" else [-1, 0, 1.5]
    y = 100 + 20 * raw if kind == "regression" else np.digitize(raw, cuts).astype(float)
    y[::50] = np.nan
    x[rng.random(x.shape) < 0.02] = np.nan
    return x, y.astype(np.float64), {"engine": np.arange(n) // 15 * 1.0}


def learning(kind: str) -> LearningTask:
    """Return what a trainer is told."""
    return LearningTask(kind, 900, 4, 450 if kind == "binary" else 0, 4 if kind == "multiclass" else 0)  # type: ignore[arg-type]  # a literal


@pytest.mark.parametrize("kind", ["binary", "regression", "multiclass"])
@pytest.mark.parametrize(("trainer", "params"), EVERY, ids=NAMES)
def test_exported_graphs_pass(kind: str, trainer: Any, params: dict[str, Any]) -> None:
    """On test rows, thresholds, NaN, infinities, unknown codes and no rows at all."""
    x, y, _ = rows_of(kind)
    known = ~np.isnan(y)
    x[:, 3] = np.round(x[:, 3]).clip(0, 2)
    fitted = trainer.fit(learning(kind), params, x[known], y[known], 0, 1)
    probe, cases = probe_rows(x[-200:], fitted.thresholds(), {3: 3}, 0)
    native, graph = fitted.predict(probe), Graph(fitted.export())
    parity = compare(graph, probe, native, cases, kind)  # type: ignore[arg-type]  # a literal
    assert parity.passed, parity.note
    assert (parity.largest_difference or 1) < 2e-6
    assert native.shape == ((len(probe), 4) if kind == "multiclass" else (len(probe),))
    if kind == "binary":
        assert label_flips(graph, probe, native, 0.3141592) == 0
    elif kind == "multiclass":
        assert class_flips(graph, probe, native) == 0
        assert native.sum(axis=1) == pytest.approx(1)
        spoilt = native[:, [1, 0, 2, 3]]
        assert class_flips(graph, probe, spoilt) > 0
        assert not compare(graph, probe, spoilt, cases, "multiclass").passed
    else:
        assert rule_flips(graph, probe, native, cases, AlarmRule("<=", 90.0)) == 0
        spoilt = native.copy()
        spoilt[5] = 200 - spoilt[5]
        assert rule_flips(graph, probe, spoilt, cases, AlarmRule("<=", 100.0)) == 1
        assert not compare(graph, probe, native + 0.01, cases, "regression").passed


@pytest.mark.parametrize(("trainer", "params"), [*EVERY, BALANCED], ids=[*NAMES, "balanced"])
@pytest.mark.parametrize("absent", [(2.0,), (1.0, 2.0)], ids=["one", "two, so that two are left"])
def test_a_class_that_a_fold_lacks_keeps_its_place(trainer: Any, params: Any, absent: tuple[float, ...]) -> None:
    """With next to no probability, natively and in the graph."""
    x, y, _ = rows_of("multiclass")
    kept = ~np.isnan(y) & ~np.isin(y, absent)
    fitted = trainer.fit(learning("multiclass"), params, x[kept], y[kept], 0, 1)
    native = fitted.predict(x)
    assert native.shape == (900, 4)
    assert native[:, [int(a) for a in absent]].max() < 0.02
    assert np.abs(Graph(fitted.export()).scores(x) - native).max() < 1e-5


@pytest.mark.parametrize(("kind", "metric"), [("regression", "rmse"), ("multiclass", "macro_f1")])
def test_a_race_ranks_answers_of_its_kind(tmp_path: Path, kind: str, metric: str) -> None:
    """Out-of-fold answers have one column a class; both families pass the gate and the better one leads."""
    x, y, context = rows_of(kind)
    task = TaskSpec(kind)  # type: ignore[arg-type]  # a literal
    classes = CLASSES if kind == "multiclass" else ()
    rows = divide(context, y, GROUPS, np.random.default_rng(0), task, classes)
    data = Data(x, y, rows, tuple("abcd"), 3, {}, task.kind, len(classes))
    finish = Race(data, metric, Budgeted(40, 2e9, 1), 0, tmp_path, Silent(), Cancel()).run(("linear", "lightgbm"))
    passed = [e for e in finish.entrants if e.outcome == "finished"]
    assert {e.trainer for e in passed} - {"ensemble"} == {"linear", "lightgbm"}
    for entrant in passed:
        assert entrant.scores is not None
        assert entrant.scores.shape == ((900, 4) if classes else (900,))
        assert (np.isfinite(entrant.scores.reshape(900, -1)).all(axis=1) == (rows.roles >= 0)).all()
    best = finish.standings[finish.winner]
    assert best.low <= best.point <= best.high
    assert (best.point < 10) if kind == "regression" else (best.point > 0.7)


@pytest.mark.parametrize(
    ("kind", "answers", "flaw"),
    [
        ("binary", [0.1, 1.2], "between 0 and 1"),
        ("binary", [0.1], "between 0 and 1"),
        ("regression", [4.0, np.inf], "one finite number"),
        ("regression", [[4.0], [5.0]], "one finite number"),
        ("multiclass", [[0.5, 0.5], [0.5, 0.6]], "sum to 1"),
        ("multiclass", [[1.5, -0.5], [0.5, 0.5]], "sum to 1"),
        ("multiclass", [0.5, 0.5], "2 probabilities per row"),
        ("binary", [0.0, 1.0], ""),
        ("regression", [-1e9, 4.0], ""),
        ("multiclass", [[0.25, 0.75], [1.0, 0.0]], ""),
    ],
)
def test_answers_outside_their_range_are_named(kind: Any, answers: Any, flaw: str) -> None:
    """By the kind of task."""
    rows = divide(rows_of(kind)[2], rows_of(kind)[1] % 2, GROUPS, np.random.default_rng(0), REGRESSION)
    data = Data(np.empty((2, 1), np.float32), np.zeros(2), rows, ("a",), 3, {}, kind, 2)
    found = data.flaw(np.array(answers), 2)
    assert (flaw in found) if flaw else (found == "")


@pytest.mark.parametrize(
    ("name", "kind"), [("rmse", "regression"), ("mae", "regression"), ("r2", "regression"), ("log_loss", "binary"),
                       ("brier", "binary"), ("auc", "binary"), ("average_precision", "binary")],
)  # fmt: skip
def test_a_ranking_metric_is_the_criteria_s_own(name: str, kind: str) -> None:
    """A criterion of the same name measures the same on the same rows; ties of scores included."""
    rng = np.random.default_rng(1)
    y = rng.integers(0, 2, 200).astype(float) if kind == "binary" else rng.normal(size=200)
    s = np.round(np.clip(y * 0.3 + rng.random(200) * 0.7, 0.01, 0.99), 2)
    spec = MetricSpec("REQ-x", "m", name, ("validation",))
    assert METRICS[name].point(y, s) == pytest.approx(measure(spec, Samples(y, s)).overall.value)


def test_metrics_of_classes_by_hand() -> None:
    """Six rows, three classes, one never right; a class that occurs nowhere does not count."""
    y = np.array([0, 0, 1, 1, 2, 2.0])
    said = np.array([0, 0, 1, 0, 1, 1])
    s = np.full((6, 4), 0.1)
    s[np.arange(6), said] = 0.7
    assert METRICS["accuracy"].point(y, s) == pytest.approx(3 / 6)
    assert METRICS["macro_f1"].point(y, s) == pytest.approx((4 / 5 + 2 / 5 + 0) / 3)
    assert METRICS["log_loss"].point(y, s) == pytest.approx(-(3 * np.log(0.7) + 3 * np.log(0.1)) / 6)


@pytest.mark.parametrize("name", ["rmse", "r2", "macro_f1", "log_loss", "auc"])
def test_a_resample_is_the_metric_of_the_repeated_rows(name: str) -> None:
    """Drawing a group twice is the same as having its rows twice."""
    rng = np.random.default_rng(4)
    classes = name in {"macro_f1", "log_loss"}
    y = rng.integers(0, 3 if classes else 2, 60).astype(float)
    s = rng.dirichlet(np.ones(3), 60) if classes else rng.random(60)
    codes = np.arange(60) // 6
    weights = resamples(10, np.random.default_rng(5))
    found = METRICS[name].statistic(y, s, codes)(weights)
    for place in (0, 57):
        rows = np.repeat(np.arange(60), weights[place][codes].astype(int))
        assert found[place] == pytest.approx(METRICS[name].point(y[rows], s[rows]))


def test_rows_of_one_engine_are_drawn_together() -> None:
    """Errors are the engine's: the interval by engine is several times as wide as one by row would be."""
    rng = np.random.default_rng(2)
    engine = np.arange(2000) // 50
    y = rng.normal(size=2000)
    s = y + rng.normal(size=40)[engine]
    by_engine, by_row = (
        standings(y, {"a": s}, g, "mae", np.random.default_rng(0))["a"] for g in (engine, np.arange(2000))
    )
    assert by_engine.point == pytest.approx(by_row.point)
    assert by_engine.high - by_engine.low > 3 * (by_row.high - by_row.low)


def test_the_cheapest_of_the_tied_wins() -> None:
    """One row's time decides, then the size; times within half as much again and 50 us are the same."""
    table = {
        "big": Standing(0.9, 0.8, 1, None), "slow": Standing(0.89, 0.8, 1, 0.6), "small": Standing(0.88, 0.8, 1, 0.9),
        "worse": Standing(0.5, 0.4, 0.6, 0.99),
    }  # fmt: skip
    price = {"big": Price(10, 500), "slow": Price(70, 2), "small": Price(63, 90), "worse": Price(1, 1)}
    winner, why = winner_of(table, price)
    assert winner == "small"
    assert why.startswith("small is the cheapest (63 us a row, 90 kB) that ties with the best, big (worse in 90%")
    assert winner_of({"big": table["big"], "worse": table["worse"]}, price)[1] == "big has the best score."


@pytest.mark.parametrize(
    ("column", "task", "message"),
    [
        (np.array(["x", "1"], object), REGRESSION, "holds the text 'x'"),
        (np.array([0.0, "no"], object), TaskSpec(), "a binary task learns numbers"),
        (np.array([0.0, 1.0]), MULTICLASS, "holds numbers"),
        (np.array(["a", "e"], object), TaskSpec("multiclass", "label", CLASSES), "'e', which is none of"),
        (np.array([str(i) for i in range(101)], object), MULTICLASS, "101 classes"),
        (np.array([1.0, np.inf]), REGRESSION, "1 labels are infinite"),
    ],
    ids=["text in numbers", "text in a binary label", "numbers as classes", "a class too many", "many", "infinite"],
)
def test_labels_that_do_not_suit_the_task_are_refused(column: Any, task: TaskSpec, message: str) -> None:
    """With what was found."""
    with pytest.raises(InvalidInput, match=message):
        targets(column, task)


def test_classes_are_places_in_their_order() -> None:
    """Of the model file when it names them, else sorted; unknown is NaN."""
    column = np.array(["b", None, "a", "b"], object)
    y, classes = targets(column, MULTICLASS)
    assert classes == ("a", "b")
    assert np.array_equal(y, [1, np.nan, 0, 1], equal_nan=True)
    assert np.array_equal(targets(column, TaskSpec("multiclass", "label", ("b", "a")))[0][[0, 2]], [0, 1])
    assert np.array_equal(targets(np.array([1.5, None], object), REGRESSION)[0], [1.5, np.nan], equal_nan=True)


def test_a_stratified_split_gives_every_class_its_share() -> None:
    """A quarter of each class is test, and each fold holds every class."""
    y = np.repeat([0.0, 1, 2], [200, 80, 20])
    split = Split(stratified=RowSplit(Share(0.25)), folds=5)
    rows = divide({}, y, split, np.random.default_rng(0), MULTICLASS, ("x", "y", "z"))
    assert [int((y[rows.roles == -1] == k).sum()) for k in range(3)] == [50, 20, 5]
    assert all(np.unique(y[rows.roles == f]).size == 3 for f in range(5))


@pytest.mark.parametrize(
    ("y", "task", "classes", "message"),
    [
        (np.full(300, 7.0), REGRESSION, (), "only label 7 .*constant target"),
        (np.repeat([0.0, 1, 2], [140, 140, 20]), MULTICLASS, ("x", "y", "z"), "class 'z' has no row to train"),
        (np.repeat([0.0, 1], [270, 30]), MULTICLASS, ("x", "y"), "only label 'x' to train"),
    ],
    ids=["constant target", "a class in the test only", "one class in training"],
)
def test_what_cannot_be_learnt_is_refused(y: Any, task: TaskSpec, classes: Any, message: str) -> None:
    """Before a worker starts."""
    with pytest.raises(InvalidInput, match=message):
        divide({}, y, Split(order=RowSplit(Share(0.25)), folds=3), np.random.default_rng(0), task, classes)


def test_numbers_with_words_between_them_are_no_categories() -> None:
    """The message says how to cast; a few codes of variants stay categories."""
    column = np.array([f"{i}.5" for i in range(399)] + ["n/a"], object)
    labels = {"label": np.arange(400.0)}
    with pytest.raises(InvalidInput, match="most of its values are numbers; one is 'n/a'") as caught:
        table_of({"flow": column}, ["flow"], labels, REGRESSION)
    assert "cast: {flow: float64" in caught.value.hint
    codes = np.array(["1", "2", "L"] * 100, object)
    assert table_of({"type": codes}, ["type"], {"label": np.arange(300.0)}, REGRESSION).categories == {
        "type": ("1", "2", "L")
    }


FILE = """\
use_case: UC-life
dataset: recipe:engines
task: {kind: regression}
split: {group: {test: 0.25}, keep_whole: [asset]}
metric: rmse
decision: {satisfy: [REQ-x/rmse], alarm: {op: "<=", value: 20}}
budget: {cpu: 60 s}
trainers: [linear]
"""
STEEL = FILE.replace("{kind: regression}", "{kind: multiclass, classes: [Pastry, Bumps]}").replace(
    'alarm: {op: "<=", value: 20}', "alarm: {classes: [Pastry]}"
).replace("metric: rmse", "metric: macro_f1")  # fmt: skip


@pytest.mark.parametrize("text", [FILE, STEEL], ids=["regression", "multiclass"])
def test_a_model_file_names_what_alarms(text: str) -> None:
    """A value or classes; nothing alarms without."""
    found = {f.kind: f.body for f in ModelFiles().facets(text, "models/life.yaml")}
    assert found["decision"].alarm in {AlarmRule("<=", 20.0), AlarmRule(classes=("Pastry",))}
    plain = text[: text.index("decision")] + text[text.index("budget") :]
    assert next(f.body for f in ModelFiles().facets(plain, "m.yaml") if f.kind == "decision") == DecisionSpec()


@pytest.mark.parametrize(
    ("text", "old", "new", "line", "message"),
    [
        (FILE, "metric: rmse", "metric: auc", 5, "does not rank regression answers. Use one of: rmse, mae, r2."),
        (FILE, "value: 20}", "value: 20}, minimise: mae", 6, "no threshold to choose"),
        (FILE, "value: 20}", "value: 20}, baseline: a > 1", 6, "no baseline of a regression"),
        (FILE, '{op: "<=", value: 20}', "{classes: [a]}", 6, "names op and value"),
        (FILE, '{op: "<=", value: 20}', '{op: "<="}', 6, "both op and value"),
        (FILE, '{op: "<=", value: 20}', "{}", 6, "either op and value, or classes"),
        (FILE, "{group: {test: 0.25}, keep_whole: [asset]}", "{stratified: {test: 0.2}}", 4, "no classes to draw"),
        (FILE, "{kind: regression}", "{kind: regression, classes: [a, b]}", 3, "belong to a multiclass task"),
        (STEEL, "[Pastry]", "[Pasty]", 6, "no class 'Pasty'. Did you mean 'Pastry'?"),
        (STEEL, "[Pastry, Bumps]", "[Pastry, Pastry]", 3, "at least two different classes"),
        (STEEL, "{classes: [Pastry]}", '{op: ">=", value: 1}', 6, "names classes"),
    ],
)  # fmt: skip
def test_what_does_not_suit_the_kind_stands_at_its_line(text: str, old: str, new: str, line: int, message: str) -> None:
    """One problem, with its line."""
    with pytest.raises(InvalidFile) as caught:
        list(ModelFiles().facets(text.replace(old, new), "models/life.yaml"))
    assert [(p.line, message in str(p)) for p in caught.value.problems] == [(line, True)], str(caught.value)


def wanted(name: str, op: str, value: float) -> Wanted:
    """Return a criterion to satisfy."""
    spec = MetricSpec("REQ-x", name, name, ("validation",))
    return Wanted(spec, CriterionSpec("REQ-x", name, Threshold(op, value)), satisfy=True)  # type: ignore[arg-type]  # a literal


@pytest.fixture
def out_of_fold() -> Callable[[str], OutOfFold]:
    """Return a maker of rows that folds predicted: 100 rows, every tenth unknown."""

    def make(kind: str) -> OutOfFold:
        y = np.arange(100.0) if kind == "regression" else np.arange(100.0) % 2
        y[::10] = np.nan
        score = np.arange(100.0) + 2 if kind == "regression" else np.tile([[0.9, 0.1]], (100, 1))
        return OutOfFold({"label": y, "asset": np.repeat(["m1", "m2"], 50).astype(object)}, score, 30, 0.0)

    return make


def test_the_operating_point_of_a_regression_is_its_rule(out_of_fold: Callable[[str], OutOfFold]) -> None:
    """No threshold; each criterion has its value out of fold."""
    rule = AlarmRule("<=", 20.0)
    point = expected_of("x-1", [wanted("rmse", "<=", 3)], out_of_fold("regression"), (), rule)
    assert (point.threshold, point.alarm, point.satisfied, point.probability) == (None, rule, True, None)
    assert point.expectations[0].value == pytest.approx(2.0)
    assert point.reason == "It alarms when the value <= 20. Out of fold: REQ-x/rmse 2; every limit is met."
    missed = expected_of("x-1", [wanted("mae", "<=", 1)], out_of_fold("regression"), (), None)
    assert not missed.satisfied
    assert "Nothing alarms" in missed.reason
    assert "missed: REQ-x/mae (<= 1 is asked)" in missed.reason


def test_the_operating_point_of_classes(out_of_fold: Callable[[str], OutOfFold]) -> None:
    """Half of the rows are right; an alarm for a class that is none is refused."""
    asked = [wanted("accuracy", ">=", 0.5), wanted("macro_f1", ">=", 0.3), wanted("class_recall", ">=", 0.1)]
    point = expected_of("x-1", asked, out_of_fold("multiclass"), ("a", "b"), None)
    assert [e.value for e in point.expectations] == pytest.approx([40 / 90, 80 / 130 / 2, 0])
    assert "missed: REQ-x/accuracy (>= 0.5 is asked), REQ-x/class_recall" in point.reason
    with pytest.raises(InvalidInput, match="names 'c', which is none of the classes"):
        expected_of("x-1", [], out_of_fold("multiclass"), ("a", "b"), AlarmRule(classes=("c",)))
