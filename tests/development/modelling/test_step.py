"""The three steps on a small cell: race, threshold, model; planned from files, run without a store."""

import copy
import dataclasses
import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import msgspec
import numpy as np
import pytest

from ninefold.bundle.tables import read_parquet
from ninefold.development.modelling.files import ModelFiles
from ninefold.development.modelling.operating_step import events_of
from ninefold.development.modelling.parity import Graph
from ninefold.development.modelling.report import leaderboard_table, model_table, operating_point_table
from ninefold.development.modelling.step import STEPS, Candidates, Models, OperatingPoints
from ninefold.kernel.blobs import Blobs
from ninefold.kernel.canonical import canonical
from ninefold.kernel.clock import SystemClock
from ninefold.kernel.errors import BudgetExceeded, InvalidInput, Refused
from ninefold.kernel.progress import Cancel, Silent
from ninefold.kernel.steps import Answer, Blocked, Context, Evidence, Result, Task
from ninefold.kernel.view import Facet, View
from ninefold.vocabulary.columns import Array
from ninefold.vocabulary.criterion import Bound, CriterionSpec, MetricSpec, Threshold
from ninefold.vocabulary.model import TEST, Leaderboard, Model, OperatingPoint

FILE = """\
use_case: UC-tool-failure
dataset: recipe:parts
task: {kind: binary, target: label}
split: {time: {test: 0.25, gap: 2 h}, keep_whole: [tool_life], folds: 3}
metric: average_precision
decision: {satisfy: [REQ-x/recall], minimise: false_alarms_per_machine_week, baseline: torque > 2}
budget: {cpu: 160 s, memory: 2 GiB}
trainers: [linear, lightgbm]
limits: {latency_p99_ms: 5, size_kb: 2000}
"""
HOUR_US = 3_600_000_000
LEAD = {"unit": "episode", "lead": ["5 min", "2 h"], "clock": "calendar"}


class Said(msgspec.Struct, frozen=True):
    """What step 5 reads of a label block."""

    source: str = msgspec.field(name="from")
    event: str


def facets_of(text: str = FILE) -> dict[str, Facet]:
    """Return the facets of a project with one model."""
    found = {f.name: f for f in ModelFiles().facets(text, "models/tool-failure.yaml")}
    bounds = {"recall": Bound("lower", "wilson"), "false-alarms": Bound("upper", "poisson")}
    rows = (
        ("recall", "recall", LEAD, Threshold(">=", 0.5)),
        ("false-alarms", "false_alarms_per_machine_week", {"unit": "episode", "clock": "calendar"}, Threshold("<=", 9)),
    )
    for name, metric, params, threshold in rows:
        spec = MetricSpec("REQ-x", name, metric, ("validation",), params, (), bounds[name])
        found[f"REQ-x#metric/{name}"] = Facet(f"REQ-x#metric/{name}", "metric", spec)
        found[f"REQ-x#criterion/{name}"] = Facet(
            f"REQ-x#criterion/{name}", "criterion", CriterionSpec("REQ-x", name, threshold)
        )
    found["recipe:parts#label"] = Facet("recipe:parts#label", "label", Said("log", "tool_failure"))
    found["recipe:parts#inputs"] = Facet("recipe:parts#inputs", "inputs", {"inputs": {"log": "events:maintenance"}})
    return found


def view_of(text: str = FILE) -> View:
    """Return the view of that project."""
    return View(facets_of(text).values(), {}, 0)


def none_yet(name: str) -> Answer:
    """Answer that nothing has run."""
    return Answer(fresh=False, body=None)


def parquet(folder: Path, columns: Mapping[str, Array]) -> Path:
    """Return a Parquet file of the columns."""
    path = folder / f"{len(list(folder.iterdir()))}.parquet"
    with duckdb.connect() as connection:
        names = ", ".join(f'unnest($"{n}") AS "{n}"' for n in columns)
        values = {n: [None if v is None or v != v else v for v in a.tolist()] for n, a in columns.items()}
        connection.execute(f"COPY (SELECT {names}) TO '{path}' (FORMAT parquet)", values)
    return path


class Bench:
    """Runs tasks of one model: keeps results as evidence of the next."""

    def __init__(self, folder: Path, text: str = FILE) -> None:
        self.folder, self.view = folder, view_of(text)
        self.blobs = Blobs(folder / "blobs")
        self.evidence: dict[str, Evidence] = {}

    def data(self, n: int = 3000, seed: int = 5) -> None:
        """Bring features, labels and events: torque rises in the two hours before a failure."""
        rng = np.random.default_rng(seed)
        columns: dict[str, list[Array]] = {
            k: [] for k in ("asset", "frame", "t", "tool_life", "torque", "speed", "grade", "label")
        }
        events: dict[str, list[Array]] = {"asset": [], "event": [], "occurred": []}
        t = np.arange(n) * (HOUR_US // 4)
        for asset in ("m1", "m2"):
            when = np.sort(rng.choice(np.arange(60, n - 10), n // 80, replace=False)) * (HOUR_US // 4) + HOUR_US // 8
            life = np.searchsorted(when, t)
            left = np.append(when, 2**62)[life] - t
            label = ((left >= 300e6) & (left <= 7200e6)).astype(float)
            torque = rng.normal(size=n) + 4 * label
            torque[rng.random(n) < 0.02] = np.nan
            grade = np.array(["a", "b", None], object)[rng.integers(0, 3, n)]
            frame = np.array([f"p{i}" for i in range(n)], object)
            for name, column in (("asset", np.full(n, asset, object)), ("frame", frame),
                                 ("t", t), ("tool_life", life.astype(float)), ("torque", torque), ("grade", grade),
                                 ("speed", rng.normal(1500, 20, n)), ("label", label)):  # fmt: skip
                columns[name].append(column)
            events["asset"].append(np.full(len(when) + 1, asset, object))
            events["event"].append(np.array(["tool_failure"] * len(when) + ["planned_change"], object))
            events["occurred"].append(np.append(when, 5 * HOUR_US))
        joined = {name: np.concatenate(parts) for name, parts in columns.items()}
        joined["label"][::97] = np.nan
        labels = {k: joined[k] for k in ("asset", "frame", "t", "label")}
        del joined["label"]
        self.bring("features:parts", {"features": ["torque", "speed", "grade"]}, joined)
        self.bring("labels:parts", {}, labels)
        self.bring("dataset:maintenance", {}, {k: np.concatenate(v) for k, v in events.items()})

    def asked(self, text: str) -> "Bench":
        """Return a bench with the same results whose model file says something else."""
        other = copy.copy(self)
        other.view, other.evidence = view_of(text), dict(self.evidence)
        return other

    def bring(self, name: str, body: Any, columns: Mapping[str, Array]) -> None:
        """Keep a result with a Parquet blob."""
        digest = self.blobs.put_file(parquet(self.folder, columns))
        self.evidence[name] = Evidence(name, "", digest, "table@1", body, (digest,))

    def task(self, step: Any) -> Task:
        """Return the only task that a step plans."""
        (task,) = step.plan(self.view, none_yet)
        assert isinstance(task, Task), task
        return task

    def run(self, step: Any) -> Result:
        """Run the only task of a step, and keep its result."""
        task = self.task(step)
        inputs = {role: self.evidence[name] for role, name in task.results.items()}
        for role, name in task.facets.items():
            plain = msgspec.json.decode(canonical(self.view.facets[name].body))
            inputs[role] = Evidence(name, "", "", "facet@1", plain)
        scratch = self.folder / f"scratch-{step.name}-{len(self.evidence)}"
        scratch.mkdir(exist_ok=True)
        ctx = Context(
            inputs, self.folder, self.blobs, SystemClock(), np.random.default_rng(0), Silent(), Cancel(), scratch
        )
        result: Result = step.run(task, ctx)
        plain = msgspec.json.decode(canonical(result.body))
        self.evidence[task.name] = Evidence(task.name, "", "", result.kind, plain, result.blobs)
        return result


def test_plans_name_all_that_they_depend_on() -> None:
    """The graph of step 5; a limit is not an input of the race."""
    bench = view_of()
    tasks = {t.name: t for s in STEPS for t in s.plan(bench, none_yet) if isinstance(t, Task)}
    assert dict(tasks["candidates:tool-failure"].facets) == {"train": "model:tool-failure#train"}
    assert dict(tasks["candidates:tool-failure"].results) == {"features": "features:parts", "labels": "labels:parts"}
    point = tasks["operating-point:tool-failure"]
    assert dict(point.facets) == {
        "decision": "model:tool-failure#decision", "label": "recipe:parts#label",
        "metric:REQ-x/recall": "REQ-x#metric/recall", "criterion:REQ-x/recall": "REQ-x#criterion/recall",
        "metric:REQ-x/false-alarms": "REQ-x#metric/false-alarms",
        "criterion:REQ-x/false-alarms": "REQ-x#criterion/false-alarms",
    }  # fmt: skip
    assert dict(point.results) == {
        "candidates": "candidates:tool-failure", "features": "features:parts", "labels": "labels:parts",
        "events": "dataset:maintenance",
    }  # fmt: skip
    assert dict(tasks["model:tool-failure"].facets) == {"limits": "model:tool-failure#limits"}
    for step in STEPS:
        for task in step.plan(bench, none_yet):
            assert isinstance(task, Task)
            assert {bench.facets[f].kind for f in task.facets.values()} <= step.consumes


def test_a_criterion_that_is_not_there_blocks_the_operating_point() -> None:
    """With the reason and the next command; the race goes on."""
    view = view_of(FILE.replace("REQ-x/recall", "REQ-x/recal"))
    (blocked,) = OperatingPoints().plan(view, none_yet)
    assert isinstance(blocked, Blocked)
    assert "REQ-x/recal, which no requirement has" in blocked.reason
    assert len(list(Candidates().plan(view, none_yet))) == 1


def test_a_recipe_whose_label_comes_from_no_events_has_none() -> None:
    """A label column needs no log."""
    facets = facets_of()
    del facets["recipe:parts#label"]
    assert events_of(View(facets.values(), {}, 0), "parts") == ""


class Raced(NamedTuple):
    """A bench after its race and the choice of the threshold, which take long; a test goes on from a copy."""

    bench: Bench
    board: Result
    point: Result


@pytest.fixture(scope="module")
def raced(tmp_path_factory: pytest.TempPathFactory) -> Raced:
    bench = Bench(tmp_path_factory.mktemp("raced"))
    bench.data()
    return Raced(bench, bench.run(Candidates()), bench.run(OperatingPoints()))


def test_the_three_steps_give_a_model_that_ships(raced: Raced) -> None:
    """From Parquet to a graph, a threshold and the rows of the test set."""
    bench = raced.bench.asked(FILE)
    board, point, model = raced.board.body, raced.point.body, bench.run(Models()).body
    assert isinstance(board, Leaderboard)
    assert isinstance(point, OperatingPoint)
    assert isinstance(model, Model)
    finished = [c for c in board.candidates if c.outcome == "finished"]
    assert board.winner in {c.name for c in finished}
    assert {b for c in finished for b in (c.onnx, c.out_of_fold, c.probe, c.native)} | {board.split.roles} == set(
        raced.board.blobs
    )
    assert all(c.calibration is None for c in board.candidates)  # nobody asked for it
    assert board.categories == {"grade": ("a", "b")}
    assert board.split.rows["train"] + board.split.rows["test"] + board.split.rows["unused"] == 6000
    assert board.split.rows["censored"] == 62
    assert point.satisfied
    assert point.probability is not None
    assert point.baseline is not None
    assert point.baseline.rule == "torque > 2"
    assert (point.baseline.expectations[-1].value or 0) > 0.8  # recall: the rule knows how the data were made
    assert (model.candidate, model.threshold, model.label_flips) == (board.winner, point.threshold, 0)
    assert [(m.name, m.held) for m in model.limits] == [("size_kb", True), ("latency_p99_ms", None)]
    roles = np.load(io.BytesIO(bench.blobs.read(model.roles)), allow_pickle=False)
    assert (roles == TEST).sum() == board.split.rows["test"]
    scores = Graph(bench.blobs.read(model.onnx)).scores(np.array([[4, 1500, 0], [-1, 1500, np.nan]], np.float32))
    assert scores[0] > scores[1]
    (row,) = [c for c in board.candidates if c.name == board.winner]
    out_of_fold = np.load(io.BytesIO(bench.blobs.read(row.out_of_fold)), allow_pickle=False)
    assert (np.isfinite(out_of_fold) == (roles >= 0)).all()


def test_a_starved_budget_fails_by_name(tmp_path: Path) -> None:
    """Nothing is recorded."""
    bench = Bench(tmp_path, FILE.replace("cpu: 160 s", "cpu: 200 ms"))
    bench.data(600)
    with pytest.raises(BudgetExceeded, match=r"budget of 0\.2 s of CPU"):
        bench.run(Candidates())


def test_a_model_larger_than_the_device_allows_is_refused(raced: Raced) -> None:
    """By its size and the limit, which no race depends on."""
    bench = raced.bench.asked(FILE.replace("size_kb: 2000", "size_kb: 0.1"))
    with pytest.raises(Refused, match=r"limits\.size_kb allows 0\.1"):
        bench.run(Models())


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f, _: f.update(t=f["t"] + 1), "differ in 't'"),
        (lambda _, lab: lab.pop("label"), "no column 'label'"),
        (lambda f, _: f.pop("torque"), "no column 'torque'"),
        (lambda f, lab: [c.update({k: v[:0] for k, v in c.items()}) for c in (f, lab)], "no rows"),
        (lambda f, _: f.pop("tool_life"), "no such column"),
        (lambda _, lab: lab.update(label=lab["label"] * 0), "only label 0"),
        (lambda _, lab: lab.update({k: v[:-1] for k, v in lab.items()}), "differ in 'asset'"),
    ],
    ids=["other rows", "no label", "no feature", "empty", "no tool life", "one class", "fewer labels"],
)
def test_data_that_cannot_be_learnt_from_say_why(tmp_path: Path, spoil: Callable[..., Any], message: str) -> None:
    """Before any worker starts."""
    bench = Bench(tmp_path)
    n = 400
    features = {"asset": np.full(n, "m1", object), "t": np.arange(n) * HOUR_US, "tool_life": np.arange(n) // 20 * 1.0,
                "torque": np.linspace(0, 1, n)}  # fmt: skip
    labels = {"asset": features["asset"], "t": features["t"], "label": np.tile([0.0, 1.0], n // 2)}
    spoil(features, labels)
    bench.bring("features:parts", {"features": ["torque"]}, features)
    bench.bring("labels:parts", {}, labels)
    with pytest.raises(InvalidInput, match=message):
        bench.run(Candidates())


def test_a_record_without_feature_names_is_refused(tmp_path: Path) -> None:
    """Guessing would learn from keys."""
    bench = Bench(tmp_path)
    bench.data(300)
    bench.evidence["features:parts"] = bench.evidence["features:parts"]._replace(plain={})
    with pytest.raises(InvalidInput, match="does not name its features"):
        bench.run(Candidates())
    assert dataclasses.is_dataclass(Context)


def test_what_is_left_out_is_not_learnt_from(tmp_path: Path) -> None:
    """By its name; a name that the recipe does not make is a mistake."""
    bench = Bench(tmp_path, f"leave_out: [drift]\n{FILE}".replace("[linear, lightgbm]", "[linear]"))
    bench.data(1500)
    features = bench.evidence["features:parts"]
    with pytest.raises(InvalidInput, match="leaves out 'drift', which is no feature"):
        bench.run(Candidates())
    names = list(features.plain["features"])
    bench.view = Bench(tmp_path, f"leave_out: [{names[0]}]\n{FILE}".replace("[linear, lightgbm]", "[linear]")).view
    assert bench.run(Candidates()).body.features == tuple(names[1:])


KINDS = {
    "regression": ("{kind: regression}", "rmse", 'alarm: {op: ">=", value: 3}', "rmse", Threshold("<=", 5)),
    "multiclass": ("{kind: multiclass}", "macro_f1", "alarm: {classes: [high]}", "accuracy", Threshold(">=", 0.5)),
}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_three_steps_of_other_kinds(tmp_path: Path, kind: str) -> None:
    """Labels as values or classes: a board with one answer or one column a class, a rule, and a model that ships."""
    task, metric, alarm, criterion, threshold = KINDS[kind]
    text = FILE.replace("{kind: binary, target: label}", task).replace("average_precision", metric)
    text = text.replace(
        "decision: {satisfy: [REQ-x/recall], minimise: false_alarms_per_machine_week, baseline: torque > 2}",
        f"decision: {{satisfy: [REQ-x/{criterion}], {alarm}}}",
    )
    bench = Bench(tmp_path, text.replace("[linear, lightgbm]", "[linear]"))
    spec = MetricSpec("REQ-x", criterion, criterion, ("validation",))
    judged = CriterionSpec("REQ-x", criterion, threshold)
    extra = [
        Facet(f"REQ-x#metric/{criterion}", "metric", spec),
        Facet(f"REQ-x#criterion/{criterion}", "criterion", judged),
    ]
    bench.view = View([*bench.view.facets.values(), *extra], {}, 0)
    bench.data(600)
    table = read_parquet(bench.blobs.get(bench.evidence["features:parts"].blobs[0]))
    torque = np.nan_to_num(table["torque"])
    values = torque if kind == "regression" else np.where(torque > 1, "high", "low").astype(object)
    keys = {k: table[k] for k in ("asset", "frame", "t")}
    bench.bring("labels:parts", {}, {**keys, "label": values})
    board: Any = bench.run(Candidates()).body
    point: Any = bench.run(OperatingPoints()).body
    model: Any = bench.run(Models()).body
    assert board.classes == model.classes == (("high", "low") if kind == "multiclass" else ())
    assert (point.threshold, point.satisfied, model.alarm) == (None, True, point.alarm)
    assert [e.criterion for e in point.expectations] == [f"REQ-x/{criterion}"]
    assert (model.task, model.label_flips, board.split.positives) == (kind, 0, {})
    counted = board.split.by_class.get("train", {"all": board.split.rows["train"]})
    assert sum(counted.values()) == board.split.rows["train"]
    scores = Graph(bench.blobs.read(model.onnx)).scores(np.array([[4, 1500, 0], [-4, 1500, 0]], np.float32))
    assert scores.shape == ((2, 2) if kind == "multiclass" else (2,))
    assert (scores[0, 0] > 0.9 > 0.1 > scores[1, 0]) if kind == "multiclass" else (scores[0] > 3 > 0 > scores[1])
    tables = [operating_point_table("m", point), model_table(model), leaderboard_table("m", board)]
    told = " ".join(t.title for t in tables) + str([t.rows for t in tables])
    assert str(point.alarm) in told
