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


def _create(db: sqlite3.Connection) -> None:
    for statement in tables.TABLES:
        db.execute(statement)
