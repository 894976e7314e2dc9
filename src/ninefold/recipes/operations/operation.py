"""What every operation has: the columns it reads and makes, its SQL, and its kernel over numpy batches."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import ClassVar

import msgspec
import numpy as np

from ninefold.kernel.errors import InvalidInput
from ninefold.recipes.schema import Schema
from ninefold.recipes.sql import Generator, listed, quoted
from ninefold.recipes.table import Batch
from ninefold.vocabulary.columns import Array


class Kernel:
    """An operation at work. All that it remembers between pushes stands in `held`, as batches by name."""

    def __init__(self) -> None:
        self.held: dict[str, Batch] = {}

    def push(self, batch: Batch) -> Batch:
        """Return the rows that a push completes. Rows come in sorted by entity and time, and go out so."""
        raise NotImplementedError


class Rows(Kernel):
    """A kernel without memory."""

    def __init__(self, work: Callable[[Batch], Batch]) -> None:
        super().__init__()
        self.work = work

    def push(self, batch: Batch) -> Batch:
        return self.work(batch)


class Operation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One step of a recipe."""

    keeps_order: ClassVar[bool] = False  # whether its SQL gives rows in the order in which they came

    def reads(self) -> Iterable[str]:
        """Return the names of the columns that the step needs."""
        return ()

    @abstractmethod
    def columns(self, schema: Schema) -> Schema:
        """Return the schema after the step.

        Raises:
            InvalidInput: the step cannot work on these columns.
        """

    @abstractmethod
    def sql(self, to: Generator, schema: Schema) -> None:
        """Add the step's common table expressions; `schema` is the one before the step."""

    @abstractmethod
    def kernel(self, schema: Schema, names: list[str]) -> Kernel:
        """Return the step's kernel; `names` are the entities by code, growing as they appear."""


def select(schema: Schema, changed: Mapping[str, str], source: str) -> str:
    """Return a select of all columns, with expressions for the changed and the new ones."""
    kept = [name for name in schema.columns if name not in changed]
    items = [quoted(name) for name in kept]
    items += [f"{sql} AS {quoted(name)}" for name, sql in changed.items()]
    return f"SELECT {listed(items)} FROM {source}"


def scope(batch: Batch, schema: Schema, names: list[str], wanted: Iterable[str]) -> dict[str, Array]:
    """Return the columns that an expression reads, keys included."""
    found = {}
    for name in wanted:
        if name == schema.keys.time:
            found[name] = batch.t
        elif name == schema.keys.entity:
            found[name] = np.array(names, dtype=object)[batch.code] if names else np.empty(0, object)
        else:
            found[name] = batch.columns[name]
    return found


def at_frames(schema: Schema, purpose: str) -> None:
    """Check that rows are still samples.

    Raises:
        InvalidInput: a window or resample stands before.
    """
    if schema.level == "frame":
        raise InvalidInput(f"{purpose} must stand before the window, where rows are samples.")
