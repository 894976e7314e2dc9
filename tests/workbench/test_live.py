"""Live pages and the page at the machine."""

import re
from pathlib import Path

from tests.small_cell import opened as composed
from tests.workbench.desk import opened
from tests.workbench.furnished import OPEN_WARNING

from ninefold.fleet.courses import courses
from ninefold.fleet.service import FleetService
from ninefold.kernel.clock import write_plant_clock
from ninefold.kernel.project import STATE


def test_a_machine_shows_its_lanes_its_alarm_and_where_its_curves_come_from(lived: Path) -> None:
    """The features of the open alarm first, with their normal, and each decision with its trace."""
    with opened(lived) as client:
        text = client.get("/live/m4").text
    lanes = text.split('id="lanes"')[1].split("</section>")[0]
    assert lanes.index("process_air_residual") < lanes.index("temperature_lift_mean")
    assert "n-normal" in lanes
    assert "Raw signals stay in the cell; the centre does not have them." in lanes
    assert "early" in lanes
    assert "tool change" in lanes
    assert "Mark process fault" in text
    assert text.count('href="/decisions/') == 12


def test_machines_with_an_alarm_come_first(lived: Path) -> None:
    """All eight are there."""
    with opened(lived) as client:
        table = client.get("/live").text.split('id="machines"')[1].split("</section>")[0]
    names = [part.split('"')[0] for part in table.split('href="/live/')[1:]]
    assert names == ["m4", "m7", "m1", "m2", "m3", "m5", "m6", "m8"]


def test_decisions_are_the_same_from_the_inbox_and_from_segments(lived: Path) -> None:
    """Sealing moves them, nothing is lost or doubled."""
    with composed(lived) as composer, FleetService(lived / STATE, composer.clock) as service:
        since = composer.clock.now() - 3 * 3_600_000_000
        before = courses(service, since)
        assert service.seal(all_of_it=True)
        after = courses(service, since)
        assert {a: c["id"].tolist() for a, c in before.items()} == {a: c["id"].tolist() for a, c in after.items()}
        assert list(courses(service, since, ("m2",))) == ["m2"]
        assert len(before["m2"]["t"]) == 90


def test_the_page_at_the_machine_asks_in_two_taps(lived: Path) -> None:
    """A summary opens the button that sends the answer: it works without scripts."""
    with opened(lived) as client:
        text = client.get("/m/m7").text
    assert text.count("<details class=") == 4
    assert f'action="/alarms/{OPEN_WARNING}/judge"' in text
    assert "Acknowledge alarm" in text
    assert "torque_lift" in text


def test_a_tablet_keeps_its_language(lived: Path) -> None:
    """In a cookie of the pages at machines alone."""
    with opened(lived) as client:
        assert "What did you find?" in client.get("/m/m7").text
        assert "Was war los?" in client.get("/m/m7?lang=de").text
        assert "Was war los?" in client.get("/m/m7").text
        assert "Live:" in client.get("/live/m7").text


def test_a_machine_without_a_word_says_so(lived: Path) -> None:
    """No curve is made up."""
    with FleetService(lived / STATE) as service, service.database.writing() as db:
        db.execute("DELETE FROM entry")
    with opened(lived) as client:
        text = client.get("/live/m1").text
        assert "No decision came in the last 4 hours." in text
        assert client.get("/m/m1").status_code == 200


def test_a_machine_whose_source_is_gone_says_since_when(lived: Path) -> None:
    """Nothing new comes: the state is quiet, and the age of the last decision stands beside it."""
    with composed(lived) as composer:
        now = composer.clock.now()
    write_plant_clock(lived / "data" / "clock.json", now + 40 * 60_000_000, 0.0)
    with opened(lived) as client:
        live, machine = client.get("/live/m1").text, client.get("/m/m1").text
    assert "Quiet" in live
    assert re.search(r"4\d min ago", machine)


def test_a_decision_leads_back_to_the_record_of_its_bundle(lived: Path) -> None:
    """With what it rested on, also after it was sealed."""
    with opened(lived) as client:
        path = client.get("/live/m4").text.split('href="/decisions/')[1].split('"')[0]
        text = client.get(f"/decisions/{path}").text
        assert "No warning for part 4119 of m4" in text
        assert "process_air_residual" in text
        assert text.count('href="/records/') >= 1
        with composed(lived) as composer, FleetService(lived / STATE, composer.clock) as service:
            service.seal(all_of_it=True)
        assert client.get(f"/decisions/{path}").text.count('href="/records/') >= 3
        assert client.get("/decisions/nowhere").status_code == 404
