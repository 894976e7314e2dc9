"""People are opaque keys in records; what names them can be erased without a trace."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ninefold.kernel.errors import Conflict, InvalidInput, NotFound
from ninefold.kernel.people import People
from ninefold.kernel.signing import SigningKey
from ninefold.kernel.sqlite import SqliteStore
from ninefold.kernel.verify import verify_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with SqliteStore(tmp_path / "store.db") as opened:
        yield opened


def test_a_person_is_a_random_key(store: SqliteStore) -> None:
    """The same name twice gives two keys, and neither tells anything about the name."""
    people = People(store)
    first, second = people.add("Ada Example"), people.add("Ada Example")
    assert first.key != second.key
    assert first.key.startswith("person-")
    assert len(first.key) == len("person-") + 16


def test_people_are_found_by_key_and_by_signature(store: SqliteStore) -> None:
    """Roles, contact and public key come back as they were entered."""
    people, key = People(store), SigningKey.new().public
    added = people.add("Ada Example", "ada@example.org", key, ["approver", "auditor"])
    assert people.get(added.key) == added
    assert people.by_public_key(key) == added
    assert people.by_public_key(SigningKey.new().public) is None
    assert people.public_keys() == {key.id: key}
    assert people.all() == [added]


def test_an_erased_person_leaves_no_bytes(store: SqliteStore, tmp_path: Path) -> None:
    """Name and contact are in no file of the store afterwards, and the chain still verifies."""
    people = People(store)
    person = people.add("Zebulon Quetzalcoatl", "zq@example.org")
    others = [people.add(f"Somebody {i}") for i in range(3)]
    files = [tmp_path / "store.db", tmp_path / "store.db-wal"]
    assert any(b"Quetzalcoatl" in f.read_bytes() for f in files if f.exists())
    id = people.erase(person.key, "left the company", "account-1", 5)
    assert not any(b"Quetzalcoatl" in f.read_bytes() or b"zq@" in f.read_bytes() for f in files if f.exists())
    assert store.get(id).plain == {"person": person.key, "reason": "left the company"}
    assert people.all() == others
    assert verify_store(store) == []
    with pytest.raises(NotFound, match=f"Nobody is stored under {person.key}"):
        people.erase(person.key, "again", "account-1", 6)


def test_wrong_entries_are_named(store: SqliteStore) -> None:
    """No name, an endless one, an unknown role, and a key that somebody else holds."""
    people, key = People(store), SigningKey.new().public
    people.add("Ada", public_key=key)
    with pytest.raises(InvalidInput, match="A name has 1 to 200 characters, found 0"):
        people.add(" \n ")
    with pytest.raises(InvalidInput, match="A contact has 1 to 200 characters, found 201"):
        people.add("Ada", "x" * 201)
    with pytest.raises(InvalidInput, match=r"No role is called 'king'\. Use one of: maintenance-engineer"):
        people.add("Ada", roles=["king"])
    with pytest.raises(Conflict, match="belongs to person-"):
        people.add("Bob", public_key=key)
    assert len(people.all()) == 1


def test_a_key_and_roles_are_given_later(store: SqliteStore) -> None:
    """Nobody gets a key that another person holds, nor a role that does not exist."""
    people, key = People(store), SigningKey.new().public
    ada, bob = people.add("Ada", roles=["auditor"]), people.add("Bob")
    assert people.set_public_key(ada.key, key).public_key == key.hex
    assert people.set_public_key(ada.key, key).public_key == key.hex
    with pytest.raises(Conflict, match=f"belongs to {ada.key}"):
        people.set_public_key(bob.key, key)
    assert people.set_roles(ada.key, ["approver", "approver"]).roles == ("approver",)
    with pytest.raises(InvalidInput, match="No role is called 'king'"):
        people.set_roles(ada.key, ["king"])
    for act in (lambda: people.set_roles("person-x", []), lambda: people.set_public_key("person-x", key)):
        with pytest.raises(NotFound, match="Nobody is stored under person-x"):
            act()
