"""Commands about keys and people: who signs, and with what. Names stay in the erasable table of the store."""

import os
from pathlib import Path

import click

from ninefold.cli.compose import Composer
from ninefold.surface.signer import PASSPHRASE, signing_key, with_key
from ninefold.surface.table import Table
from ninefold.vocabulary.person import ROLES


@click.group()
def key() -> None:
    """Make the key that you sign with, and show its public half."""


@key.command("new")
@with_key
@click.option("--passphrase", is_flag=True, help=f"Encrypt the file; from ${PASSPHRASE}, or asked for.")
@click.pass_obj
def new(composer: Composer, key_path: Path | None, passphrase: bool) -> None:
    """Make a key outside any project, readable by you only."""
    from ninefold.kernel.signing import create_key, default_key_path

    secret = None
    if passphrase:
        asked = os.environ.get(PASSPHRASE)
        secret = asked or click.prompt("Passphrase", hide_input=True, confirmation_prompt=True, err=True)
    path = key_path or default_key_path()
    made = create_key(path, secret)
    composer.screen.write(f"{path}: the key {made.public.id[:12]}. Keep it to yourself; share its public half.")


@key.command("public")
@with_key
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="Such as keys/approver.pub.")
@click.pass_obj
def public(composer: Composer, key_path: Path | None, output: Path | None) -> None:
    """Show the public half of your key, or write it to a file that devices and auditors trust."""
    made = signing_key(key_path)
    if output is not None:
        made.public.write(output)
    composer.screen.write(f"{made.public.hex}  (key {made.public.id[:12]})")


@click.group("people")
def people_() -> None:
    """Enter, list and erase the people who sign."""


@people_.command("add")
@click.argument("name")
@click.option("--contact", default="", help="Such as an address.")
@click.option("--role", "roles", multiple=True, type=click.Choice(ROLES), help="May be given more than once.")
@with_key
@click.pass_obj
def add(composer: Composer, name: str, contact: str, roles: tuple[str, ...], key_path: Path | None) -> None:
    """Enter a person, under a random key; with --key (a .pub file, or your own key) they can sign."""
    from ninefold.kernel.people import People
    from ninefold.kernel.signing import read_public

    public_key = None
    if key_path is not None:
        public_key = read_public(key_path) if key_path.suffix == ".pub" else signing_key(key_path).public
    chosen = [r for r in ROLES if r in roles]
    person = People(composer.session.store).add(name, contact, public_key, chosen)
    composer.screen.write(f"{person.key}: entered; records name the key only.")


@people_.command("list")
@click.pass_obj
def list_(composer: Composer) -> None:
    """Show who is stored, and what: this table is all that is kept about a person by name."""
    from ninefold.kernel.people import People
    from ninefold.kernel.signing import PublicKey

    rows = [
        (p.key, p.name, p.contact, ", ".join(p.roles), PublicKey.from_hex(p.public_key).id[:12] if p.public_key else "")
        for p in People(composer.session.store).all()
    ]
    table = Table("", ("person", "name", "contact", "roles", "key"), tuple(rows), (), "Nobody is stored.")
    composer.screen.show(table)


@people_.command("key")
@click.argument("person")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="Such as keys/approver.pub.")
@click.pass_obj
def key_of(composer: Composer, person: str, output: Path | None) -> None:
    """Show the public half of PERSON's key, or write it to a file that devices and auditors trust."""
    from ninefold.kernel.errors import NotFound
    from ninefold.kernel.people import People
    from ninefold.kernel.signing import PublicKey

    found = People(composer.session.store).get(person)
    if not found.public_key:
        hint = "Let them choose a password in the workbench, or enter them again with --key."
        raise NotFound(f"{person} signs with no key yet.", hint=hint)
    held = PublicKey.from_hex(found.public_key)
    if output is not None:
        held.write(output)
    composer.screen.write(f"{held.hex}  (key {held.id[:12]})")


@people_.command("erase")
@click.argument("person")
@click.option("--reason", required=True, help="Why; it is recorded, so name nobody in it.")
@click.pass_obj
def erase(composer: Composer, person: str, reason: str) -> None:
    """Erase name and contact of PERSON for good; records keep the opaque key."""
    from ninefold.kernel.people import People

    store = composer.session.store
    id = People(store).erase(person, reason, composer.actor, composer.clock.now())
    composer.screen.write(f"Erased {person}: record {id[:12]}.")
