"""The recipe: how raw data become features, and events labels; a frozen value that the bundle carries as JSON."""

from collections.abc import Mapping
from functools import cached_property

import msgspec

from ninefold.kernel.canonical import canonical
from ninefold.kernel.errors import InvalidInput
from ninefold.kernel.records import revive
from ninefold.recipes.label import Label
from ninefold.recipes.operations import Admit, AsOf, ParseTime, Python, Step
from ninefold.recipes.schema import START, Keys, Kind, Schema

MAX_STEPS = 100
MAX_BYTES = 1 << 20

Tables = dict[str, dict[str, float]]
Kinds = Mapping[str, Mapping[str, Kind]]  # input -> column -> kind


class Recipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """Inputs by name ("dataset:NAME" or "events:NAME"), keys, steps in order, lookup tables, and the label."""

    inputs: dict[str, str]
    keys: Keys
    steps: tuple[Step, ...] = ()
    tables: Tables = {}
    label: Label | None = None

    @cached_property
    def rows(self) -> str:
        """The input whose rows become features: the one dataset that no as-of join and no label takes.

        Raises:
            InvalidInput: there is none, or more than one.
        """
        taken = {s.right for s in self.steps if isinstance(s, AsOf)}
        found = [n for n, ref in self.inputs.items() if ref.startswith("dataset:") and n not in taken]
        if len(found) != 1:
            names = ", ".join(found) or "none"
            raise InvalidInput(f"A recipe turns the rows of exactly one dataset into features; found {names}.")
        return found[0]

    @cached_property
    def rights(self) -> tuple[str, ...]:
        """The inputs that as-of joins take, as whole tables."""
        return tuple(sorted({s.right for s in self.steps if isinstance(s, AsOf)}))

    @cached_property
    def plan(self) -> tuple[Step, ...]:
        """The steps with the admission that every recipe has, written or not."""
        if any(isinstance(s, Admit) for s in self.steps):
            return self.steps
        head = self.head
        return (*self.steps[:head], Admit(), *self.steps[head:])

    @cached_property
    def head(self) -> int:
        """The number of steps before admission: 1 if the first parses the time key, else 0."""
        return int(bool(self.steps) and self.steps[0] is self.parses)

    @cached_property
    def parses(self) -> ParseTime | None:
        """The step that makes the time key from text."""
        return next((s for s in self.steps if isinstance(s, ParseTime) and s.column == self.keys.time), None)

    @cached_property
    def needed(self) -> tuple[str, ...] | None:
        """The columns of the rows input that can reach the result, keys aside; None: all of them."""
        schema, found = self.opening(), set()
        for step in self.plan:
            found |= {n for n in step.reads() if n not in schema.columns}
            schema = step.columns(schema)
            if not schema.open:
                return tuple(sorted(found))
        return None

    @cached_property
    def centre_only(self) -> tuple[str, ...]:
        """The columns of python steps; an edge refuses a recipe that has any, by their names."""
        return tuple(n for s in self.steps if isinstance(s, Python) for n in s.columns_)

    def opening(self) -> Schema:
        """Return the schema before the first step when the source is not known."""
        kinds: dict[str, Kind] = {self.keys.entity: "text", self.keys.time: "time"}
        if self.keys.frame is not None:
            kinds[self.keys.frame] = "any"
        return Schema(self.keys, kinds, self.tables, open=True)

    def bind(self, kinds: Kinds) -> tuple[Schema, ...]:
        """Return the schema before each step of `plan`, and the last one.

        Raises:
            InvalidInput: an input or column is missing, or a step does not fit; with the step's place.
        """
        known = dict(kinds.get(self.rows, {}))
        for key in (self.keys.entity, self.keys.time, *([self.keys.frame] if self.keys.frame else [])):
            if key not in known:
                raise InvalidInput(f"The input {self.rows!r} has no column {key!r}, which is a key.")
        if known[self.keys.time] == "text" and self.parses is None:
            hint = "Add a step 'parse_time' at the head of the recipe."
            raise InvalidInput(f"The time {self.keys.time!r} is text.", hint=hint)
        known |= {self.keys.entity: "text", self.keys.time: "time"}
        if self.needed is not None:
            known = {n: k for n, k in known.items() if n in {*self.needed, *msgspec.structs.astuple(self.keys)}}
        schemas = [Schema(self.keys, known, self.tables, {n: kinds.get(n, {}) for n in self.rights})]
        for place, step in enumerate(self.plan):
            try:
                schemas.append(step.columns(schemas[-1]))
            except InvalidInput as error:
                name = step.__struct_config__.tag
                raise InvalidInput(f"Step {place} ({name}): {error.message}", hint=error.hint) from None
        self._outputs(schemas[-1])
        return tuple(schemas)

    def outputs(self, schema: Schema) -> dict[str, str]:
        """Return result name -> column of the last schema: asset, frame, t, t_start, context, then the rest."""
        return self._outputs(schema)

    def _outputs(self, schema: Schema) -> dict[str, str]:
        keys = self.keys
        found = {"asset": keys.entity}
        if keys.frame is not None and keys.frame in schema.columns:
            found["frame"] = keys.frame
        found["t"] = keys.time
        if START in schema.columns:
            found[START] = START
        rest = [n for n in (*schema.context, *schema.columns) if n not in found.values()]
        for name in rest:
            if name in {"asset", "frame", "t"}:
                raise InvalidInput(
                    f"The column {name!r} clashes with a key of the result.", hint="Derive another name."
                )
            found[name] = name
        return found

    def features(self, schema: Schema | None = None) -> tuple[str, ...]:
        """Return the columns that a model may learn from: numbers that are neither key nor context.

        Without `schema` (the last of `bind`) a recipe without window, resample and keep names only what it makes.
        """
        if schema is None:
            schema = self.opening()
            for step in self.plan:
                schema = step.columns(schema)
        keys = {self.keys.entity, self.keys.time, self.keys.frame, START, *schema.context}
        return tuple(n for n, kind in schema.columns.items() if n not in keys and kind != "text")


def encode(recipe: Recipe) -> bytes:
    """Return the canonical JSON of a recipe."""
    return canonical(recipe)


def decode(data: bytes) -> Recipe:
    """Return the recipe that canonical JSON holds.

    Raises:
        InvalidInput: it is no recipe, or one of a newer version.
    """
    if len(data) > MAX_BYTES:
        raise InvalidInput(f"A recipe of {len(data)} bytes is too large; at most {MAX_BYTES} are allowed.")
    try:
        return msgspec.json.decode(data, type=Recipe, strict=False, dec_hook=revive)
    except (msgspec.MsgspecError, ValueError, TypeError) as error:
        raise InvalidInput(f"This is no recipe: {error}.") from None
