"""Pages of step 7 to 9 and live pages, all alike: empty projects, unknown ids, hostile names, viewers, German."""

import re
from pathlib import Path

import msgspec
import pytest
from tests.workbench.desk import APPROVER, opened
from tests.workbench.furnished import OPEN_DRIFT, OPEN_WARNING

from ninefold.kernel.records import Draft, encode
from ninefold.kernel.sqlite import SqliteStore
from ninefold.vocabulary.alarm import EPISODE, AlarmEpisode, Signal
from ninefold.workbench.access.viewer import Viewer

EVERYWHERE = ("/fleet", "/live", "/alarms", "/alarms/all", "/monitoring", "/pipelines")
OF_THE_CELL = (
    *EVERYWHERE, "/fleet/gateway-1", "/deployments/cell-gateways", "/live/m4", "/m/m7", "/m/m1",
    f"/alarms/{OPEN_DRIFT}", f"/alarms/{OPEN_WARNING}", "/pipelines/tool-failure",
)  # fmt: skip
UNKNOWN = (
    "/fleet/nowhere", "/deployments/nowhere", "/live/nowhere", "/m/nowhere", "/alarms/nowhere", "/proposals/nowhere",
    "/pipelines/nowhere",
)  # fmt: skip
VIEWER = Viewer("person-1", "V", "viewer")
HOSTILE = '<b onload="x()">"\'&\u202e' + "m" * 170


def test_every_page_of_a_cell_in_service_opens(lived: Path) -> None:
    """With one heading, without an inline style or handler, and with a title that is a finding."""
    with opened(lived) as client:
        for path in OF_THE_CELL:
            answer = client.get(path)
            assert answer.status_code == 200, path
            assert answer.text.count("<h1>") == 1, path
            assert not re.search(r"<[^>]*\s(style|on[a-z]+)=", answer.text), path


def test_an_empty_project_says_what_to_do_first(bare: Path) -> None:
    """No page fails for want of records."""
    with opened(bare) as client:
        for path in EVERYWHERE:
            assert client.get(path).status_code == 200, path
        assert "No device is enrolled. Invite one here" in client.get("/fleet").text
        assert "Deploy a model first." in client.get("/monitoring").text
        assert "Write assets.yaml" in client.get("/live").text


@pytest.mark.parametrize("path", UNKNOWN)
def test_what_nobody_knows_is_a_page_that_says_so(bare: Path, path: str) -> None:
    """Not found, with what to do."""
    with opened(bare) as client:
        answer = client.get(path)
    assert answer.status_code == 404
    assert "<h1>" in answer.text


def test_a_viewer_sees_everything_and_no_button_that_acts(lived: Path) -> None:
    """Forms say which role they need."""
    with opened(lived, VIEWER) as client:
        for path in OF_THE_CELL:
            text = client.get(path).text
            forms = [f for f in re.findall(r'<form[^>]*method="post"[^>]*action="([^"]+)"', text) if f != "/logout"]
            buttons = re.findall(r'<form class="form"[^>]*>(.*?)</form>', text, re.DOTALL)
            assert all("<button" not in b for b in buttons), path
            assert all(f'action="{f}"' in "".join(re.findall(r'<form class="form"[^>]*>', text)) for f in forms), path


def test_pages_read_in_german(lived: Path) -> None:
    """Also numbers, and the live panels that are drawn for all readers of German."""
    with opened(lived, msgspec.structs.replace(APPROVER, language="de")) as client:
        assert "Flotte: 2 von 2 Geräten laufen wie vorgesehen" in client.get("/fleet").text
        assert "m4 ist abgedriftet" in client.get("/live/m4").text
        assert "Was war los?" in client.get("/m/m7").text
        assert "Alarm quittieren" in client.get(f"/alarms/{OPEN_DRIFT}").text
        assert "Prüfung von tool-failure" in client.get("/pipelines").text


def test_hostile_names_stay_text(bare: Path) -> None:
    """HTML, quotes, right-to-left text, and 200 characters, in a machine, a cause, a signal and a reason."""
    with SqliteStore(bare / ".ninefold" / "store.db") as store:
        signals = (Signal(HOSTILE, float("nan"), 1.0, "high"),)
        body = AlarmEpisode(
            "abc123", HOSTILE, HOSTILE, "raised", 1_700_000_000_000_000, signals=signals, reason=HOSTILE
        )
        store.put(
            [
                Draft(
                    EPISODE,
                    encode(EPISODE, msgspec.structs.replace(body, signals=(Signal(HOSTILE, None, 1.0, "high"),))),
                    "a@1",
                    HOSTILE,
                    1,
                )
            ]
        )
    with opened(bare) as client:
        for path in ("/alarms", "/alarms/abc123", "/monitoring", "/live"):
            answer = client.get(path)
            assert answer.status_code == 200, path
            assert "<b onload" not in answer.text, path
            assert "&lt;b onload" in answer.text, path


def test_a_panel_is_fetched_alone(lived: Path) -> None:
    """By its name, in a header or in the address; a name that is not there is told."""
    with opened(lived) as client:
        whole, part = client.get("/fleet").text, client.get("/fleet", headers={"X-Fragment": "devices"})
        assert part.text.strip().startswith('<section class="panel" id="devices" data-live="fleet"')
        assert "gateway-1" in part.text
        assert len(part.text) < len(whole) / 2
        assert client.get("/fleet?fragment=devices").text == part.text
        assert client.get("/fleet?fragment=nothing").status_code == 404


def test_a_live_page_says_how_it_is_without_scripts(lived: Path) -> None:
    """A moment, and a link that reloads it."""
    with opened(lived) as client:
        text = client.get("/fleet").text
    assert 'data-watch=""' in text
    assert "As of" in text
    assert ">Reload</a>" in text
