"""Live pages and the page at the machine."""

import re
from pathlib import Path

import pytest
from tests.small_cell import opened as composed
from tests.workbench.desk import opened
from tests.workbench.furnished import HOUR, OPEN_WARNING

from ninefold.fleet.courses import courses
from ninefold.fleet.service import FleetService
from ninefold.kernel.clock import write_plant_clock
from ninefold.kernel.project import STATE
from ninefold.kernel.records import Draft, encode
from ninefold.lifecycle.live import upkeep as upkeep_module
from ninefold.lifecycle.live.upkeep import upkeep
from ninefold.vocabulary.dataset import DatasetVersion
from ninefold.vocabulary.triage import REPAIR, Repair


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
    assert "maintenance: planned_change" in lanes
    assert "as they were last taken (last entry 24 Nov 11:58)" in lanes
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
    with composed(lived) as composer, FleetService(lived / STATE) as service:
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
        with FleetService(lived / STATE) as service:
            service.seal(all_of_it=True)
        assert client.get(f"/decisions/{path}").text.count('href="/records/') >= 3
        assert client.get("/decisions/nowhere").status_code == 404


def test_all_machines_have_one_calendar_over_the_time_of_their_curves(lived: Path) -> None:
    """Shift, tool changes, maintenance by machine and the bundle that decides: in the drawing and in its table."""
    with opened(lived) as client:
        panel = client.get("/live").text.split('id="machines"')[1].split("</section>")[0]
    strip = panel.split("</figure>")[0]
    assert "m6: maintenance: planned_change" in strip
    assert "m5: tool change" in strip
    assert ">early<" in strip
    assert strip.count("n-version") == 1


def test_a_repair_that_was_reported_here_is_maintenance(lived: Path) -> None:
    """It is in no log yet; a log that was erased is named, and the page goes on without it."""
    with composed(lived) as composer:
        now, store = composer.clock.now(), composer.session.store
        store.put([Draft(REPAIR, encode(REPAIR, Repair("m4", "person-1")), "triage@1", "person-1", now - 60_000_000)])
        [log] = [r for r in store.of_kind("dataset@1") if r.body(DatasetVersion).kind == "events"]
        composer.session.blobs.path(log.body(DatasetVersion).parquet).unlink()
    with opened(lived) as client:
        lanes = client.get("/live/m4").text.split('id="lanes"')[1].split("</section>")[0]
    assert "reported repaired" in lanes
    assert "planned_change" not in lanes
    assert "the maintenance log cannot be read: maintenance-log: The blob" in lanes


def test_only_so_much_of_a_log_is_read(lived: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The latest entries, and the page says that earlier ones are left out."""
    monkeypatch.setattr(upkeep_module, "MOST", 5)
    with composed(lived) as composer, FleetService(lived / STATE) as service:
        now = composer.clock.now()
        found = upkeep(composer.session.status(), service, now - 40 * 24 * HOUR, now - HOUR // 2)
    assert found.cut
    assert len(found.done) == 5
    assert [d.at for d in found.done] == sorted(d.at for d in found.done)


def test_latency_is_held_against_the_limits_of_requirements(lived: Path) -> None:
    """Both percentiles, the histogram of a day, and each limit with its verdict."""
    with opened(lived) as client:
        panel = client.get("/live/m4").text.split('id="latency"')[1].split("</section>")[0]
    assert "How 400 decisions of the last 24 hours" in panel
    assert "REQ-tool-failure-warning/decision-latency: &lt;= 50 ms" in panel
    assert "REQ-warning-reaction/device-latency: &lt;= 100 ms" in panel
    assert panel.count("kept") == 2
    assert "limit p99 50" in panel


def test_the_queue_of_a_device_is_shown_as_it_told(lived: Path) -> None:
    """How many entries, how large, and when that was; a device that never said so is not guessed at."""
    with opened(lived) as client:
        panel = client.get("/live/m4").text.split('id="queue"')[1].split("</section>")[0]
        assert "entries, " in panel
        with FleetService(lived / STATE) as service, service.database.writing() as db:
            db.execute("DELETE FROM waiting")
        panel = client.get("/live/m4").text.split('id="queue"')[1].split("</section>")[0]
        assert "The device has not said" in panel


def test_the_page_at_the_machine_says_whose_normal_it_is(lived: Path) -> None:
    """That of the bundle which raised the alarm; where the bundle is not here, that of the machine's own decisions."""
    with opened(lived) as client:
        assert client.get("/m/m4").text.count("against training, as bundle") == 3
    with composed(lived) as composer:
        [bundle] = composer.session.store.of_kind("bundle@1")
        composer.session.blobs.path(bundle.blobs[0]).unlink()
    with opened(lived) as client:
        text = client.get("/m/m4").text
        assert text.count("decisions of m4 before the alarm") == 3
        assert "n-shift" in text
