"""Modbus TCP against the suite of its tier."""

import pytest
from tests.connectors.modbus.rig import ModbusRig

from ninefold.testing.connectors import PlantSuite


class TestModbus(PlantSuite):
    """pymodbus' server on loopback."""

    @pytest.fixture
    def rig(self, tmp_path):
        return ModbusRig(tmp_path)
