"""The file of accounts, beside the evidence store: who may log in is no evidence and can be deleted."""

import sqlite3
from pathlib import Path

from ninefold.kernel.sqlite_file import FileKind, SqliteFile
from ninefold.workbench.access import tables

FILE = FileKind(
    "file of accounts", tables.APPLICATION, tables.VERSION,
    locked="Repeat when the other process is done.",
    older="Use the version of ninefold that wrote it.",
    failed="Restore it from a backup, or move it away and make the accounts anew.",
)  # fmt: skip


class AccessFile(SqliteFile):
    """The connection and its transactions. One object belongs to one thread."""

    def __init__(self, path: Path) -> None:
        """Open the file (mode 0600), creating it when it does not exist.

        Raises:
            StoreError: not a file of accounts, damaged, disk full.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=True)
        super().__init__(path, FILE, _create)
        with self.mapped():
            self.connection.execute("PRAGMA foreign_keys=ON")
            self.connection.execute("PRAGMA secure_delete=ON")


def _create(db: sqlite3.Connection) -> None:
    for statement in tables.TABLES:
        db.execute(statement)
