"""Step 4 in the graph: dataset versions, and per recipe its features, labels, profile and parity certificate."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from ninefold.connectors.files import UnknownSource, plugins
from ninefold.development.data import making
from ninefold.development.data.datasets import observe
from ninefold.development.data.files import recipe_of
from ninefold.development.data.personal import AGREEMENTS, personal_columns, refusal
from ninefold.development.data.profile import profile
from ninefold.kernel.steps import Ask, Blocked, Context, Evidence, Kind, Result, Step, Task
from ninefold.kernel.view import View
from ninefold.recipes import Label, Recipe
from ninefold.vocabulary.calendar import Calendar
from ninefold.vocabulary.dataset import DatasetVersion

CHECK = "ninefold check"


class DatasetStep:
    """Plans `dataset:NAME` for each connection that a recipe reads. Pinned: new rows come with `run --again`."""

    name = "dataset"
    version = "1"
    kind: Kind = "observe"
    consumes: frozenset[str] = frozenset({"source", "inputs"})
    produces: frozenset[str] = frozenset({"dataset"})
    environment: tuple[str, ...] = ("duckdb",)

    def plan(self, view: View, ask: Ask) -> Iterable[Task | Blocked]:
        """Return one task for each connection that a recipe names."""
        del ask
        references = {r for f in view.of_kind("inputs") for r in f.body["inputs"].values()}
        for connection in sorted({r.partition(":")[2] for r in references}):
            name, facet = f"dataset:{connection}", view.facets.get(f"connection:{connection}#source")
            if facet is None:
                file = f"connections/{connection}.yaml"
                broken = next((str(p) for p in view.problems if p.file == file), f"{file} does not exist")
                yield Blocked(name, broken, CHECK)
            elif isinstance(facet.body, UnknownSource):
                yield Blocked(name, facet.body.missing, "ninefold connector list")
            elif plugins().get(facet.body.connector).table is None:
                yield Blocked(name, f"the connection {connection} is live and holds no history", CHECK)
            else:
                yield Task(name, {"source": facet.name})

    def run(self, task: Task, ctx: Context) -> Result:
        """Take a snapshot of the source."""
        connection = task.name.partition(":")[2]
        version = observe(connection, ctx.inputs["source"].plain, ctx.root, ctx.scratch, ctx.blobs)
        return Result("dataset@1", version, (version.parquet,), as_of=ctx.clock.now())


class FeaturesStep:
    """Plans `features:RECIPE`: the recipe on DuckDB over its datasets."""

    name = "features"
    version = "1"
    kind: Kind = "derive"
    consumes: frozenset[str] = frozenset({"inputs", "recipe", "agreements", "dataset"})
    produces: frozenset[str] = frozenset({"features"})
    environment: tuple[str, ...] = ("duckdb",)

    def plan(self, view: View, ask: Ask) -> Iterable[Task | Blocked]:
        """Return one task for each recipe."""
        del ask
        agreed = view.facets[AGREEMENTS].body if AGREEMENTS in view.facets else ()
        for name, recipe in _recipes(view):
            found = personal_columns(recipe, agreed)
            if found:
                yield Blocked(f"features:{name}", refusal(found).message, CHECK)
                continue
            facets = {"inputs": f"recipe:{name}#inputs", "recipe": f"recipe:{name}#features"}
            yield Task(f"features:{name}", facets, _datasets(recipe))

    def run(self, task: Task, ctx: Context) -> Result:
        """Make the features."""
        recipe = _recipe(ctx)
        rows = ctx.inputs[_role(recipe.rows)].body(DatasetVersion)
        made = making.features(_name(task), recipe, _paths(ctx), ctx.scratch, ctx.blobs)
        body = msgspec.structs.replace(made, time_from=rows.time_from)
        return Result("features@1", body, (body.parquet,))


class LabelsStep:
    """Plans `labels:RECIPE`: what followed each frame by the known events, what a column says, or what remains."""

    name = "labels"
    version = "1"
    kind: Kind = "derive"
    consumes: frozenset[str] = frozenset({"inputs", "label", "calendar", "features", "dataset"})
    produces: frozenset[str] = frozenset({"labels"})
    environment: tuple[str, ...] = ("duckdb", "numpy")

    def plan(self, view: View, ask: Ask) -> Iterable[Task | Blocked]:
        """Return one task for each recipe that has a label."""
        del ask
        for facet in view.of_kind("label"):
            name = facet.name.removeprefix("recipe:").removesuffix("#label")
            facets = {"label": facet.name}
            if facet.body.clock == "operating":
                if "calendar" not in view.facets:
                    reason = "the label runs on the operating clock, and there is no calendar.yaml"
                    yield Blocked(f"labels:{name}", reason, CHECK)
                    continue
                facets["calendar"] = "calendar"
            results = {"features": f"features:{name}"}
            if not facet.body.until:
                reference = view.facets[f"recipe:{name}#inputs"].body["inputs"][facet.body.source]
                results["events" if facet.body.event else "rows"] = f"dataset:{reference.partition(':')[2]}"
            yield Task(f"labels:{name}", facets, results)

    def run(self, task: Task, ctx: Context) -> Result:
        """Label the frames."""
        label = ctx.inputs["label"].body(Label)
        calendar = ctx.inputs["calendar"].body(Calendar) if "calendar" in ctx.inputs else None
        name, features = _name(task), _linked(ctx, "features")
        if label.until:
            body = making.ended_labels(name, label, features, calendar, ctx.scratch, ctx.blobs)
        elif label.event:
            body = making.labels(name, label, features, _linked(ctx, "events"), calendar, ctx.scratch, ctx.blobs)
        else:
            body = making.column_labels(name, label, features, _linked(ctx, "rows"), ctx.scratch, ctx.blobs)
        return Result("labels@1", body, (body.parquet,))


class ProfileStep:
    """Plans `profile:RECIPE`: its histograms are the reference for drift."""

    name = "profile"
    version = "1"
    kind: Kind = "derive"
    consumes: frozenset[str] = frozenset({"features", "inputs"})
    produces: frozenset[str] = frozenset({"profile"})
    environment: tuple[str, ...] = ("duckdb",)

    def plan(self, view: View, ask: Ask) -> Iterable[Task | Blocked]:
        """Return one task for each recipe."""
        del ask
        for name, _ in _recipes(view):
            yield Task(f"profile:{name}", results={"features": f"features:{name}"})

    def run(self, task: Task, ctx: Context) -> Result:
        """Profile the features."""
        del task
        return Result("profile@1", profile(_linked(ctx, "features")))


class ParityStep:
    """Plans `parity:RECIPE`: the certificate that DuckDB, batch and stream give the same rows."""

    name = "parity"
    version = "1"
    kind: Kind = "derive"
    consumes: frozenset[str] = frozenset({"inputs", "recipe", "dataset", "features"})
    produces: frozenset[str] = frozenset({"parity"})
    environment: tuple[str, ...] = ("duckdb", "numpy")

    def plan(self, view: View, ask: Ask) -> Iterable[Task | Blocked]:
        """Return one task for each recipe."""
        del ask
        for name, recipe in _recipes(view):
            facets = {"inputs": f"recipe:{name}#inputs", "recipe": f"recipe:{name}#features"}
            results = {**_datasets(recipe), "features": f"features:{name}"}
            yield Task(f"parity:{name}", facets, results, of=("features",))

    def run(self, task: Task, ctx: Context) -> Result:
        """Run the other engines and compare."""
        features = _linked(ctx, "features")
        recipe = _recipe(ctx)
        assets = ctx.inputs[_role(recipe.rows)].body(DatasetVersion)
        body = making.parity(_name(task), recipe, _paths(ctx), features, assets, ctx.rng)
        return Result("parity@1", body)


def _recipes(view: View) -> Iterator[tuple[str, Recipe]]:
    for facet in view.of_kind("recipe"):
        name = facet.name.removeprefix("recipe:").removesuffix("#features")
        yield name, recipe_of(view.facets[f"recipe:{name}#inputs"].body, facet.body)


def _recipe(ctx: Context) -> Recipe:
    inputs: Mapping[str, Any] = ctx.inputs["inputs"].plain
    return recipe_of(inputs, ctx.inputs["recipe"].plain)


def _name(task: Task) -> str:
    return task.name.partition(":")[2]


def _role(input_: str) -> str:
    return f"input.{input_}"


def _datasets(recipe: Recipe) -> dict[str, str]:
    """Return role -> task of the inputs that features are made of; the label's events are none of them."""
    return {_role(n): f"dataset:{recipe.inputs[n].partition(':')[2]}" for n in (recipe.rows, *recipe.rights)}


def _paths(ctx: Context) -> dict[str, Path]:
    """Return input -> Parquet file."""
    return {r.removeprefix("input."): _linked(ctx, r) for r in ctx.inputs if r.startswith("input.")}


def _linked(ctx: Context, role: str) -> Path:
    """Return the Parquet file of an input under a name that ends as DuckDB expects."""
    evidence: Evidence = ctx.inputs[role]
    path = ctx.scratch / f"{role}.parquet"
    if not path.exists():
        path.symlink_to(ctx.blobs.get(evidence.plain["parquet"]).resolve())
    return path


STEPS: tuple[Step, ...] = (DatasetStep(), FeaturesStep(), LabelsStep(), ProfileStep(), ParityStep())
