"""CSV files as a table: one pass checks the encoding, then DuckDB reads every column as text and casts with names."""

import codecs
import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ninefold.connectors.snapshot import ROW, Column, literal
from ninefold.connectors.table import Table
from ninefold.kernel.errors import InvalidInput

CHUNK = 1 << 20
MAX_HEADER = 1 << 16


class CsvTable(Table):
    """The files of one connection, with one header each."""

    first_line = 2

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
        del connection, columns
        for file in files:
            _check_encoding(file)
        names = ", ".join(literal(str(f)) for f in files)
        options = f"header = true, all_varchar = true, delim = {literal(self.settings.delimiter)}, quote = '\"'"
        strict = "strict_mode = true, null_padding = false, auto_detect = false"
        types = ", ".join(f"{literal(n)}: 'VARCHAR'" for n in self._names(files[0]))
        read = f"read_csv([{names}], {options}, {strict}, columns = {{{types}}})"
        return f"(SELECT *, row_number() OVER () - 1 AS {ROW} FROM {read})"

    def _names(self, file: Path) -> list[str]:
        with file.open("rb") as stream:
            line = stream.readline(MAX_HEADER)
        try:
            text = line.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise _not_utf8(file, 1) from None
        names = next(csv.reader([text], delimiter=self.settings.delimiter), [])
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
