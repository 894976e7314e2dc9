"""People: opaque random keys for the records; names, contacts and public keys in a table that can be erased.

The table lies outside the chain of hashes. A key is random, never a digest of a name: nobody can guess who it is.
"""

import secrets
from collections.abc import Sequence

from ninefold.kernel.errors import Conflict, InvalidInput, NotFound
from ninefold.kernel.records import Draft, encode
from ninefold.kernel.signing import PublicKey
from ninefold.kernel.sqlite import SqliteStore
from ninefold.vocabulary.person import ROLES, Person, Role

LONGEST = 200  # characters of a name or a contact


class People:
    """The erasable table of a store."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store

    def add(
        self, name: str, contact: str = "", public_key: PublicKey | None = None, roles: Sequence[Role] = ()
    ) -> Person:
        """Enter a person under a new random key and return them.

        Raises:
            InvalidInput: no name, one that is too long, or a role that does not exist.
            Conflict: another person holds the public key.
        """
        name, contact = _line(name, "name"), _line(contact, "contact") if contact else ""
        _known(roles)
        if public_key is not None and (holder := self.by_public_key(public_key)) is not None:
            raise Conflict(f"The public key {public_key.id[:12]} belongs to {holder.key}.", hint="Make another key.")
        key = f"person-{secrets.token_hex(8)}"
        person = Person(key, name, contact, "" if public_key is None else public_key.hex, tuple(sorted(set(roles))))
        with self.store.writing() as db:
            row = (person.key, person.name, person.contact, person.public_key, " ".join(person.roles))
            db.execute("INSERT INTO person (key, name, contact, public_key, roles) VALUES (?, ?, ?, ?, ?)", row)
        return person

    def set_public_key(self, key: str, public_key: PublicKey) -> Person:
        """Let a person sign with a key from now on, and return them.

        Raises:
            NotFound: nobody has the key.
            Conflict: another person holds the public key.
        """
        self.get(key)
        with self.store.writing() as db:
            holder = db.execute("SELECT key FROM person WHERE public_key = ?", (public_key.hex,)).fetchone()
            if holder is not None and holder[0] != key:
                raise Conflict(f"The public key {public_key.id[:12]} belongs to {holder[0]}.", hint="Make another key.")
            db.execute("UPDATE person SET public_key = ? WHERE key = ?", (public_key.hex, key))
        return self.get(key)

    def set_roles(self, key: str, roles: Sequence[Role]) -> Person:
        """Give a person these roles and no others, and return them.

        Raises:
            NotFound: nobody has the key.
            InvalidInput: a role does not exist.
        """
        self.get(key)
        with self.store.writing() as db:
            words = " ".join(sorted(set(_known(roles))))
            db.execute("UPDATE person SET roles = ? WHERE key = ?", (words, key))
        return self.get(key)

    def all(self) -> list[Person]:
        """Return everybody who is stored, by name."""
        return self._select("ORDER BY name, key")

    def get(self, key: str) -> Person:
        """Return a person by their key.

        Raises:
            NotFound: nobody has it, or they were erased.
        """
        found = self._select("WHERE key = ?", key)
        if not found:
            raise NotFound(f"Nobody is stored under {key}.", hint="List people with: ninefold people list.")
        return found[0]

    def by_public_key(self, key: PublicKey) -> Person | None:
        """Return who signs with a key."""
        found = self._select("WHERE public_key = ?", key.hex)
        return found[0] if found else None

    def public_keys(self) -> dict[str, PublicKey]:
        """Return the public keys of everybody, by the key's id."""
        keys = [PublicKey.from_hex(p.public_key) for p in self.all() if p.public_key]
        return {key.id: key for key in keys}

    def erase(self, key: str, reason: str, actor: str, now: int) -> str:
        """Remove a person's row for good and return the id of the record that says so; records keep the opaque key.

        The bytes are overwritten in the file, and the write-ahead log is emptied.

        Raises:
            NotFound: nobody has the key.
        """
        self.get(key)
        body = encode("person-erasure@1", {"person": key, "reason": reason})
        [id] = self.store.put([Draft("person-erasure@1", body, "people@1", actor, now)])
        db = self.store.connection
        db.execute("PRAGMA secure_delete=ON")
        with self.store.writing() as writer:
            writer.execute("DELETE FROM person WHERE key = ?", (key,))
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return id

    def _select(self, clause: str, *values: str) -> list[Person]:
        query = f"SELECT key, name, contact, public_key, roles FROM person {clause}"  # noqa: S608 - constant clauses
        rows = self.store.connection.execute(query, values).fetchall()
        return [Person(key, name, contact, public, tuple(roles.split())) for key, name, contact, public, roles in rows]


def _known(roles: Sequence[Role]) -> Sequence[Role]:
    if unknown := [r for r in roles if r not in ROLES]:
        raise InvalidInput(f"No role is called {unknown[0]!r}.", hint=f"Use one of: {', '.join(ROLES)}.")
    return roles


def _line(text: str, what: str) -> str:
    """Return text as one line of a bounded length."""
    line = " ".join(text.split())
    if not line or len(line) > LONGEST:
        raise InvalidInput(f"A {what} has 1 to {LONGEST} characters, found {len(line)}.")
    return line
