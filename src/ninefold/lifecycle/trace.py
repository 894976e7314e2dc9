"""The chain of evidence as people walk it: from a result to the sentence, or from the sentence on."""

from collections.abc import Iterator
from typing import NamedTuple

from ninefold.kernel.records import Record
from ninefold.kernel.sqlite import SqliteStore


class Link(NamedTuple):
    """One record on the way, and how it is reached: the nearest way, each record once."""

    depth: int
    role: str  # the role that it plays for the record one nearer to the start; "" for the start
    record: Record
    names: tuple[str, ...]  # of the tasks or facets that it was seen as


def trace(store: SqliteStore, id: str, *, up: bool) -> Iterator[Link]:
    """Yield the records that a record rests on (`up`), or that rest on it, depth first, each once.

    Raises:
        NotFound: no record has this id.
    """
    beside: dict[str, list[tuple[str, str]]] = {}
    for edge in store.lineage(id, up):
        near, far = (edge.child, edge.parent) if up else (edge.parent, edge.child)
        beside.setdefault(near, []).append((edge.role, far))
    start = store.get(id)
    nearest = _depths(start.id, beside)
    todo = [(0, "", start.id)]
    met: set[str] = set()
    while todo:
        depth, role, current = todo.pop()
        if current in met or depth != nearest[current]:
            continue
        met.add(current)
        yield Link(depth, role, store.get(current), tuple(store.names(current)))
        todo += [(depth + 1, r, far) for r, far in reversed(beside.get(current, []))]


def _depths(start: str, beside: dict[str, list[tuple[str, str]]]) -> dict[str, int]:
    """Return the length of the shortest way to each record."""
    depths = {start: 0}
    wave = [start]
    while wave:
        found = dict.fromkeys(far for near in wave for _, far in beside.get(near, []) if far not in depths)
        depths.update(dict.fromkeys(found, depths[wave[0]] + 1))
        wave = list(found)
    return depths
