"""The chain of evidence as people walk it: from a result to the sentence, or from the sentence on.

Records hold the edges. One step is not an edge: a criterion and the sentence that it belongs to stand in one file, and
are facets with the requirement's id in their names; changing the words of a sentence must not void what was measured.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ninefold.kernel.errors import NotFound
from ninefold.kernel.records import Record
from ninefold.kernel.sqlite import SqliteStore

STATEMENT = "#statement"
_EACH = 60  # ways from one record that a page follows


class Link(NamedTuple):
    """One record on the way, and how it is reached: the nearest way, each record once."""

    depth: int
    role: str  # the role that it plays for the record one nearer to the start; "" for a start
    record: Record
    names: tuple[str, ...]  # of the tasks or facets that it was seen as


def beginnings(store: SqliteStore, start: str) -> list[str]:
    """Return the records that a walk begins at: a task's or facet's latest, a record's own, or all of a requirement.

    Raises:
        NotFound: nothing is called so.
    """
    requirement = start.removesuffix(STATEMENT)
    facets = store.seen(f"{requirement}#") if start in {requirement, f"{requirement}{STATEMENT}"} else []
    found = [store.latest(name) for name in sorted(facets, key=lambda n: not n.endswith(STATEMENT))]
    if not facets:
        found = [store.latest(start)]
    ids = [r.id for r in found if r is not None]
    return ids or [store.get(start).id]


def trace(store: SqliteStore, starts: Sequence[str], *, up: bool, most: int = 0) -> Iterator[Link]:
    """Yield the records that records rest on (`up`), or that rest on them, depth first, each once.

    With `most`, at most so many ways are followed, the nearest first: for pages, where thousands help nobody.

    Raises:
        NotFound: no record has one of the ids.
    """
    beside: dict[str, dict[tuple[str, str], None]] = {}  # a dict for its order
    for edges in [store.near(starts, up, most, _EACH)] if most else [store.lineage(id, up) for id in starts]:
        for edge in edges:
            near, far = (edge.child, edge.parent) if up else (edge.parent, edge.child)
            beside.setdefault(near, {})[(edge.role, far)] = None
    if up:
        _say_the_sentences(store, beside)
    nearest = _depths(starts, beside)
    todo = [(0, "", id) for id in reversed(starts)]
    met: set[str] = set()
    while todo:
        depth, role, current = todo.pop()
        if current in met or depth != nearest[current]:
            continue
        met.add(current)
        yield Link(depth, role, store.get(current), tuple(store.names(current)))
        todo += [(depth + 1, r, far) for r, far in reversed(beside.get(current, {}))]


def _say_the_sentences(store: SqliteStore, beside: dict[str, dict[tuple[str, str], None]]) -> None:
    """Put the sentence of a requirement beside each facet of it that was met."""
    for id in {far for ways in beside.values() for _, far in ways}:
        for name in store.names(id):
            requirement, _, part = name.partition("#")
            sentence = store.latest(f"{requirement}{STATEMENT}") if part and part != "statement" else None
            if sentence is not None:
                beside.setdefault(id, {})[("sentence", sentence.id)] = None


def _depths(starts: Sequence[str], beside: dict[str, dict[tuple[str, str], None]]) -> dict[str, int]:
    """Return the length of the shortest way to each record."""
    depths = dict.fromkeys(starts, 0)
    wave = list(depths)
    while wave:
        found = dict.fromkeys(far for near in wave for _, far in beside.get(near, {}) if far not in depths)
        depths.update(dict.fromkeys(found, depths[wave[0]] + 1))
        wave = list(found)
    return depths


def unknown(start: str) -> NotFound:
    """Return the error for a start that is neither task, facet, record nor decision."""
    hint = "Name a task (ninefold status --all), a requirement, a record (ninefold log) or a decision."
    return NotFound(f"Nothing in this project is called {start!r}.", hint=hint)
