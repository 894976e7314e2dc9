"""Tasks, records and the trace: what they say, short ids, unknown and hostile names."""

from pathlib import Path
from urllib.parse import quote

import msgspec
import pytest
from tests.small_cell import edit
from tests.workbench.desk import APPROVER, opened

from ninefold.workbench.project import Project

VERDICT = "verdict:tool-failure/REQ-tool-failure-warning/recall"
ROLLOUT = "rollout:cell-gateways/gateway-1"
SENTENCE = "While a machine is producing, the system shall warn of a tool failure"
GERMAN = msgspec.structs.replace(APPROVER, language="de")
HOSTILE = [
    "<script>alert(1)</script>",
    "\u05d0\u05d1 \"quoted\" & 'more'",
    "x" * 200,
    "../../etc/passwd",
    "%",
    "REQ-",
    "#",
    "a b",
]


def test_a_task_says_how_it_stands(cell_root: Path) -> None:
    """Its inputs with their states, its record, and what rests on it."""
    with opened(cell_root) as client:
        text = client.get(f"/tasks/{VERDICT}").text
    assert 'href="/tasks/measurement:tool-failure/REQ-tool-failure-warning/recall"' in text
    assert 'href="/files/requirements/REQ-tool-failure-warning.md"' in text
    assert 'href="/tasks/approval:tool-failure"' in text
    assert "Run this task" not in text


def test_a_stale_task_names_where_it_begins_and_can_be_run(cell_root: Path) -> None:
    """It waits; the first task that does not wait is named with the file's part that changed."""
    edit(cell_root, "recipes/part-features.yaml", "limit: 30 s", "limit: 20 s")
    with opened(cell_root) as client:
        text = client.get(f"/tasks/{VERDICT}").text
        assert "It begins at features:part-features: recipe:part-features#features changed" in text
        assert 'name="task" value="verdict:tool-failure/REQ-tool-failure-warning/recall"' in text
        first = client.get("/tasks/features:part-features").text
    assert "recipe:part-features#features changed" in first
    assert "Changed" in first


def test_a_record_says_who_made_what_from_what(cell_root: Path) -> None:
    """By name where the table of people has one; its body, its place in a chain; a short id is enough."""
    with opened(cell_root) as client:
        project: Project = client.app.state.project
        with project.working() as session:
            record = session.store.latest("approval:tool-failure")
        assert record is not None
        whole, short = client.get(f"/records/{record.id}"), client.get(f"/records/{record.id[:12]}")
    assert (whole.status_code, short.status_code) == (200, 200)
    assert "Erika Beispiel" in whole.text
    assert "It is shown." in whole.text
    assert record.id in short.text
    assert f'href="/records/{record.inputs[0].id}"' in whole.text


def test_the_trace_of_what_runs_leads_to_the_sentence(cell_root: Path) -> None:
    """Through the signature, which is no input of a rollout but opens its gate."""
    with opened(cell_root) as client:
        text = client.get(f"/trace/{ROLLOUT}").text
    assert SENTENCE in text
    assert "approval:tool-failure" in text
    assert VERDICT in text
    assert "<svg" in text
    assert "Evidence as it stands now" in text


def test_the_trace_of_a_requirement_leads_to_the_device(cell_root: Path) -> None:
    """On to all that rests on it; a facet is a start too."""
    with opened(cell_root) as client:
        text = client.get("/trace/REQ-tool-failure-warning").text
        facet = client.get(f"/trace/{quote('REQ-tool-failure-warning#criterion/recall')}")
    assert f">{ROLLOUT}<" in text
    assert facet.status_code == 200


def test_a_trace_begins_by_a_form(cell_root: Path) -> None:
    """What is not there is told beside the field, with what was written."""
    with opened(cell_root) as client:
        assert SENTENCE in client.get("/trace", params={"start": ROLLOUT}).text
        wrong = client.get("/trace", params={"start": "<b>nothing"})
    assert wrong.status_code == 200
    assert "Nothing in this project is called &lt;b&gt;nothing." in wrong.text


@pytest.mark.parametrize("name", HOSTILE)
def test_unknown_names_are_pages(cell_root: Path, name: str) -> None:
    """Whatever stands in the address: not found, and no markup of its own."""
    with opened(cell_root) as client:
        for room in ("tasks", "records", "trace"):
            answer = client.get(f"/{room}/{quote(name, safe='')}")
            assert answer.status_code == 404, (room, answer.text[-500:])
            assert "<script>alert" not in answer.text


def test_they_speak_german(cell_root: Path) -> None:
    """No code is left."""
    with opened(cell_root, GERMAN) as client:
        for path in (f"/tasks/{VERDICT}", f"/trace/{ROLLOUT}", "/trace", "/audit"):
            text = client.get(path).text
            assert 'lang="de"' in text
            assert ">audit." not in text
            assert ">trace." not in text
