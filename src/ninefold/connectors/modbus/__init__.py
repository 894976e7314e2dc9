"""Modbus TCP (Modbus Application Protocol V1.1b3) over the driver pymodbus (BSD-3, the extra `modbus`)."""

from pathlib import Path

from ninefold.connectors.contract import Connector
from ninefold.connectors.modbus.settings import ModbusSettings
from ninefold.connectors.plugin import ConnectorPlugin
from ninefold.kernel.clock import Clock


def _live(name: str, settings: ModbusSettings, pki: Path, clock: Clock | None = None) -> Connector:
    from ninefold.connectors.modbus.connector import ModbusConnection

    del pki  # Modbus TCP knows no certificates
    return ModbusConnection(name, settings, clock=clock)


PLUGIN = ConnectorPlugin("modbus", ModbusSettings, ("connector", "endpoint", "unit", "time", "tags"), live=_live)
