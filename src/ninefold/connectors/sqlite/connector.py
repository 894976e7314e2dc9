"""A table of an SQLite file, opened read-only by Python's own sqlite3 (DuckDB's extension would be a download)."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from ninefold.connectors.snapshot import ROW, Column, quoted
from ninefold.connectors.table import Table
from ninefold.kernel.decode import nearest
from ninefold.kernel.errors import ConnectorError, InvalidInput, NotFound, Unreachable

WAIT_S = 5.0  # for another process's lock
ROWS_AT_ONCE = 50_000


class SqliteTable(Table):
    """One table of one file."""

    def files(self) -> list[Path]:
        """Return its file."""
        files = super().files()
        if len(files) > 1:
            raise InvalidInput(f"{self.settings.path} matches {len(files)} files; a database is one.", hint="Name it.")
        return files

    def _found(self, connection: Any, files: Sequence[Path]) -> Mapping[str, str]:
        del connection
        with self._database(files[0]) as database:
            return dict.fromkeys(self._names(database), "VARCHAR")

    def _relation(self, connection: Any, files: Sequence[Path], columns: Sequence[Column]) -> str:
        needed = sorted({c.source for c in columns if c.source})
        declared = ", ".join(f"{quoted(n)} VARCHAR" for n in needed)
        connection.execute(f"CREATE TEMP TABLE source ({ROW} BIGINT, {declared})")
        with self._database(files[0]) as database:
            for part in self._rows(database, needed):
                connection.register("part", part)
                connection.execute("INSERT INTO source SELECT * FROM part")
                connection.unregister("part")
        return "source"

    @contextmanager
    def _database(self, file: Path) -> Iterator[sqlite3.Connection]:
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
            raise NotFound(f"{self.where} {said}.", hint=hint)
        return [name for _, name, *_ in database.execute(f"PRAGMA table_info({quoted(table)})").fetchall()]

    def _rows(self, database: sqlite3.Connection, names: list[str]) -> Iterator[dict[str, Any]]:
        """Yield parts of the table as text columns, in the table's own order."""
        items = ", ".join(quoted(n) for n in names)
        cursor = database.execute(f"SELECT {items} FROM {quoted(self.settings.table or '')}")
        start = 0
        while part := cursor.fetchmany(ROWS_AT_ONCE):
            columns = dict(zip(names, zip(*part, strict=True), strict=True))
            texts = {n: np.array([self._text(n, v) for v in values], dtype=object) for n, values in columns.items()}
            yield {ROW: np.arange(start, start + len(part)), **texts}
            start += len(part)

    def _text(self, column: str, value: Any) -> str | None:
        """Return a value as text that reads back as the same value."""
        if isinstance(value, bytes):
            message = f"{self.where}: {column} holds bytes, expected numbers or text."
            raise InvalidInput(message, hint="Leave the column out.")
        return value if value is None or isinstance(value, str) else repr(value)
