"""A recipe as people write it: YAML to the frozen recipe, with every problem at its line."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from ninefold.kernel.decode import Decoder, nearest
from ninefold.kernel.documents import Document
from ninefold.kernel.errors import InvalidFile, InvalidInput, Problem
from ninefold.kernel.yaml import Path
from ninefold.recipes.label import Label
from ninefold.recipes.operations import OPERATIONS, Admit, AsOf, Filter, ParseTime, Resample, Step, Window
from ninefold.recipes.recipe import MAX_STEPS, Recipe, Tables
from ninefold.recipes.schema import Keys

_FIELDS = ("inputs", "keys", "tables", "steps", "label")
_MAPPED = {"cast": {"on_error"}, "clip": set(), "unit": set(), "derive": set(), "one_hot": set(), "category": set()}
_ROWS = {"row", "rows"}


def parse_recipe(document: Document) -> Recipe:
    """Return the recipe of a YAML document; columns that later steps need are added to the window's context.

    Raises:
        InvalidFile: with every problem found.
    """
    front = _Front(document)
    recipe = front.recipe()
    if front.problems or recipe is None:
        raise InvalidFile(sorted(front.problems, key=lambda p: p.line))
    return recipe


class _Front:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[Problem] = []

    def wrong(self, path: Path, message: str, hint: str = "") -> None:
        self.problems.append(self.document.problem(path, message, hint))

    def decode(self, value: Any, type_: Any, path: Path) -> Any:
        """Return the value as a type, or None after noting its problems."""
        decoder = Decoder()
        result = decoder.decode(value, type_, path)
        self.problems += [self.document.problem(*found) for found in decoder.found]
        return None if decoder.found else result

    def recipe(self) -> Recipe | None:
        tree = self.document.tree
        if not isinstance(tree, dict):
            self.wrong((), "A recipe has fields (inputs, keys, steps).")
            return None
        for key in tree.keys() - set(_FIELDS):
            self.wrong((key,), f"The key {key!r} is not known here.", nearest(key, _FIELDS))
        for key in ("inputs", "keys", "steps"):
            if key not in tree:
                self.wrong((), f"The field {key!r} is missing.", f"Add {key}.")
        inputs = self.decode(tree.get("inputs", {}), dict[str, str], ("inputs",))
        keys = self.decode(tree.get("keys", {}), Keys, ("keys",))
        tables = self.decode(tree.get("tables", {}), Tables, ("tables",))
        label = self.decode(tree["label"], Label, ("label",)) if "label" in tree else None
        steps = list(self.steps(tree.get("steps", []), keys))
        if self.problems:
            return None
        recipe = Recipe(inputs, keys, tuple(s for s in steps if s is not None), tables, label)
        self.inputs(recipe)
        return self.checked(recipe)

    def inputs(self, recipe: Recipe) -> None:
        for name, reference in recipe.inputs.items():
            kind, _, target = reference.partition(":")
            if kind not in {"dataset", "events"} or not target:
                self.wrong(("inputs", name), f"Found {reference!r}, expected dataset:NAME or events:NAME.")
        label = recipe.label
        if label is not None and label.source not in recipe.inputs:
            self.wrong(("label", "from"), f"There is no input {label.source!r}.", nearest(label.source, recipe.inputs))
        try:
            recipe.rows  # noqa: B018 - the property raises
        except InvalidInput as error:
            self.wrong(("inputs",), error.message, error.hint)

    def steps(self, value: Any, keys: Keys | None) -> Iterator[Step | None]:
        if not isinstance(value, list) or len(value) > MAX_STEPS:
            self.wrong(("steps",), f"Expected a list of at most {MAX_STEPS} steps.")
            return
        for place, item in enumerate(value):
            path: Path = ("steps", place)
            if not isinstance(item, dict) or len(item) != 1:
                self.wrong(path, "A step is one name and what it does.", "Write it as: - clip: {torque: [0, 120]}")
                continue
            ((name, body),) = item.items()
            if name not in OPERATIONS:
                self.wrong((*path, name), f"There is no operation {name!r}.", nearest(name, OPERATIONS))
                continue
            yield self.step(name, body, (*path, name), keys)

    def step(self, name: str, body: Any, path: Path, keys: Keys | None) -> Step | None:
        type_: Any = OPERATIONS[name]
        if name == "filter":
            text = self.decode(body, str, path)
            return None if text is None else Filter(text)
        if name == "keep":
            body = {"columns": body}
        if name in _MAPPED and isinstance(body, dict):
            return self.mapped(type_, body, path, _MAPPED[name])
        if name == "python" and isinstance(body, str):
            self.wrong(path, "The columns that the function adds must be named.",
                       f"Write python: {{function: {body}, columns: [...]}}.")  # fmt: skip
            return None
        if isinstance(body, dict):
            body = self.spelled(name, body, path, keys)
        step: Step | None = self.decode(body, type_, path)
        return step

    def mapped(self, type_: Any, body: dict[str, Any], path: Path, options: set[str]) -> Step | None:
        """Return a step whose body is one entry per column, beside its options."""
        fields = {f.encode_name: f for f in msgspec.structs.fields(type_)}
        before = len(self.problems)
        columns = {k: v for k, v in body.items() if k not in options}
        values = {fields["columns"].name: self.decode(columns, fields["columns"].type, path)}
        for option in options & body.keys():
            values[option] = self.decode(body[option], fields[option].type, (*path, option))
        if len(self.problems) > before:
            return None
        step: Step = type_(**values)
        return step

    def spelled(self, name: str, body: dict[str, Any], path: Path, keys: Keys | None) -> dict[str, Any]:
        """Return a body with the short spellings written out."""
        body = dict(body)
        for field in ("statistics", "columns"):
            value = body.get(field)
            if isinstance(value, dict) and name != "as_of":
                body[field] = {k: [v] if isinstance(v, str) else v for k, v in value.items()}
            elif isinstance(value, str):
                body[field] = [value]
        if name == "lag" and isinstance(body.get("column"), str) and "columns" not in body:
            body["columns"] = [body.pop("column")]
        if name == "as_of" and isinstance(body.get("columns"), list):
            body["columns"] = {str(c): c for c in body["columns"]}
        if name == "rolling" and isinstance(body.get("over"), str):
            body["over"] = self.over(body["over"], (*path, "over"), keys)
        return body

    def over(self, text: str, path: Path, keys: Keys | None) -> Any:
        """Return the rows of "20 parts"; the unit is rows, or the frame of the keys."""
        words = text.split()
        frame = keys.frame if keys is not None else None
        units = _ROWS | ({frame, f"{frame}s"} if frame else set())
        if len(words) == 2 and words[0].isdecimal() and len(words[0]) < 7:
            if words[1] in units:
                return int(words[0])
            self.wrong(path, f"The unit {words[1]!r} is neither rows nor the frame.", nearest(words[1], sorted(units)))
            return 1
        return text

    def checked(self, recipe: Recipe) -> Recipe:
        """Return the recipe with its context filled in, after noting every step that cannot work."""
        recipe = with_context(recipe)
        schema = recipe.opening()
        for place, step in enumerate(recipe.steps):
            name = str(step.__struct_config__.tag)
            path: Path = ("steps", place, name)
            if isinstance(step, Admit) and place != recipe.head:
                self.wrong(path, "admit must stand at the head, before every step but parse_time.")
            if isinstance(step, ParseTime) and step.column == recipe.keys.time and place >= recipe.head:
                self.wrong(path, f"parse_time of the time key {step.column!r} must stand at the head.")
            if isinstance(step, AsOf) and step.right not in recipe.inputs:
                self.wrong((*path, "right"), f"There is no input {step.right!r}.", nearest(step.right, recipe.inputs))
            try:
                schema = step.columns(schema)
            except InvalidInput as error:
                self.wrong(path, error.message, error.hint)
        if recipe.label is not None and not recipe.label.event and not self.problems:
            self.told(recipe, recipe.label)
        return recipe

    def told(self, recipe: Recipe, label: Label) -> None:
        """Note every way by which the answer, or what is known only with it, would become a feature."""
        if label.source != recipe.rows:
            named = f"The column {label.column!r}" if label.column else "What the label says"
            message = f"{named} must stand in {recipe.rows!r}, whose rows become features."
            self.wrong(("label", "from"), message, f"Write from: {recipe.rows}.")
        for place, step in enumerate(recipe.steps):
            for name in sorted(label.told & set(step.reads())):
                path: Path = ("steps", place, str(step.__struct_config__.tag))
                message = f"The step reads {name!r}, which is known only with the label: it would leak the answer."
                self.wrong(path, message, "Leave the column out.")
        if recipe.needed is None and label.told:
            named = label.column or ", ".join(label.columns.values())
            message = f"All columns of {recipe.rows!r} become features, the label {named!r} among them."
            self.wrong(("steps",), message, "Add a step keep: with the columns to learn from.")


def with_context(recipe: Recipe) -> Recipe:
    """Return the recipe with, in each window and resample, the columns that later steps need as context.

    A context column keeps its first value in the frame that is not null.
    """
    steps = list(recipe.steps)
    for place in reversed(range(len(steps))):
        step = steps[place]
        if isinstance(step, (Window, Resample)):
            steps[place] = _carry(recipe, step, steps[place + 1 :])
    return msgspec.structs.replace(recipe, steps=tuple(steps))


def _carry(recipe: Recipe, step: Window | Resample, later: list[Step]) -> Step:
    keys = set(msgspec.structs.astuple(recipe.keys)) | {"t_start"}
    made = {f"{n}_{s}" for n, found in step.statistics.items() for s in found} | set(step.context) | keys
    wanted: list[str] = []
    for step_after in later:
        missing: Mapping[str, None] = dict.fromkeys(n for n in _reads(step_after) if n not in made)
        wanted += missing
        made |= {*missing, *_makes(step_after)}
    return msgspec.structs.replace(step, context=(*step.context, *wanted))


def _reads(step: Step) -> list[str]:
    try:
        return sorted(step.reads())
    except InvalidInput:  # an expression that cannot be read is reported where it stands
        return []


def _makes(step: Step) -> list[str]:
    """Return the columns that a step after a window adds."""
    match step.__struct_config__.tag:
        case "rolling":
            return [result for result, _, _ in step.named()]  # type: ignore[union-attr] # it is a Rolling
        case "lag":
            return [f"{n}_lag_{step.n}" for n in step.columns_]  # type: ignore[union-attr] # it is a Lag
        case "one_hot":
            return [f"{n}_{c}" for n, found in step.columns_.items() for c in found]  # type: ignore[union-attr] # as above
        case "category":
            return [f"{n}_code" for n in step.columns_]  # type: ignore[union-attr] # as above
        case "derive" | "as_of" | "python":
            return list(step.columns_)  # type: ignore[union-attr] # as above
    return []
