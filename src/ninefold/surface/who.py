"""Who is named under an opaque key: a person by the name that the erasable table holds, a device, or the key itself."""

from collections.abc import Mapping

from ninefold.kernel.people import People
from ninefold.kernel.sqlite import SqliteStore
from ninefold.surface.cells import Ref

_DEVICE = "device:"


def names_of(store: SqliteStore) -> dict[str, str]:
    """Return the names of the people who are stored, by their keys."""
    return {p.key: p.name for p in People(store).all()}


def who(key: str, names: Mapping[str, str]) -> Ref | str:
    """Return what stands for the actor of a record; who was erased keeps only the key."""
    if key in names:
        return Ref("person", key, names[key])
    if key.startswith(_DEVICE):
        return Ref("device", key.removeprefix(_DEVICE))
    return key
