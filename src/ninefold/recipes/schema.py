"""What a step sees: the keys, the columns with their kinds, and whether rows are samples or frames."""

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from ninefold.kernel.decode import nearest
from ninefold.kernel.errors import InvalidInput

Kind = Literal["number", "text", "time", "any"]

START = "t_start"  # the column that holds the beginning of a frame or grid cell, µs


class Keys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The columns that identify a row: the asset, the time of the sample, and the frame that it belongs to."""

    entity: str = "asset"
    time: str = "ts"
    frame: str | None = None


class Schema(msgspec.Struct, frozen=True):
    """The columns at one place of a recipe. `open`: the source's columns are not known yet, so any name may exist."""

    keys: Keys
    columns: Mapping[str, Kind]
    tables: Mapping[str, Mapping[str, float]] = {}  # the recipe's lookup tables
    rights: Mapping[str, Mapping[str, Kind]] | None = None  # columns of the inputs of as-of joins; None: not known yet
    open: bool = False
    level: Literal["row", "frame"] = "row"
    context: tuple[str, ...] = ()  # carried through window or resample; no features

    def kind(self, name: str) -> Kind:
        """Return a column's kind.

        Raises:
            InvalidInput: there is no such column.
        """
        kind = self.columns.get(name)
        if kind is None:
            if self.open:
                return "any"
            raise InvalidInput(f"There is no column {name!r} at this step.", hint=nearest(name, self.columns))
        return kind

    def numeric(self, names: Iterable[str], purpose: str) -> None:
        """Check that columns exist and are numbers.

        Raises:
            InvalidInput: one is missing, is text, or is a key.
        """
        for name in names:
            self.changeable(name, purpose)
            if self.kind(name) == "text":
                raise InvalidInput(f"{purpose} needs numbers, but {name!r} is text.", hint=f"Cast {name!r} first.")

    def changeable(self, name: str, purpose: str) -> None:
        """Check that a column is no key.

        Raises:
            InvalidInput: it is the entity, the time, the frame or the frame's start.
        """
        if name in {self.keys.entity, self.keys.time, self.keys.frame, START}:
            raise InvalidInput(f"{purpose} cannot change the key {name!r}.", hint="Derive a column of another name.")

    def add(self, columns: Mapping[str, Kind], purpose: str) -> "Schema":
        """Return the schema with new columns.

        Raises:
            InvalidInput: a name stands already or is reserved.
        """
        for name in columns:
            check_name(name)
            if name in self.columns:
                hint = "Choose another name, or derive the column."
                raise InvalidInput(f"{purpose} makes the column {name!r}, which exists already.", hint=hint)
        return self.replace(columns)

    def replace(self, columns: Mapping[str, Kind]) -> "Schema":
        """Return the schema with columns added or replaced."""
        return msgspec.structs.replace(self, columns={**self.columns, **columns})


def check_name(name: str) -> None:
    """Check that a name may be a column.

    Raises:
        InvalidInput: it is empty, long, holds a control character, or begins with two underscores.
    """
    if not name or len(name) > 200 or any(ord(c) < 32 for c in name):
        raise InvalidInput(f"{name[:40]!r} cannot be the name of a column.")
    if name.startswith("__"):
        raise InvalidInput(f"The column name {name!r} is reserved.", hint="Begin it with a letter.")
    if name in {"t", "frame"}:
        raise InvalidInput(f"The column name {name!r} is the result's own.", hint="Choose another name.")
