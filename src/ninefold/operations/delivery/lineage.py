"""The records that a result rests on, read from the store for those who are told about them."""

from collections.abc import Iterable

from ninefold.kernel.plan import Plan
from ninefold.kernel.records import Record
from ninefold.kernel.sqlite import SqliteStore


def rests_on(store: SqliteStore, starts: Iterable[str]) -> dict[str, Record]:
    """Return the records of the ids and all that they rest on, by id; what was made first comes first."""
    found: dict[str, Record] = {}
    for start in starts:
        found.setdefault(start, store.get(start))
        for edge in store.lineage(start, up=True):
            if edge.parent not in found:
                found[edge.parent] = store.get(edge.parent)
    return dict(sorted(found.items(), key=lambda item: (item[1].origin, item[1].sequence)))


def current(plan: Plan) -> list[str]:
    """Return the ids of the records that are fresh now."""
    return [s.record.id for s in plan.statuses.values() if s.state == "fresh" and s.record is not None]


def name_of(store: SqliteStore, record: Record) -> str:
    """Return the name of the task or facet that a record was seen under, else its kind and the begin of its id."""
    names = store.names(record.id)
    return names[0] if names else f"{record.kind}:{record.id[:12]}"


def made_by_a_step(record: Record) -> bool:
    """Return whether a record is a result; files that people wrote become records too."""
    return bool(record.key) and not record.kind.startswith("facet-")
