"""The commands of step 3: connections, and what the data of a use case are worth."""

from pathlib import Path

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


@click.group("connections")
def connections_() -> None:
    """Show, browse and trust the connections of connections/."""


@connections_.command("list")
@pass_session
def list_(session: Session) -> None:
    """List the connections."""
    from ninefold.design.availability.connections import connections_table

    session.screen.show(connections_table(session.view()))


@connections_.command("browse")
@click.argument("name")
@click.option("--under", help="An address below which to look.")
@pass_session
def browse(session: Session, name: str, under: str | None) -> None:
    """Show the tags that the other side offers, or the columns of a table."""
    from ninefold.design.availability.connections import tags_table

    session.screen.show(tags_table(session.view(), name, session.root, session.clock, under))


@connections_.command("identity")
@click.argument("name")
@pass_session
def identity_(session: Session, name: str) -> None:
    """Print our certificate for a connection and its fingerprint, for the owner of the server."""
    from ninefold.design.availability.connections import identity

    path, found = identity(session.view(), name, session.root)
    session.screen.write(str(path))
    session.screen.write(f"sha256 {found}")


@connections_.command("trust")
@click.argument("name")
@click.option("--certificate", type=_file, help="The server's certificate, as its owner gave it.")
@click.option("--fingerprint", help="SHA-256 of the certificate that the server shows, as its owner says.")
@pass_session
def trust_(session: Session, name: str, certificate: Path | None, fingerprint: str | None) -> None:
    """Pin the certificate of a connection's server."""
    from ninefold.design.availability.connections import trust

    path, found = trust(session.view(), name, session.root, certificate=certificate, expected=fingerprint)
    session.screen.write(f"Trusted for {name}: sha256 {found}, in {path.relative_to(session.root)}")


COMMANDS = (availability_, connections_)
