"""What is started for a gateway on this computer, in order: the fleet's service, a simulator if asked, the agent."""

import socket
import sys
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ninefold.edge.config import AgentConfig, Places, read_config
from ninefold.fleet.registry import Registry
from ninefold.kernel.errors import NotFound, Refused
from ninefold.kernel.loopback import is_loopback
from ninefold.kernel.people import People
from ninefold.kernel.signing import PublicKey
from ninefold.kernel.sqlite import SqliteStore

EVERY = "100 ms"  # between two rows that the simulator plays
INVITED_S = 600.0


class Gateway(NamedTuple):
    """A gateway of a project: its file, and what the file says."""

    file: Path
    config: AgentConfig
    places: Places

    @property
    def port(self) -> int:
        """The port of the centre's service."""
        return urlsplit(self.config.centre).port or 0


def check_centre(gateway: Gateway) -> None:
    """Return when the gateway's centre is this computer.

    Raises:
        Refused: it is another one.
    """
    parts = urlsplit(gateway.config.centre)
    if parts.scheme != "http" or not is_loopback(parts.hostname or "") or not parts.port:
        message = f"{gateway.config.device} sends to {gateway.config.centre}, not to this computer."
        raise Refused(message, hint="Start it where it stands: ninefold edge run gateways/DEVICE/agent.toml.")


def gateway_of(root: Path, device: str) -> Gateway:
    """Return a gateway of a project.

    Raises:
        NotFound: it has no file.
        InvalidFile: the file has problems.
    """
    file = root / "gateways" / device / "agent.toml"
    if not device or not file.is_file():
        raise NotFound(f"There is no gateways/{device[:63]}/agent.toml.", hint="Describe the machine first.")
    return Gateway(file, *read_config(file))


def processes(root: Path, gateway: Gateway, *, table: str, rows: int, token: str) -> list[dict[str, Any]]:
    """Return what is to be started: with `table` its last rows are played at the gateway's connection, and with
    `token` the gateway is enrolled first.
    """
    found: list[dict[str, Any]] = []
    if not _answers(gateway.port):
        found.append(_one(root, "centre", ["fleet", "serve", "--port", str(gateway.port)], port=gateway.port))
    if token:
        found.append(_one(root, "enrol", ["edge", "enrol", str(gateway.file)], once=True, input=token + "\n"))
    if table:
        live = gateway.places.connection.stem
        options = ["--at", live, "--every", EVERY, "--last", str(rows), "--repeat"]
        found.append(_one(root, "simulator", ["simulate", "replay", table, *options], line="The replay serves"))
    return [*found, _one(root, "agent", ["edge", "run", str(gateway.file)])]


def _one(root: Path, name: str, words: list[str], **more: Any) -> dict[str, Any]:
    command = [sys.executable, "-m", "ninefold", "-q", "-C", str(root), *words]
    return {"name": name, "command": command, "cwd": str(root), **more}


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def invited(registry: Registry, gateway: Gateway) -> str:
    """Return a token for a gateway that is not enrolled here, "" for one that is."""
    known = {d.name for d in registry.devices() if not d.revoked}
    if gateway.config.device in known and gateway.places.credential.is_file():
        return ""
    return registry.invite(gateway.config.device, INVITED_S)


def trust_approvers(gateway: Gateway, store: SqliteStore) -> int:
    """Write the public key of everybody who may approve to the folder that the gateway trusts; return how many."""
    approvers = [p for p in People(store).all() if "approver" in p.roles and p.public_key]
    for person in approvers:
        PublicKey.from_hex(person.public_key).write(gateway.places.trusted / f"{person.key}.pub")
    return len(approvers)


def introduce_stand_in(root: Path, gateway: Gateway) -> None:
    """Let the simulated machine and the gateway trust each other's certificate; what is missing is made."""
    from ninefold.simulation.servers.pki import SERVER_URI, introduce, make_pair

    server = root / "pki" / "cell"
    make_pair(server, "server", SERVER_URI)
    make_pair(gateway.places.pki, "agent", "urn:ninefold:agent")
    introduce(server, gateway.places.pki, connection=gateway.places.connection.stem, known_as=gateway.config.device)
