"""A decision that an agent made, as the beginning of a trace: found by its id, it leads to the bundle that made it."""

import re
from pathlib import Path

from ninefold.fleet.decisions import FoundDecision, bundle_record, find
from ninefold.fleet.service import FleetService
from ninefold.kernel.errors import NotFound
from ninefold.kernel.project import STATE
from ninefold.kernel.sqlite import SqliteStore
from ninefold.lifecycle.trace import beginnings, unknown

_ID = re.compile(r"[0-9a-f]{6,20}")


def starts_of(store: SqliteStore, root: Path, start: str) -> tuple[list[str], FoundDecision | None]:
    """Return the records that a trace begins at, and the decision when the start is one.

    Raises:
        NotFound: nothing is called so.
    """
    try:
        return beginnings(store, start), None
    except NotFound:
        found, id = decided(root, start)
        return [id], found


def decided(root: Path, id: str) -> tuple[FoundDecision, str]:
    """Return a decision and the id of the record of the bundle that made it.

    Raises:
        NotFound: no agent has sent it, or its bundle is not of this project.
    """
    folder = root / STATE
    if not _ID.fullmatch(id) or not (folder / "fleet.db").exists():
        raise unknown(id)
    with FleetService(folder) as service:
        found = find(service, id)
        bundle = bundle_record(service, str(found.fields["bundle"])) if found else None
    if found is None or bundle is None:
        raise unknown(id)
    return found, bundle.id
