"""The commands of step 3: connectors and connections, and what the data of a use case are worth."""

from pathlib import Path
from typing import Any

import click

from ninefold.surface.session import Session, pass_session

_file = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command("availability")
@click.argument("use_case")
@click.option("--all", "all_findings", is_flag=True, help="Show the findings that pass, too.")
@pass_session
def availability_(session: Session, use_case: str, all_findings: bool) -> None:
    """Show for each need of a use case whether its data are there, and who must act."""
    from ninefold.design.availability.report import availability_page
    from ninefold.vocabulary.availability import Availability

    found = session.ask(f"availability:{use_case}").body(Availability)
    session.screen.show(availability_page(found, all_findings=all_findings))


@click.group("connector")
def connector_() -> None:
    """Show connectors and the project's connections, write a new connector, and test, browse and trust a connection."""


@connector_.command("list")
@click.pass_obj
def list_(composer: Any) -> None:
    """List the connectors that are installed and, inside a project, its connections."""
    from ninefold.design.availability.connections import connections_table, connectors_table
    from ninefold.kernel.errors import NotFound

    composer.screen.show(connectors_table())
    try:
        view = composer.view()
    except NotFound:
        return  # there is no project here
    composer.screen.show(connections_table(view))


@connector_.command("new")
@click.argument("name")
@click.option("--into", type=click.Path(path_type=Path, file_okay=False), default=Path(), help="Default: here.")
@click.pass_obj
def new(composer: Any, name: str, into: Path) -> None:
    """Write the package of a new connector that works, with its tests: a simple line protocol to start from."""
    from ninefold.connectors.scaffold import scaffold

    folder = scaffold(name, into)
    composer.screen.write(f"Wrote {folder}. It works as it is; next:")
    composer.screen.write(f"  cd {folder} && pip install -e . pytest && pytest && ninefold connector list")


@connector_.command("test")
@click.argument("name")
@click.option("--seconds", type=click.FloatRange(0.5, 600), default=5.0, show_default=True, help="How long to look.")
@pass_session
def test(session: Session, name: str, seconds: float) -> int:
    """Try a connection: is it reached, are its tags there and plausible, how fast and how late do samples come."""
    from ninefold.design.availability.trial import trial, trial_table

    findings = trial(session.view(), name, session.root, session.clock, seconds)
    session.screen.show(trial_table(name, findings))
    return 1 if any(f.result == "fail" for f in findings) else 0


@connector_.command("browse")
@click.argument("name")
@click.option("--under", help="An address below which to look.")
@pass_session
def browse(session: Session, name: str, under: str | None) -> None:
    """Show the tags that the other side offers, or the columns of a table."""
    from ninefold.design.availability.connections import tags_table

    session.screen.show(tags_table(session.view(), name, session.root, session.clock, under))


@connector_.command("identity")
@click.argument("name")
@pass_session
def identity_(session: Session, name: str) -> None:
    """Print our certificate for a connection and its fingerprint, for the owner of the server."""
    from ninefold.design.availability.connections import identity

    path, found = identity(session.view(), name, session.root)
    session.screen.write(str(path))
    session.screen.write(f"sha256 {found}")


@connector_.command("trust")
@click.argument("name")
@click.option("--certificate", type=_file, help="The server's certificate, as its owner gave it.")
@click.option("--fingerprint", help="SHA-256 of the certificate that the server shows, as its owner says.")
@pass_session
def trust_(session: Session, name: str, certificate: Path | None, fingerprint: str | None) -> None:
    """Pin the certificate of a connection's server."""
    from ninefold.design.availability.connections import trust

    path, found = trust(session.view(), name, session.root, certificate=certificate, expected=fingerprint)
    session.screen.write(f"Trusted for {name}: sha256 {found}, in {path.relative_to(session.root)}")


COMMANDS = (availability_, connector_)
