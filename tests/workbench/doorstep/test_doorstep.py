"""Before there is a project: nothing is shown or written without the printed link, and the form begins it once."""

import tomllib
from pathlib import Path

import httpx
import pytest
from litestar.testing import TestClient

from ninefold.kernel.project import PROJECT_FILE, STATE
from ninefold.workbench.access.access import Access
from ninefold.workbench.access.gatekeeper import Gate
from ninefold.workbench.doorstep.app import doorstep, local_zone

GATE = Gate(frozenset({"127.0.0.1:9400"}), port=9400)
FORM = {
    "project": "Press", "language": "de", "zone": "Europe/Berlin", "alone": "yes", "name": "Erika Beispiel",
    "password": "quiet horse battery", "repeat": "quiet horse battery",
}  # fmt: skip


class Door:
    """A doorstep with what it was told."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.told = folder, list[str]()
        app, self.path = doorstep(folder, GATE, lambda: self.told.append("leave"), lambda: self.told.append("end"))
        self.client = TestClient(app, base_url="http://127.0.0.1:9400")

    def send(self, **changes: str) -> httpx.Response:
        """Send the form."""
        return self.client.post(self.path, data={**FORM, **changes})


@pytest.fixture
def door(tmp_path: Path) -> Door:
    """A doorstep of an empty folder."""
    return Door(tmp_path)


def test_without_the_link_nothing_is_shown(door: Door) -> None:
    """Neither form nor folder, under no address and with no guessed secret; and nothing is written."""
    for path in ("/", "/begin", "/start/guess", "/api/v1/openapi.json"):
        answer = door.client.get(path)
        assert answer.status_code == 404
        assert str(door.folder) not in answer.text
    assert door.client.post("/start/guess", data=FORM).status_code == 404
    assert list(door.folder.iterdir()) == []


def test_another_host_and_another_site_are_turned_away(door: Door) -> None:
    """A page elsewhere cannot begin a project here, and no name leads here that is not ours."""
    assert door.client.get(door.path, headers={"Host": "evil.example"}).status_code == 421
    foreign = {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert door.client.post(door.path, data=FORM, headers=foreign).status_code == 403
    assert list(door.folder.iterdir()) == []


def test_the_form_begins_the_project_and_logs_its_person_in(door: Door) -> None:
    """With the settings that were chosen; then the doorstep makes way, and whoever comes is led on."""
    page = door.client.get(door.path)
    assert page.status_code == 200
    assert str(door.folder) in page.text
    assert "script-src" in page.headers["content-security-policy"]
    answer = door.send()
    assert answer.status_code == 200
    assert answer.headers["refresh"] == "1; url=/begin"
    assert door.told == ["leave", "end"]
    settings = tomllib.loads((door.folder / PROJECT_FILE).read_text())
    assert settings == {"name": "Press", "language": "de", "four_eyes": False}
    access = Access(door.folder / STATE)
    try:
        viewer = access.by_session(answer.cookies["ninefold-9400"])
        assert viewer is not None
        assert (viewer.name, viewer.role, viewer.language, viewer.zone) == (
            "Erika Beispiel", "administrator", "de", "Europe/Berlin",
        )  # fmt: skip
    finally:
        access.close()
    assert door.client.get("/begin").headers["refresh"] == "1; url=/begin"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("repeat", "another one!!"),
        ("password", "short"),
        ("zone", "Mars"),
        ("language", "xx"),
        ("project", "a\tb\n"),
        ("name", ""),
    ],
)
def test_a_field_that_cannot_be_used_begins_nothing(door: Door, field: str, value: str) -> None:
    """The page says what is wrong, keeps what was written, and no project is there."""
    changes = {"password": value, "repeat": value} if field == "password" else {field: value}
    answer = door.send(**changes)
    assert answer.status_code in {400, 422}
    assert 'role="alert"' in answer.text
    assert 'value="Press"' in answer.text or field == "project"
    assert not (door.folder / PROJECT_FILE).exists()
    assert door.told == []
    assert door.send().status_code == 200, "it cannot be mended"


def test_a_name_with_markup_is_shown_as_it_is(door: Door) -> None:
    """Escaped, where the form comes back."""
    answer = door.send(name="<b>Erika", repeat="no")
    assert "&lt;b&gt;Erika" in answer.text
    assert "<b>Erika" not in answer.text


def test_the_zone_of_this_computer_is_one_that_can_be_chosen() -> None:
    """Whatever it is set to."""
    assert local_zone()
