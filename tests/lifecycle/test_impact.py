"""What an edit would do is told before it is saved, on the small cell with its results; nothing is written."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.small_cell import REQUIREMENT, opened, run, touched

from ninefold.cli.compose import Composer
from ninefold.kernel.editing import Typed, set_statement, set_value
from ninefold.kernel.errors import Refused
from ninefold.kernel.plan import Plan
from ninefold.lifecycle.editing import open_file, save_edit
from ninefold.lifecycle.impact import Impact, preview

DRIFT = "verdict:tool-failure/REQ-tool-failure-warning/input-drift"
RECALL = "verdict:tool-failure/REQ-tool-failure-warning/recall"
PERSON = "person-0011223344556677"


@pytest.fixture
def cell(cell_root: Path) -> Iterator[Composer]:
    """The small cell, open."""
    with opened(cell_root) as composer:
        yield composer


def _edited(composer: Composer, number: int, *field: str, to: object) -> str:
    return set_value(open_file(composer.session, REQUIREMENT).text, REQUIREMENT, ("criteria", number, *field), to)


def _preview(composer: Composer, text: str | None, file: str = REQUIREMENT) -> Impact:
    return preview(composer.session, composer.steps, file, text)


def _fresh(plan: Plan) -> dict[str, str]:
    return {n: s.state for n, s in plan.statuses.items()}


def test_a_threshold_that_no_model_is_fitted_to_is_judged_at_once(cell: Composer) -> None:
    """The measurement stays, so the new verdict is certain; what the preview says is what a save then does."""
    text = _edited(cell, 3, "threshold", "value", to=Typed("1000000"))
    before = _fresh(cell.session.status())
    impact = _preview(cell, text)
    assert impact.facets == (("REQ-tool-failure-warning#criterion/input-drift", "changed"),)
    [turned] = impact.verdicts
    assert (turned.name, turned.before, turned.after, turned.certain) == (DRIFT, "pass", "fail", True)
    assert [t.name for t in impact.tasks] == [DRIFT]
    assert impact.approvals == ()
    assert _fresh(cell.session.status()) == before
    assert "+    threshold" in impact.diff
    save_edit(cell.session, PERSON, REQUIREMENT, text, open_file(cell.session, REQUIREMENT).etag)
    assert touched(before, _fresh(cell.session.status())) == {DRIFT}
    run(cell, DRIFT)
    assert cell.session.ask(DRIFT).plain["outcome"] == "fail"


def test_a_stale_project_after_a_save_is_what_the_preview_said(cell: Composer) -> None:
    """Every dependent is named, the approval among them; only the first one does not wait for another."""
    text = _edited(cell, 1, "threshold", "value", to=Typed("0.01"))
    before = _fresh(cell.session.status())
    impact = _preview(cell, text)
    assert "approval:tool-failure" in impact.approvals
    assert [t.name for t in impact.tasks if not t.waits] == ["operating-point:tool-failure"]
    save_edit(cell.session, PERSON, REQUIREMENT, text, open_file(cell.session, REQUIREMENT).etag)
    assert touched(before, _fresh(cell.session.status())) == {t.name for t in impact.tasks}


def test_a_threshold_that_the_operating_point_follows_is_told_as_uncertain(cell: Composer) -> None:
    """The model's threshold is chosen to satisfy the recall: only a new measurement tells."""
    impact = _preview(cell, _edited(cell, 0, "threshold", "value", to=Typed("0.99")))
    [turned] = [v for v in impact.verdicts if v.name == RECALL]
    assert (turned.before, turned.after, turned.certain) == ("pass", "fail", False)
    assert "operating-point:tool-failure" in {t.name for t in impact.tasks}


def test_a_comment_does_nothing(cell: Composer) -> None:
    """Nor does the rationale."""
    text = open_file(cell.session, REQUIREMENT).text
    impact = _preview(cell, text.replace("Rationale:", "Rationale, in other words:"))
    assert impact.nothing
    assert (impact.verdicts, impact.approvals) == ((), ())


def test_a_statement_leaves_the_verdicts(cell: Composer) -> None:
    """It is a facet of its own."""
    text = set_statement(
        open_file(cell.session, REQUIREMENT).text, REQUIREMENT, "The system shall warn of a tool failure."
    )
    impact = _preview(cell, text)
    assert impact.facets == (("REQ-tool-failure-warning#statement", "changed"),)
    assert impact.verdicts == ()


def test_a_broken_text_is_told_with_its_problems_and_what_it_blocks(cell: Composer) -> None:
    """And a file that is removed takes its tasks away."""
    text = open_file(cell.session, REQUIREMENT).text
    impact = _preview(cell, text.replace("metric: recall", "metric: recoil"))
    assert any("recoil" in p.message and p.file == REQUIREMENT for p in impact.problems)
    gone = _preview(cell, None)
    assert RECALL in gone.gone
    assert gone.problems
    assert (cell.root / REQUIREMENT).exists()


def test_a_mended_problem_is_told(cell: Composer) -> None:
    """What the edit takes away is not what it brings."""
    text = open_file(cell.session, REQUIREMENT).text
    (cell.root / REQUIREMENT).write_text(text.replace("metric: recall", "metric: recoil"))
    impact = _preview(cell, text)
    assert impact.problems == ()
    assert any("recoil" in p.message for p in impact.mended)


def test_a_new_file_brings_its_tasks(cell: Composer) -> None:
    """Nothing exists before it."""
    text = (cell.root / "use-cases" / "UC-tool-failure.md").read_text().replace("UC-tool-failure", "UC-new")
    impact = _preview(cell, text, "use-cases/UC-new.md")
    assert ("UC-new#index", "new") in impact.facets
    assert any("UC-new" in t.name for t in impact.tasks)


def test_only_project_files_are_previewed(cell: Composer) -> None:
    """The difference shows nothing that lies elsewhere."""
    for name in ("../secret.yaml", ".ninefold/store.db", "README.md"):
        with pytest.raises(Refused):
            _preview(cell, "x", name)
