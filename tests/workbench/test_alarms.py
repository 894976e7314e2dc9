"""Acting on alarms."""

from pathlib import Path

from litestar import Litestar
from litestar.testing import TestClient
from tests.workbench.desk import APPROVER, opened
from tests.workbench.furnished import OPEN_DRIFT, OPEN_WARNING

from ninefold.kernel.sqlite import SqliteStore
from ninefold.operations.monitoring.episodes import find
from ninefold.vocabulary.alarm import AlarmEpisode

FAR = 4_000_000_000_000_000


def episode(root: Path, id: str, now: int = 0) -> AlarmEpisode:
    """Return an alarm as it is recorded."""
    with SqliteStore(root / ".ninefold" / "store.db") as store:
        return find(store, id, now).episode


def post(client: TestClient[Litestar], path: str, **form: str) -> str:
    """Do something and return the page that it leads to."""
    answer = client.post(path, data=form)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_an_alarm_is_acknowledged_silenced_and_cleared(lived: Path) -> None:
    """Each under the key of who did it, and said once."""
    with opened(lived) as client:
        assert "Acknowledged." in post(client, f"/alarms/{OPEN_WARNING}/ack")
        assert episode(lived, OPEN_WARNING).acknowledged_by == APPROVER.person
        assert "Silent for 8 h" in post(client, f"/alarms/{OPEN_WARNING}/shelve", hours="8", reason="tool ordered")
        assert episode(lived, OPEN_WARNING).state == "shelved"
        assert episode(lived, OPEN_WARNING, FAR).state == "raised"
        assert "Cleared." in post(client, f"/alarms/{OPEN_WARNING}/clear", reason="changed")
        assert episode(lived, OPEN_WARNING).state == "cleared"
        assert client.post(f"/alarms/{OPEN_WARNING}/clear").status_code == 403


def test_every_page_says_how_many_alarms_are_open(lived: Path) -> None:
    """Also beside an answer to a form; one that is silent is open; the entry is fetched alone, and nothing says zero."""

    def counted(html: str) -> str:
        entry = html.split('id="nav-alarms"')[1].partition("</a>")[0]
        return entry.partition('class="count">')[2].partition("<")[0]

    with opened(lived) as client:
        assert [counted(client.get(p).text) for p in ("/", "/requirements", "/alarms")] == ["2"] * 3
        assert counted(post(client, f"/alarms/{OPEN_WARNING}/shelve", hours="8", reason="")) == "2"
        post(client, f"/alarms/{OPEN_WARNING}/clear", reason="changed")
        alone = client.get("/requirements", headers={"X-Fragment": "nav-alarms"}).text
        assert counted(alone) == "1"
        assert "<main" not in alone
        assert 'aria-current="page"' in client.get("/alarms", headers={"X-Fragment": "nav-alarms"}).text
        post(client, f"/alarms/{OPEN_DRIFT}/clear", reason="changed")
        assert counted(client.get("/").text) == ""


def test_an_alarm_is_judged_also_at_the_machine(lived: Path) -> None:
    """From the tablet it goes back to the tablet."""
    with opened(lived) as client:
        assert "Recorded: averted." in post(client, f"/alarms/{OPEN_WARNING}/judge", outcome="averted")
        text = post(client, f"/alarms/{OPEN_WARNING}/judge", outcome="confirmed", at="machine")
        assert 'class="kiosk"' in text
        assert "Recorded: confirmed." in text
        assert episode(lived, OPEN_WARNING).outcome == "confirmed"
        assert client.post(f"/alarms/{OPEN_WARNING}/judge", data={"outcome": "other"}).status_code == 422


def test_a_process_fault_writes_a_work_order_and_a_repair_ends_it(lived: Path) -> None:
    """Nothing is retrained, and the repair confirms the alarm."""
    with opened(lived) as client:
        text = post(client, f"/alarms/{OPEN_DRIFT}/triage", finding="process-fault", reason="fan is dirty")
        assert "is written. Nothing is retrained." in text
        assert len(list((lived / "work-orders").glob("*.md"))) == 1
        assert "Report m4 repaired" in client.get("/monitoring").text
        assert "m4 is repaired" in post(client, "/monitoring/repaired", asset="m4")
    assert episode(lived, OPEN_DRIFT).outcome == "confirmed"


def test_a_new_normal_becomes_a_proposal_that_promotes_nothing(lived: Path) -> None:
    """It is taken up once."""
    with opened(lived) as client:
        text = post(client, f"/alarms/{OPEN_DRIFT}/triage", finding="new-normal", reason="variant H")
        assert "Train tool-failure again?" in text
        assert "variant H" in text
        proposal = text.split('action="/proposals/')[1].split("/")[0]
        assert "Taken up. Nothing is promoted yet." in post(client, f"/proposals/{proposal}/accept", reason="yes")
        assert client.post(f"/proposals/{proposal}/decline").status_code == 403


def test_outcomes_are_counted_from_the_maintenance_log(lived: Path) -> None:
    """The counts stand on the page with their bound."""
    with opened(lived) as client:
        text = post(client, "/monitoring/outcomes")
    assert "Counted for 1 models" in text
    assert "at most" in text


def test_bad_hours_and_findings_are_told(lived: Path) -> None:
    """And change nothing."""
    with opened(lived) as client:
        for hours in ("", "0", "x", "99999", "-1"):
            assert client.post(f"/alarms/{OPEN_WARNING}/shelve", data={"hours": hours}).status_code == 422
        assert client.post(f"/alarms/{OPEN_DRIFT}/triage", data={"finding": "x"}).status_code == 422
    assert episode(lived, OPEN_WARNING).state == "raised"
