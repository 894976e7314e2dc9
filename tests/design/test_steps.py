"""Both steps in the graph: what they plan from files, what they record, and exactly what an edit makes stale."""

from pathlib import Path

import pytest
from tests.design.prioritisation.test_files import FILE as USE_CASE_FILE
from tests.design.prioritisation.test_files import USE_CASE
from tests.design.requirements.sample import FILE, REQUIREMENT, project

from ninefold.design.prioritisation.files import READERS as USE_CASE_READERS
from ninefold.design.prioritisation.step import STEPS as RANKING_STEPS
from ninefold.design.requirements.files import READERS as REQUIREMENT_READERS
from ninefold.design.requirements.step import STEPS as REQUIREMENT_STEPS
from ninefold.kernel.blobs import Blobs
from ninefold.kernel.plan import Plan
from ninefold.kernel.progress import Cancel, Silent
from ninefold.kernel.sqlite import SqliteStore
from ninefold.kernel.status import status
from ninefold.lifecycle.runner import Runner
from ninefold.testing.clock import FakeClock
from ninefold.vocabulary.coverage import Coverage
from ninefold.vocabulary.ranking import Ranking
from ninefold.vocabulary.requirement_lint import RequirementLint

STEPS = (*REQUIREMENT_STEPS, *RANKING_STEPS)
READERS = (*REQUIREMENT_READERS, *USE_CASE_READERS)
FILES = {FILE: REQUIREMENT, USE_CASE_FILE: USE_CASE}
SHEET = "criteria: {benefit: {weight: 1}, urgency: {weight: 1}, feasibility: {weight: 1}, risk: {weight: 1}}\n"
SHEET += "gates: {ai_needed: true, prohibited_practice: false, owner_named: true}\ndraws: 500\n"


class World:
    """A project folder with a store."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files: dict[str, str | bytes] = {**FILES, "prioritisation.yaml": SHEET}
        self.store = SqliteStore(root / "store.db")

    def run(self) -> tuple[Plan, list[str]]:
        """Bring the project up to date; return the plan and what was run."""
        view = project(self.root / "project", self.files, READERS)
        clock = FakeClock()
        runner = Runner(
            view, self.store, Blobs(self.root / "blobs"), clock, self.root, "tester", Silent(), Cancel(), lambda _: True
        )
        plan = status(STEPS, view, self.store, runner)
        runner.finish()
        assert runner.failed == {}
        return plan, runner.done


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return a project with one requirement, one use case and a sheet."""
    return World(tmp_path)


def test_each_requirement_is_linted_and_all_are_covered_and_ranked(world: World):
    """Three kinds of record, each the body that its noun describes."""
    plan, done = world.run()
    assert sorted(done) == ["coverage", "lint:REQ-tool-failure-warning", "ranking"]
    record = plan["lint:REQ-tool-failure-warning"].last
    assert record is not None
    assert record.kind == "requirement-lint@1"
    assert record.body(RequirementLint).pattern == "state"
    record = plan["coverage"].last
    assert record is not None
    assert len(record.body(Coverage).rows) == 4
    record = plan["ranking"].last
    assert record is not None
    assert record.body(Ranking).places[0].use_case == "UC-tool-failure"
    assert record.body(Ranking).sheet.draws == 500


@pytest.mark.parametrize(
    ("file", "old", "new", "redone"),
    [
        (FILE, "scraps the part", "ruins the part", []),
        (FILE, "value: 0.70", "value: 0.75", []),
        (FILE, "then: propose_retrain", "then: alert", []),
        (FILE, "at most two hours", "at most three hours", ["lint:REQ-tool-failure-warning"]),
        (FILE, "priority: must", "priority: should", ["coverage", "lint:REQ-tool-failure-warning"]),
        (USE_CASE_FILE, "urgency: 4", "urgency: 3", ["ranking"]),
        (USE_CASE_FILE, "stage: candidate", "stage: selected", ["coverage"]),
        (USE_CASE_FILE, "180 d", "90 d", []),
        ("prioritisation.yaml", "draws: 500", "draws: 600", ["ranking"]),
    ],
)
def test_an_edit_redoes_exactly_the_dependents(world: World, file: str, old: str, new: str, redone: list[str]):
    """And a revert redoes nothing."""
    world.run()
    before = str(world.files[file])
    assert old in before
    world.files[file] = before.replace(old, new, 1)
    assert sorted(world.run()[1]) == redone
    world.files[file] = before
    assert world.run()[1] == []


def test_a_sheet_that_cannot_be_read_blocks_the_ranking(world: World):
    """The default sheet must not step in for it without a word."""
    world.files["prioritisation.yaml"] = "criteria: {}\n"
    plan, done = world.run()
    assert "ranking" not in done
    assert plan["ranking"].state == "blocked"
    assert "prioritisation.yaml:1: criteria" in plan["ranking"].reason


def test_without_a_sheet_the_default_one_is_part_of_the_key(world: World):
    """It stands in the record, so that a reader sees the weights that were used."""
    del world.files["prioritisation.yaml"]
    plan, _ = world.run()
    record = plan["ranking"].last
    assert record is not None
    assert set(record.body(Ranking).sheet.criteria) == {"benefit", "urgency", "feasibility", "risk"}


def test_a_retired_use_case_is_not_ranked(world: World):
    """It stays in the matrix of coverage, and no longer competes."""
    retired = USE_CASE.replace("UC-tool-failure", "UC-old").replace("stage: candidate", "stage: retired")
    world.files["use-cases/UC-old.md"] = retired
    plan, _ = world.run()
    record = plan["ranking"].last
    assert record is not None
    assert [p.use_case for p in record.body(Ranking).places] == ["UC-tool-failure"]
    record = plan["coverage"].last
    assert record is not None
    assert record.body(Coverage).use_cases == 2


def test_an_empty_project_plans_nothing(tmp_path: Path):
    """No requirement, no use case: no task, and no error."""
    view = project(tmp_path, {}, READERS)
    assert status(STEPS, view, SqliteStore(tmp_path / "store.db")).statuses == {}
