"""Every built-in connector has a manifest that says what its code does, and stands in the reference."""

import re
import tomllib
from pathlib import Path

import pytest

from ninefold.connectors.contract import Capability
from ninefold.connectors.manifest import manifest, manifest_of
from ninefold.connectors.modbus.connector import ModbusConnection
from ninefold.connectors.opcua.connector import OpcuaConnection
from ninefold.connectors.plugin import GROUP, ConnectorPlugin
from ninefold.kernel.errors import InvalidInput
from ninefold.kernel.plugins import load_plugins

ROOT = Path(__file__).parents[2]
NAMES = ("csv", "modbus", "opcua", "parquet", "sqlite")


def test_built_ins_are_registered_like_anybody_s():
    """The door, the folders and this list agree."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"][GROUP]
    assert tuple(sorted(declared)) == NAMES
    assert set(NAMES) <= set(load_plugins(GROUP).found)


@pytest.mark.parametrize("name", NAMES)
def test_manifest_agrees_with_the_plugin(name):
    """Capabilities are those of the code, and the extra exists."""
    found = manifest(f"ninefold.connectors.{name}")
    plugin = load_plugins(GROUP).get(name)
    assert found.name == plugin.name == name
    assert (Capability.HISTORY in found.capabilities) == (plugin.table is not None)
    assert (Capability.SUBSCRIBE in found.capabilities) == (plugin.live is not None)
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert found.extra in extras


@pytest.mark.parametrize("class_", [OpcuaConnection, ModbusConnection])
def test_live_capabilities_are_those_of_the_class(class_):
    """Ask for a capability, never for a class."""
    assert set(manifest(class_.__module__.rpartition(".")[0]).capabilities) == set(class_.capabilities)


@pytest.mark.parametrize("name", NAMES)
def test_connector_and_its_settings_stand_in_the_reference(name):
    """docs/connectors.md has a heading for each connector and names each setting."""
    text = (ROOT / "docs/connectors.md").read_text()
    assert re.search(rf"^## .*`{name}`", text, re.MULTILINE)
    fields = set(load_plugins(GROUP).get(name).settings.__struct_encode_fields__)
    assert [f for f in sorted(fields) if f"`{f}`" not in text] == []


def _live(*_arguments):
    raise NotImplementedError


def test_plugin_without_a_manifest_is_said_by_its_name():
    """Another's package may lack it; nothing else stops for that."""
    plugin = ConnectorPlugin("lonely", object, (), live=_live)
    for broken in (plugin, ConnectorPlugin("lonely", object, ())):
        with pytest.raises(InvalidInput, match="connector lonely cannot be read"):
            manifest_of(broken)
