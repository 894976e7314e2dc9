"""The commands of the fleet: its service, its devices, and what they decided."""

from pathlib import Path
from typing import Any

import click
import msgspec

_DEVICE = click.argument("device")


@click.group(name="fleet")
def fleet() -> None:
    """Serve agents, enrol devices, and see what they run and decide."""


def _open(composer: Any) -> Any:
    from ninefold.fleet.service import FleetService
    from ninefold.kernel.project import STATE

    return FleetService(Path(composer.root) / STATE)


@fleet.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=9440, show_default=True)
@click.option("--listen-beyond-loopback", is_flag=True, help="Needed for any other host; put TLS before it.")
@click.pass_obj
def serve(composer: Any, host: str, port: int, listen_beyond_loopback: bool) -> None:
    """Serve agents until a signal: enrolment, receipt, desired state, downloads."""
    from ninefold.fleet.serve import serve as run
    from ninefold.kernel.project import STATE

    run(Path(composer.root) / STATE, host, port, declared=listen_beyond_loopback, policy=composer.policy)


@fleet.command()
@_DEVICE
@click.option("--minutes", type=click.FloatRange(min=0, min_open=True), default=60.0, show_default=True)
@click.pass_obj
def invite(composer: Any, device: str, minutes: float) -> None:
    """Print a one-time token for a device; nothing but its hash is kept."""
    with _open(composer) as service:
        click.echo(service.registry.invite(device, minutes * 60))


@fleet.command()
@_DEVICE
@click.pass_obj
def revoke(composer: Any, device: str) -> None:
    """Refuse a device from now on; what it sent stays."""
    with _open(composer) as service:
        service.registry.revoke(device)
    click.echo(f"{device} is refused from now on.")


@fleet.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Write the reports as JSON for another program.")
@click.pass_obj
def list_(composer: Any, as_json: bool) -> None:
    """Show every device: what it is to run, what it runs, and when it was last seen."""
    from ninefold.fleet.pages import devices_table

    with _open(composer) as service:
        devices = service.devices()
        if not as_json:
            composer.screen.show(devices_table(devices))
            return
        rows = [{"name": d.name, **(msgspec.to_builtins(d.reported) if d.reported else {})} for d in devices]
        composer.screen.write(msgspec.json.encode(rows).decode())


@fleet.command()
@click.option("--asset", default="", help="Of one asset only.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@click.pass_obj
def decisions(composer: Any, asset: str, limit: int) -> None:
    """Show the latest decisions of all agents."""
    from ninefold.fleet.decisions import latest
    from ninefold.fleet.pages import decisions_table

    with _open(composer) as service:
        composer.screen.show(decisions_table(latest(service, limit, asset)))


@fleet.command()
@click.pass_obj
def seal(composer: Any) -> None:
    """Seal what agents sent into segments now, instead of within the hour."""
    with _open(composer) as service:
        click.echo(f"{len(service.seal(all_of_it=True))} segment(s) sealed.")
