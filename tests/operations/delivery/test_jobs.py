"""The graph as jobs: stages in order, needs as the graph has them, decisions and devices left out."""

import pytest
from tests.operations.delivery.plans import DATA, DESIGN, MODELLING, VALIDATION, one_model, plan, step

from ninefold.kernel.errors import InvalidInput
from ninefold.kernel.plan import Plan, Status
from ninefold.operations.delivery.jobs import STAGES, pipeline_of


def test_jobs_mirror_the_graph() -> None:
    """A job a subject, in the stage of its step's room, after what its tasks need; a gate a model."""
    pipeline = one_model()
    assert {j.id: j.needs for j in pipeline.jobs} == {
        "design": (), "data-cell": (), "data-parts": ("data-cell",), "model-tool-failure": ("data-parts",),
        "validate-tool-failure": ("model-tool-failure",),
    }  # fmt: skip
    assert {g.id: g.needs for g in pipeline.gates} == {"gate-tool-failure": ("validate-tool-failure",)}
    assert pipeline.stages == list(STAGES)


def test_a_job_names_its_tasks_so_that_a_new_criterion_needs_no_new_pipeline() -> None:
    """By kind and subject; the digest of a pipeline with one criterion more is the same."""
    jobs = {j.id: j.command for j in one_model().jobs}
    assert jobs["data-parts"] == "ninefold --quiet run features:parts"
    assert jobs["validate-tool-failure"] == (
        "ninefold --quiet run 'measurement:tool-failure/*' 'verdict:tool-failure/*'"
    )
    more = {"verdict:m/REQ-a/x": (VALIDATION, ()), "verdict:m/REQ-a/y": (VALIDATION, ())}
    assert pipeline_of(plan(more), ".", "0 2 * * *", "UTC").digest == pipeline_of(
        plan(dict(list(more.items())[:1])), ".", "0 2 * * *", "UTC"
    ).digest  # fmt: skip


def test_a_task_never_comes_before_what_it_needs() -> None:
    """A check of the design phase that reads data is in the stage of the data."""
    found = pipeline_of(
        plan({"dataset:a": (DATA, ()), "label-need:UC": (DESIGN, ["dataset:a"])}), ".", "0 2 * * *", "UTC"
    )
    assert [(j.stage, j.needs) for j in found.jobs] == [("data", ()), ("data", ("data-a",))]


def test_subjects_that_need_one_another_share_a_job() -> None:
    """A job that waits for itself would never run."""
    tasks = {
        "candidates:a": (MODELLING, ()), "candidates:b": (MODELLING, ["candidates:a"]),
        "model:a": (MODELLING, ["candidates:b"]),
    }  # fmt: skip
    found = pipeline_of(plan(tasks), ".", "0 2 * * *", "UTC")
    assert [(j.id, j.needs) for j in found.jobs] == [("model", ())]
    assert found.jobs[0].command == "ninefold --quiet run 'candidates:*' model:a"


def test_a_name_with_the_signs_of_patterns_is_a_name() -> None:
    """`ninefold run` takes patterns: a recipe that is called * must not run all recipes."""
    found = pipeline_of(plan({"features:[*?]": (DATA, ())}), ".", "0 2 * * *", "UTC")
    assert found.jobs[0].patterns == ("features:[[][*][?]]",)


def test_decisions_and_devices_are_in_no_job() -> None:
    """A pipeline neither signs nor deploys."""
    kinds = {"approval:m": "decide", "rollout:d/g": "apply"}
    statuses = [Status(n, step(VALIDATION, k), "blocked") for n, k in kinds.items()]  # type: ignore[arg-type]  # enough of a step
    assert pipeline_of(Plan(statuses), ".", "0 2 * * *", "UTC").jobs == ()


def test_a_blocked_task_stays_in_its_job() -> None:
    """Left out, the pipeline would be green while something is wrong; nothing is known of what it needs."""
    blocked = Status("features:a", step(DATA), "blocked", None, "its recipe has no key")  # type: ignore[arg-type]  # as above
    found = pipeline_of(Plan([blocked]), ".", "0 2 * * *", "UTC")
    assert [j.patterns for j in found.jobs] == [("features:a",)]


def test_a_project_without_models_has_no_gate_and_an_empty_one_no_job() -> None:
    """Both have a pipeline: the files are still checked."""
    found = pipeline_of(plan({"coverage": (DESIGN, ())}), ".", "0 2 * * *", "UTC")
    assert (found.stages, found.gates) == (["design"], ())
    assert pipeline_of(Plan([]), ".", "0 2 * * *", "UTC").stages == []


def test_a_name_that_no_file_can_hold_is_refused() -> None:
    """By its own name."""
    with pytest.raises(InvalidInput, match="cannot stand in a pipeline"):
        pipeline_of(plan({"features:a\nb": (DATA, ())}), ".", "0 2 * * *", "UTC")
