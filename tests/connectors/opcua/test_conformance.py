"""OPC UA against the suite of its tier."""

import pytest
from tests.connectors.opcua.rig import OpcuaRig
from tests.connectors.opcua.server import Cell, RunningCell

from ninefold.testing.connectors import PlantSuite


@pytest.fixture(scope="module")
def running(keys):
    """Return one server for all rules: its start costs seconds."""
    found = RunningCell(Cell(keys))
    with found:
        yield found


class TestOpcua(PlantSuite):
    """asyncua's server on loopback, SignAndEncrypt."""

    @pytest.fixture
    def rig(self, running):
        return OpcuaRig(running)
