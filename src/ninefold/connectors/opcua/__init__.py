"""OPC UA (IEC 62541): sessions with SignAndEncrypt over the driver asyncua (LGPL-3.0+, the extra `opcua`)."""

from pathlib import Path

from ninefold.connectors.contract import Connector
from ninefold.connectors.opcua.settings import OpcuaSettings
from ninefold.connectors.plugin import ConnectorPlugin
from ninefold.kernel.clock import Clock


def _live(name: str, settings: OpcuaSettings, pki: Path, clock: Clock | None = None) -> Connector:
    from ninefold.connectors.opcua.connector import OpcuaConnection

    return OpcuaConnection(name, settings, pki, clock=clock)


PLUGIN = ConnectorPlugin("opcua", OpcuaSettings, ("connector", "endpoint", "tags"), live=_live)
