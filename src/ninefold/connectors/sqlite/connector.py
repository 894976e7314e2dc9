"""A table of an SQLite file, opened read-only by Python's own sqlite3 (DuckDB's extension would be a download)."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from ninefold.connectors.snapshot import ROW, columns_of, opened, quoted, write
from ninefold.connectors.tables import TableSettings, files_of
from ninefold.kernel.decode import nearest
from ninefold.kernel.errors import ConnectorError, InvalidInput, NotFound, Unreachable

WAIT_S = 5.0  # for another process's lock
ROWS_AT_ONCE = 50_000


class SqliteTable:
    """One table of one file."""

    def __init__(self, name: str, settings: TableSettings, root: Path) -> None:
        self.name = name
        self.settings = settings
        self.root = root

    def files(self) -> list[Path]:
        """Return its file."""
        files = files_of(self.settings, self.root)
        if len(files) > 1:
            raise InvalidInput(f"{self.settings.path} matches {len(files)} files; a database is one.", hint="Name it.")
        return files

    def describe(self) -> Mapping[str, str]:
        """Return the columns of a snapshot with their types. See the contract."""
        with self._database() as database:
            names = self._names(database)
        return {c.name: c.type for c in columns_of(self.settings, dict.fromkeys(names, "VARCHAR"), self._where())}

    def snapshot(self, out: Path) -> int:
        """Write the rows as Parquet. See the contract."""
        with self._database() as database, opened(self.settings.times_in) as connection:
            names = self._names(database)
            columns = columns_of(self.settings, dict.fromkeys(names, "VARCHAR"), self._where())
            needed = sorted({c.source for c in columns if c.source})
            declared = ", ".join(f"{quoted(n)} VARCHAR" for n in needed)
            connection.execute(f"CREATE TABLE source ({ROW} BIGINT, {declared})")
            for part in self._rows(database, needed):
                connection.register("part", part)
                connection.execute("INSERT INTO source SELECT * FROM part")
                connection.unregister("part")
            return write(connection, columns, "source", out, self._where(), 1)

    def _where(self) -> str:
        return f"{self.name} ({Path(self.settings.path).name})"

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        file = self.files()[0]
        try:
            with closing(sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True, timeout=WAIT_S)) as database:
                yield database
        except sqlite3.OperationalError as error:
            if "locked" in str(error) or "busy" in str(error):
                message = f"{file.name} is locked by another process for longer than {WAIT_S:g} s."
                raise Unreachable(message, hint="Repeat when its writer is done.") from error
            raise ConnectorError(f"{file.name} cannot be read: {error}.", hint="Check the file.") from error
        except sqlite3.DatabaseError as error:
            message = f"{file.name} is damaged, or no SQLite database: {error}."
            raise ConnectorError(message, hint="Restore it from a copy, or correct path: in the connection.") from error

    def _names(self, database: sqlite3.Connection) -> list[str]:
        rows = database.execute("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')").fetchall()
        tables = sorted(name for (name,) in rows if not name.startswith("sqlite_"))
        table = self.settings.table
        if table is None or table not in tables:
            said = "names no table" if table is None else f"has no table {table!r}"
            hint = nearest(table or "", tables) or "Fill the database first."
            raise NotFound(f"{self._where()} {said}.", hint=hint)
        return [name for _, name, *_ in database.execute(f"PRAGMA table_info({quoted(table)})").fetchall()]

    def _rows(self, database: sqlite3.Connection, names: list[str]) -> Iterator[dict[str, Any]]:
        """Yield parts of the table as text columns, in the table's own order."""
        items = ", ".join(quoted(n) for n in names)
        cursor = database.execute(f"SELECT {items} FROM {quoted(self.settings.table or '')}")  # noqa: S608 - names are quoted
        start = 0
        while part := cursor.fetchmany(ROWS_AT_ONCE):
            columns = dict(zip(names, zip(*part, strict=True), strict=True))
            texts = {n: np.array([self._text(n, v) for v in values], dtype=object) for n, values in columns.items()}
            yield {ROW: np.arange(start, start + len(part)), **texts}
            start += len(part)

    def _text(self, column: str, value: Any) -> str | None:
        """Return a value as text that reads back as the same value."""
        if isinstance(value, bytes):
            message = f"{self._where()}: {column} holds bytes, expected numbers or text."
            raise InvalidInput(message, hint="Leave the column out.")
        return value if value is None or isinstance(value, str) else repr(value)
