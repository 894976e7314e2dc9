"""The commands of deployment: publish what is approved, and what a person may say to a target."""

from pathlib import Path
from typing import Any

import click

_TARGET = click.argument("target")


@click.command()
@click.argument("deployment")
@click.option("--key", type=click.Path(path_type=Path, dir_okay=False), help="Signs the bundle; default: your own key.")
@click.option("--passphrase-file", type=click.File("r"), help="Of the key.")
@click.pass_obj
def deploy(composer: Any, deployment: str, key: Path | None, passphrase_file: Any) -> None:
    """Sign the approved bundle of a deployment and let its targets fetch it; their own evidence decides the rest."""
    from ninefold.kernel.signing import default_key_path, load_key
    from ninefold.operations.deployment.publishing import publish

    phrase = passphrase_file.read().strip() if passphrase_file else None
    signing = load_key(key or default_key_path(), phrase)
    session = composer.session
    for done in publish(session.status(), session.store, session.blobs, deployment, signing, session.clock):
        click.echo(f"{done.target} is to run bundle {done.bundle[:12]}, version {done.version}.")


@click.command()
@_TARGET
@click.argument("what", type=click.Choice(["rollback", "stop", "retry"]))
@click.pass_obj
def order(composer: Any, target: str, what: str) -> None:
    """Tell a target to go back, to stop, or to try again what it gave up. No gate can block the first two."""
    from ninefold.operations.deployment import publishing

    session = composer.session
    if what == "retry":
        id = publishing.retry(session.store, target, composer.actor, session.clock)
    else:
        id = publishing.order(session.store, target, what, composer.actor, session.clock)
    click.echo(f"{target} is told to {what} when it next asks: record {id[:12]}.")


@click.command()
@_TARGET
@click.argument("waivers", nargs=-1, required=True)
@click.pass_obj
def accept(composer: Any, target: str, waivers: tuple[str, ...]) -> None:
    """Let a target become active with what is still insufficient: WAIVERS are records in which a person answers."""
    from ninefold.operations.deployment.publishing import accept as take

    session = composer.session
    id = take(session.store, target, waivers, composer.actor, session.clock)
    click.echo(f"{target} may become active when it next asks: record {id[:12]}.")


COMMANDS = (deploy, order, accept)
