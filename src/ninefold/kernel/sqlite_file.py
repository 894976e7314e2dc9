"""A SQLite file of ours: how it is opened and created, one transaction at a time, and what SQLite's errors mean.

WAL with synchronous=FULL: what a transaction has committed survives a power cut.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Self

from ninefold.kernel.errors import DiskFull, StoreError, StoreLocked, StoreTooOld

_NETWORK_FILE_SYSTEMS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "ceph", "glusterfs", "lustre"}


class FileKind(NamedTuple):
    """What a file is, by its application id and schema version, and what a person does when it fails."""

    noun: str  # "evidence store"
    application: int
    version: int
    locked: str  # hint: another process holds it
    older: str  # hint: another version wrote it
    failed: str  # hint: it is damaged or fails
    full: str = "Free space, then repeat."


class SqliteFile:
    """The connection to one file and its transactions. One object belongs to one thread."""

    def __init__(
        self, path: Path, kind: FileKind, create: Callable[[sqlite3.Connection], None], *, busy_s: float = 10.0
    ) -> None:
        """Open a file; when it does not exist or is empty, `create` makes its tables in one transaction.

        Raises:
            StoreError: on a network file system, a file of another kind, damaged, or the disk is full.
            StoreTooOld: written by another schema version.
            StoreLocked: another process holds it longer than `busy_s` seconds.
        """
        self.path, self.kind = path, kind
        path.parent.mkdir(parents=True, exist_ok=True)
        refuse_network(path)
        # while another connection recovers the file, SQLite says busy without waiting: so wait here
        deadline = time.monotonic() + busy_s
        while True:
            with self.mapped():
                self.connection = sqlite3.connect(path, timeout=busy_s, isolation_level=None)
            try:
                with self.mapped():
                    self._open(create)
            except StoreLocked:
                self.connection.close()
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
            except BaseException:
                self.connection.close()
                raise
            else:
                return

    def _open(self, create: Callable[[sqlite3.Connection], None]) -> None:
        self.connection.execute("PRAGMA journal_mode=WAL")
        self.connection.execute("PRAGMA synchronous=FULL")
        kind = self.kind
        if self._empty():
            with self.writing() as db:
                if self._empty() and self._marks() == (0, 0):  # nobody else was faster
                    create(db)
                    db.execute(f"PRAGMA application_id={kind.application}")
                    db.execute(f"PRAGMA user_version={kind.version}")
        application, version = self._marks()  # read last: whoever made the tables made these in the same transaction
        if application != kind.application:
            message = f"{self.path} is a SQLite file, but no {kind.noun}."
            raise StoreError(message, hint="Name another file, or move this one away.")
        if version != kind.version:
            message = (
                f"The {kind.noun} {self.path} has schema {version}; this version of ninefold reads {kind.version}."
            )
            raise StoreTooOld(message, hint=kind.older)

    def _empty(self) -> bool:
        return self._number("SELECT count(*) FROM sqlite_schema") == 0

    def _marks(self) -> tuple[int, int]:
        return self._number("PRAGMA application_id"), self._number("PRAGMA user_version")

    def _number(self, query: str) -> int:
        return int(self.connection.execute(query).fetchone()[0])

    def counter(self) -> int:
        """Return a number that is another one as soon as another connection has written to the file."""
        with self.mapped():
            return self._number("PRAGMA data_version")

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
            raise self._mapped(error) from error

    def _mapped(self, error: sqlite3.Error) -> StoreError:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        path, kind = self.path, self.kind
        what = f"The {kind.noun} {path}"
        match code:
            case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
                return StoreLocked(f"{what} is locked by another process.", hint=kind.locked)
            case sqlite3.SQLITE_FULL | sqlite3.SQLITE_IOERR:  # a quota or a file limit reports an I/O error
                message = f"The disk that holds {path} is full or failing; nothing was written ({error})."
                return DiskFull(message, hint=kind.full)
            case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT:
                return StoreError(f"{path} is damaged or no SQLite file.", hint=kind.failed)
            case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
                message = f"{what} cannot be opened for writing."
                return StoreError(message, hint="Check the folder's permissions.")
        return StoreError(f"{what} failed: {error}.", hint=kind.failed)


def refuse_network(path: Path) -> None:
    """Refuse a folder on a network file system, where SQLite's locks do not hold."""
    folder = str(path.parent.resolve())
    best, kind = "", ""
    try:
        mounts = Path("/proc/mounts").read_text(encoding="utf-8")
    except FileNotFoundError:
        return  # no Linux; the documentation states the rule
    for line in mounts.splitlines():
        _, point, file_system, *_ = line.split()
        inside = folder == point or folder.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, file_system
    if kind in _NETWORK_FILE_SYSTEMS:
        message = f"{path} would lie on a network file system ({kind}), where its locks do not hold."
        raise StoreError(message, hint="Keep its folder on a local disk.")
