"""`connector test`: what a look at a connection finds, and that what is wrong is named."""

import struct
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from tests.connectors.modbus.running import RunningDevice
from tests.connectors.modbus.server import Device, connection
from tests.development.data.project import Project

from ninefold.connectors import files
from ninefold.connectors.modbus.settings import ModbusTag
from ninefold.design.availability.commands import connector_
from ninefold.design.availability.connections import connections_table, connectors_table
from ninefold.design.availability.judging import live_findings
from ninefold.design.availability.live import look
from ninefold.design.availability.trial import trial, trial_table
from ninefold.kernel.clock import SystemClock
from ninefold.kernel.errors import NotFound
from ninefold.testing.cable import free_port
from ninefold.vocabulary.use_case import DataNeed

PRESS = """\
connector: modbus
endpoint: tcp://127.0.0.1:{port}
poll: 200 ms
timeout: 500 ms
write: [holding:4]
tags:
  - {{signal: torque, asset: m1, address: holding:0, type: float32, unit: N.m, range: [5, 120]{order}}}
  - {{signal: speed, asset: m1, address: holding:2, type: float32, unit: "{{rev}}/min"{order}}}
  - {{signal: lamp, asset: m1, address: {third}}}
"""
TABLE = "connector: csv\npath: {path}\ntime: ts\ntags: [{{signal: x, column: x}}]\n"


def words(number):
    return list(struct.unpack(">2H", struct.pack(">f", number)))


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path, (), files.READERS)


def found(project, name, seconds=0.6):
    """Return check -> (result, why) of a trial."""
    findings = trial(project.view(), name, project.root, SystemClock(), seconds)
    assert len(trial_table(name, findings).rows) == len(findings)
    return {f.check: (f.result, f.why) for f in findings}, {f.check: f.measured for f in findings}


def serve(project, order="", third="holding:4"):
    """Write the connection; return the device that it leads to."""
    device = Device()
    project.write("connections/press.yaml", PRESS.format(port=device.port, order=order, third=third))
    return RunningDevice(device)


def test_good_connection_passes_with_its_rate_and_clock(project):
    """Reached, read at once, plausible, at the rate that it is polled with, by a clock that is ours."""
    with serve(project) as running:
        running.do(running.device.put(0, words(41.5)))
        running.do(running.device.put(2, words(1500.0)))
        results, measured = found(project, "press", 3.0)
    assert {check for check, (result, _) in results.items() if result != "pass"} == set()
    assert list(results) == [
        "connector", "reachable", "addresses", "samples", "quality", "plausible", "rate", "clock", "gaps", "write",
    ]  # fmt: skip
    assert 1 < measured["rate"] < 6
    assert abs(measured["clock"]) < 1
    assert results["write"][1] == "holding:4 may be written"


def test_words_in_the_wrong_order_are_a_finding(project):
    """They make a number and no error; with the right order the same registers pass."""
    with serve(project, order=", word_order: little") as running:
        running.do(running.device.put(0, words(41.5)))
        running.do(running.device.put(2, words(1500.0)))
        results, _ = found(project, "press")
    assert results["plausible"][0] in ("fail", "unknown")
    assert "word_order big and byte_order big it would read" in results["plausible"][1]
    assert results["quality"] == ("fail", "m1.torque is bad")


def test_address_that_is_not_there_is_named(project):
    """And nothing is looked at further."""
    with serve(project, third="holding:55"):
        results, _ = found(project, "press")
    assert results["addresses"][0] == "fail"
    assert "holding:55" in results["addresses"][1]
    assert "rate" not in results


def test_device_that_is_away_is_unreachable(project):
    """With what to check."""
    project.write("connections/press.yaml", PRESS.format(port=free_port(), order="", third="coil:1"))
    results, _ = found(project, "press")
    assert results["reachable"][0] == "fail"
    with pytest.raises(NotFound, match="no connection 'pres'"):
        found(project, "pres")


def test_table_is_tried_without_being_loaded(project):
    """Its files and its columns."""
    project.write("a.csv", "asset,ts,x\nm1,2026-01-01T00:00:00Z,1\n")
    project.write("connections/good.yaml", TABLE.format(path="a.csv"))
    project.write("connections/gone.yaml", TABLE.format(path="b.csv"))
    assert {c: r for c, (r, _) in found(project, "good")[0].items()} == {
        "connector": "pass", "reachable": "pass", "columns": "pass",
    }  # fmt: skip
    assert found(project, "gone")[0]["readable"][0] == "fail"


def test_commands_list_and_test(project):
    """`list` shows connectors anywhere and connections inside a project; `test` ends with 1 when something fails."""
    project.write("connections/press.yaml", PRESS.format(port=free_port(), order="", third="coil:1"))
    shown = []
    screen = SimpleNamespace(show=shown.append)
    session = SimpleNamespace(view=project.view, root=project.root, clock=SystemClock(), screen=screen)
    inside = SimpleNamespace(screen=screen, view=project.view, session=session)

    def nowhere():
        raise NotFound("no project")

    for composer in (SimpleNamespace(screen=screen, view=nowhere), inside):
        assert CliRunner().invoke(connector_, ["list"], obj=composer).exit_code == 0
    assert [t.title for t in shown] == ["Connectors", "Connectors", "Connections"]
    result = connector_.main(["test", "press", "--seconds", "0.5"], standalone_mode=False, obj=inside)
    assert result == 1
    assert shown[-1].title == "Connection press"


def test_connectors_are_listed_with_their_tiers(project):
    """What is real about them stands in their manifests."""
    rows = {row[0]: row for row in connectors_table().rows}
    assert rows["modbus"][1:3] == ("live", "plant")
    assert rows["csv"][1] == "table"
    assert connections_table(project.view()).rows == ()


@pytest.mark.parametrize(("low", "result"), [(5.0, "fail"), (0.0, "unknown")])
def test_doubt_is_a_finding_of_the_availability_check_too(project, low, result):
    """A need whose tag is doubted is told so; one whose tag is not, is not."""
    torque = ModbusTag("torque", "m1", "holding:0", "N.m", type="float32", range=(low, 120.0))
    speed = ModbusTag("speed", "m1", "holding:2", type="float32")
    with serve(project) as running:
        running.do(running.device.put(0, words(41.5)[::-1]))
        running.do(running.device.put(2, words(1500.0)))
        seen = look(connection(running.device.port, torque, speed), (torque, speed), 0.5)
    assert seen.error == ""
    findings = {
        tag.signal: [
            f for f in live_findings(DataNeed(tag.signal), ["m1"], {"m1": tag.name}, seen) if f.check == "plausible"
        ]
        for tag in (torque, speed)
    }
    assert [f.result for f in findings["torque"]] == [result]
    assert "it would read 41.5" in findings["torque"][0].why
    assert findings["speed"] == []
