"""The trainers: what each proposes, its traps, and data that would break a careless one."""

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ninefold.development.modelling.entrant import Budgeted, Data, Finish
from ninefold.development.modelling.files import TRAINERS_GROUP, installed_trainers
from ninefold.development.modelling.parity import Graph, compare
from ninefold.development.modelling.probe import MOST_CELLS, probe_rows
from ninefold.development.modelling.race import Race
from ninefold.development.modelling.specification import RowSplit, Split, TaskSpec
from ninefold.development.modelling.split import divide
from ninefold.development.modelling.trainers.contract import LearningTask
from ninefold.development.modelling.trainers.forest import EXTRA_TREES, RANDOM_FOREST
from ninefold.development.modelling.trainers.interactions import TRAINER as INTERACTIONS
from ninefold.development.modelling.trainers.lightgbm import TRAINER as LIGHTGBM
from ninefold.development.modelling.trainers.linear import TRAINER as LINEAR
from ninefold.development.modelling.trainers.neighbours import TRAINER as NEIGHBOURS
from ninefold.kernel.progress import Cancel, Silent
from ninefold.vocabulary.columns import Array, Floats
from ninefold.vocabulary.quantity import Share

BINARY = LearningTask("binary", 400, 3, 100)
ALL = (EXTRA_TREES, INTERACTIONS, LIGHTGBM, LINEAR, NEIGHBOURS, RANDOM_FOREST)


def first_of(trainer: Any, task: LearningTask) -> dict[str, Any]:
    """Return the parameters of its cheapest candidate."""
    params: dict[str, Any] = next(iter(trainer.propose(task))).params
    return params


def raced(x: Array, y: Floats, folder: Path, trainers: tuple[str, ...] = (), kind: Any = "binary") -> Finish:
    """Return how a race of all built-in trainers ended."""
    split = Split(stratified=RowSplit(Share(0.25)), folds=3) if kind != "regression" else Split(
        order=RowSplit(Share(0.25)), folds=3)  # fmt: skip
    rows = divide({}, y, split, np.random.default_rng(0), TaskSpec(kind))
    data = Data(x, y, rows, tuple(f"f{i}" for i in range(x.shape[1])), 3, {}, kind)
    metric = "rmse" if kind == "regression" else "average_precision"
    race = Race(data, metric, Budgeted(60, 2e9, 1), 0, folder, Silent(), Cancel())
    return race.run(trainers or installed_trainers())


def test_built_ins_come_through_the_door_of_plug_ins_and_are_light() -> None:
    """Importing all of them loads no library of trees, and no ONNX."""
    names = {"extra-trees", "interactions", "lightgbm", "linear", "neighbours", "random-forest"}
    assert names <= set(installed_trainers())
    modules = sorted({e.module for e in entry_points(group=TRAINERS_GROUP) if e.name in names})
    code = f"import sys, {', '.join(modules)}; print([m for m in ('sklearn','lightgbm','onnx','pandas') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_a_linear_fit_loads_nothing_that_it_does_not_use() -> None:
    """Scikit-learn would import pandas and rich where they are installed; afterwards anybody can."""
    code = (
        "import sys, numpy as np; from ninefold.development.modelling.trainers.linear import TRAINER as linear\n"
        "from ninefold.development.modelling.trainers.contract import LearningTask\n"
        "x = np.arange(40, dtype=np.float32).reshape(20, 2); task = LearningTask('regression', 20, 2)\n"
        "linear.fit(task, next(iter(linear.propose(task))).params, x, x[:, 0].astype(float), 0, 1)\n"
        "print([m for m in ('pandas', 'rich') if m in sys.modules]); import pandas, rich"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (found.stdout.strip(), found.stderr) == ("[]", "")


@pytest.mark.parametrize("trainer", ALL, ids=lambda t: type(t).__name__ + getattr(t, "family", ""))
def test_equal_arguments_give_equal_graphs(trainer: Any) -> None:
    """Byte for byte."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(400, 3)).astype(np.float32)
    y = (x[:, 0] * x[:, 1] > 0).astype(float)
    params = first_of(trainer, BINARY)
    first, second = (trainer.fit(BINARY, params, x, y, 5, 1).export() for _ in range(2))
    assert first == second


@pytest.mark.parametrize("trainer", ALL, ids=lambda t: type(t).__name__ + getattr(t, "family", ""))
@pytest.mark.parametrize("kind", ["binary", "regression"])
def test_strange_columns_pass_the_gate(trainer: Any, kind: Any) -> None:
    """Nothing in it, constant, a huge offset, infinities, denormals, codes: trained on, exported, equal."""
    rng = np.random.default_rng(2)
    n = 300
    x = rng.normal(size=(n, 6)).astype(np.float32)
    x[:, 0] = np.nan
    x[:, 1] = 7.0
    x[:, 2] = 1e6 + x[:, 2]
    x[::9, 3] = np.inf
    x[:, 4] *= np.float32(1e-39)
    x[:, 5] = rng.integers(0, 3, n)
    y = (x[:, 5] + np.nan_to_num(rng.normal(size=n)) > 1).astype(float)
    y = y if kind == "binary" else 1e4 + 5 * y + x[:, 5]
    task = LearningTask(kind, n, 6, int(y.sum()) if kind == "binary" else 0)
    fitted = trainer.fit(task, first_of(trainer, task), x, y, 0, 1)
    probe, cases = probe_rows(x[-100:], fitted.thresholds(), {5: 3}, 0)
    parity = compare(Graph(fitted.export()), probe, fitted.predict(probe), cases, kind)
    if kind == "regression":  # float32 holds 10,000 to a thousandth only: more is not asked of a graph there
        assert parity.largest_difference is not None
        assert parity.largest_difference < 1e-3 / 8
    else:
        assert parity.passed, parity.note


def test_products_find_what_a_sum_cannot() -> None:
    """Power is torque times speed: the label is a product of two features."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(800, 3)).astype(np.float32)
    y = (x[:, 0] * x[:, 1] > 0).astype(float)
    task = LearningTask("binary", 600, 3, 300)
    right = {}
    for trainer in (LINEAR, INTERACTIONS):
        fitted = trainer.fit(task, {"C": 1.0}, x[:600], y[:600], 0, 1)
        right[trainer] = ((fitted.predict(x[600:]) > 0.5) == (y[600:] == 1)).mean()
    assert right[INTERACTIONS] > 0.9 > 0.65 > right[LINEAR]


@pytest.mark.parametrize("rows", [np.zeros((30, 2)), np.repeat([[0.0, 1], [1, 0]], 15, axis=0)], ids=["one", "two"])
def test_rows_that_are_all_the_same_have_neighbours(rows: Array) -> None:
    """They answer with the mean of their labels."""
    y = np.tile([0.0, 1.0, 1.0], 10)
    fitted = NEIGHBOURS.fit(BINARY, {"neighbours": 15}, rows.astype(np.float32), y, 0, 1)
    assert fitted.predict(rows.astype(np.float32)) == pytest.approx(2 / 3, abs=1e-6)
    assert Graph(fitted.export()).scores(rows.astype(np.float32)) == pytest.approx(2 / 3, abs=1e-6)


@pytest.mark.job("modelling/trainers", against="real", what="scikit-learn and LightGBM in worker processes")
def test_twenty_rows_give_a_race(tmp_path: Path) -> None:
    """With answers from the simple ones; nothing crashes, and every failure has its reason."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=(20, 3)).astype(np.float32)
    finish = raced(x, (x[:, 0] > 0).astype(float), tmp_path)
    assert "linear-1" in finish.standings
    assert all(e.reason for e in finish.entrants if e.outcome != "finished")


def test_ten_thousand_columns_stay_within_memory(tmp_path: Path) -> None:
    """The gate's rows are bounded; trainers that cannot look at so many propose nothing and say so."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(120, 10_000)).astype(np.float32)
    y = (x[:, 17] > 0).astype(float)
    rows, _ = probe_rows(x[:60], [], {}, 0)
    assert rows.size <= MOST_CELLS + 10_000
    finish = raced(x, y, tmp_path, ("linear", "neighbours", "random-forest"))
    out = {e.name: e.reason for e in finish.entrants if e.outcome == "not_run"}
    assert out["neighbours"] == "It proposed nothing for this task."
    assert out["random-forest"] == "It proposed nothing for this task."
    assert finish.winner.startswith("linear")
    assert max(e.peak_mb for e in finish.entrants) < 1500


def test_a_column_without_a_value_disturbs_nobody(tmp_path: Path) -> None:
    """All trainers finish or are dropped for their score."""
    rng = np.random.default_rng(6)
    x = rng.normal(size=(400, 3)).astype(np.float32)
    x[:, 1] = np.nan
    finish = raced(x, (x[:, 0] > 0.5).astype(float), tmp_path)
    assert {e.outcome for e in finish.entrants} <= {"finished", "dropped", "not_run"}
    assert not [e for e in finish.entrants if e.outcome == "not_run" and e.name != "ensemble"]
