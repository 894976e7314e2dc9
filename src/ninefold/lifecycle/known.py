"""The names of those who act, for people who read: from the erasable table, never from a record."""

from collections.abc import Mapping

from ninefold.kernel.people import People
from ninefold.kernel.sqlite import SqliteStore
from ninefold.surface.cells import Ref

_DEVICE = "device:"


def names(store: SqliteStore) -> dict[str, str]:
    """Return the names of all who are stored, by their key."""
    return {p.key: p.name for p in People(store).all()}


def who(actor: str, known: Mapping[str, str]) -> Ref | str:
    """Return who acted: a person by name, a device as a device, anything else as the record has it."""
    if actor in known:
        return Ref("person", actor, known[actor])
    if actor.startswith(_DEVICE):
        return Ref("device", actor.removeprefix(_DEVICE), actor.removeprefix(_DEVICE))
    return actor
