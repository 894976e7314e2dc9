"""models/*.yaml: facets, and every problem at its line."""

from typing import Any

import pytest

from ninefold.development.modelling.files import ModelFiles, installed_trainers, named_by
from ninefold.development.modelling.specification import DecisionSpec, TrainSpec
from ninefold.kernel.errors import InvalidFile
from ninefold.kernel.view import Facet
from ninefold.vocabulary.criterion import Bound, CriterionSpec, MetricSpec, SensorFaults, Threshold

GOOD = """\
use_case: UC-tool-failure
dataset: recipe:part-features
task: {kind: binary, target: label}
split: {time: {test: 0.25, gap: 2 h}, keep_whole: [tool_life]}
metric: average_precision
decision: {choose_on: out_of_fold, satisfy: [REQ-x/recall], minimise: false_alarms_per_machine_week}
budget: {cpu: 60 s, memory: 2 GiB}
trainers: [linear, lightgbm]
limits: {latency_p99_ms: 5, size_kb: 2000}
"""


def facets(text: str) -> dict[str, Facet]:
    """Return the facets of a text by name."""
    return {f.name: f for f in ModelFiles().facets(text, "models/tool-failure.yaml")}


def world(**changes: Any) -> dict[str, Facet]:
    """Return the facets of a small project around the model."""
    bound = Bound("lower", "wilson")
    found = facets(GOOD) if "text" not in changes else facets(changes["text"])
    found["UC-tool-failure#index"] = Facet("UC-tool-failure#index", "index", {})
    found["recipe:part-features#inputs"] = Facet("recipe:part-features#inputs", "inputs", {})
    for name, metric in (("recall", "recall"), ("false-alarms", "false_alarms_per_machine_week")):
        spec = MetricSpec("REQ-x", name, metric, ("validation",), {}, (), bound)
        judged = CriterionSpec("REQ-x", name, Threshold(">=", 0.7))
        found[f"REQ-x#metric/{name}"] = Facet(f"REQ-x#metric/{name}", "metric", spec)
        found[f"REQ-x#criterion/{name}"] = Facet(f"REQ-x#criterion/{name}", "criterion", judged)
    return found


def test_a_model_file_gives_three_facets() -> None:
    """What each reads is apart, so that a changed limit trains nothing."""
    found = facets(GOOD)
    assert list(found) == [f"model:tool-failure#{k}" for k in ("train", "decision", "limits")]
    train = found["model:tool-failure#train"].body
    assert isinstance(train, TrainSpec)
    assert (train.recipe, train.split.kind, train.split.share, train.split.gap_s) == (
        "part-features",
        "time",
        0.25,
        7200,
    )
    assert (float(train.budget.cpu), float(train.budget.memory)) == (60.0, 2 * 2**30)
    assert [f.line for f in found.values()] == [1, 6, 9]


@pytest.mark.parametrize(
    ("old", "new", "unchanged"),
    [
        ("size_kb: 2000", "size_kb: 100", {"train", "decision"}),
        ("REQ-x/recall", "REQ-x/false-alarms", {"train", "limits"}),
        ("cpu: 60 s", "cpu: 1 min", {"train", "decision", "limits"}),
        ("metric: average", "# why\nmetric: average", {"train", "decision", "limits"}),
        ("cpu: 60 s", "cpu: 61 s", {"decision", "limits"}),
    ],
    ids=["limit", "criterion", "other spelling", "comment", "budget"],
)
def test_an_edit_changes_only_what_reads_it(old: str, new: str, unchanged: set[str]) -> None:
    """By the content of the facets."""
    before, after = facets(GOOD), facets(GOOD.replace(old, new))
    same = {n.partition("#")[2] for n in before if before[n].content == after[n].content}
    assert same == unchanged


def test_all_means_every_installed_trainer() -> None:
    """And the built-ins come through the door of plug-ins."""
    assert {"linear", "lightgbm"} <= set(installed_trainers())
    assert facets(GOOD.replace("[linear, lightgbm]", "all"))["model:tool-failure#train"].body.trainers == ()


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("[linear, lightgbm]", "[linear, ligthgbm]", 8, "'ligthgbm' is not installed. Did you mean 'lightgbm'?"),
        ("[linear, lightgbm]", "[linear, linear]", 8, "named twice"),
        ("[linear, lightgbm]", "[]", 8, "list of trainers is empty"),
        ("kind: binary", "kind: binery", 3, "expected one of binary"),
        ("cpu: 60 s", "cpu: 60", 7, "Expected a unit"),
        ("cpu: 60 s", "cpu: 0 s", 7, "no CPU time"),
        ("memory: 2 GiB", "memory: 2 MiB", 7, "at least 128 MiB"),
        ("recipe:part-features", "part-features", 2, "expected recipe:NAME"),
        ("test: 0.25", "test: 25", 4, "between 0 and 1"),
        ("time: {test: 0.25, gap: 2 h}", "time: {test: 0.25}, order: {test: 0.2}", 4, "exactly one of"),
        ("time: {test: 0.25, gap: 2 h}, keep_whole: [tool_life]", "group: {test: 0.25}", 4, "needs keep_whole"),
        ("average_precision", "acuracy", 5, "expected one of average_precision"),
        ("[REQ-x/recall]", "[recall]", 6, "expected REQUIREMENT/CRITERION"),
        ("[REQ-x/recall]", "[]", 6, "No criterion is named"),
        ("out_of_fold", "test", 6, "expected one of out_of_fold"),
        ("size_kb: 2000", "size_kb: -1", 9, "above 0"),
        ("minimise:", "baseline: torque >, minimise:", 6, "decision.baseline"),
        ("metric:", "metrik: x\nmetric:", 5, "'metrik' is not known"),
    ],
)  # fmt: skip
def test_each_problem_stands_at_its_line(old: str, new: str, line: int, message: str) -> None:
    """With what was found, and a guess where there is one."""
    with pytest.raises(InvalidFile) as caught:
        facets(GOOD.replace(old, new))
    assert [(p.line, message in str(p)) for p in caught.value.problems] == [(line, True)], str(caught.value)


def test_all_problems_are_told_together() -> None:
    """In one go, not one after the other."""
    text = GOOD.replace("recipe:part-features", "x").replace("lightgbm", "lightgmb").replace("2000", "0")
    with pytest.raises(InvalidFile) as caught:
        facets(text)
    assert [p.line for p in caught.value.problems] == [2, 8, 9]


def test_a_model_in_order_has_no_problem_between_files() -> None:
    """All names stand for something."""
    assert list(ModelFiles().check(world())) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("REQ-x/recall", "REQ-x/recal", "There is no criterion REQ-x/recal. Did you mean 'REQ-x/recall'?"),
        ("minimise: false_alarms", "minimise: false_alarm", "has the metric 'false_alarm_per_machine_week'"),
        ("UC-tool-failure", "UC-tool-failur", "There is no UC-tool-failur. Did you mean 'UC-tool-failure'?"),
        ("part-features", "parts-features", "There is no recipe:parts-features. Did you mean 'part-features'?"),
    ],
)
def test_names_that_stand_for_nothing_are_problems(old: str, new: str, message: str) -> None:
    """Between files, with the nearest name."""
    problems = list(ModelFiles().check(world(text=GOOD.replace(old, new))))
    assert [message in str(p) for p in problems] == [True], problems
    assert problems[0].line in {1, 6}


def test_an_answer_is_a_facet_of_its_own() -> None:
    """So a model that begins to give conformal answers is not trained again; without one nothing is there."""
    asked = facets(GOOD + "answer: {conformal: 0.9}\n")
    assert {n for n in asked if n not in facets(GOOD)} == {"model:tool-failure#answer"}
    assert all(asked[n].content == f.content for n, f in facets(GOOD).items())
    with pytest.raises(InvalidFile, match=r"Found 0\.99, expected one of 0\.8, 0\.9, 0\.95"):
        facets(GOOD + "answer: {conformal: 0.99}\n")


def test_no_threshold_is_chosen_on_sensor_faults() -> None:
    """They are planted on test rows only: named in satisfy it is a problem, and minimise does not find it."""
    sturdy = MetricSpec(
        "REQ-x", "sturdy", "false_alarms_per_machine_week", ("validation",), faults=SensorFaults(("stuck",))
    )
    criterion = CriterionSpec("REQ-x", "sturdy", Threshold("<=", 5.0))
    added = {
        "REQ-x#metric/sturdy": Facet("REQ-x#metric/sturdy", "metric", sturdy),
        "REQ-x#criterion/sturdy": Facet("REQ-x#criterion/sturdy", "criterion", criterion),
    }
    assert list(ModelFiles().check(world() | added)) == []
    named = world(text=GOOD.replace("[REQ-x/recall]", "[REQ-x/recall, REQ-x/sturdy]")) | added
    [problem] = ModelFiles().check(named)
    assert problem.field == "decision.satisfy[1]"
    assert "REQ-x/sturdy is about sensor faults, which are planted on test rows only" in str(problem)


def test_what_is_minimised_is_found_by_metric_or_by_name() -> None:
    """In the requirements that the decision satisfies."""
    for text in ("false_alarms_per_machine_week", "REQ-x/false-alarms"):
        decision = DecisionSpec(("REQ-x/recall",), text)
        assert named_by(decision, world()) == (("REQ-x/recall",), ("REQ-x/false-alarms",))
