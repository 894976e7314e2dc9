"""The lists of a store's records that people look at: logs, names, kinds, neighbours. Status never rests on them."""

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

from ninefold.kernel.errors import NotFound
from ninefold.kernel.log_filter import EVERYTHING, LogFilter
from ninefold.kernel.records import Edge, Record, from_head
from ninefold.kernel.store import Event

COLUMNS = "r.id, r.head, b.data"


class RecordLists(ABC):
    """What the store of one file lists."""

    _db: sqlite3.Connection

    @abstractmethod
    def get(self, id: str) -> Record:
        """Return a record by its id. See the store."""

    def ids(self, beginning: str, limit: int = 10) -> list[str]:
        """Return the ids that begin so."""
        query = "SELECT id FROM record WHERE id >= ? AND id < ? ORDER BY id LIMIT ?"
        return [row[0] for row in self._db.execute(query, (beginning, beginning + "g", limit))]

    def records_of(self, name: str, limit: int = 100) -> list[Record]:
        """Return the records that a task or facet was seen with, the newest first."""
        query = (
            f"SELECT {COLUMNS} FROM seen s JOIN record r ON r.n = s.record JOIN body b USING (content)"  # noqa: S608 - constant
            " WHERE s.name = ? ORDER BY s.record DESC LIMIT ?"
        )
        return [from_head(*row) for row in self._db.execute(query, (name, limit))]

    def of_kind(self, kind: str, limit: int = 1000) -> list[Record]:
        """Return the latest records of a kind (name@schema), the newest first: for lists and logs, never for status."""
        query = f"SELECT {COLUMNS} FROM record r JOIN body b USING (content) WHERE r.kind = ? ORDER BY r.n DESC LIMIT ?"  # noqa: S608 - constant
        return [from_head(*row) for row in self._db.execute(query, (kind, limit))]

    def log(self, limit: int = 50, before: str = "", only: LogFilter = EVERYTHING) -> list[Record]:
        """Return the records put last, the newest first; those put before one, and only some, when asked.

        Raises:
            NotFound: no record has the id `before`.
        """
        clauses, values = only.where()
        if before:
            clauses.append("n < ?")
            values.append(self._number(before))
        where = f" WHERE {' AND '.join(clauses)}" if clauses else ""
        query = (  # the numbers first: to sort them takes no look at heads and bodies
            f"SELECT {COLUMNS} FROM record r JOIN body b USING (content) WHERE r.n IN "  # noqa: S608 - clauses are constants
            f"(SELECT n FROM record{where} ORDER BY n DESC LIMIT ?) ORDER BY r.n DESC"
        )
        return [from_head(*row) for row in self._db.execute(query, (*values, limit))]

    def count(self) -> int:
        """Return how many records there are: none is ever deleted, so the highest number tells it."""
        return int(self._db.execute("SELECT coalesce(max(n), 0) FROM record").fetchone()[0])

    def kinds(self) -> list[str]:
        """Return every kind (name@schema) of which there is a record, by name."""
        query = (  # one look into the index for each kind, however many records there are
            "WITH RECURSIVE k(kind) AS (SELECT min(kind) FROM record UNION ALL "
            "SELECT (SELECT min(kind) FROM record WHERE kind > k.kind) FROM k WHERE k.kind IS NOT NULL) "
            "SELECT kind FROM k WHERE kind IS NOT NULL"
        )
        return [row[0] for row in self._db.execute(query)]

    def names_of(self, ids: Sequence[str]) -> dict[str, list[str]]:
        """Return the names of tasks and facets that each of some records was seen under."""
        marks = ", ".join("?" * len(ids))
        query = (
            f"SELECT r.id, s.name FROM record r JOIN seen s ON s.record = r.n WHERE r.id IN ({marks}) ORDER BY s.name"  # noqa: S608 - marks
        )
        found: dict[str, list[str]] = {id: [] for id in ids}
        for id, name in self._db.execute(query, tuple(ids)):
            found[id].append(name)
        return found

    def event_of(self, id: str) -> Event | None:
        """Return the link of a chain that carries a record."""
        query = "SELECT origin, sequence, previous, payload, hash FROM event WHERE payload = ?"
        row = self._db.execute(query, (id,)).fetchone()
        return None if row is None else Event(*row)

    def using(self, id: str, limit: int = 100) -> list[tuple[str, str, str]]:
        """Return (role, id, kind) of the records that were made from one, the newest first."""
        query = (
            "SELECT e.role, c.id, c.kind FROM record p JOIN edge e ON e.parent = p.n JOIN record c ON c.n = e.child "
            "WHERE p.id = ? ORDER BY c.n DESC LIMIT ?"
        )
        return [tuple(row) for row in self._db.execute(query, (id, limit))]

    def near(self, ids: Sequence[str], up: bool, most: int, each: int) -> Iterator[Edge]:
        """Yield the edges around records, nearest first: at most `most` of them, and `each` from one record.

        For pages: what rests on a bundle may be every window of a year.
        """
        near, far = ("child", "parent") if up else ("parent", "child")
        query = (
            f"SELECT e.{far}, c.id, p.id, e.role FROM edge e JOIN record c ON c.n = e.child "  # noqa: S608 - two constants
            f"JOIN record p ON p.n = e.parent WHERE e.{near} = ? ORDER BY e.{far} LIMIT ?"
        )
        wave = [self._number(self.get(id).id) for id in ids]
        met = set(wave)
        while wave and most > 0:
            following: list[int] = []
            for number in wave:
                for n, child, parent, role in self._db.execute(query, (number, min(each, most))).fetchall():
                    most -= 1
                    yield Edge(child, parent, role)
                    if n not in met:
                        met.add(n)
                        following.append(n)
            wave = following

    def kinds_after(self, number: int) -> tuple[int, frozenset[str]]:
        """Return the number of the latest record, and the kinds of the records after one (0 for all)."""
        rows = self._db.execute("SELECT kind, max(n) FROM record WHERE n > ? GROUP BY kind", (number,)).fetchall()
        return max((n for _, n in rows), default=number), frozenset(kind for kind, _ in rows)

    def _number(self, id: str) -> int:
        row = self._db.execute("SELECT n FROM record WHERE id = ?", (id,)).fetchone()
        if row is None:
            raise NotFound(
                f"The input {id[:12]} is not in this store.", hint="Put it first, or pull it from its origin."
            )
        return int(row[0])
