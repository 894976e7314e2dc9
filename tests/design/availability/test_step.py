"""Each need against real files and a real server: the verdict, the gap, and who owns it."""

import msgspec
import pytest
from tests.connectors.opcua.server import Cell, RunningCell
from tests.development.data.project import Project

from ninefold.connectors import files as connection_files
from ninefold.design.availability import step
from ninefold.design.prioritisation import files as use_case_files
from ninefold.design.requirements import files as requirement_files
from ninefold.kernel.clock import iso
from ninefold.testing.cable import free_port
from ninefold.testing.clock import FakeClock
from ninefold.vocabulary.availability import Availability

DAY = 86_400_000_000
START = 1_767_571_200_000_000  # 2026-01-05T00:00:00Z, a Monday
NOW = START + 4 * DAY + 14 * 3_600_000_000  # Friday 14:00, the end of the shift
HOUR = 3_600_000_000

USE_CASE = """\
---
id: UC-x
title: Warn
owner: production
gates: {ai_needed: true, prohibited_practice: false, owner_named: true}
data_needs:
  - {signal: torque, assets: cell-1/*, rate_hz: 0.01, history: 4 d, max_gap: 5 min, fresh: 1 h, when: [producing]}
  - {signal: tool_failure, kind: event, from: log, per_class: derived}
---
Text.
"""
REQUIREMENT = """\
---
id: REQ-x
uuid: 6a1f5b1e-6f0e-4c58-9a53-0d6a3f6d8a11
type: quality
title: Warn
owner: maintenance
links: [{to: UC-x}]
criteria:
  - id: recall
    where: [validation]
    metric: recall
    params: {unit: episode, lead: [5 min, 2 h], clock: operating}
    threshold: {op: ">=", value: 0.70}
    bound: {side: lower, method: wilson, level: 0.95}
    min_samples: 20
---
While a machine is producing, the system shall warn.
"""
CALENDAR = """\
zone: UTC
shifts: {early: "06:00-14:00"}
planned_stops: [{every: sat}, {every: sun}]
states: {producing: "speed > 200", idle: otherwise}
"""
HISTORY = "connector: csv\npath: data/h.csv\ntime: ts\ntags:\n  - {signal: torque, column: torque, unit: N.m}\n"
SPEED = "  - {signal: speed, column: speed, unit: 1/min}\n"
LOG = "connector: csv\npath: data/log.csv\nevent: kind\ntimes: {occurred: at, reported: typed}\n"


def samples(assets=("m1", "m2"), step_s=60, skip=lambda *_: False, value=lambda *_: "40", days=5):
    """Return CSV rows of the shifts: producing, except that each hour's last ten minutes are idle and send nothing."""
    lines = ["asset,ts,torque,speed"]
    for asset in assets:
        for day in range(days):
            for second in range(6 * 3600, 14 * 3600, step_s):
                time = START + day * DAY + second * 1_000_000
                minute = second // 60 % 60
                if minute > 50 or skip(asset, day, second):
                    continue
                speed = 0 if minute == 50 else 1500
                lines.append(f"{asset},{iso(time)},{value(asset, day, second)},{speed}")
    return "\n".join(lines) + "\n"


def events(number, kind="tool_failure"):
    """Return a log with so many events over four days, each typed an hour late."""
    times = [START + round(i * 4 * DAY / max(number - 1, 1)) for i in range(number)]
    lines = [f"m1,{kind},{iso(t)},{iso(t + HOUR)}" for t in times]
    return "asset,kind,at,typed\n" + "\n".join(lines) + ("\n" if lines else "")


@pytest.fixture
def project(tmp_path):
    """A project in which everything that is needed is there."""
    readers = (*connection_files.READERS, *use_case_files.READERS, *requirement_files.READERS)
    project = Project(tmp_path, step.STEPS, readers, FakeClock(NOW))
    project.write("ninefold.toml", 'name = "x"\n')
    project.write("assets.yaml", "plant-1/cell-1: {assets: [m1, m2]}\n")
    project.write("calendar.yaml", CALENDAR)
    project.write("use-cases/UC-x.md", USE_CASE)
    project.write("requirements/REQ-x.md", REQUIREMENT)
    project.write("connections/history.yaml", HISTORY + SPEED)
    project.write("connections/log.yaml", LOG)
    project.write("data/h.csv", samples())
    project.write("data/log.csv", events(30))
    return project


def availability(project):
    """Run the check anew and return it."""
    assert project.view().problems == ()
    project.run()
    assert project.failed == {}
    return msgspec.convert(project.body("availability:UC-x"), Availability)


def need(project, signal="torque"):
    return next(v for v in availability(project).needs if v.signal == signal)


def finding(verdict, check, connection="history"):
    source = next(s for s in verdict.sources if s.connection == connection)
    return next(f for f in source.findings if f.check == check)


def test_all_that_is_needed_is_there(project):
    """Pauses of an idle machine, nights and the weekend are no gaps."""
    found = availability(project)
    assert [v.reason for v in found.needs if v.verdict != "available"] == []
    assert found.verdict == "available"
    torque = need(project)
    assert finding(torque, "rate").measured == pytest.approx(1 / 60)
    assert finding(torque, "gaps").result == "pass"
    assert finding(torque, "coverage").measured == 1.0
    assert finding(torque, "fresh").measured <= 900


def test_gap_inside_producing_is_named_with_its_place(project):
    """An hour without samples while the machine produced; only the working time counts."""
    project.write("data/h.csv", samples(skip=lambda a, d, s: (a, d) == ("m2", 2) and 7.2 * 3600 < s < 8.2 * 3600))
    torque = need(project)
    assert torque.verdict == "partial"
    assert torque.owner == "history"
    gap = finding(torque, "gaps")
    assert gap.measured == pytest.approx(3660, abs=120)
    assert "on m2 from 2026-01-07T07:12" in gap.why


def test_missing_day_counts_its_shift_only(project):
    """A day without samples, begun while producing: eight hours of work are lost, not twenty-four."""
    text = samples(skip=lambda a, d, s: a == "m1" and (d == 2 or (d == 1 and s >= 13.8 * 3600)))
    project.write("data/h.csv", text)
    assert finding(need(project), "gaps").measured == pytest.approx(8.2 * 3600, rel=0.02)


@pytest.mark.job("availability/planned-stop", against="cases", what="generated files")
def test_planned_stop_is_no_gap(project):
    """The same day without samples is in order when the calendar stops it."""
    text = samples(skip=lambda _, d, s: d == 2 or (d == 1 and s >= 13.99 * 3600))
    project.write("data/h.csv", text)
    project.write("calendar.yaml", CALENDAR.replace("{every: sat}", "{every: sat}, {on: 2026-01-07}"))
    assert finding(need(project), "gaps").result == "pass"


def test_asset_without_samples_is_named(project):
    """The need is for the whole cell."""
    project.write("data/h.csv", samples(assets=("m1",)))
    torque = need(project)
    assert torque.verdict == "partial"
    assert torque.reason == "m2 is absent"


def test_stream_that_has_died_shows_in_the_common_window(project):
    """Its own window would hide it."""
    project.write("data/h.csv", samples(skip=lambda a, d, _: a == "m2" and d >= 3))
    torque = need(project)
    assert finding(torque, "window").result == "fail"
    assert "m2 misses" in finding(torque, "window").why


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ({"step_s": 240}, "rate"),
        ({"days": 3}, "history"),
        ({"days": 4}, "fresh"),
        ({"value": lambda _, __, s: "" if s % 600 == 0 else "40"}, "nulls"),
    ],
)
@pytest.mark.job("availability/verdict", against="cases", what="generated files")
def test_each_limit_is_checked(project, change, check):
    """Too slow, too short, too old, too empty: each by its own finding."""
    project.write("data/h.csv", samples(**change))
    torque = need(project)
    assert torque.verdict == "partial"
    assert finding(torque, check).result == "fail"


def test_freshness_counts_working_time(project):
    """On Sunday the samples of Friday's last hour are still fresh."""
    project.clock = FakeClock(NOW + 2 * DAY)
    assert finding(need(project), "fresh").result == "pass"
    project.clock = FakeClock(NOW + 3 * DAY)
    project.run(again=["availability:UC-x"])
    assert finding(need(project), "fresh").result == "fail"


@pytest.mark.job("availability/missing", against="cases", what="written cases")
def test_signal_that_no_connection_brings_names_what_to_add(project):
    """Missing is told with the next step."""
    project.write("use-cases/UC-x.md", USE_CASE.replace("signal: torque", "signal: coolant_flow"))
    verdict = need(project, "coolant_flow")
    assert verdict.verdict == "missing"
    assert verdict.owner == "the use case"
    assert "Add coolant_flow to a connection's tags" in verdict.action
    assert availability(project).verdict == "missing"


def test_connector_that_is_not_installed_is_named(project):
    """The connection is there, its connector is not."""
    project.write("connections/history.yaml", "connector: s7\ntags:\n  - {signal: torque, asset: m1}\n")
    project.run()
    verdict = msgspec.convert(project.body("availability:UC-x"), Availability).needs[0]
    assert verdict.verdict == "missing"
    assert "No connector is called 's7'" in verdict.reason
    assert "Add the connector s7" in verdict.action


def test_source_that_cannot_be_read_says_why(project):
    """A broken export is a verdict with its owner, not a failed run."""
    project.write("data/h.csv", samples().replace("torque", "Torque_Nm", 1))
    torque = need(project)
    assert torque.verdict == "missing"
    assert "there is no column 'torque'; was it renamed to 'Torque_Nm'?" in torque.reason
    (project.root / "data/h.csv").unlink()
    project.run(again=["availability:UC-x"])
    assert "does not exist" in need(project).reason


def test_state_that_the_calendar_lacks_is_an_error(project):
    """A rate inside an unknown state would be a rate of nothing."""
    project.write("use-cases/UC-x.md", USE_CASE.replace("[producing]", "[prodcing]"))
    project.run()
    error = project.failed["availability:UC-x"]
    assert "no state 'prodcing'" in error.message
    assert error.hint == "Did you mean 'producing'?"


def test_best_of_two_histories_counts(project):
    """A hand-made export of one machine beside the historian takes nothing away."""
    project.write("connections/export.yaml", (HISTORY + SPEED).replace("h.csv", "e.csv"))
    project.write("data/e.csv", samples(assets=("m1",), days=1))
    torque = need(project)
    assert torque.verdict == "available"
    assert {s.connection for s in torque.sources} == {"history", "export"}


@pytest.mark.job("availability/labels", against="cases", what="generated files")
def test_labels_are_counted_against_the_bound_and_dated(project):
    """Twelve of twenty: the date comes from today's rate."""
    project.write("data/log.csv", events(12))
    verdict = need(project, "tool_failure")
    assert (verdict.verdict, verdict.labels, verdict.labels_needed) == ("partial", 12, 20)
    assert verdict.labels_on == pytest.approx(NOW + 8 / 3 * DAY, abs=DAY / 100)
    assert iso(verdict.labels_on)[:10] in verdict.action


def test_log_without_the_kind_is_missing(project):
    """Other events are no labels."""
    project.write("data/log.csv", events(30, "planned_change"))
    verdict = need(project, "tool_failure")
    assert (verdict.verdict, verdict.labels) == ("missing", 0)


@pytest.mark.job("requirements/compiled", against="cases", what="written cases")
def test_threshold_changes_the_label_need_and_nothing_of_the_sources(project):
    """The requirement's number is an input: a stricter one is checked anew."""
    assert need(project, "tool_failure").labels_needed == 20
    project.write("requirements/REQ-x.md", REQUIREMENT.replace("0.70", "0.98"))
    assert project.run() == ["availability:UC-x", "label-need:UC-x"]
    assert need(project, "tool_failure").labels_needed == 133


LIVE = """\
connector: opcua
endpoint: opc.tcp://127.0.0.1:{port}
tags:
  - {{signal: torque, asset: m1, address: "ns=2;s=M1.Torque", unit: N.m}}
  - {{signal: torque, asset: m2, address: "{second}", unit: N.m}}
"""


def live(project, tmp_path_factory, port, second="ns=2;s=M1.Speed"):
    """Connect the project to a cell; returns the cell, which is not started yet."""
    cell = Cell(tmp_path_factory.mktemp("pki"), port)
    state = project.root / ".ninefold/pki"
    state.parent.mkdir(exist_ok=True)
    state.symlink_to(cell.pki / "client")
    project.write("connections/cell.yaml", LIVE.format(port=cell.port, second=second))
    return cell


class Wall:
    """The machine's own clock."""

    def now(self):
        import time

        return time.time_ns() // 1000


def offset(seconds):
    """Return a beat that sends changing values with a clock that is off."""

    async def beat(cell, count):
        now = Wall().now() + round(seconds * 1e6)
        await cell.put("Torque", 40.0 + count, now)
        await cell.put("Speed", 1500.0 + count, now)

    return beat


@pytest.mark.job("availability/live-source", against="simulator", what="asyncua server on loopback")
def test_live_source_is_looked_at_through_its_connector(project, tmp_path_factory):
    """Reached, tags there, samples good, clock compared; a clock that is two hours off shows."""
    cell = live(project, tmp_path_factory, free_port())
    project.clock = Wall()
    with RunningCell(cell, offset(-7200)):
        torque = need(project)
    assert finding(torque, "reachable", "cell").result == "pass"
    assert finding(torque, "quality", "cell").measured == 0
    clock = finding(torque, "clock", "cell")
    assert clock.result == "fail"
    assert clock.measured == pytest.approx(7200, abs=30)


def test_live_samples_make_up_for_a_historian_that_writes_at_night(project, tmp_path_factory):
    """Fresh is what arrives, by whichever way."""
    cell = live(project, tmp_path_factory, free_port())
    project.clock = Wall()
    with RunningCell(cell, offset(0)):
        torque = need(project)
    assert finding(torque, "fresh", "history").result == "fail"
    assert finding(torque, "fresh", "cell").result == "pass"
    assert torque.verdict == "available"


def test_server_that_is_absent_is_unreachable(project, tmp_path_factory):
    """The history is there, the live source is not: partial, and its owner is asked."""
    live(project, tmp_path_factory, free_port())
    torque = need(project)
    assert torque.verdict == "partial"
    assert torque.owner == "cell"
    assert "cannot be reached" in torque.reason


def test_wrong_node_id_is_named(project, tmp_path_factory):
    """The address that the server does not have."""
    cell = live(project, tmp_path_factory, free_port(), "ns=2;s=M2.Torque")
    with RunningCell(cell):
        torque = need(project)
    assert "has no node ns=2;s=M2.Torque" in finding(torque, "reachable", "cell").why


def test_live_source_alone_is_partial_for_a_need_of_history(project, tmp_path_factory):
    """Nothing records it: that is for the use case to arrange."""
    cell = live(project, tmp_path_factory, free_port())
    (project.root / "connections/history.yaml").unlink()
    project.clock = Wall()
    with RunningCell(cell, offset(0)):
        torque = need(project)
    assert torque.verdict == "partial"
    assert torque.owner == "the use case"
    assert "nothing records it" in torque.reason
