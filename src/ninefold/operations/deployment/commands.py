"""The commands of deployment: publish what is approved, and what a person may say to a target."""

from pathlib import Path
from typing import Any

import click

_TARGET = click.argument("target")
_KEY = click.option("--key", type=click.Path(path_type=Path, dir_okay=False), help="Default: your own key.")
_PASSPHRASE = click.option("--passphrase-file", type=click.File("r"), help="Of the key.")


def _signing(key: Path | None, passphrase_file: Any) -> Any:
    from ninefold.kernel.signing import default_key_path, load_key

    phrase = passphrase_file.read().strip() if passphrase_file else None
    return load_key(key or default_key_path(), phrase)


@click.command()
@click.argument("deployment")
@_KEY
@_PASSPHRASE
@click.pass_obj
def deploy(composer: Any, deployment: str, key: Path | None, passphrase_file: Any) -> None:
    """Sign the approved bundle of a deployment and let its targets fetch it; their own evidence decides the rest."""
    from ninefold.operations.deployment.publishing import publish

    signing = _signing(key, passphrase_file)
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
@click.argument("criteria", nargs=-1, required=True)
@click.option("--reason", required=True, help="Why you answer for it.")
@click.option("--until", required=True, help="ISO 8601 moment at which your answer ends.")
@_KEY
@_PASSPHRASE
@click.pass_obj
def accept(
    composer: Any, target: str, criteria: tuple[str, ...], reason: str, until: str, key: Path | None,
    passphrase_file: Any,
) -> None:  # fmt: skip
    """Answer, with your signature, for CRITERIA (REQ/ID) that are still insufficient on a target: it may go on."""
    from ninefold.kernel.clock import parse_iso
    from ninefold.operations.deployment.publishing import accept as take

    try:
        moment = parse_iso(until)
    except ValueError:
        raise click.BadParameter(f"{until!r} is no ISO 8601 moment such as 2026-12-24T12:00:00Z.") from None
    session = composer.session
    id = take(session.store, target, criteria, _signing(key, passphrase_file), reason, moment, session.clock)
    click.echo(f"{target} may become active when it next asks: record {id[:12]}.")


COMMANDS = (deploy, order, accept)
