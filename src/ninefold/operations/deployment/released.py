"""The signed bundle file of a model, as it was last released or published to devices."""

import msgspec

from ninefold.kernel.errors import NotFound
from ninefold.kernel.sqlite import SqliteStore
from ninefold.operations.deployment.release import RELEASE, Release
from ninefold.vocabulary.desired import DESIRED, Published, reference_of


class Signed(msgspec.Struct, frozen=True):
    """A bundle file: the digest of its blob, and the version where it is known from a release."""

    file: str
    version: int = 0


def last_signed(store: SqliteStore, model: str) -> Signed:
    """Return the newest signed file of a model: a release of it, else what its devices fetch.

    Raises:
        NotFound: none was signed.
    """
    found = find_signed(store, model)
    if found is None:
        message = f"No bundle file of {model[:80]} was signed yet."
        raise NotFound(message, hint="Publish it to a device, or run: ninefold release MODEL.")
    return found


def find_signed(store: SqliteStore, model: str) -> Signed | None:
    """Return the newest signed file of a model; None when none was signed."""
    for record in store.of_kind(RELEASE):
        if record.data is not None and record.plain["model"] == model:
            found = record.body(Release)
            return Signed(found.file, found.version)
    for record in store.of_kind(DESIRED):
        if record.data is None or record.plain["model"] != model:
            continue
        pointed = store.reference(reference_of(str(record.plain["target"])))
        if pointed is not None:
            return Signed(msgspec.json.decode(pointed, type=Published).file)
    return None
