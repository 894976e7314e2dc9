"""CSV files as a table: one pass checks the encoding, then DuckDB reads every column as text and casts with names.

A blank as delimiter stands for any number of blanks: columns that are only set apart for the eye.
"""

import codecs
import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ninefold.connectors.snapshot import ROW, Column, literal, quoted
from ninefold.connectors.table import Table
from ninefold.connectors.tables import TableSettings
from ninefold.kernel.errors import InvalidInput

CHUNK = 1 << 20
MAX_HEADER = 1 << 16


class CsvTable(Table):
    """The files of one connection, with one header each, or with the header that the connection gives."""

    def __init__(self, name: str, settings: TableSettings, root: Path) -> None:
        super().__init__(name, settings, root)
        self.first_line = 1 if settings.header else 2

    def _found(self, connection: Any, files: Sequence[Path]) -> Mapping[str, str]:
        """Return the columns of the first file; the others must have the same."""
        del connection
        first = self._names(files[0])
        for file in files[1:]:
            other = self._names(file)
            if other != first:
                odd = ", ".join(sorted(set(other) ^ set(first))) or "their order"
                message = f"{file.name} has other columns than {files[0].name}: {odd}."
                raise InvalidInput(message, hint="Export it again.")
        return dict.fromkeys(first, "VARCHAR")

    def _relation(self, connection: Any, files: Sequence[Path], columns: Sequence[Column]) -> str:
        del columns
        for file in files:
            _check_encoding(file)
        if self.settings.delimiter == " ":
            return self._blanks(connection, files)
        options = f"delim = {literal(self.settings.delimiter)}, quote = '\"'"
        return f"(SELECT *, row_number() OVER () - 1 AS {ROW} FROM {self._read(files, options, self._names(files[0]))})"

    def _read(self, files: Sequence[Path], options: str, names: Sequence[str]) -> str:
        """Return SQL for the rows of files as text."""
        listed = ", ".join(literal(str(f)) for f in files)
        header = "false" if self.settings.header else "true"
        strict = "all_varchar = true, strict_mode = true, null_padding = false, auto_detect = false"
        types = ", ".join(f"{literal(n)}: 'VARCHAR'" for n in names)
        return f"read_csv([{listed}], header = {header}, {options}, {strict}, columns = {{{types}}})"

    def _blanks(self, connection: Any, files: Sequence[Path]) -> str:
        """Return SQL for rows whose values stand apart by blanks or tabs, in any number and at the ends, too.

        Raises:
            InvalidInput: a line holds more or fewer values than there are columns.
        """
        names = self._names(files[0])
        # each line is one value: no delimiter, no quote and no escape of it can stand in a text
        whole = self._read(files, "delim = '\x01', quote = '', escape = ''", ["line"])
        lines = f"(SELECT row_number() OVER () - 1 AS {ROW}, trim(\"line\", ' \t\r') AS line FROM {whole})"
        parts = rf"(SELECT {ROW}, regexp_split_to_array(line, '[ \t]+') AS parts FROM {lines} WHERE line <> '')"
        odd = f"SELECT {ROW}, len(parts) FROM {parts} WHERE len(parts) <> {len(names)} ORDER BY {ROW} LIMIT 1"
        found = connection.execute(odd).fetchone()
        if found is not None:
            row, count = found
            message = f"{self.where}, line {row + self.first_line}: {count} values, expected {len(names)}."
            raise InvalidInput(message, hint="Correct the line, or header: in the connection.")
        items = ", ".join(f"parts[{place}] AS {quoted(n)}" for place, n in enumerate(names, 1))
        return f"(SELECT {items}, {ROW} FROM {parts})"

    def _names(self, file: Path) -> list[str]:
        if self.settings.header:
            return list(self.settings.header)
        with file.open("rb") as stream:
            line = stream.readline(MAX_HEADER)
        try:
            text = line.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise _not_utf8(file, 1) from None
        blanks = self.settings.delimiter == " "
        names = text.split() if blanks else next(csv.reader([text], delimiter=self.settings.delimiter), [])
        if not names:
            raise InvalidInput(
                f"{file.name} is empty: it has no header.", hint="Check that the export wrote something."
            )
        twice = sorted({n for n in names if names.count(n) > 1})
        if twice:
            raise InvalidInput(f"{file.name} has the column {twice[0]!r} more than once.", hint="Rename one of them.")
        if len(names) == 1 and self.settings.delimiter not in text and any(c in text for c in ";\t|"):
            message = f"{file.name} has one column only: it is not separated by {self.settings.delimiter!r}."
            raise InvalidInput(message, hint='Set delimiter: in the connection, for example ";".')
        return names


def _check_encoding(file: Path) -> None:
    """Read a file once.

    Raises:
        InvalidInput: it is not UTF-8; the line of the first bad byte is named.
    """
    decoder: Any = codecs.getincrementaldecoder("utf-8")()
    line = 1
    with file.open("rb") as stream:
        while True:
            data = stream.read(CHUNK)
            try:
                decoder.decode(data, final=not data)
            except UnicodeDecodeError as error:
                raise _not_utf8(file, line + error.object[: error.start].count(b"\n")) from None
            line += data.count(b"\n")
            if not data:
                return


def _not_utf8(file: Path, line: int) -> InvalidInput:
    return InvalidInput(f"{file.name}, line {line}: a byte is not UTF-8.", hint="Export it as UTF-8.")
