"""Parquet files as a table, read by DuckDB."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ninefold.connectors.snapshot import ROW, Column, literal
from ninefold.connectors.table import Table
from ninefold.kernel.errors import InvalidInput


class ParquetTable(Table):
    """The files of one connection; all have the same columns."""

    def _relation(self, connection: Any, files: Sequence[Path], columns: Sequence[Column]) -> str:
        del connection, columns
        names = ", ".join(literal(str(f)) for f in files)
        return f"(SELECT *, row_number() OVER () - 1 AS {ROW} FROM read_parquet([{names}]))"

    def _found(self, connection: Any, files: Sequence[Path]) -> Mapping[str, str]:
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
    query = f"DESCRIBE SELECT * FROM read_parquet({literal(str(file))})"
    rows = connection.execute(query).fetchall()
    return {name: type_ for name, type_, *_ in rows}
