"""A table played over OPC UA: the connector reads the rows at the addresses that its own file lists."""

import asyncio
import re
import socket
from pathlib import Path
from typing import Any

import pytest

from ninefold.connectors.contract import Deadline, ReadPlan
from ninefold.connectors.files import plugins
from ninefold.kernel.documents import decode, read_yaml
from ninefold.kernel.errors import InvalidInput, Refused
from ninefold.simulation.servers.pki import SERVER_URI, introduce, make_pair
from ninefold.simulation.servers.replay import ReplayServer, replay, rows_of
from ninefold.vocabulary.batch import Quality

TABLE = """connector: csv
path: data.csv
asset: machine
time: at
tags:
  - {signal: torque, column: Torque, unit: N.m}
  - {signal: part, column: Part}
"""
LIVE = """connector: opcua
endpoint: opc.tcp://127.0.0.1:PORT
tags:
  - {signal: torque, asset: m1, address: "ns=2;s=M1.Torque", unit: N.m}
  - {signal: part, asset: m1, address: "ns=2;s=M1.Part"}
  - {signal: torque, asset: m2, address: "ns=2;s=M2.Torque", unit: N.m}
"""
ROWS = """machine,at,Torque,Part
m2,2026-01-05T06:00:10Z,,7
m1,2026-01-05T06:00:20Z,41.5,second
m1,2026-01-05T06:00:00Z,40.5,first
m9,2026-01-05T06:00:30Z,99,nobody asks
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with a table and the live connection that takes its place."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    (tmp_path / "connections").mkdir()
    (tmp_path / "connections" / "export.yaml").write_text(TABLE)
    (tmp_path / "connections" / "cell.yaml").write_text(LIVE.replace("PORT", str(port)))
    (tmp_path / "data.csv").write_text(ROWS)
    return tmp_path


def settings_of(root: Path, name: str) -> Any:
    document = read_yaml(root / "connections" / f"{name}.yaml", name)
    return decode(document, plugins().get(document.tree["connector"]).settings)


def test_rows_come_by_time_with_numbers_and_text(root: Path) -> None:
    """Whatever the order of the file; an empty cell is no value."""
    with rows_of("export", root, plugins().found) as (signals, texts, rows):
        found = list(rows)
    assert signals == {"torque", "part"}
    assert texts == {"part"}
    assert found[:3] == [
        ("m1", {"torque": 40.5, "part": "first"}),
        ("m2", {"torque": None, "part": "7"}),
        ("m1", {"torque": 41.5, "part": "second"}),
    ]


def test_the_last_rows_alone_come_by_time_too(root: Path) -> None:
    """A model may be shown the rows that it was not trained on."""
    with rows_of("export", root, plugins().found, last=2) as (_, _texts, rows):
        assert [asset for asset, _ in rows] == ["m1", "m9"]


def test_the_connector_reads_what_was_played(root: Path) -> None:
    """Over a real socket with SignAndEncrypt: last values good, an empty cell bad, an asset that nobody reads left out."""
    live = settings_of(root, "cell")
    make_pair(root / "pki", "server", SERVER_URI)
    make_pair(root / "client", "agent", "urn:ninefold:agent")
    introduce(root / "pki", root / "client", connection="cell")

    async def body() -> Any:
        with rows_of("export", root, plugins().found) as (_, texts, rows):
            server = ReplayServer(live.tags, texts, live.endpoint, root / "pki")
            await server.start()
            try:
                sent = await server.play(rows, 0.01)
                link = plugins().get("opcua").live("cell", live, root / "client")
                batch = await link.read(ReadPlan(live.tags), Deadline(10))
                await link.close()
            finally:
                await server.stop()
        return sent, batch

    sent, batch = asyncio.run(body())
    assert sent == 3
    assert batch.value[0] == 41.5
    assert batch.text[1] == "second"
    assert (batch.quality[:2] == Quality.GOOD).all()
    assert batch.quality[2] != Quality.GOOD


@pytest.mark.parametrize(
    ("table", "live", "said"),
    [
        ("cell", "cell", "cell is no table of samples"),
        ("export", "export", "export is not over OPC UA at 127.0.0.1"),
    ],
)
def test_what_cannot_be_played_is_said(root: Path, table: str, live: str, said: str) -> None:
    """A live connection is no table, and a table is no place."""
    with pytest.raises(Refused, match=said):
        replay(table, live, root, root / "pki", plugins().found, every=0.01, say=print)


def test_an_address_that_is_none_is_named(root: Path) -> None:
    """With the tag that has it."""
    file = root / "connections" / "cell.yaml"
    file.write_text(file.read_text().replace("ns=2;s=M2.Torque", "nonsense"))
    live = settings_of(root, "cell")
    server = ReplayServer(live.tags, {"part"}, live.endpoint, root / "pki")
    with pytest.raises(InvalidInput, match=r"m2\.torque: 'nonsense' is no address"):
        asyncio.run(server.start())


def test_signals_that_the_table_lacks_are_told(root: Path) -> None:
    """All of them: refused; some: named, and nothing is served at an endpoint that is taken."""
    file = root / "connections" / "cell.yaml"
    text = file.read_text()
    file.write_text(text.replace("signal: torque", "signal: force").replace("signal: part", "signal: lot"))
    with pytest.raises(Refused, match="The table export has no signal of cell"):
        replay("export", "cell", root, root / "pki", plugins().found, every=0.01, say=print)
    file.write_text(text.replace("signal: part", "signal: lot"))
    said: list[str] = []
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(re.findall(r"127.0.0.1:(\d+)", text)[0])))
        taken.listen()
        with pytest.raises(InvalidInput, match="Nothing can be served at"):
            replay("export", "cell", root, root / "pki", plugins().found, every=0.01, say=said.append)
    assert said == ["Not in the table, so without a value: lot."]
