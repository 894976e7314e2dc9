"""Pipelines: gates, generated files, schedule."""

from pathlib import Path

from tests.small_cell import edit
from tests.workbench.desk import opened


def test_a_gate_names_each_check(lived: Path) -> None:
    """Open when all pass; after a changed threshold it waits for stale evidence."""
    with opened(lived) as client:
        assert "the gate of tool-failure is open" in client.get("/pipelines").text
        edit(lived, "requirements/REQ-tool-failure-warning.md", 'op: "<=", value: 6}', 'op: "<=", value: 5}')
        text = client.get("/pipelines/tool-failure").text
    assert "waits for stale evidence" in text
    assert "ninefold run" in text


def test_a_generated_file_is_told_as_current_outdated_and_edited(lived: Path) -> None:
    """And one that a person edited is never overwritten."""
    with opened(lived) as client:
        text = client.post("/pipelines/generate", data={"target": "argo"}).text
        assert "Wrote argo.yaml" in text
        assert "Current" in text
        file = lived / "pipelines" / "argo.yaml"
        file.write_text(file.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
        assert "Edited by hand" in client.get("/pipelines").text
        assert client.post("/pipelines/generate", data={"target": "argo"}).status_code == 409
        assert client.post("/pipelines/generate", data={"target": "cobol"}).status_code == 422


def test_the_next_runs_are_named(lived: Path) -> None:
    """Three times of each entry, and that it never ran."""
    (lived / "schedule.yaml").write_text('runs: {nightly: {cron: "0 2 * * *"}}\n', encoding="utf-8")
    with opened(lived) as client:
        text = client.get("/pipelines").text
    assert text.count("nightly") == 3
    assert "Never" in text


def test_a_broken_file_is_said_instead_of_a_pipeline(lived: Path) -> None:
    """The rest of the page stays."""
    (lived / "schedule.yaml").write_text('runs: {nightly: {cron: "x"}}\n', encoding="utf-8")
    with opened(lived) as client:
        answer = client.get("/pipelines")
    assert answer.status_code == 200
    assert "cannot be planned" in answer.text
