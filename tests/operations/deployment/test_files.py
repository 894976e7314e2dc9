"""Deployment files: three facets, every problem at its line, criteria resolved through the use case."""

from typing import Any

import pytest

from ninefold.kernel.errors import InvalidFile
from ninefold.kernel.view import Facet
from ninefold.operations.deployment.criteria import Resolved, resolve
from ninefold.operations.deployment.files import DeploymentFiles, RolloutSpec, TargetsSpec
from ninefold.vocabulary.desired import Require, Stage, Until

GOOD = """\
model: tool-failure
targets: [edge:gateway-2, edge:gateway-1]
rollout:
  - {stage: self-test}
  - {stage: shadow, until: {parts: 200, at_most: 60 s}, require: {pass: [decision-latency], not_fail: [recall]}}
  - {stage: canary, share: 50 %, until: {parts: 200, at_most: 60 s}, require: {not_fail: [recall]}}
  - {stage: active, pending: named_person}
on_failure: rollback
fallback: {when: [stale_input, bad_quality, model_late], then: rule, rule: "torque_lift > 1.5"}
actions: {alarm: [opcua_tag, mqtt, webhook: cmms]}
"""


def read(text: str) -> dict[str, Facet]:
    return {f.name: f for f in DeploymentFiles().facets(text, "deployments/cell.yaml")}


def model_facets(**requirements: list[str]) -> dict[str, Facet]:
    facets = {"model:tool-failure#train": Facet("model:tool-failure#train", "train", {"use_case": "UC-1"})}
    for name, criteria in requirements.items():
        id = name.replace("_", "-")
        facets[f"{id}#index"] = Facet(f"{id}#index", "index", {"links": [{"to": "UC-1", "role": "refines"}]})
        for c in criteria:
            facets[f"{id}#criterion/{c}"] = Facet(f"{id}#criterion/{c}", "criterion", {})
    return facets


def test_a_deployment_file_becomes_three_facets() -> None:
    """Targets in order of their names, shares as numbers."""
    found = read(GOOD)
    assert set(found) == {f"deployment:cell#{k}" for k in ("targets", "rollout", "fallback")}
    targets, rollout = found["deployment:cell#targets"].body, found["deployment:cell#rollout"].body
    assert isinstance(targets, TargetsSpec)
    assert isinstance(rollout, RolloutSpec)
    assert targets.targets == ("edge:gateway-1", "edge:gateway-2")
    assert targets.actions["alarm"] == ("opcua_tag", "mqtt", {"webhook": "cmms"})
    assert rollout.stages[1].require == Require(("decision-latency",), ("recall",))
    assert (rollout.stages[2].share, rollout.stages[1].until.parts) == (0.5, 200)
    assert rollout.stages[3] == Stage("active", Until(), Require(), pending="named_person")


def test_a_comment_changes_no_facet_and_a_target_only_the_targets() -> None:
    """Facets are what their consumers read."""
    before, commented = read(GOOD), read("# a comment\n" + GOOD)
    assert {n: f.content for n, f in before.items()} == {n: f.content for n, f in commented.items()}
    more = read(GOOD.replace("edge:gateway-2, ", "edge:gateway-2, edge:gateway-3, "))
    assert [n for n in before if before[n].content != more[n].content] == ["deployment:cell#targets"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("model:", "modell:", "'modell' is not known"),
        ("edge:gateway-2", "gateway-2", "expected edge:DEVICE"),
        ("edge:gateway-2", "edge:../x", "expected edge:DEVICE"),
        ("edge:gateway-2", "edge:gateway-1", "named twice"),
        ("  - {stage: self-test}\n", "", "The stage self-test is missing"),
        ("stage: canary", "stage: shadow", "each comes once, in the order"),
        ("until: {parts: 200, at_most: 60 s}, require: {pass", "require: {pass", "does not say how many parts"),
        ("share: 50 %", "share: 0 %", "shows nothing"),
        ("share: 50 %", "share: 150 %", "between 0 and 1"),
        ("{stage: active,", "{stage: active, share: 50 %,", "Only a canary has a share"),
        ("60 s}, require: {pass", "60}, require: {pass", "at_most"),
        ('rule: "torque_lift > 1.5"', 'rule: "torque_lift >"', "expression"),
        (', rule: "torque_lift > 1.5"', "", "then: rule needs a rule"),
        ("on_failure: rollback", "on_failure: hope", "hope"),
    ],
)
def test_each_problem_is_named(old: str, new: str, says: str) -> None:
    """With the file, and before anything is planned."""
    assert old in GOOD
    with pytest.raises(InvalidFile) as caught:
        read(GOOD.replace(old, new, 1))
    assert says in str(caught.value), str(caught.value)


def test_a_criterion_is_found_by_its_id_where_the_use_case_leaves_no_doubt() -> None:
    """Otherwise by its full name, and the sentence says which there are."""
    facets = model_facets(REQ_a=["recall"], REQ_b=["latency"])
    assert resolve("recall", "tool-failure", facets) == Resolved("REQ-a", "recall")
    assert resolve("REQ-b/latency", "tool-failure", facets) == Resolved("REQ-b", "latency")
    both = model_facets(REQ_a=["recall"], REQ_b=["recall"])
    assert "write it as REQ-a/recall" in str(resolve("recall", "tool-failure", both))
    assert "There is no criterion 'x'" in str(resolve("x", "tool-failure", facets))


def test_dangling_names_are_problems_between_files() -> None:
    """A model without a file, a criterion without a requirement."""
    files: Any = DeploymentFiles()
    assert ["There is no model tool-failure." in str(p) for p in files.check(read(GOOD))] == [True]
    facets = {**read(GOOD), **model_facets(REQ_a=["recall"])}
    assert [p.field for p in files.check(facets)] == ["rollout[1].require.pass"]
    facets = {**read(GOOD), **model_facets(REQ_a=["recall", "decision-latency"])}
    assert list(files.check(facets)) == []
