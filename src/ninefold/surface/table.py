"""A table as a step returns it and every surface renders it: cells are values, never markup."""

import msgspec

Cell = str | int | float | None


class Table(msgspec.Struct, frozen=True):
    """Rows under named columns, the sentences that belong below them, and what is said when there is no row.

    Every row has one cell per column; None is shown as an empty cell.

    Raises:
        ValueError: a row is longer or shorter than the columns.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    empty: str = ""

    def __post_init__(self) -> None:
        for number, row in enumerate(self.rows):
            if len(row) != len(self.columns):
                message = f"row {number} of the table {self.title!r} has {len(row)} cells for {len(self.columns)}"
                raise ValueError(f"{message} columns")
