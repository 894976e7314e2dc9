"""The references of drift as a step, and what a changed budget touches in the example's graph."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ninefold.bundle.monitors import reference_of
from ninefold.kernel.blobs import Blobs
from ninefold.kernel.sqlite import SqliteStore
from ninefold.kernel.status import status
from ninefold.kernel.steps import Task
from ninefold.kernel.trees import WorkingTree
from ninefold.kernel.view import View, read_view
from ninefold.lifecycle.graph import readers, steps
from ninefold.operations.monitoring.pages import monitors_table
from ninefold.operations.monitoring.policy import limits_of, policy_of, resumed
from ninefold.operations.monitoring.step import MonitorStep
from ninefold.testing.steps import context, evidence, parquet
from ninefold.vocabulary.criterion import MetricSpec
from ninefold.vocabulary.model import TEST, Leaderboard, SplitSummary
from ninefold.vocabulary.monitor import Monitors
from ninefold.vocabulary.policy import Policy

EXAMPLE = Path(__file__).parents[3] / "examples" / "milling-cell"
NAME = "REQ-tool-failure-warning/input-drift"
FACET = "REQ-tool-failure-warning#criterion/input-drift"


def example(folder: Path, budget: str = "1  ") -> View:
    """Return the view of the example, with another budget of drift alarms."""
    import shutil

    root = folder / f"budget-{budget.strip()}"
    shutil.copytree(EXAMPLE, root, ignore=shutil.ignore_patterns("data", ".ninefold", "demo.py"))
    path = root / "requirements" / "REQ-tool-failure-warning.md"
    text = path.read_text()
    line = 'threshold: {op: ">=", value: 1}        # false alarms'
    assert line in text
    path.write_text(text.replace(line, f'threshold: {{op: ">=", value: {budget.strip()}}}  # false alarms'))
    return read_view(WorkingTree(root), readers(), 1_795_521_600_000_000)


@pytest.mark.job("monitoring/changed-budget", against="cases", what="generated inputs")
def test_a_changed_budget_judges_again_and_measures_nothing(tmp_path: Path) -> None:
    """Of all tasks only its verdict, what the requirement's text says, and what they lead to read the budget."""
    before, after = example(tmp_path, "1"), example(tmp_path, "4")
    assert {n for n in before.facets if before.content(n) != after.content(n)} == {FACET}
    with SqliteStore(tmp_path / "store.db") as store:
        plan = status(steps(), before, store)
    tasks: dict[str, Task] = {n: s.planned for n, s in plan.statuses.items() if s.planned is not None}
    reached = {n for n, t in tasks.items() if FACET in t.facets.values()}
    while more := {n for n, t in tasks.items() if n not in reached and reached & {*t.results.values(), *t.gates}}:
        reached |= more
    assert f"verdict:tool-failure/{NAME}" in reached
    assert f"measurement:tool-failure/{NAME}" in tasks
    assert {n.partition(":")[0] for n in reached} <= {"verdict", "lint", "coverage"}
    assert limits_of(before)[NAME] == 1
    assert limits_of(after)[NAME] == 4


def test_the_example_watches_what_it_names(tmp_path: Path) -> None:
    """monitor:tool-failure reads the metric, the race and the features; the bundle reads the monitor."""
    with SqliteStore(tmp_path / "store.db") as store:
        plan = status(steps(), example(tmp_path, "1"), store)
    task = plan["monitor:tool-failure"].planned
    assert dict(task.facets) == {
        f"metric:{NAME}": "REQ-tool-failure-warning#metric/input-drift",
        "metric:REQ-tool-failure-warning/products": "REQ-tool-failure-warning#metric/products",
    }
    assert dict(task.results) == {"candidates": "candidates:tool-failure", "rows": "features:part-features"}
    assert "monitor:tool-failure" in plan["bundle:tool-failure"].planned.results.values()


def run(folder: Path, *specs: MetricSpec) -> Monitors:
    """Return the monitors of 2,000 rows of two machines, the last of them for the test."""
    blobs, rng, rows = Blobs(folder / "blobs"), np.random.default_rng(4), 2000
    asset = np.array(["m1", "m2"] * (rows // 2), object)
    trained = np.arange(rows) < 1600
    table = {
        "asset": asset, "t": np.arange(rows) * 200_000_000, "level": rng.normal(5, 1, rows) + 9 * ~trained,
        "walk": np.cumsum(rng.normal(0, 1, rows)),
    }  # fmt: skip
    import io

    kept = io.BytesIO()
    np.save(kept, np.where(trained, 0, TEST).astype(np.int8), allow_pickle=False)
    split = SplitSummary("time", blobs.put(kept.getvalue()), {}, {}, 5, None, {})
    board: Any = Leaderboard("auc", True, ("level", "walk"), (), "", "", split, 1.0, 1.0, "")  # noqa: FBT003 - a field
    inputs = {f"metric:{s.requirement}/{s.criterion}": evidence("f", s) for s in specs}
    inputs |= {
        "candidates": evidence("candidates:m", board),
        "rows": evidence("features:r", {}, parquet(blobs, folder, table)),
    }
    result = MonitorStep().run(Task("monitor:m"), context(folder, inputs, blobs))
    assert result.kind == "monitor@1"
    return result.body


def test_the_reference_is_that_of_the_training_rows(tmp_path: Path) -> None:
    """The test rows lie nine higher and are in no bin; without names, what wanders is not watched."""
    made = run(tmp_path, MetricSpec("REQ-x", "d", "drift", ("runtime",), {"block": 40, "practical_shift": 0.5}))
    monitor = made.monitors["REQ-x/d"]
    reference = reference_of(monitor)
    assert monitor.features == ("level",)
    assert (monitor.block, monitor.practical_shift, reference.blocks) == (40, 0.5, 40)
    assert max(reference.features["level"].edges) < 9
    assert not monitor.provisional


def test_a_criterion_that_cannot_be_watched_is_named_with_its_reason(tmp_path: Path) -> None:
    """The others go on."""
    good = MetricSpec("REQ-x", "d", "drift", ("runtime",), {"features": ["level"]})
    bad = MetricSpec("REQ-x", "e", "drift", ("runtime",), {"features": ["absent"]})
    few = MetricSpec("REQ-x", "f", "drift", ("runtime",), {"features": ["level"], "block": 801})
    made = run(tmp_path, good, bad, few)
    assert list(made.monitors) == ["REQ-x/d"]
    assert "no column 'absent'" in made.unwatched["REQ-x/e"]
    assert "no reference for drift" in made.unwatched["REQ-x/f"]
    with SqliteStore(tmp_path / "store.db") as store:
        table = monitors_table([made], {"REQ-x/d": 1.0}, store)
    row = table.rows[0]
    assert row[:2] == ("REQ-x/d", 1.0)
    assert 0 < float(row[2] or 0) < 500
    assert 0 < float(row[3] or 0) < 2
    assert "effective rows of one asset" in table.notes[0]


def test_the_policy_follows_the_files_and_the_repairs(tmp_path: Path) -> None:
    """Files are read again after two seconds, repairs at once."""
    views, now = [example(tmp_path, "1"), example(tmp_path, "4")], [0.0]
    tell = policy_of(lambda: views[0], timer=lambda: now[0])
    with SqliteStore(tmp_path / "store.db") as store:
        assert tell(store, "gateway-1").limits[NAME] == 1
        views.pop(0)
        assert tell(store, "gateway-1").limits[NAME] == 1
        now[0] = 2.0
        store.put([], *resumed(store, "m3"))
        assert tell(store, "gateway-1") == Policy(limits_of(views[0]), {"m3": 1})
        assert tell(store, "gateway-1").limits[NAME] == 4


@pytest.mark.parametrize("budget", [0.1, 10.0])
def test_a_smaller_budget_needs_a_larger_shift(tmp_path: Path, budget: float) -> None:
    """What the table promises moves the right way."""
    made = run(tmp_path, MetricSpec("REQ-x", "d", "drift", ("runtime",), {"features": ["level"], "block": 40}))
    with SqliteStore(tmp_path / "store.db") as store:
        one, other = (monitors_table([made], {"REQ-x/d": b}, store).rows[0][3] for b in (1.0, budget))
    assert (float(other or 0) > float(one or 0)) == (budget < 1)
