"""The audit page."""

from pathlib import Path

from tests.workbench.desk import opened


def test_it_shows_what_was_recorded(cell_root: Path) -> None:
    """The latest records with an address each."""
    with opened(cell_root) as client:
        answer = client.get("/audit")
    assert answer.status_code == 200
    assert 'href="/records/' in answer.text
    assert "Audit: 87 records, chained" in answer.text


def test_what_is_not_there_is_a_page(cell_root: Path) -> None:
    """An unknown address says what happened and leads on."""
    with opened(cell_root) as client:
        answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert "There is nothing at /nowhere." in answer.text
