"""Tables that are kept while tasks run one after another: they read the same few blobs, whose content never changes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from ninefold.vocabulary.columns import Array

MOST_KEPT = 256 * 2**20  # bytes
_TEXT_BYTES = 50  # of a str, beside the pointer to it
_kept: ContextVar[dict[Path, dict[str, Array]] | None] = ContextVar("kept", default=None)


@contextmanager
def kept_tables() -> Iterator[None]:
    """Keep what is read of blobs meanwhile, up to 256 MiB. What is kept cannot be written to."""
    before = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(before)


def kept(path: Path, read: Callable[[], dict[str, Array]]) -> dict[str, Array]:
    """Return the columns of a blob, read unless they are kept."""
    tables = _kept.get()
    if tables is None:
        return read()
    if path not in tables:
        found = read()
        if _size(found) > MOST_KEPT:
            return found
        for array in found.values():
            array.flags.writeable = False
        tables[path] = found
        while sum(map(_size, tables.values())) > MOST_KEPT:
            del tables[next(iter(tables))]  # the one that was read first
    return dict(tables[path])


def _size(table: dict[str, Array]) -> int:
    return sum(a.nbytes + (_TEXT_BYTES * len(a) if a.dtype == object else 0) for a in table.values())
