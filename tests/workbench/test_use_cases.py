"""The pages of use cases: the ranking with its stability, and the sheet that writes its file."""

from pathlib import Path

import pytest
from tests.workbench.desk import opened
from tests.workbench.pages_kit import DEUTSCH, EDITOR, VIEWER, empty, form_of

CASE = "UC-cabinet-heat"


def project(root: Path) -> Path:
    """Make a project with a use case that is not ranked yet."""
    empty(root)
    (root / "use-cases").mkdir()
    (root / f"use-cases/{CASE}.md").write_text(
        "---\n"
        f"id: {CASE}\n"
        'title: <b>Notice</b> a "cabinet" that warms up\n'
        "owner: maintenance\n"
        "scores: {benefit: [1, 3], urgency: 2}     # as maintenance sees it\n"
        "value: {per_year: [2000, 9000], currency: EUR, basis: guess}\n"
        "---\n"
        "Fans fail slowly.\n"
    )
    return root


def test_the_ranking_comes_with_its_stability(cell_root: Path) -> None:
    """Score ranges, the share in which the first stays first, the flip, the answer to seek, what a gate keeps out."""
    with opened(cell_root) as client:
        page = client.get("/use-cases").text
    assert "UC-tool-failure stays first in 93% of all weightings" in page
    assert "3.45 to 4.25" in page
    assert "The answer to urgency of UC-cabinet-heat" in page
    assert "Raising the weight of risk" in page
    assert "Kept out by a gate" in page
    assert "n-fig" in page


def test_the_sheet_shows_scores_needs_and_requirements(cell_root: Path) -> None:
    """With the verdict on each need."""
    with opened(cell_root) as client:
        page = client.get("/use-cases/UC-tool-failure").text
    assert "Rank 1" in page
    assert "spindle_torque" in page
    assert "Available" in page
    assert "Tool failures are announced in time" in page


def test_a_score_is_changed_in_its_file(tmp_path: Path) -> None:
    """Ranges as people type them; an absent score is added; comments stay; the text is escaped on the page."""
    root = project(tmp_path / "p")
    file = root / f"use-cases/{CASE}.md"
    with opened(root, EDITOR) as client:
        shown = client.get(f"/use-cases/{CASE}").text
        assert "<b>Notice" not in shown
        form = form_of(shown, f"use-cases/{CASE}")
        assert form["score-feasibility"] == "unknown"
        sent = form | {
            "score-benefit": "2 - 4,5",
            "score-feasibility": "3",
            "gate-ai_needed": "yes",
            "stage": "candidate",
        }
        assert client.post(f"/use-cases/{CASE}/preview", data=sent).status_code == 200
        saved = client.post(f"/use-cases/{CASE}", data=sent, follow_redirects=False)
        assert saved.status_code == 303
    text = file.read_text()
    assert "scores: {benefit: [2, 4.5], urgency: 2, feasibility: 3}     # as maintenance sees it" in text
    assert "ai_needed: true" in text
    assert "stage: candidate" in text


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("score-benefit", "7", "is no score"),
        ("score-benefit", "4 - 2", "begins above its end"),
        ("score-risk", "high", "is no score"),
        ("stage", "someday", "no stage"),
        ("owner", " ", "This is empty"),
    ],
)
def test_a_wrong_field_is_told(tmp_path: Path, field: str, value: str, said: str) -> None:
    """Nothing is written."""
    root = project(tmp_path / "p")
    before = (root / f"use-cases/{CASE}.md").read_text()
    with opened(root, EDITOR) as client:
        form = form_of(client.get(f"/use-cases/{CASE}").text, f"use-cases/{CASE}")
        answer = client.post(f"/use-cases/{CASE}", data=form | {field: value})
    assert answer.status_code == 422
    assert said in answer.text
    assert (root / f"use-cases/{CASE}.md").read_text() == before


def test_two_saves_meet(tmp_path: Path) -> None:
    """The second one is told, and applies on top."""
    root = project(tmp_path / "p")
    with opened(root, EDITOR) as client:
        form = form_of(client.get(f"/use-cases/{CASE}").text, f"use-cases/{CASE}")
        client.post(f"/use-cases/{CASE}", data=form | {"score-urgency": "3"}, follow_redirects=False)
        met = client.post(f"/use-cases/{CASE}", data=form | {"score-benefit": "5"}, follow_redirects=False)
        assert met.status_code == 409
        again = form_of(met.text, f"use-cases/{CASE}")
        assert client.post(f"/use-cases/{CASE}", data=again, follow_redirects=False).status_code == 303
    assert "{benefit: 5, urgency: 3}" in (root / f"use-cases/{CASE}.md").read_text()


def test_a_new_use_case_begins_as_a_valid_file(tmp_path: Path) -> None:
    """And is shown."""
    with opened(empty(tmp_path / "p"), EDITOR) as client:
        first = client.get("/use-cases").text
        made = client.post("/use-cases/new", data={"name": "scrap", "title": "Less scrap"}, follow_redirects=False)
        page = client.get(made.headers["location"])
        unranked = client.get("/use-cases").text
    assert "No use case is written yet" in first
    assert page.status_code == 200
    assert "Less scrap" in page.text
    assert "not ranked yet" in unranked


def test_unknown_viewer_and_german(tmp_path: Path) -> None:
    """404 as a page, no form for a viewer, German words."""
    root = project(tmp_path / "p")
    with opened(root, VIEWER) as client:
        assert client.get("/use-cases/UC-nothing").status_code == 404
        assert 'method="post"' not in client.get(f"/use-cases/{CASE}").text.partition("<main")[2]
        assert client.get("/use-cases").status_code == 200
    with opened(root, DEUTSCH) as client:
        assert "Bogen speichern" in client.get(f"/use-cases/{CASE}").text
