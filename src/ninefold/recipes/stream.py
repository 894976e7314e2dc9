"""The recipe at work on pushes of rows: what a push completes comes out, whatever the cuts.

`state` and `restore` carry a runner over a restart in the middle of a window: JSON and raw arrays, never a pickle.
"""

from collections.abc import Mapping

import numpy as np

from ninefold.kernel.canonical import digest
from ninefold.kernel.decode import nearest
from ninefold.kernel.errors import InvalidInput
from ninefold.recipes.operations import AsOf
from ninefold.recipes.operations.admit import AdmitKernel
from ninefold.recipes.operations.operation import Kernel
from ninefold.recipes.operations.sources import AsOfKernel
from ninefold.recipes.recipe import Recipe
from ninefold.recipes.schema import Kind
from ninefold.recipes.state import Saved, pack, unpack
from ninefold.recipes.table import NO_TIME, Batch, entities, null_mask, plain, times
from ninefold.vocabulary.columns import Array, Columns, length

MAX_ENTITIES = 100_000


def kinds_of(columns: Columns) -> dict[str, Kind]:
    """Return the kind of each column: text for object arrays, else number."""
    return {n: "text" if a.dtype.kind in "OU" else "number" for n, a in columns.items()}


class Runner:
    """One recipe over one stream of rows. Not thread-safe. `tables` holds the inputs of as-of joins."""

    def __init__(self, recipe: Recipe, tables: Mapping[str, Columns] | None = None) -> None:
        self.recipe = recipe
        self.tables = dict(tables or {})
        self.names: list[str] = []  # entities by code
        self.kinds: dict[str, Kind] = {}  # of the source's columns, fixed by the first push
        self.kernels: list[Kernel] = []
        self.skipped = 0  # rows without entity or time
        self._codes: dict[str, int] = {}
        self._outputs: dict[str, str] = {}
        self._nothing: dict[str, Array] | None = None

    @property
    def late(self) -> int:
        """The number of rows that came too late and were dropped."""
        return sum(k.late for k in self.kernels if isinstance(k, AdmitKernel))

    def push(self, columns: Columns) -> dict[str, Array]:
        """Return the rows that are complete now: asset, frame, t, t_start, context, features. Empty before the first.

        Raises:
            InvalidInput: a column is missing, has changed its kind, or a step cannot work on it.
        """
        length(columns)
        if not self.kernels:
            self._open(kinds_of(columns))
        batch = self._batch(columns)
        for kernel in self.kernels:
            batch = kernel.push(batch)
            if not len(batch) and self._nothing is not None:  # most pushes of a live stream close no frame
                return dict(self._nothing)
        result = self._result(batch)
        if not len(batch):
            self._nothing = result
        return result

    def state(self) -> bytes:
        """Return all that is remembered between pushes."""
        return pack(Saved(digest(self.recipe), self.kinds, self.names, self.skipped, self.late), self.kernels)

    @classmethod
    def restore(cls, recipe: Recipe, state: bytes, tables: Mapping[str, Columns] | None = None) -> "Runner":
        """Return a runner that continues where `state` was taken.

        Raises:
            InvalidInput: the state is damaged, or belongs to another recipe.
        """
        saved, held = unpack(state)
        if saved.recipe != digest(recipe):
            raise InvalidInput("The state belongs to another recipe.", hint="Start the stream anew.")
        runner = cls(recipe, tables)
        if saved.kinds:
            runner._open(saved.kinds)
        if len(held) != len(runner.kernels):
            raise InvalidInput("The state is damaged: it holds other steps than the recipe.")
        runner.names.extend(saved.names)
        runner._codes = {n: i for i, n in enumerate(saved.names)}
        runner.skipped = saved.skipped
        for kernel, batches in zip(runner.kernels, held, strict=True):
            kernel.held = batches
            if isinstance(kernel, AdmitKernel):
                kernel.late = saved.late
        return runner

    def _open(self, kinds: Mapping[str, Kind]) -> None:
        recipe = self.recipe
        for name in recipe.rights:
            if name not in self.tables:
                raise InvalidInput(f"The recipe joins {name!r}, which is not given.", hint="Pass it in `tables`.")
        rights = {n: kinds_of(self.tables[n]) for n in recipe.rights}
        schemas = recipe.bind({recipe.rows: kinds, **rights})
        wanted = set(schemas[0].columns)
        self.kinds = {n: k for n, k in kinds.items() if n in wanted}
        self.kernels = [s.kernel(schema, self.names) for s, schema in zip(recipe.plan, schemas, strict=False)]
        for step, kernel in zip(recipe.plan, self.kernels, strict=True):
            if isinstance(kernel, AsOfKernel) and isinstance(step, AsOf):
                kernel.learn(self.tables[step.right])
        self._outputs = recipe.outputs(schemas[-1])

    def _batch(self, columns: Columns) -> Batch:
        keys, parses = self.recipe.keys, self.recipe.parses
        for name in self.kinds:
            if name not in columns:
                raise InvalidInput(f"The push has no column {name!r}.", hint=nearest(name, columns))
        moments = columns[keys.time]
        t = parses.parse(moments) if parses is not None else times(keys.time, moments)
        who = entities(keys.entity, columns[keys.entity])
        names = who.tolist()
        known = list(map(self._codes.get, names))
        code = np.array([self._code(n) for n in names] if None in known else known, dtype=np.int64)
        rest = {n: self._plain(n, columns[n]) for n in self.kinds if n not in {keys.time, keys.entity}}
        batch = Batch(code, t, rest)
        usable = (t != NO_TIME) & (code >= 0)
        if usable.all():
            return batch
        self.skipped += int(np.count_nonzero(~usable))
        return batch.take(usable)

    def _code(self, name: str | None) -> int:
        if name is None:
            return -1
        code = self._codes.get(name)
        if code is None:
            code = self._codes[name] = len(self.names)
            self.names.append(name)
            if code >= MAX_ENTITIES:
                raise InvalidInput(f"The stream names more than {MAX_ENTITIES} entities.", hint="Check the entity key.")
        return code

    def _plain(self, name: str, array: Array) -> Array:
        array = plain(name, array)
        kind = self.kinds[name]
        if (array.dtype == object) != (kind == "text"):
            if null_mask(array).all():
                return np.full(
                    len(array), None if kind == "text" else np.nan, dtype=object if kind == "text" else float
                )
            raise InvalidInput(f"The column {name!r} was {kind} before, and now is not.", hint="Keep a column's type.")
        return array

    def _result(self, batch: Batch) -> dict[str, Array]:
        keys, found = self.recipe.keys, {}
        for name, column in self._outputs.items():
            if column == keys.entity:
                names = np.array(self.names, dtype=object) if self.names else np.empty(0, dtype=object)
                found[name] = names[batch.code]
            elif column == keys.time:
                found[name] = batch.t
            else:
                found[name] = batch.columns[column]
        return found
