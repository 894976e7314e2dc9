"""assets.yaml, calendar.yaml and connections as facets, with every mistake at its line."""

import pytest

from ninefold.connectors.files import AssetReader, CalendarReader, ConnectionReader, UnknownSource
from ninefold.connectors.opcua.settings import OpcuaSettings
from ninefold.connectors.tables import TableSettings
from ninefold.kernel.errors import InvalidFile

CELL = """\
connector: opcua
endpoint: opc.tcp://127.0.0.1:4840
zone: cell
security: {policy: Basic256Sha256, mode: SignAndEncrypt, certificate: agent}
write: ["ns=2;s=M1.Alarm"]
tags:
  - {signal: spindle_torque, asset: m1, address: "ns=2;s=M1.Torque", unit: N.m, deadband: 0.1}
"""
LOG = """\
connector: sqlite
path: data/maintenance.sqlite
table: maintenance_log
asset: asset
event: kind
times: {occurred: occurred, reported: reported, known: known}
"""


def facets(text, reader=ConnectionReader, file="connections/cell.yaml"):
    return {f.name: f for f in reader().facets(text, file)}


def problems(text, reader=ConnectionReader, file="connections/cell.yaml"):
    with pytest.raises(InvalidFile) as error:
        facets(text, reader, file)
    return [(p.line, p.field, p.message, p.hint) for p in error.value.problems]


def test_connection_becomes_source_and_access():
    """The source is what is read; the access is who may."""
    found = facets(CELL)
    assert set(found) == {"connection:cell#source", "connection:cell#access"}
    source = found["connection:cell#source"].body
    assert isinstance(source, OpcuaSettings)
    assert source.tags[0].unit == "N.m"
    assert found["connection:cell#access"].body.write == ("ns=2;s=M1.Alarm",)


@pytest.mark.parametrize(
    ("old", "new"),
    [("certificate: agent", "certificate: other"), ('["ns=2;s=M1.Alarm"]', "[]"), ("zone: cell", "zone: dmz")],
)
def test_security_and_write_list_are_not_part_of_the_source(old, new):
    """A new certificate must not make a dataset stale."""
    before, after = facets(CELL), facets(CELL.replace(old, new))
    assert before["connection:cell#source"].content == after["connection:cell#source"].content
    assert before["connection:cell#access"].content != after["connection:cell#access"].content


@pytest.mark.parametrize(
    ("old", "new"), [("4840", "4841"), ("M1.Torque", "M2.Torque"), ("0.1", "0.2"), ("N.m", "kN.m")]
)
def test_endpoint_and_tags_are_the_source(old, new):
    """What is read elsewhere or otherwise is another source."""
    assert (
        facets(CELL)["connection:cell#source"].content
        != facets(CELL.replace(old, new))["connection:cell#source"].content
    )


def test_events_of_a_database_are_read():
    """The three times of an event are named."""
    body = facets(LOG, file="connections/log.yaml")["connection:log#source"].body
    assert isinstance(body, TableSettings)
    assert body.holds_events
    assert body.times.known == "known"


def test_all_wrong_settings_are_told_together():
    """Unknown keys, wrong types and wrong choices, each at its line, with the nearest right word."""
    text = CELL.replace("endpoint", "endpont").replace("SignAndEncrypt", "Encrypt").replace("0.1", "small")
    found = problems(text)
    assert {(line, field) for line, field, _, _ in found} == {
        (2, "endpont"), (1, ""), (4, "security.mode"), (7, "tags[0].deadband"),
    }  # fmt: skip
    assert any(hint == "Did you mean 'endpoint'?" for *_, hint in found)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (CELL.replace("opc.tcp://127.0.0.1:4840", "http://x"), "is not of the form opc.tcp"),
        (CELL.replace("opc.tcp://", "opc.tcp://user:secret@"), "must not hold a user or a password"),
        (CELL.replace("tags:\n", "tags: []\n").partition("  - ")[0], "0 tags are listed"),
        (CELL + '  - {signal: x, asset: m1, address: "ns=2;s=M1.Torque"}\n', "stands twice"),
        (CELL + '  - {signal: s, asset: m1, address: "ns=2;s=M1.Alarm", safety: true}\n', "is marked safety"),
        (LOG + "times_in: Europe/Berlni\n", "no time zone"),
        (LOG + "time: ts\n", "needs event: and times:"),
        ("tags: []\n", "'connector' is missing"),
    ],
)
def test_settings_that_cannot_work_are_refused(text, message):
    """Before anything is connected."""
    assert any(message in m for _, _, m, _ in problems(text))


def test_secret_in_an_endpoint_is_not_repeated():
    """An error must not print the password that it complains about."""
    assert "secret" not in str(problems(CELL.replace("opc.tcp://", "opc.tcp://user:secret@")))


def test_connector_that_is_not_here_is_named_with_its_signals():
    """The rest of the project goes on; the availability check says what to add."""
    text = "connector: profinet\ntags:\n  - {signal: coolant_flow, asset: m1}\n"
    found = facets(text)
    body = found["connection:cell#source"].body
    assert isinstance(body, UnknownSource)
    assert body.signals == ("coolant_flow",)
    said = [str(p) for p in ConnectionReader().check(found)]
    assert len(said) == 1
    assert "No connector is called 'profinet'" in said[0]
    assert "opcua" in said[0]


def test_asset_that_the_tree_does_not_know_is_a_problem():
    """A typing mistake in an asset would read the wrong machine's line as missing."""
    found = facets(CELL) | facets("p/c: {assets: [m2]}\n", AssetReader, "assets.yaml")
    said = [str(p) for p in ConnectionReader().check(found)]
    assert said == [
        "connections/cell.yaml:1: tags: The asset 'm1' is not in assets.yaml. Add it there, or correct the name."
    ]


def test_assets_match_by_the_end_of_their_path():
    """cell-1/* means the assets below any node of that name."""
    text = "plant-1/cell-1: {zone: cell, assets: [m1, m2]}\nplant-1/cell-2: {assets: [m3]}\n"
    assets = facets(text, AssetReader, "assets.yaml")["assets"].body
    assert assets.matching("cell-1/*") == ("m1", "m2")
    assert assets.matching("plant-1/*") == ("m1", "m2", "m3")
    assert assets.matching("m3") == ("m3",)
    assert assets.matching("cell-9/*") == ()


def test_asset_that_stands_twice_is_a_problem():
    """An asset has one place."""
    said = problems("a: {assets: [m1, m2]}\nb: {assets: [m1]}\n", AssetReader, "assets.yaml")
    assert said[0][:2] == (2, "b.assets[0]")


def test_calendar_is_read():
    """Zone, shifts, stops and states."""
    text = (
        'zone: Europe/Berlin\nshifts: {early: "06:00-14:00", night: "22:00-06:00"}\n'
        "planned_stops: [{every: sat}, {on: 2026-12-24, to: 2027-01-06}]\n"
        'states: {producing: "spindle_speed > 200", idle: otherwise}\n'
    )
    calendar = facets(text, CalendarReader, "calendar.yaml")["calendar"].body
    assert calendar.states["producing"] == "spindle_speed > 200"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("zone: Berlin", "no time zone"),
        ('shifts: {early: "6 to 14"}', "is no shift"),
        ("planned_stops: [{}]", "either 'every' or 'on'"),
        ("planned_stops: [{on: yesterday}]", "no ISO date"),
        ("planned_stops: [{on: 2026-12-24, to: 2026-12-01}]", "before it begins"),
        ("states: {a: otherwise, b: otherwise}", "Only one state"),
    ],
)
def test_calendar_that_cannot_work_is_refused(line, message):
    """A wrong calendar would make every rate wrong."""
    text = line if line.startswith("zone") else f"zone: Europe/Berlin\n{line}"
    assert any(message in m for _, _, m, _ in problems(text + "\n", CalendarReader, "calendar.yaml"))


def test_what_does_not_identify_the_source_stands_with_the_access():
    """A faster poll makes no dataset stale, and is not lost on the way to the connector either."""
    text = (
        "connector: modbus\nendpoint: tcp://h:502\npoll: {poll}\n"
        "tags: [{{signal: torque, asset: m1, address: holding:0}}]\n"
    )
    slow, fast = (
        {f.kind: f.body for f in ConnectionReader().facets(text.format(poll=p), "connections/press.yaml")}
        for p in ("1 s", "100 ms")
    )
    assert slow["source"] == fast["source"]
    assert (slow["access"].other, fast["access"].other) == ({}, {"poll": 0.1})
