"""Records of a store in parts, the newest first: for lists that go on after the last one that was shown."""

from ninefold.kernel.errors import NotFound
from ninefold.kernel.records import Record, from_head
from ninefold.kernel.sqlite import SqliteStore


def place_of(store: SqliteStore, id: str) -> int:
    """Return the place of a record in the order in which records were put.

    Raises:
        NotFound: it is not in this store.
    """
    row = store.connection.execute("SELECT n FROM record WHERE id = ?", (id,)).fetchone()
    if row is None:
        raise NotFound(f"The record {id[:12]!r} is not in this store.", hint="Begin with the first page.")
    return int(row[0])


def records_before(store: SqliteStore, before: int | None, limit: int, kind: str = "") -> list[Record]:
    """Return records put before a place (None: the latest), the newest first; of one kind (name@schema) when named."""
    where, values = "r.n < ?", [(1 << 62) if before is None else before]
    query = f"SELECT r.id, r.head, b.data FROM record r JOIN body b USING (content) WHERE {where}"  # noqa: S608 - constant
    if kind:
        rows = store.connection.execute(f"{query} AND r.kind = ? ORDER BY r.n DESC LIMIT ?", (*values, kind, limit))
    else:
        rows = store.connection.execute(f"{query} ORDER BY r.n DESC LIMIT ?", (*values, limit))
    return [from_head(*row) for row in rows]
