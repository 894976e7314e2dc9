"""The pages of the first steps: a table is brought within bounds, texts are shown before they are written, by roles."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from litestar import Litestar
from litestar.testing import TestClient
from markupsafe import escape
from tests.workbench.desk import APPROVER, opened
from tests.workbench.own_table import write_parts
from tests.workbench.pages_kit import DEUTSCH, VIEWER, form_of

from ninefold.lifecycle.beginning.pages import line_page
from ninefold.lifecycle.founding import found_project
from ninefold.surface.cells import Ref
from ninefold.workbench.pages import beginning

ADMINISTRATOR = msgspec.structs.replace(APPROVER, role="administrator")
FORMS = ("columns", "goal", "model", "machine")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with nothing in it."""
    found_project(tmp_path / "press")
    return tmp_path / "press"


@pytest.fixture
def client(root: Path) -> Iterator[TestClient[Litestar]]:
    """Its workbench, for an administrator."""
    with opened(root, ADMINISTRATOR) as found:
        yield found


def send(client: TestClient[Litestar], file: str, data: bytes, **form: str) -> str:
    """Send a file and return where one is led, or what the page says is wrong."""
    answer = client.post("/begin", files={"file": (file, data)}, data=form, follow_redirects=False)
    if answer.status_code == 303:
        return answer.headers["location"]
    assert answer.status_code == 422, answer.text
    return answer.text.partition('role="alert"')[2].partition("</div>")[0]


def parts(tmp_path: Path) -> bytes:
    """Return a table of parts."""
    write_parts(tmp_path / "sent.csv", 300)
    return (tmp_path / "sent.csv").read_bytes()


def save(client: TestClient[Litestar], step: str, **changes: str) -> str:
    """Send the form of a step as it is proposed and return where one is led."""
    page = client.get(f"/begin/parts/{step}")
    assert page.status_code == 200, page.text
    form = form_of(page.text, f"begin/parts/{step}")
    unchecked = [
        n for n in form if n.startswith("use-") and f'name="{n}" type="checkbox" value="yes" checked' not in page.text
    ]
    sent = {k: v for k, v in form.items() if k not in unchecked} | changes
    answer = client.post(f"/begin/parts/{step}", data=sent, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def test_the_first_page_leads_to_the_table(client: TestClient[Litestar]) -> None:
    """Also from the overview of a project in which nothing is written."""
    assert 'href="/begin"' in client.get("/").text
    page = client.get("/begin").text
    assert 'enctype="multipart/form-data"' in page
    assert "Watch the model" in page


def test_the_proposals_lead_to_a_line_that_can_be_computed(
    client: TestClient[Litestar], tmp_path: Path, root: Path
) -> None:
    """Every form as it is proposed; the files stand there without a problem and each is an event of the person."""
    assert send(client, "parts.csv", parts(tmp_path)) == "/begin/parts/columns"
    assert [save(client, step) for step in FORMS] == [
        "/begin/parts/goal", "/begin/parts/model", "/begin/parts", "/begin/parts",
    ]  # fmt: skip
    made = ("connections/parts.yaml", "requirements/REQ-parts.md", "use-cases/UC-parts.md", "recipes/parts.yaml",
            "models/parts.yaml", "connections/parts-live.yaml", "deployments/parts.yaml", "gateways/gateway-1/agent.toml")  # fmt: skip
    assert all((root / name).is_file() for name in made)
    with client.app.state.project.working() as session:
        assert session.view().problems == ()
        edits = session.store.of_kind("edit@1", limit=20)
        assert {e.actor for e in edits} == {ADMINISTRATOR.person}
        assert len(edits) == len(made)
    assert "Next: compute" in client.get("/begin/parts").text


def test_a_preview_shows_the_text_and_writes_nothing(client: TestClient[Litestar], tmp_path: Path, root: Path) -> None:
    """What is wrong is told beside its field, and nothing is written either."""
    send(client, "parts.csv", parts(tmp_path))
    form = form_of(client.get("/begin/parts/columns").text, "begin/parts/columns")
    shown = client.post("/begin/parts/columns/preview", data=form)
    assert shown.status_code == 200
    assert "connections/parts.yaml" in shown.text
    assert "column: &#34;Torque [Nm]&#34;" in shown.text
    wrong = client.post("/begin/parts/columns", data={**form, "zone": "Mars", "unit-6": "two words"})
    assert wrong.status_code == 422
    assert "Write an IANA zone" in wrong.text
    assert "Write a UCUM unit" in wrong.text
    assert not list((root / "connections").iterdir())


def test_what_was_shown_is_what_is_written(client: TestClient[Litestar], tmp_path: Path, root: Path) -> None:
    """To the letter, with the requirement's identity too."""
    send(client, "parts.csv", parts(tmp_path))
    save(client, "columns")
    form = form_of(client.get("/begin/parts/goal").text, "begin/parts/goal")
    shown = client.post("/begin/parts/goal/preview", data=form).text
    again = form_of(shown, "begin/parts/goal")
    assert client.post("/begin/parts/goal", data=again, follow_redirects=False).status_code == 303
    for line in (root / "requirements" / "REQ-parts.md").read_text(encoding="utf-8").splitlines():
        assert f"<code>{escape(line)}</code>" in shown


def test_names_are_plain_whatever_the_sender_calls_the_file(
    client: TestClient[Litestar], tmp_path: Path, root: Path
) -> None:
    """No path leads out of the folder; a name that gives none is asked for; what is refused leaves nothing."""
    data = parts(tmp_path)
    assert send(client, "../../../Press 3 (neu).csv", data) == "/begin/press-3-neu/columns"
    assert "is no name for a table" in send(client, "部品.csv", data)
    assert "is no name for a table" in send(client, "a.csv", data, name="../up")
    assert "There is a table press-3-neu already" in send(client, "b.csv", data, name="press-3-neu")
    assert "Choose a CSV file" in send(client, "", b"")
    assert "not UTF-8" in send(client, "x.csv", b"\xff\xfe")
    assert [p.name for p in (root / "data").iterdir()] == ["press-3-neu.csv"]
    assert not list((root / ".ninefold").glob("upload-*"))


def test_what_is_too_large_is_refused_before_it_is_read(client: TestClient[Litestar]) -> None:
    """By what its sender says of it, and by what really comes."""
    limit = beginning.MEGABYTES * 1_000_000
    headers = {"Content-Length": str(2 * limit), "Content-Type": "multipart/form-data; boundary=x"}
    assert client.post("/begin", content=b"", headers=headers).status_code == 413


def test_hostile_names_of_columns_are_shown_and_written_as_they_are(client: TestClient[Litestar], root: Path) -> None:
    """Markup, quotes and 200 characters, through every page and into the files."""
    odd, long = "<script>alert('1')</script> {{7*7}} \\", "l" * 200
    text = f'"{odd}",{long},ok\n' + "".join(f"{n % 7},{n % 5},{n % 2}\n" for n in range(40))
    send(client, "parts.csv", text.encode())
    page = client.get("/begin/parts/columns").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    save(client, "columns")
    with client.app.state.project.working() as session:
        tags = session.view().facets["connection:parts#source"].body.tags
        assert [t.column for t in tags] == [odd, long, "ok"]


def test_a_table_without_an_answer_says_what_to_add(client: TestClient[Litestar]) -> None:
    """Before anybody fills in the form."""
    send(client, "parts.csv", b"a,b\n1.5,2\n2.5,3\n")
    assert "No column holds only 1 and 0" in client.get("/begin/parts/columns").text


def test_a_step_before_its_time_names_the_one_before(client: TestClient[Litestar]) -> None:
    """And a table that is not there is no page."""
    send(client, "parts.csv", b"a,b\n1.5,1\n2.5,0\n")
    for step in ("goal", "model", "machine", "gateway"):
        assert client.get(f"/begin/parts/{step}").status_code == 404
    assert client.get("/begin/nothing").status_code == 404
    assert client.get("/begin/nothing/columns").status_code == 404
    assert client.get("/begin/parts/nothing").status_code == 404


def test_four_eyes_are_told_to_who_is_alone(client: TestClient[Litestar], root: Path) -> None:
    """The settings are read again when their file was written."""
    project = client.app.state.project
    assert project.settings.four_eyes
    (root / "ninefold.toml").write_text('name = "press"\nfour_eyes = false\n')
    assert not project.settings.four_eyes


def test_a_gateway_starts_here_only_where_nobody_else_can_reach_the_workbench(
    client: TestClient[Litestar], tmp_path: Path
) -> None:
    """The page says so, and the action is refused."""
    send(client, "parts.csv", parts(tmp_path))
    for step in FORMS:
        save(client, step)
    assert "reachable from other computers" in client.get("/begin/parts/gateway").text
    assert client.post("/begin/parts/gateway", data={"table": "yes"}).status_code == 403
    client.app.state.project.local = True
    assert "Start gateway-1 and let the table play" in client.get("/begin/parts/gateway").text


def test_the_pages_speak_german(root: Path, tmp_path: Path) -> None:
    """Forms and proposals too."""
    with opened(root, DEUTSCH) as client:
        send(client, "parts.csv", parts(tmp_path))
        save(client, "columns")
        assert "soll das System" in client.get("/begin/parts/goal").text
        save(client, "goal")
        assert "Wie ein Modell gesucht wird" in client.get("/begin/parts/model").text
        assert "Als Nächstes" in client.get("/begin/parts").text


def test_a_viewer_sees_how_far_a_line_is(root: Path, tmp_path: Path) -> None:
    """And no button that leads to a refusal."""
    with opened(root, ADMINISTRATOR) as client:
        send(client, "parts.csv", parts(tmp_path))
    with opened(root, VIEWER) as client:
        assert "1 of 10 steps done" in client.get("/begin/parts").text
        assert "Bring table</button>" not in client.get("/begin").text


def test_a_run_that_failed_is_opened_before_another_one(client: TestClient[Litestar], tmp_path: Path) -> None:
    """The line leads to what it said, and offers to compute again beside it."""
    send(client, "parts.csv", parts(tmp_path))
    for step in FORMS:
        save(client, step)
    with client.app.state.project.working() as session:
        page = line_page(session, "parts", {"failed": "0123456789ab"}, four_eyes=True)
    [lead] = page.sections[0].blocks
    assert lead.action.to == Ref("page", "jobs/0123456789ab")
    assert [a.action for a in page.actions] == ["run"]
