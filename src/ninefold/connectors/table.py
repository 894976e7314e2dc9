"""One table: checks, sorting and what is common stand here once; a format brings its columns and its rows."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from ninefold.connectors.snapshot import Column, check, columns_of, opened, plain, quoted, write
from ninefold.connectors.tables import TableSettings, files_of


class Table(ABC):
    """The fixed outside of every table; the author of a format writes `_found` and `_relation`."""

    first_line: int = 1  # how people number the first row

    def __init__(self, name: str, settings: TableSettings, root: Path) -> None:
        self.name = name
        self.settings = settings
        self.root = root

    @property
    def where(self) -> str:
        """How messages name it."""
        return f"{self.name} ({Path(self.settings.path).name})"

    def files(self) -> list[Path]:
        """Return its files. See the contract."""
        return files_of(self.settings, self.root)

    def describe(self) -> Mapping[str, str]:
        """Return the columns of a snapshot with their types. See the contract."""
        with opened(self.settings.times_in) as connection:
            found = self._found(connection, self.files())
        return {c.name: c.type for c in columns_of(self.settings, found, self.where)}

    def snapshot(self, out: Path) -> int:
        """Write the rows as Parquet. See the contract."""
        with self._checked(self.settings) as (connection, columns, relation, rows):
            write(connection, columns, relation, out)
            return rows

    @contextmanager
    def loaded(self, signals: Collection[str]) -> Iterator[tuple[Any, str]]:
        """Yield a DuckDB connection and the name of a table with the keys and these signals. See the contract."""
        tags = tuple(t for t in self.settings.tags if t.signal in signals)
        part = self.settings
        if self.settings.holds_events or tags:
            part = msgspec.structs.replace(self.settings, tags=tags)
        with self._checked(part) as (connection, columns, relation, _):
            connection.execute(f"CREATE TEMP TABLE {quoted('loaded')} AS {plain(columns, relation)}")
            yield connection, quoted("loaded")

    @contextmanager
    def _checked(self, settings: TableSettings) -> Iterator[tuple[Any, Sequence[Column], str, int]]:
        files = self.files()
        with opened(settings.times_in) as connection:
            columns = columns_of(settings, self._found(connection, files), self.where)
            relation = self._relation(connection, files, columns)
            rows = check(connection, columns, relation, self.where, self.first_line)
            yield connection, columns, relation, rows

    @abstractmethod
    def _found(self, connection: Any, files: Sequence[Path]) -> Mapping[str, str]:
        """Return the source's columns with their SQL types."""

    @abstractmethod
    def _relation(self, connection: Any, files: Sequence[Path], columns: Sequence[Column]) -> str:
        """Return SQL for the rows, with a column __row that numbers them from 0."""
