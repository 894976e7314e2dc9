"""The fleet's own SQLite file, beside the evidence store; what it holds is either in no record or not sealed yet."""

import sqlite3
from pathlib import Path

from ninefold.fleet import tables
from ninefold.kernel.sqlite_file import FileKind, SqliteFile

FILE = FileKind(
    "fleet's file", tables.APPLICATION, tables.VERSION,
    locked="Run one fleet service per project.",
    older="Use the version of ninefold that wrote it.",
    failed="Check disk and folder.",
)  # fmt: skip


class Database(SqliteFile):
    """The connection and its transactions. One object belongs to one thread."""

    def __init__(self, path: Path) -> None:
        """Open the file, creating it when it does not exist.

        Raises:
            StoreError: not the fleet's file, damaged, disk full.
        """
        super().__init__(path, FILE, _create)
        if self._later():
            with self.writing() as db:
                for name in self._later():  # asked again: nobody else was faster
                    db.execute(tables.LATER[name])

    def _later(self) -> list[str]:
        """Return the tables that an older version did not make."""
        with self.mapped():
            rows = self.connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        there = {row[0] for row in rows}
        return [name for name in tables.LATER if name not in there]


def _create(db: sqlite3.Connection) -> None:
    for statement in (*tables.TABLES, *tables.LATER.values()):
        db.execute(statement)
