"""Commands about the accounts of the workbench: for the first person, and for who is locked out."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ninefold.surface.session import Session, pass_session
from ninefold.surface.signer import signing_key
from ninefold.surface.table import Table
from ninefold.vocabulary.account import ROLES, AccountRole

if TYPE_CHECKING:
    from ninefold.workbench.access.access import Access


@click.group("accounts")
def accounts_() -> None:
    """Say who may log in to the workbench, and as what."""


@accounts_.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), default="viewer", show_default=True)
@click.option("--key", "key_path", type=click.Path(dir_okay=False, path_type=Path),
              help="The key that NAME signs with; a copy is sealed with the password.")  # fmt: skip
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input; else a link is printed.")
@pass_session
def add(session: Session, name: str, role: AccountRole, key_path: Path | None, password_stdin: bool) -> None:
    """Add an account for NAME; who was entered with the key of --key keeps their person."""
    key = None if key_path is None else signing_key(key_path)
    if key is not None and not password_stdin:
        raise click.UsageError("--key needs --password-stdin: the password seals the key.")
    password = _password() if password_stdin else ""
    with _access(session) as access:
        if password:
            from ninefold.workbench.access.passwords import checked

            checked(password)
        account = access.accounts.add(name, role, access.clock.now(), key=key)
        if password:
            access.accounts.set_password(account.person, password, None, key)
            session.screen.write(f"{account.person}: added as {role}, with a password.")
        else:
            session.screen.write(f"{account.person}: added as {role}. One-time link: {access.link(account.person)}")


@accounts_.command("list")
@pass_session
def list_(session: Session) -> None:
    """Show the accounts."""
    with _access(session) as access:
        rows = [
            (a.name, a.person, a.role, "yes" if a.has_password else "no", "yes" if a.has_key else "no")
            for a in access.accounts.all()
        ]
    columns = ("name", "person", "role", "password", "signing key")
    session.screen.show(Table("", columns, tuple(rows), (), "There is no account."))


@accounts_.command("link")
@click.argument("name")
@click.option("--reset", is_flag=True, help="Let the person choose a new password; a sealed key is replaced.")
@pass_session
def link(session: Session, name: str, reset: bool) -> None:
    """Print the path of a one-time link for NAME (or a person's key)."""
    with _access(session) as access:
        session.screen.write(access.link(access.resolve(name).person, reset=reset))


@accounts_.command("remove")
@click.argument("name")
@pass_session
def remove(session: Session, name: str) -> None:
    """Remove the account of NAME (or a person's key); the person stays as they are."""
    with _access(session) as access:
        person = access.resolve(name).person
        access.accounts.remove(person)
        session.screen.write(f"Removed the account of {person}.")


@contextmanager
def _access(session: Session) -> "Iterator[Access]":
    from ninefold.kernel.project import STATE
    from ninefold.workbench.access.access import Access

    access = Access(session.root / STATE)
    try:
        yield access
    finally:
        access.close()


def _password() -> str:
    text = sys.stdin.read(4096)
    return text.removesuffix("\n").removesuffix("\r")
