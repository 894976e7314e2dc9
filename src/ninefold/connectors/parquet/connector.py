"""Parquet files as a table, read by DuckDB."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ninefold.connectors.snapshot import ROW, columns_of, literal, opened, write
from ninefold.connectors.tables import TableSettings, files_of
from ninefold.kernel.errors import InvalidInput


class ParquetTable:
    """The files of one connection; all have the same columns."""

    def __init__(self, name: str, settings: TableSettings, root: Path) -> None:
        self.name = name
        self.settings = settings
        self.root = root

    def files(self) -> list[Path]:
        """Return its files."""
        return files_of(self.settings, self.root)

    def describe(self) -> Mapping[str, str]:
        """Return the columns of a snapshot with their types. See the contract."""
        with opened(self.settings.times_in) as connection:
            found = self._found(connection, self.files())
        return {c.name: c.type for c in columns_of(self.settings, found, self._where())}

    def snapshot(self, out: Path) -> int:
        """Write the rows as Parquet. See the contract."""
        files = self.files()
        with opened(self.settings.times_in) as connection:
            columns = columns_of(self.settings, self._found(connection, files), self._where())
            names = ", ".join(literal(str(f)) for f in files)
            relation = f"(SELECT *, row_number() OVER () - 1 AS {ROW} FROM read_parquet([{names}]))"  # noqa: S608 - quoted
            return write(connection, columns, relation, out, self._where(), 1)

    def _where(self) -> str:
        return f"{self.name} ({Path(self.settings.path).name})"

    def _found(self, connection: Any, files: list[Path]) -> dict[str, str]:
        """Return column -> SQL type; every file has the same."""
        first = _columns(connection, files[0])
        for file in files[1:]:
            other = _columns(connection, file)
            for name in sorted(first.keys() | other.keys()):
                if first.get(name) != other.get(name):
                    here, there = (f.get(name, "absent") for f in (other, first))
                    said = f"{here} in {file.name} and {there} in {files[0].name}"
                    raise InvalidInput(f"{self.name}: the column {name!r} is {said}.", hint="Export them alike.")
        return first


def _columns(connection: Any, file: Path) -> dict[str, str]:
    with file.open("rb") as stream:
        if stream.read(4) != b"PAR1":
            raise InvalidInput(f"{file.name} is no Parquet file.", hint="Check the path, or use the connector csv.")
    query = f"DESCRIBE SELECT * FROM read_parquet({literal(str(file))})"  # noqa: S608 - quoted
    rows = connection.execute(query).fetchall()
    return {name: type_ for name, type_, *_ in rows}
