"""The overview: the board, what blocks, what waits, on a project in service, a changed one and an empty one."""

from pathlib import Path

import msgspec
from tests.small_cell import edit
from tests.small_cell import opened as composed
from tests.workbench.desk import APPROVER, opened

from ninefold.kernel.records import Draft, encode
from ninefold.vocabulary.alarm import EPISODE, AlarmEpisode

VIEWER = msgspec.structs.replace(APPROVER, role="viewer")
GERMAN = msgspec.structs.replace(APPROVER, language="de")
RECIPE = "recipes/part-features.yaml"


def test_a_project_in_service_shows_what_each_step_found(cell_root: Path) -> None:
    """Nine cells a use case, with figures; the first is the one with the best rank."""
    with opened(cell_root) as client:
        text = client.get("/").text
    assert text.count('data-step="') == 3 * 9
    assert text.index("Warn of tool failures") < text.index("Notice a cabinet that warms up")
    for words in ("6 criteria, no finding", "59,868 rows, 133 events", "active on 2 targets", "no open alarm"):
        assert words in text
    assert "a model decides at 2 gateways" in text
    assert "Excluded" in text
    assert "Run " not in text  # nothing is to be run


def test_a_missing_signal_leads_with_its_owner(cell_root: Path) -> None:
    """Nothing is stale, so the data need that no connection brings comes first."""
    with opened(cell_root) as client:
        text = client.get("/").text
    lead = text[text.index("why lead") :]
    assert "coolant_flow is missing" in lead
    assert lead.index("maintenance") < lead.index("What else blocks")


def test_a_changed_file_is_named_with_what_it_makes_stale(cell_root: Path) -> None:
    """The lead sentence names the file; a button runs what is stale; the rollouts that wait are counted."""
    edit(cell_root, RECIPE, "limit: 30 s", "limit: 20 s")
    with opened(cell_root) as client:
        text = client.get("/").text
    assert f"{RECIPE} changed: 26 results are stale." in text
    assert "2 rollouts wait for them." in text
    assert 'action="/run"' in text
    assert "waits for data preparation" in text
    assert "part-features.yaml changed" in text


def test_who_only_looks_gets_no_button_that_acts(cell_root: Path) -> None:
    """A viewer sees the same, without the forms."""
    edit(cell_root, RECIPE, "limit: 30 s", "limit: 20 s")
    with opened(cell_root, VIEWER) as client:
        text = client.get("/").text
    assert 'action="/run"' not in text
    assert "an editor" in text


def test_an_unsigned_model_leads_to_where_it_is_signed(derived_once: Path) -> None:
    """The signature is the root of what is blocked, and it waits for the approver who looks."""
    with opened(derived_once) as client:
        text = client.get("/").text
    assert "The model tool-failure must not be rolled out: nobody has signed it." in text
    assert 'class="btn main" href="/validation/tool-failure"' in text
    assert ">you<" in text.replace("\n", "")


def test_an_open_alarm_is_on_the_board_and_waits(cell_root: Path) -> None:
    """It stands in the monitoring cell of the use case of its model, and in the list of what waits."""
    with composed(cell_root) as composer:
        now = composer.clock.now()
        episode = AlarmEpisode("alarm-1", "m4", "tool-failure", "raised", now)
        draft = Draft(EPISODE, encode(EPISODE, episode), "agent@1", "device:gateway-1", now)
        composer.session.store.put([draft])
    with opened(cell_root) as client:
        text = client.get("/").text
    assert "tool-failure on m4" in text
    assert "Judge the warning tool-failure on m4" in text
    assert 'href="/alarms/alarm-1"' in text


def test_a_file_with_a_problem_comes_first(cell_root: Path) -> None:
    """It is named with its problem and its address."""
    (cell_root / "models" / "tool-failure.yaml").write_text("use_case: [", encoding="utf-8")
    with opened(cell_root) as client:
        text = client.get("/").text
    lead = text[text.index("why lead") :]
    assert "models/tool-failure.yaml cannot be used" in lead
    assert 'href="/files/models/tool-failure.yaml"' in lead


def test_it_speaks_german(cell_root: Path) -> None:
    """Every word of the page, but for names and reasons of records."""
    with opened(cell_root, GERMAN) as client:
        text = client.get("/").text
    assert "59.868 Zeilen, 133 Ereignisse" in text
    assert "Was auf wen wartet" in text
    assert "overview." not in text


def test_an_empty_project_says_what_to_do_first(tmp_path: Path) -> None:
    """Only ninefold.toml is there."""
    (tmp_path / "ninefold.toml").write_text('name = "hall"\n', encoding="utf-8")
    with opened(tmp_path) as client:
        answer = client.get("/")
        assert answer.status_code == 200
        assert "Write the first use case" in answer.text
        for path in ("/audit", "/trace", "/find", "/find?q=x"):
            assert client.get(path).status_code == 200


def test_hostile_titles_are_text(cell_root: Path) -> None:
    """HTML, quotes, right-to-left text and 200 characters in the title of a use case."""
    title = "<script>alert(1)</script> \\\"&' \u05d0\u05d1 " + "x" * 200
    edit(cell_root, "use-cases/UC-part-count.md", "title: Count the parts of a shift", f'title: "{title}"')
    with opened(cell_root) as client:
        text = client.get("/").text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_many_use_cases_are_shown_a_page_at_a_time(cell_root: Path) -> None:
    """Fifty rows, and the way to the next ones."""
    body = (cell_root / "use-cases" / "UC-part-count.md").read_text(encoding="utf-8")
    for n in range(60):
        text = body.replace("UC-part-count", f"UC-extra-{n}")
        (cell_root / "use-cases" / f"UC-extra-{n}.md").write_text(text, encoding="utf-8")
    with opened(cell_root) as client:
        first, second = client.get("/").text, client.get("/?first=50").text
    assert first.count('data-step="1 ') == 50
    assert 'href="/?first=50"' in first
    assert second.count('data-step="1 ') == 13
