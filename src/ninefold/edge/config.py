"""The file `agent.toml`: who this agent is, where its centre, connection, keys and storage are. No secret is in it."""

import tomllib
from pathlib import Path
from typing import Any

import msgspec

from ninefold.kernel.decode import Decoder
from ninefold.kernel.documents import read_text
from ninefold.kernel.errors import InvalidFile, Problem
from ninefold.kernel.yaml import dotted
from ninefold.vocabulary.quantity import Duration, Size


class AgentConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The settings of an agent. Paths are relative to the file's folder."""

    device: str
    centre: str  # https://..., or http:// on loopback
    connection: str  # connections/cell.yaml
    trusted: str  # folder of *.pub files: whose signature on a bundle counts
    storage: str = "storage"  # of this agent alone
    pki: str = "pki"  # certificates of this agent and of the servers that it trusts
    ca: str = ""  # PEM of the centre's certificate authority; "" for the system's
    assets: tuple[str, ...] = ()  # of the connection that this agent serves; () for all
    clock: str = ""  # file that tells the time of a simulated plant; "" for this machine's own clock
    commit: Duration = Duration(0.5)  # between two durable commits; an alarm does not wait
    settle: Duration = Duration(0.15)  # for the rest of a row; longer than the source's publishing interval
    uplink: Duration = Duration(2.0)  # between two exchanges when nothing waits
    queue_bytes: Size = Size(256 << 20)
    queue_age: Duration = Duration(7 * 86400.0)
    max_pending: int = 100_000  # samples that may wait for this process
    watchdog: Duration = Duration(15.0)  # a loop that stands still for longer ends the process


class Places(msgspec.Struct, frozen=True):
    """The paths of a configuration, resolved."""

    connection: Path
    trusted: Path
    storage: Path
    pki: Path
    ca: Path | None
    clock: Path | None

    @property
    def database(self) -> Path:
        """Where the queue lies."""
        return self.storage / "agent.db"

    @property
    def credential(self) -> Path:
        """Where the credential lies, readable by its owner only."""
        return self.storage / "credential"

    @property
    def bundles(self) -> Path:
        """Where bundles are kept."""
        return self.storage / "bundles"

    @property
    def order(self) -> Path:
        """Where a person at the device leaves an order: rollback or stop."""
        return self.storage / "order"


def read_config(path: Path) -> tuple[AgentConfig, Places]:
    """Return the settings of an agent and its paths.

    Raises:
        InvalidFile: with every problem of the file.
    """
    try:
        tree: dict[str, Any] = tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise InvalidFile([Problem(str(path), 0, "", f"This is not valid TOML: {error}.")]) from None
    decoder = Decoder()
    config: AgentConfig = decoder.decode(tree, AgentConfig, ())
    if decoder.found:
        raise InvalidFile([Problem(str(path), 0, dotted(p), m, h) for p, m, h in decoder.found])
    root = path.resolve().parent
    ca, clock = (root / name if name else None for name in (config.ca, config.clock))
    places = Places(
        root / config.connection, root / config.trusted, root / config.storage, root / config.pki, ca, clock
    )
    return config, places
