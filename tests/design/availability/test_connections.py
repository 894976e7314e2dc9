"""Connections for people: what they are, what the other side offers, whom they trust."""

import pytest
from tests.connectors.opcua.server import Cell, RunningCell
from tests.development.data.project import Project

from ninefold.connectors import files
from ninefold.design.availability.connections import connections_table, identity, tags_table, trust
from ninefold.kernel.certificates import create_certificate, fingerprint
from ninefold.kernel.clock import SystemClock
from ninefold.kernel.errors import Conflict, NotFound, Refused, Unreachable
from ninefold.testing.cable import free_port

LIVE = """\
connector: opcua
endpoint: opc.tcp://127.0.0.1:{port}
tags: [{{signal: torque, asset: m1, address: "ns=2;s=M1.Torque", unit: N.m}}]
"""


@pytest.fixture
def project(tmp_path):
    project = Project(tmp_path, (), files.READERS)
    project.port = free_port()
    project.write("connections/cell.yaml", LIVE.format(port=project.port))
    project.write("connections/s7.yaml", "connector: s7\ntags: [{signal: flow}]\n")
    project.write("connections/table.yaml", "connector: csv\npath: a.csv\ntime: ts\ntags: [{signal: x, column: x}]\n")
    project.write("a.csv", "asset,ts,x\n")
    return project


def test_list_names_what_is_missing(project):
    """One line for each file; a connector that is not here says so."""
    rows = {row[0]: row for row in connections_table(project.view()).rows}
    assert set(rows) == {"cell", "s7", "table"}
    assert rows["cell"][-1] == "ready"
    assert "No connector is called 's7'" in rows["s7"][-1]


def test_columns_of_a_table_are_shown(project):
    """A table is browsed by its header."""
    table = tags_table(project.view(), "table", project.root, SystemClock())
    assert table.rows == (("asset", "text"), ("ts", "time"), ("x", "text"))


def test_unknown_connection_is_answered_with_the_nearest(project):
    """A typing mistake costs one look."""
    with pytest.raises(NotFound, match="no connection 'cel'") as error:
        tags_table(project.view(), "cel", project.root, SystemClock())
    assert error.value.hint == "Did you mean 'cell'?"


def test_identity_is_made_once(project):
    """The server's owner gets the same certificate each time."""
    path, found = identity(project.view(), "cell", project.root)
    assert identity(project.view(), "cell", project.root) == (path, found)
    assert path.name == "agent.der"
    with pytest.raises(Refused, match="needs no certificate"):
        identity(project.view(), "table", project.root)


def test_trust_of_a_file_is_pinned_and_never_replaced(project, tmp_path):
    """A second certificate is a question for a person."""
    first, second = (create_certificate(tmp_path / name, name, f"urn:{name}").certificate for name in "ab")
    path, found = trust(project.view(), "cell", project.root, certificate=first)
    assert found == fingerprint(first)
    assert path.read_bytes() == first.read_bytes()
    with pytest.raises(Conflict, match="Another certificate is pinned"):
        trust(project.view(), "cell", project.root, certificate=second)


def test_trust_by_fingerprint_and_browse(project, tmp_path_factory):
    """What the server shows is pinned only when a person has compared it; then its tags can be browsed."""
    cell = Cell(tmp_path_factory.mktemp("pki"), project.port)
    view = project.view()
    with pytest.raises(Unreachable):
        trust(view, "cell", project.root, expected="00")
    with RunningCell(cell):
        with pytest.raises(Refused, match="shows a certificate with the fingerprint") as error:
            trust(view, "cell", project.root)
        found = error.value.hint.rpartition(" ")[2].rstrip(".")
        assert found == fingerprint(cell.pair.certificate)
        with pytest.raises(Refused, match="not the expected one"):
            trust(view, "cell", project.root, expected="00" * 32)
        path, _ = trust(view, "cell", project.root, expected=found.upper())
        ours = project.root / ".ninefold/pki"
        for name in ("agent.der", "agent.pem"):
            (ours / name).symlink_to(cell.pki / "client" / name)
        table = tags_table(view, "cell", project.root, SystemClock())
    assert path.read_bytes() == cell.pair.certificate.read_bytes()
    listed = {row[1]: row[-1] for row in table.rows}
    assert listed["ns=2;s=M1.Torque"] == "yes"
    assert listed["ns=2;s=M1.Speed"] == ""
