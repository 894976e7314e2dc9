"""The commands of an agent: run it, enrol it, and give it an order at the device."""

import sys
from pathlib import Path

import click

_CONFIG = click.argument("config", type=click.Path(path_type=Path, exists=True, dir_okay=False))


@click.group(name="edge")
def edge() -> None:
    """Run the agent of a device: it goes outward only, decides offline, and rolls back by itself."""


@edge.command()
@_CONFIG
def run(config: Path) -> None:
    """Run the agent of an agent.toml until a signal."""
    from ninefold.edge.start import run as start

    start(config)


@edge.command()
@_CONFIG
def enrol(config: Path) -> None:
    """Exchange a one-time token, read from standard input, for this device's credential."""
    from ninefold.edge.start import enrol as exchange

    exchange(config, sys.stdin.readline().strip())
    click.echo("This device is enrolled.")


@edge.command()
@_CONFIG
@click.argument("what", type=click.Choice(["rollback", "stop"]))
def order(config: Path, what: str) -> None:
    """Tell the running agent to go back or to stop; no centre is asked, and nothing can block it."""
    from ninefold.edge.start import leave_order

    leave_order(config, what)
    click.echo(f"The order is left: {what}.")
