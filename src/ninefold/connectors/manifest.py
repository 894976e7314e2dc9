"""What each connector is, as data: driver, licence, capabilities, tier, limits."""

import tomllib
from importlib.resources import files
from typing import Literal

import msgspec

from ninefold.connectors.contract import Capability
from ninefold.connectors.plugin import ConnectorPlugin
from ninefold.kernel.errors import InvalidInput


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file manifest.toml of a connector's folder."""

    name: str
    standard: str
    driver: str
    licence: str
    capabilities: tuple[Capability, ...]
    tier: Literal["bench", "plant", "fleet"]
    extra: str = ""
    limits: tuple[str, ...] = ()
    tried_against: tuple[str, ...] = ()


def manifest(package: str) -> Manifest:
    """Return the manifest in a connector's package, such as ninefold.connectors.opcua.

    Raises:
        FileNotFoundError: the package has none. msgspec.ValidationError: it is no manifest.
    """
    return msgspec.convert(tomllib.loads((files(package) / "manifest.toml").read_text("utf-8")), Manifest)


def manifest_of(plugin: ConnectorPlugin) -> Manifest:
    """Return the manifest beside the plugin's own functions, in the package that defines its `live` or `table`.

    Raises:
        InvalidInput: there is none, or it is no manifest.
    """
    made = plugin.live or plugin.table
    try:
        return manifest(made.__module__ if made is not None else "")
    except (OSError, ImportError, TypeError, ValueError, msgspec.MsgspecError) as error:
        message = f"The manifest of the connector {plugin.name} cannot be read: {error}."
        hint = "Put manifest.toml into the package whose __init__ defines the plugin."
        raise InvalidInput(message, hint=hint) from error
