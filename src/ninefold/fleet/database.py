"""The fleet's own SQLite file, beside the evidence store; what it holds is either in no record or not sealed yet."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from ninefold.fleet import tables
from ninefold.kernel.errors import StoreError, StoreLocked, StoreTooOld


class Database:
    """The connection and its transactions. One object belongs to one thread."""

    def __init__(self, path: Path) -> None:
        """Open the file, creating it when it does not exist.

        Raises:
            StoreError: not the fleet's file, damaged, disk full.
        """
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with self.mapped():
            self.connection = sqlite3.connect(path, timeout=10.0, isolation_level=None)
            try:
                self._open()
            except BaseException:
                self.connection.close()
                raise

    def _open(self) -> None:
        db = self.connection
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        application = db.execute("PRAGMA application_id").fetchone()[0]
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if application == 0 and db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0:
            with self.writing():
                if db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0:  # nobody else was faster
                    for statement in tables.TABLES:
                        db.execute(statement)
                    db.execute(f"PRAGMA application_id={tables.APPLICATION}")
                    db.execute(f"PRAGMA user_version={tables.VERSION}")
        elif application != tables.APPLICATION:
            raise StoreError(f"{self.path} is not the fleet's file.", hint="Name another file, or move it away.")
        elif version != tables.VERSION:
            message = f"The fleet's file {self.path} has schema {version}; this version reads {tables.VERSION}."
            raise StoreTooOld(message, hint="Use the version of ninefold that wrote it.")

    def close(self) -> None:
        """Close the file; closing twice is harmless."""
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Run a block in one transaction: all of it is there afterwards, or nothing."""
        with self.mapped():
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:  # SQLite itself rolls back when the disk is full
                    self.connection.execute("ROLLBACK")
                raise

    @contextmanager
    def mapped(self) -> Iterator[None]:
        """Turn SQLite's errors into ours."""
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                message = f"The fleet's file {self.path} is locked by another process."
                raise StoreLocked(message, hint="Run one fleet service per project.") from error
            raise StoreError(f"The fleet's file {self.path} failed: {error}.", hint="Check disk and folder.") from error
