"""The composition root of an agent: from `agent.toml` to a running loop; and enrolment."""

import asyncio
import logging
import os
import signal
from pathlib import Path
from typing import Any

from ninefold.connectors.contract import Connector, PlannedTag, ReadPlan
from ninefold.connectors.plugin import GROUP
from ninefold.edge.agent import Agent, Source, served
from ninefold.edge.centre import Centre
from ninefold.edge.config import AgentConfig, Places, read_config
from ninefold.kernel.documents import decode, read_yaml
from ninefold.kernel.errors import InvalidInput, NotFound, Refused
from ninefold.kernel.plugins import load_plugins


def run(path: Path) -> None:
    """Run the agent of a configuration until SIGINT or SIGTERM.

    Raises:
        InvalidFile: the configuration or the connection is wrong.
        NinefoldError: storage or source cannot be used.
    """
    config, places = read_config(path)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    asyncio.run(_run(config, places))


async def _run(config: AgentConfig, places: Places) -> None:
    agent = Agent(config, places, open_source(config, places))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, agent.stop)
    await agent.run()


def open_source(config: AgentConfig, places: Places) -> Source:
    """Return the source that a configuration names.

    Raises:
        InvalidFile: the connection's file is wrong.
        NotFound: no connector has its name.
        Refused: the connector cannot be subscribed to.
    """
    document = read_yaml(places.connection, config.connection)
    name = document.tree.get("connector") if isinstance(document.tree, dict) else None
    plugin = load_plugins(GROUP).get(str(name))
    if plugin.live is None:
        raise Refused(
            f"The connector {name} reads tables; an agent needs a live one.",
            hint="Name a connection such as connections/cell.yaml.",
        )
    settings: Any = decode(document, plugin.settings)
    connector: Connector = plugin.live(places.connection.stem, settings, places.pki)
    tags: tuple[PlannedTag, ...] = settings.tags
    plan = served(ReadPlan(tags), config.assets)
    if absent := sorted(set(config.assets) - {t.asset for t in tags}):
        raise NotFound(f"The connection has no asset {absent[0]}.", hint="Correct assets in agent.toml.")
    return Source(connector, plan, tuple(settings.write))


def enrol(path: Path, token: str) -> None:
    """Exchange a one-time token for this device's credential, and keep it readable by its owner only.

    Raises:
        AccessDenied: the token does not enrol this device.
        Unreachable: the centre does not answer.
    """
    config, places = read_config(path)
    if not token:
        raise InvalidInput("There is no token.", hint="Give it on standard input.")
    with Centre(config.centre, ca=places.ca) as centre:
        credential = centre.enrol(config.device, token)
    places.storage.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = places.credential.with_suffix(".new")
    temporary.unlink(missing_ok=True)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        stream.write(credential)
    temporary.replace(places.credential)


def leave_order(path: Path, order: str) -> None:
    """Leave an order (rollback, stop) at the device; the running agent follows within a second, no centre is asked."""
    _, places = read_config(path)
    places.storage.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = places.order.with_suffix(".new")
    temporary.write_text(order, encoding="ascii")
    temporary.replace(places.order)
