"""A table as a step returns it and every surface renders it: cells are values, never markup."""

import msgspec

from ninefold.surface.cells import Cell
from ninefold.surface.words import Text

__all__ = ["Cell", "Table"]


class Table(msgspec.Struct, frozen=True, tag=True):
    """Rows under named columns, the sentences that belong below them, and what is said when there is no row.

    Every row has one cell per column; None is shown as an empty cell. `more` is the address of the next page of rows.

    Raises:
        ValueError: a row is longer or shorter than the columns.
    """

    title: Text
    columns: tuple[Text, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[Text, ...] = ()
    empty: Text = ""
    more: str = ""

    def __post_init__(self) -> None:
        for number, row in enumerate(self.rows):
            if len(row) != len(self.columns):
                message = f"row {number} of the table {str(self.title)!r} has {len(row)} cells for {len(self.columns)}"
                raise ValueError(f"{message} columns")
