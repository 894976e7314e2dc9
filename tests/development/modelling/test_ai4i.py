"""AI4I 2020, which nobody here made: the race on the file's own order, without the columns that leak the target."""

import csv
import os
from pathlib import Path

import numpy as np
import pytest

from ninefold.development.modelling.entrant import Budgeted, Data, Finish
from ninefold.development.modelling.matrix import categories_of, matrix
from ninefold.development.modelling.parity import Graph
from ninefold.development.modelling.race import Race
from ninefold.development.modelling.ranking import METRICS
from ninefold.development.modelling.specification import RowSplit, Split
from ninefold.development.modelling.split import divide
from ninefold.kernel.progress import Cancel, Silent
from ninefold.vocabulary.columns import Array, Floats
from ninefold.vocabulary.model import TEST
from ninefold.vocabulary.quantity import Share

DATA = Path(os.environ.get("NINEFOLD_DATA", "../shared/data")) / "ai4i2020" / "ai4i2020.csv"
FEATURES = ("Type", "Air temperature [K]", "Process temperature [K]", "Rotational speed [rpm]", "Torque [Nm]",
            "Tool wear [min]")  # fmt: skip
BUDGET_S = 60.0

pytestmark = pytest.mark.acceptance


def parts() -> tuple[Array, Floats, dict[int, int]]:
    """Return the matrix, the label and the number of variants, in file order."""
    with DATA.open(encoding="utf-8-sig") as stream:
        rows = list(csv.DictReader(stream))
    columns: dict[str, Array] = {n: np.array([float(r[n]) for r in rows]) for n in FEATURES[1:]}
    columns["Type"] = np.array([r["Type"] for r in rows], object)
    categories = categories_of(columns, FEATURES)
    y = np.array([float(r["Machine failure"]) for r in rows])
    return matrix(columns, FEATURES, categories), y, {0: len(categories["Type"])}


@pytest.fixture(scope="module")
def raced(tmp_path_factory: pytest.TempPathFactory) -> tuple[Finish, Data]:
    """Return how the race ended, and its data."""
    if not DATA.exists():
        pytest.fail(f"The data set {DATA} is not here; set NINEFOLD_DATA.")
    x, y, codes = parts()
    rows = divide({}, y, Split(order=RowSplit(Share(0.25))), np.random.default_rng(0))
    data = Data(x, y, rows, FEATURES, 5, codes)
    budget = Budgeted(BUDGET_S, 2e9, 1)
    folder = tmp_path_factory.mktemp("race")
    return Race(data, "average_precision", budget, 0, folder, Silent(), Cancel()).run(("linear", "lightgbm")), data


def test_the_race_ends_within_its_cpu_budget(raced: tuple[Finish, Data]) -> None:
    """And boosted trees lead, clearly, on rules that are products of two signals."""
    finish, _ = raced
    assert finish.used_cpu_s < BUDGET_S
    assert finish.winner.startswith("lightgbm")
    linear = [s for n, s in finish.standings.items() if n.startswith("linear")]
    assert linear
    assert all((s.behind or 0) > 0.95 for s in linear)


def test_every_finished_candidate_passed_the_parity_gate(raced: tuple[Finish, Data]) -> None:
    """With rows at every threshold and unknown variants."""
    finish, _ = raced
    passed = [e for e in finish.entrants if e.outcome == "finished"]
    assert len(passed) >= 2
    for entrant in passed:
        assert entrant.parity is not None
        assert entrant.parity.largest_difference is not None
        assert entrant.parity.largest_difference < 1e-6
        assert sum(count for case, count in entrant.parity.cases.items() if case.startswith("unknown")) > 0


def test_the_graph_ranks_the_last_quarter(raced: tuple[Finish, Data]) -> None:
    """55 failures in 2,500 rows that training never saw; the leaks TWF, HDF, PWF, OSF, RNF are no features."""
    finish, data = raced
    test = data.rows.roles == TEST
    assert (int(test.sum()), int(data.y[test].sum())) == (2500, 55)
    (winner,) = [e for e in finish.entrants if e.name == finish.winner]
    scores = Graph(winner.onnx).scores(data.x[test]).astype(float)
    assert METRICS["auc"].point(data.y[test], scores) > 0.93
    assert METRICS["average_precision"].point(data.y[test], scores) > 0.6
